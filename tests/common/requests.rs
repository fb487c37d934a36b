//! The blog post's request, which most subjects start from.

use motepost::{CustomAuthorizer, Publish, QoS};

pub const HOST: &str = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";
pub const TOPIC: &str = "uniqueID/status";
pub const PAYLOAD: &[u8] = br#"{"message":"Hello from unsigned custom auth"}"#;
pub const UNSIGNED: CustomAuthorizer<'static> =
    CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow");
pub const ID: &[(&str, &str)] = &[("id", "uniqueID")];

/// What the blog post publishes with curl.
pub const fn article() -> Publish<'static> {
    Publish::new(HOST, TOPIC, PAYLOAD)
        .qos(QoS::AtLeastOnce)
        .authorizer(UNSIGNED)
        .headers(ID)
}
