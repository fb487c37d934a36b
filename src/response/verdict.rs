//! What a response means, from its status alone.

/// What AWS did with the request, by the status of its response.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// 2xx: AWS has the message.
    Accepted = 0,
    /// 401, 403: the credentials or the policy do not allow it. AWS never says which.
    Denied = 1,
    /// Any other status: the request is wrong, or it went to the wrong place.
    Rejected = 2,
    /// 429: too many requests. Try again, later each time.
    Throttled = 3,
    /// 5xx: AWS is in trouble. Try again, later each time.
    Unavailable = 4,
}

impl Verdict {
    /// The verdict of a final status, 200 to 599.
    #[inline(always)]
    pub(super) const fn of(status: u32) -> Self {
        // In this range no other status ends in these bytes, and a byte is shorter to compare with.
        const LOW_401: u8 = 401_u16 as u8;
        const LOW_403: u8 = 403_u16 as u8;
        const LOW_429: u8 = 429_u16 as u8;
        let low = status as u8;
        if status < 300 {
            Self::Accepted
        } else if status >= 500 {
            Self::Unavailable
        } else if low == LOW_401 || low == LOW_403 {
            Self::Denied
        } else if low == LOW_429 {
            Self::Throttled
        } else {
            Self::Rejected
        }
    }

    /// Whether the same request may succeed later. A denied or rejected one will not, and each try
    /// costs an invocation of the authorizer's function.
    pub const fn retry(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }
}
