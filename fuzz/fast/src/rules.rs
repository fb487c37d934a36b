//! The rules of the fields again, as the documentation of each setter has them.

use motepost::{Field, MAX_PAYLOAD};

use crate::fields::{Fields, text};

/// Whether the request may be sent.
pub fn is_sound(fields: &Fields<'_>) -> bool {
    [
        Field::Endpoint,
        Field::Topic,
        Field::Payload,
        Field::Authorizer,
        Field::TokenKey,
        Field::Token,
        Field::Signature,
        Field::HeaderName,
        Field::HeaderValue,
        Field::ContentType,
        Field::ResponseTopic,
        Field::UserProperty,
        Field::CorrelationData,
    ]
    .into_iter()
    .all(|field| field_is_sound(fields, field))
}

/// Whether nothing is wrong with this field.
pub fn field_is_sound(fields: &Fields<'_>, field: Field) -> bool {
    let absent_or = |bytes, sound: fn(&str) -> bool| text(bytes).is_empty() || sound(text(bytes));
    let signature_is_empty = if fields.signature_is_raw {
        fields.signature.is_empty()
    } else {
        text(fields.signature).is_empty()
    };
    let has_token =
        !(text(fields.token_key).is_empty() && text(fields.token).is_empty() && signature_is_empty);
    match field {
        Field::Endpoint => made_of(text(fields.endpoint), "-._~:[]", 253),
        Field::Topic => is_topic(text(fields.topic)),
        Field::Payload => fields.payload.len() <= MAX_PAYLOAD as usize,
        Field::Authorizer => absent_or(fields.authorizer, |name| made_of(name, "-_=,@", 128)),
        Field::TokenKey => !has_token || is_name(text(fields.token_key), "-_", 128),
        Field::Token => !has_token || is_value(text(fields.token), 6144),
        Field::Signature if fields.signature_is_raw => fields.signature.len() <= 1920,
        Field::Signature => absent_or(fields.signature, |signature| {
            // The crate judges the shape of base64 and leaves bits that no byte reached to AWS.
            let data = signature.trim_end_matches('=');
            signature.len() <= 2560
                && signature.len() % 4 == 0
                && signature.len() - data.len() <= 2
                && data
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
        }),
        Field::HeaderName => fields.headers.iter().all(|[name, _]| {
            let key = text(fields.token_key);
            let repeats = !key.is_empty() && text(name).eq_ignore_ascii_case(key);
            !repeats && is_name(text(name), "-_.!#$%&'*+^`|~", 8192)
        }),
        Field::HeaderValue => fields
            .headers
            .iter()
            .all(|[_, value]| is_value(text(value), 8192)),
        Field::ContentType => absent_or(fields.content_type, |text| {
            !text.contains(|c: char| c.is_ascii_control())
        }),
        Field::ResponseTopic => absent_or(fields.response_topic, is_topic),
        Field::UserProperty => fields.user.iter().all(|[name, value]| {
            let is_plain = |bytes| !text(bytes).contains(|c: char| c.is_ascii_control());
            !text(name).is_empty() && is_plain(name) && is_plain(value)
        }),
        Field::CorrelationData => fields.correlation_data.len() <= 6144,
        _ => true,
    }
}

fn made_of(text: &str, others: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn is_name(text: &str, others: &str, max: usize) -> bool {
    let framing = ["host", "content-length", "transfer-encoding", "connection"];
    let ours = "x-amz-customauthorizer-";
    let start = text.get(..ours.len());
    made_of(text, others, max)
        && !framing.iter().any(|name| name.eq_ignore_ascii_case(text))
        && !start.is_some_and(|start| start.eq_ignore_ascii_case(ours))
}

fn is_value(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.chars().all(|c| matches!(c, ' '..='~' | '\t'))
        && text.trim_matches([' ', '\t']) == text
}

fn is_topic(topic: &str) -> bool {
    let ingest = topic.strip_prefix("$aws/rules/");
    let counted = match ingest.and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => rest,
        None => topic,
    };
    let has_no_rule = topic == "$aws/rules"
        || ingest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_reserved = has_no_rule || topic.starts_with('$') && !topic.starts_with("$aws/");
    !topic.is_empty()
        && !is_reserved
        && !matches!(topic, "." | "..")
        && counted.len() <= 256
        && counted.matches('/').count() <= 7
        && !topic.contains(|c: char| c.is_ascii_control() || c == '+' || c == '#')
}
