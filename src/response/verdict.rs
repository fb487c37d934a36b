//! What an answer means, from its status alone.

/// What AWS made of the request, from its status.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// 2xx: AWS has the message.
    Accepted = 0,
    /// 401, 403: the credentials or the policy say no. AWS never says which.
    Denied = 1,
    /// Any other status: the request itself is wrong, or it was sent to the wrong place.
    Rejected = 2,
    /// 429: too many requests. Try again, later each time.
    Throttled = 3,
    /// 5xx: AWS is in trouble. Try again, later each time.
    Unavailable = 4,
}

impl Verdict {
    /// Of a final status, from 200 to 599; of an interim one it says nothing.
    #[inline(always)]
    pub(super) const fn of(status: u32) -> Self {
        // Of these numbers no others end in the same byte, and bytes are shorter to compare with.
        const LOW_401: u8 = 401_u16 as u8;
        const LOW_403: u8 = 403_u16 as u8;
        const LOW_429: u8 = 429_u16 as u8;
        let low = status as u8;
        let mut verdict = Self::Rejected;
        if status < 300 {
            verdict = Self::Accepted;
        }
        if matches!(low, LOW_401 | LOW_403) {
            verdict = Self::Denied;
        }
        if low == LOW_429 {
            verdict = Self::Throttled;
        }
        if status >= 500 {
            verdict = Self::Unavailable;
        }
        verdict
    }

    /// Whether the same request may succeed later. A denied or rejected one will not, and each try
    /// costs an invocation of the authorizer's function.
    pub const fn retry(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }
}
