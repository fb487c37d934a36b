//! The time in an IMF-fixdate (RFC 9110 section 5.6.7), for a device without a clock.

use crate::ascii::{Base, number};

const DAYS_BEFORE_MONTH: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// `Wed, 05 Apr 2023 18:18:25 GMT` as seconds since 1970. `None` for anything else, and after 2105, where
/// 32 bits end.
pub(crate) fn unix_seconds(date: &[u8; 29]) -> Option<u32> {
    let [
        _,
        _,
        _,
        b',',
        b' ',
        day @ ..,
        b' ',
        m0,
        m1,
        m2,
        b' ',
        y0,
        y1,
        y2,
        y3,
        b' ',
        h0,
        h1,
        b':',
        n0,
        n1,
        b':',
        s0,
        s1,
        b' ',
        b'G',
        b'M',
        b'T',
    ] = date
    else {
        return None;
    };
    let day = number(day, Base::Decimal)?;
    let month = month(&[*m0, *m1, *m2])?;
    let year = number(&[*y0, *y1, *y2, *y3], Base::Decimal)?;
    let hour = number(&[*h0, *h1], Base::Decimal)?;
    let minute = number(&[*n0, *n1], Base::Decimal)?;
    let second = number(&[*s0, *s1], Base::Decimal)?;
    let in_range = matches!(day, 1..=31)
        && matches!(year, 1970..=2105)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !in_range {
        return None;
    }
    // In this range every fourth year is a leap year, except 2100.
    let leap = year.is_multiple_of(4) && year != 2100;
    let years = year.wrapping_sub(1970);
    let mut days = years
        .wrapping_mul(365)
        .wrapping_add(years.wrapping_add(1) >> 2)
        .wrapping_sub(u32::from(year > 2100))
        .wrapping_add(u32::from(*DAYS_BEFORE_MONTH.get(month)?))
        .wrapping_add(day)
        .wrapping_sub(1);
    if leap && month > 1 {
        days = days.wrapping_add(1);
    }
    let seconds = hour
        .wrapping_mul(60)
        .wrapping_add(minute)
        .wrapping_mul(60)
        .wrapping_add(second);
    Some(days.wrapping_mul(86_400).wrapping_add(seconds))
}

fn month(name: &[u8]) -> Option<usize> {
    b"JanFebMarAprMayJunJulAugSepOctNovDec"
        .chunks(3)
        .position(|month| month == name)
}
