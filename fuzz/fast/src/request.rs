//! The request that the fields describe, through the Rust API.

use heapless::Vec;
use motepost::{CustomAuthorizer, PayloadFormat, Properties, Publish, QoS};

use crate::fields::{Fields, MOST_PAIRS, Pairs, text};

/// Gives the request to `then`.
pub fn with_publish<T>(fields: &Fields<'_>, then: impl FnOnce(&Publish<'_>) -> T) -> T {
    let mut authorizer = CustomAuthorizer::named(text(fields.authorizer))
        .token(text(fields.token_key), text(fields.token));
    authorizer = if fields.signature_is_raw {
        authorizer.signature_bytes(fields.signature)
    } else {
        authorizer.signature(text(fields.signature))
    };
    if fields.flag(b'y') {
        authorizer = authorizer.in_query();
    }
    let (headers, user) = (texts(&fields.headers), texts(&fields.user));
    let mut properties = Properties::new()
        .content_type(text(fields.content_type))
        .response_topic(text(fields.response_topic))
        .correlation_data(fields.correlation_data)
        .message_expiry(fields.message_expiry)
        .user_properties(&user);
    if let Some(format) = payload_format(fields) {
        properties = properties.payload_format(format);
    }
    let mut publish = Publish::new(text(fields.endpoint), text(fields.topic), fields.payload)
        .authorizer(authorizer)
        .headers(&headers)
        .properties(&properties)
        .retain(fields.flag(b'r'));
    if fields.flag(b'q') {
        publish = publish.qos(QoS::AtLeastOnce);
    }
    then(&publish)
}

/// The format that the flags state.
pub fn payload_format(fields: &Fields<'_>) -> Option<PayloadFormat> {
    if fields.flag(b'1') {
        Some(PayloadFormat::Unspecified)
    } else if fields.flag(b'2') {
        Some(PayloadFormat::Utf8)
    } else {
        None
    }
}

fn texts<'a>(pairs: &Pairs<'a>) -> Vec<(&'a str, &'a str), MOST_PAIRS> {
    pairs
        .iter()
        .map(|[name, value]| (text(name), text(value)))
        .collect()
}
