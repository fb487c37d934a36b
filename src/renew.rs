//! A second try for a device without a clock: the answer that refused its token says what time it is.

use crate::response::{Response, Verdict};
use crate::token::{DeviceKey, Freshness, Token};

/// A clock that is closer than this to the peer's was not the reason for the refusal. AWS allows its
/// own clients five minutes; a window narrower than this one is not worth having.
const CLOSE: u32 = 30;

/// A token minted with the peer's time, and that time, which is worth keeping.
pub struct Renewed {
    /// Worth one more try.
    pub token: Token,
    /// The peer's clock in Unix seconds, from the answer.
    pub time: u32,
}

impl Response<'_> {
    /// After a denied answer: a token minted with the answer's own `date`, if one more try with it may
    /// succeed. `minted` is the time that the denied token was minted with, 0 for a device that knows
    /// none. A second denial gives `None`, for then the clock was not the reason.
    ///
    /// Use it only where the peer is authenticated: by TLS on the device, or by a gateway that it
    /// trusts. On a plain-text hop a forged date would harvest tokens for a time of the forger's
    /// choosing; there, count ([`Freshness::Counter`]).
    ///
    /// ```
    /// # use motepost::{Response, token::{DeviceKey, Freshness}};
    /// # fn publish(_: &str) -> Response<'static> {
    /// #     let mut reader = motepost::ResponseReader::new();
    /// #     let answer = b"HTTP/1.1 403 Forbidden\r\ndate: Wed, 05 Apr 2023 18:18:25 GMT\r\ncontent-length: 0\r\n\r\n";
    /// #     let mut buffer = [0; 128];
    /// #     buffer[..answer.len()].copy_from_slice(answer);
    /// #     reader.received(&mut buffer, answer.len()).unwrap();
    /// #     reader.into_response(&[]).unwrap()
    /// # }
    /// let key = DeviceKey::new([7; 32]);
    /// let mut time = 0; // no clock
    /// let mut response = publish(&key.mint("uniqueID", Freshness::Time(time)));
    /// if let Some(renewed) = response.renew(&key, "uniqueID", time) {
    ///     time = renewed.time;
    ///     response = publish(&renewed.token);
    /// }
    /// # assert_eq!(time, 1_680_718_705);
    /// # assert!(response.renew(&key, "uniqueID", time).is_none());
    /// ```
    pub fn renew(&self, key: &DeviceKey, device_id: &str, minted: u32) -> Option<Renewed> {
        let time = worth_it(self.verdict(), self.date(), minted)?;
        let token = key.mint(device_id, Freshness::Time(time));
        Some(Renewed { token, time })
    }
}

/// The time to mint with, where a denied token minted at `minted` may have been too old or too new.
pub(crate) fn worth_it(verdict: Verdict, date: Option<u32>, minted: u32) -> Option<u32> {
    date.filter(|date| verdict == Verdict::Denied && date.abs_diff(minted) > CLOSE)
}
