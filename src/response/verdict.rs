//! What a response means, from its status alone.

/// What AWS did with the request, by the status of its response.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// 2xx: AWS has the message.
    Accepted = 0,
    /// 401, 403: the credentials or the policy do not allow it, or the authorizer's function failed. AWS never
    /// says which. Try once more, much later.
    Denied = 10,
    /// Any other status: the request is wrong, or it went to the wrong place.
    Rejected = 11,
    /// 429: too many requests. Try again, later each time.
    Throttled = 12,
    /// 5xx and above: AWS is in trouble. 408, 421, 425: this connection is (RFC 9110 sections 15.5.9 and
    /// 15.5.20, RFC 8470 section 5.2). Try again on a new connection, later each time.
    Unavailable = 13,
}

impl Verdict {
    /// The verdict of a final status, 200 to 999. A client treats one above 599 as 5xx (RFC 9110
    /// section 15).
    #[inline(always)]
    pub(super) const fn of(status: u32) -> Self {
        // From 300 to 499 no other status ends in these bytes, and a byte is shorter to compare with.
        const LOW_401: u8 = 401_u16 as u8;
        const LOW_403: u8 = 403_u16 as u8;
        const LOW_408: u8 = 408_u16 as u8;
        const LOW_421: u8 = 421_u16 as u8;
        const LOW_425: u8 = 425_u16 as u8;
        const LOW_429: u8 = 429_u16 as u8;
        let low = status as u8;
        if status < 300 {
            Self::Accepted
        } else if status >= 500 || matches!(low, LOW_408 | LOW_421 | LOW_425) {
            Self::Unavailable
        } else if low == LOW_401 || low == LOW_403 {
            Self::Denied
        } else if low == LOW_429 {
            Self::Throttled
        } else {
            Self::Rejected
        }
    }

    /// Whether the same request may succeed later. A rejected one will not. A denied one may, once: AWS also
    /// denies when the authorizer's function failed or was too slow, and each try invokes it again.
    pub const fn retry(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }
}
