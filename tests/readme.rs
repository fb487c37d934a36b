//! The README's table of buffer sizes is true.

use motepost::{CustomAuthorizer, Publish, QoS};

#[test]
fn the_table_of_buffer_sizes_is_what_the_encoder_says() {
    let unsigned = CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow");
    let signed = CustomAuthorizer::named("signedAuthorizer").token("token", "allow");
    let default = CustomAuthorizer::endpoint_default().token("token", "allow");
    let table = [
        ("unsigned", unsigned),
        ("unsigned, in the query", unsigned.in_query()),
        ("unsigned, the endpoint's default authorizer", default),
        ("signed with RSA-2048", signed.signature_bytes(&[0; 256])),
        ("signed with RSA-4096", signed.signature_bytes(&[0; 512])),
    ];
    let readme = include_str!("../README.md");
    for (credentials, authorizer) in table {
        let head = article(authorizer).head_len().expect("a valid request");
        let row = format!("| {credentials} | {head} | {} |", head + PAYLOAD.len());
        assert!(readme.contains(&row), "the README needs the row {row}");
    }
}

const PAYLOAD: &[u8] = br#"{"message":"Hello from unsigned custom auth"}"#;

fn article(authorizer: CustomAuthorizer<'_>) -> Publish<'_> {
    Publish::new(
        "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com",
        "uniqueID/status",
        PAYLOAD,
    )
    .qos(QoS::AtLeastOnce)
    .authorizer(authorizer)
    .headers(&[("id", "uniqueID")])
}
