//! A second try for a device without a clock: the response that denied its token says what time it is.

use crate::response::{Response, Verdict};
use crate::token::{DeviceKey, Freshness, Token};

/// In seconds. A clock closer than this to the peer's was not the reason for the denial. AWS allows its
/// own clients five minutes, so a narrower window is not worth having.
const CLOSE: u32 = 30;

/// A token minted with the peer's time, and that time, which is worth keeping.
pub struct Renewed {
    /// Try once more with this token.
    pub token: Token,
    /// The peer's clock in Unix seconds, from the response.
    pub time: u32,
}

impl Response<'_> {
    /// After a denied response: a token minted with the response's own `date`, if one more try may succeed.
    /// `minted` is the time that the denied token was minted with, 0 for a device that has none. A second
    /// denial gives `None`, because then the clock was not the reason. So does an id that is refused.
    ///
    /// Use it only where the peer is authenticated: by TLS on the device, or by a gateway that it
    /// trusts. On a plain-text hop a forged date would harvest tokens for a time of the forger's
    /// choosing; there, count ([`Freshness::Counter`]).
    ///
    /// ```
    /// # use motepost::{Response, token::{DeviceKey, Freshness}};
    /// # fn publish(_: &str) -> Response<'static> {
    /// #     let mut reader = motepost::ResponseReader::new();
    /// #     let received = b"HTTP/1.1 403 Forbidden\r\ndate: Wed, 05 Apr 2023 18:18:25 GMT\r\ncontent-length: 0\r\n\r\n";
    /// #     let mut buffer = [0; 128];
    /// #     buffer[..received.len()].copy_from_slice(received);
    /// #     reader.received(&mut buffer, received.len()).unwrap();
    /// #     reader.into_response(&[]).unwrap()
    /// # }
    /// let key = DeviceKey::new([7; 32]);
    /// let mut time = 0; // no clock
    /// let mut response = publish(&key.mint("uniqueID", Freshness::Time(time))?);
    /// if let Some(renewed) = response.renew(&key, "uniqueID", time) {
    ///     time = renewed.time;
    ///     response = publish(&renewed.token);
    /// }
    /// # assert_eq!(time, 1_680_718_705);
    /// # assert!(response.renew(&key, "uniqueID", time).is_none());
    /// # Ok::<(), motepost::EncodeError>(())
    /// ```
    pub fn renew(&self, key: &DeviceKey, device_id: &str, minted: u32) -> Option<Renewed> {
        let time = worth_it(self.verdict(), self.date(), minted)?;
        let token = key.mint(device_id, Freshness::Time(time)).ok()?;
        Some(Renewed { token, time })
    }
}

/// The time to mint with, if a denied token minted at `minted` may have been too old or too new.
pub(crate) fn worth_it(verdict: Verdict, date: Option<u32>, minted: u32) -> Option<u32> {
    date.filter(|date| verdict == Verdict::Denied && date.abs_diff(minted) > CLOSE)
}
