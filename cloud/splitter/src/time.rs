//! When a reading was taken.

/// RFC 8428 section 4.5.3: what is less counts from now.
const FIRST_ABSOLUTE_TIME: f64 = (1_u32 << 28) as f64;

/// A time in Unix seconds, and whether it was absolute.
pub(crate) fn absolute(time: f64, received: f64) -> (f64, bool) {
    if time < FIRST_ABSOLUTE_TIME {
        (received + time, false)
    } else {
        (time, true)
    }
}
