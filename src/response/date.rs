//! The time in an IMF-fixdate (RFC 9110 section 5.6.7), for a device without a clock.

use crate::ascii::{Radix, number};

const DAYS_OF_MONTH: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// `Wed, 05 Apr 2023 18:18:25 GMT` as seconds since 1970. `None` after 2105, where 32 bits end, for a day
/// that its month does not have, and for anything else. The two obsolete forms of RFC 9110 are not read:
/// a sender must not use them, and AWS does not.
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
    let day = number(day, Radix::Decimal)?;
    let month = month(&[*m0, *m1, *m2])?;
    let year = number(&[*y0, *y1, *y2, *y3], Radix::Decimal)?;
    let hour = number(&[*h0, *h1], Radix::Decimal)?;
    let minute = number(&[*n0, *n1], Radix::Decimal)?;
    let second = number(&[*s0, *s1], Radix::Decimal)?;
    if !matches!(year, 1970..=2105) || hour >= 24 || minute >= 60 || second > 60 {
        return None;
    }
    let years = year.wrapping_sub(1970);
    let mut days = years
        .wrapping_mul(365)
        .wrapping_add(years.wrapping_add(1) >> 2)
        .wrapping_sub(u32::from(year > 2100));
    // In this range every fourth year is a leap year, except 2100.
    let is_leap = year.is_multiple_of(4) && year != 2100;
    for (at, length) in DAYS_OF_MONTH.iter().enumerate() {
        let length = u32::from(*length).wrapping_add(u32::from(is_leap && at == 1));
        if at == month {
            if day == 0 || day > length {
                return None;
            }
            break;
        }
        days = days.wrapping_add(length);
    }
    days = days.wrapping_add(day).wrapping_sub(1);
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
