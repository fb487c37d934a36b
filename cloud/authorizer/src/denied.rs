//! Why a request is refused. For the log only: to the device every refusal looks the same.

use motepost::token::TokenError;
use motepost_contract::device_id::NotADeviceId;

use crate::store::StoreError;

/// The reason of a refusal, in words for the operator of the fleet. No text contains anything that the device sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// AWS does not send such an event; a hand-written test may.
    #[error("the event is malformed: {0}")]
    MalformedEvent(&'static str),
    /// Neither `event.token` nor a header or query parameter of the configured name.
    #[error("the request carries no token")]
    NoToken,
    /// Only a signed token says by itself whose it is.
    #[error("the request carries no device id")]
    NoId,
    /// Which of the two counts would be a guess.
    #[error("the request carries two different values of its {0}")]
    Ambiguous(&'static str),
    /// See [`Config`](crate::Config).
    #[error("the device id is not 1 to 128 letters, digits and - _ . : and could widen the policy")]
    UnusableId,
    /// There is no static pair for this id.
    #[error("the device is unknown")]
    UnknownDevice,
    /// There is a static pair for this id, with another token.
    #[error("the token is not this device's")]
    WrongToken,
    /// A minted token that is forged, changed, another device's, too old or too new.
    #[error(transparent)]
    Minted(#[from] TokenError),
    /// A minted token whose counter has been used, or lies before one that has.
    #[error("the counter has not grown: the token is replayed, or the device lost its counter")]
    ReplayedCounter,
    /// A minted token that counts once, and has counted.
    #[error(
        "the token's time has not grown since the last one that was accepted: replayed, or two messages of one second"
    )]
    ReplayedTime,
    /// A minted token of an earlier key of this device, or of one that its row does not know yet.
    #[error("the token is of another key of this device than its row's generation says")]
    OtherKey,
    /// What AWS has verified is `event.token` and nothing else.
    #[error("AWS says that it has verified a token and sends none")]
    VerifiedNothing,
    /// An MQTT client, by a function that is configured for publishes over HTTPS.
    #[error("an MQTT client asks, and MQTT is off: set MQTT to true to let it in")]
    Mqtt,
    /// Sent to an authorizer with signing disabled, where AWS checks nothing.
    #[error("the token has the form of a signed one, but AWS has verified no signature")]
    NotVerified,
    /// AWS verified the signature of something else.
    #[error("the signed token is not <id>.<expiry in Unix seconds>")]
    SignedForm,
    /// Time to sign another.
    #[error("the signed token has expired")]
    Expired,
    /// The id sent with the token is not the one that was signed.
    #[error("the signed token belongs to another device than the id sent with it")]
    OtherDevice,
    /// The device is on the deny list.
    #[error("the device is revoked")]
    Revoked,
    /// Nothing is known, so nothing is allowed.
    #[error("the store could not be asked: {0}")]
    Store(#[from] StoreError),
}

impl From<NotADeviceId> for Denied {
    fn from(NotADeviceId: NotADeviceId) -> Self {
        Self::UnusableId
    }
}
