//! `explain`: each reason for which AWS would refuse, by itself.

use crate::support::with_keys;

/// The blog post's request, with nothing wrong.
fn good() -> String {
    let mut request = String::from("POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\n");
    for field in [
        "host:a1-ats.iot.eu-central-1.amazonaws.com",
        "x-amz-customauthorizer-name:unsignedAuthorizer",
        "token:allow",
        "id:uniqueID",
        "content-length:2",
    ] {
        request += field;
        request += "\r\n";
    }
    request + "\r\n{}"
}

#[test]
fn a_good_request_is_not_refused() {
    let directory = with_keys();
    let ran = directory
        .run_with_input("explain - --port 443", good())
        .exits(0);
    assert!(
        ran.out.starts_with("nothing here is refused."),
        "{}",
        ran.out
    );
}

#[test]
fn what_publish_sends_is_not_refused() {
    let directory = with_keys();
    directory
        .run("credentials --scheme signed --signing-key signing.key --expires 4000000000 --authorizer s --endpoint a1-ats.iot.eu-central-1.amazonaws.com --id a --out a.json")
        .exits(0);
    for carried in ["", "--query"] {
        let sent = directory
            .run(&format!(
                "publish --credentials a.json --dry-run --show-secrets {carried}"
            ))
            .exits(0);
        let ran = directory
            .run_with_input("explain - --public-key signing.pub", &sent.out)
            .exits(0);
        assert!(
            ran.out.starts_with("nothing here is refused."),
            "{}",
            ran.out
        );
        let ran = directory
            .run_with_input("explain - --public-key other.pub", &sent.out)
            .exits(1);
        assert!(
            ran.out.contains("refused: the signature does not verify"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn each_fault_of_a_request_is_named_alone() {
    let directory = with_keys();
    let long_topic = format!("/topics/{}?", "x".repeat(257));
    let big = format!("content-length:131073\r\n\r\n{}", "x".repeat(131_073));
    let short_signature = format!(
        "token:allow\r\nx-amz-customauthorizer-signature:{}",
        "A".repeat(100)
    );
    let wrapped = format!(
        "token:allow\r\nx-amz-customauthorizer-signature:{}",
        "A".repeat(76)
    );
    let folded = format!(
        "token:allow\r\nx-amz-customauthorizer-signature:{}\r\n{}",
        "A".repeat(344),
        "A".repeat(76)
    );
    let escaped = format!(
        "token:allow\r\nx-amz-customauthorizer-signature:{}%3D%3D",
        "A".repeat(342)
    );
    let url_safe = format!(
        "token:allow\r\nx-amz-customauthorizer-signature:{}-_==",
        "A".repeat(340)
    );
    let in_query = format!("?x-amz-customauthorizer-signature={}+A==&", "A".repeat(340));
    let rows: Vec<(&str, &str, &str)> = vec![
        ("POST", "GET", "the method is GET"),
        ("HTTP/1.1", "HTTP/2", "the version is HTTP/2"),
        (
            "/topics/",
            "/topic/",
            "the path does not begin with /topics/",
        ),
        ("uniqueID/status?", "a b?", "the first line is not"),
        (
            "uniqueID/status?",
            "a%zz?",
            "a % without two hexadecimal digits",
        ),
        ("uniqueID/status?", "a%2Bb?", "the topic holds + or #"),
        ("uniqueID/status?", "a%23?", "the topic holds + or #"),
        (
            "uniqueID/status?",
            "1/2/3/4/5/6/7/8/9?",
            "the topic has more than seven slashes",
        ),
        ("uniqueID/status?", "a%00b?", "the topic holds CR, LF, NUL"),
        ("uniqueID/status?", "a%ff?", "the topic is not UTF-8"),
        ("uniqueID/status?", "ä?", "percent-encode it"),
        ("uniqueID/status?", "?", "the topic is missing"),
        (
            "/topics/uniqueID/status?",
            &long_topic,
            "the topic is longer than AWS allows",
        ),
        ("qos=1", "qos=2", "qos is neither 0 nor 1"),
        ("qos=1", "retain=1", "retain is neither"),
        ("qos=1", "messageExpiry=1h", "messageExpiry is not"),
        ("qos=1", "responseTopic=a%2F%23", "responseTopic holds"),
        ("qos=1", "a=%", "the query's a holds a %"),
        ("?", &in_query, "+ is read as a space"),
        (
            "host:a1-ats.iot.eu-central-1.amazonaws.com\r\n",
            "",
            "there is no field `host`",
        ),
        ("host:", "host:x\r\nhost:", "several fields `host`"),
        ("a1-ats.iot", "a1.iot", "the endpoint lacks -ats"),
        ("a1-ats.iot.eu", "iot.eu", "not a data endpoint"),
        (
            "amazonaws.com",
            "amazonaws.com:8443",
            "port 8443 is for X.509",
        ),
        (
            "x-amz-customauthorizer-name",
            "x-amz-customauthoriser-name",
            "is no name that AWS knows",
        ),
        (
            "x-amz-customauthorizer-name",
            "x-amz-custom-authorizer-name",
            "is no name that AWS knows",
        ),
        (
            "unsignedAuthorizer",
            "unsigned.Authorizer",
            "the authorizer name holds a character",
        ),
        (
            "id:uniqueID",
            "x-amz-customauthorizer-name:b",
            "several fields x-amz-customauthorizer-name",
        ),
        ("token:allow\r\n", "", "there is no token"),
        ("token:allow", "token:", "the token is empty"),
        (
            "token:allow",
            "token:a\x01llow",
            "holds a control character",
        ),
        ("id:uniqueID", "token:again", "several fields token"),
        (
            "token:allow",
            &short_signature,
            "75 bytes, and the smallest RSA key",
        ),
        ("token:allow", &wrapped, "`base64` wrapped it at 76 columns"),
        ("token:allow", &folded, "has no colon"),
        ("token:allow", &escaped, "the signature is percent-encoded"),
        ("token:allow", &url_safe, "the signature is base64url"),
        ("id:uniqueID", "id :uniqueID", "blank before the colon"),
        ("id:uniqueID", " id:uniqueID", "begins with a blank"),
        ("id:uniqueID", "i(d:uniqueID", "is no name of a field"),
        ("id:uniqueID", "authorization:AWS4-HMAC-SHA256 x", "SigV4"),
        (
            "id:uniqueID",
            "x-amz-mqtt5-payload-format-indicator:text",
            "x-amz-mqtt5-payload-format-indicator",
        ),
        ("content-length:2\r\n", "", "there is no content-length"),
        (
            "content-length:2",
            "content-length:3",
            "content-length says 3 and 2 bytes follow",
        ),
        (
            "content-length:2",
            "content-length:+2",
            "content-length is not a number",
        ),
        (
            "content-length:2",
            "content-length:2\r\ncontent-length:2",
            "several fields content-length",
        ),
        (
            "content-length:2",
            "content-length:2\r\ntransfer-encoding:chunked",
            "content-length and transfer-encoding",
        ),
        (
            "content-length:2\r\n\r\n{}",
            &big,
            "the payload has 131073 bytes",
        ),
        ("\r\n\r\n{}", "\r\n", "the head has no end"),
    ];
    for (from, to, expected) in rows {
        let request = good().replacen(from, to, 1);
        let ran = directory.run_with_input("explain -", &request).exits(1);
        assert!(
            ran.out.contains("refused: ") && ran.out.contains(expected),
            "{to}: {}",
            ran.out
        );
        assert!(
            ran.out.matches("refused: ").count() <= 2,
            "{to}: {}",
            ran.out
        );
    }
}

#[test]
fn lines_of_an_editor_are_named() {
    let directory = with_keys();
    let ran = directory
        .run_with_input("explain -", good().replace('\r', ""))
        .exits(1);
    assert!(ran.out.contains("end in LF alone"), "{}", ran.out);
}

#[test]
fn each_fault_of_a_part_is_named_alone() {
    let directory = with_keys();
    directory.write("token", "allow");
    directory.write("token-nl", "allow\n");
    directory.write("token-blank", "allow ");
    let signed = directory
        .run("sign-token --signing-key signing.key --token-file token")
        .exits(0);
    directory.write("good", signed.out.trim_end());
    directory.write("raw", [0xff; 256]);
    let rows = [
        ("--port 8883", "port 8883 is MQTT"),
        ("--port 8443", "port 8443 is for X.509"),
        ("--alpn mqtt", "leads to the MQTT broker"),
        ("--alpn x-amzn-http-ca", "leads away"),
        (
            "--endpoint a1-ats.iot.eu-central-1.amazonaws.com/topics",
            "the endpoint holds a character",
        ),
        (
            "--endpoint iot.eu-central-1.amazonaws.com",
            "not a data endpoint",
        ),
        ("--topic a/#", "+ or #"),
        ("--authorizer a.b", "the authorizer name"),
        ("--token-key a.b", "the token key"),
        ("--token-file token-nl", "ends in a newline"),
        ("--token-file token-blank", "white space at an end"),
        ("--signature-file good", "there is no token"),
        (
            "--token-file token --public-key signing.pub",
            "there is no signature",
        ),
        (
            "--token-file token --signature-file good --public-key other.pub",
            "does not verify",
        ),
        ("--token-file token --signature-file raw", "raw bytes"),
        ("--principal-id sensor-1", "the principalId"),
    ];
    for (arguments, expected) in rows {
        let ran = directory.run(&format!("explain {arguments}")).exits(1);
        assert!(ran.out.contains(expected), "{arguments}: {}", ran.out);
        assert_eq!(
            ran.out.matches("refused: ").count(),
            1,
            "{arguments}: {}",
            ran.out
        );
    }
    directory
        .run("explain --token-file token --signature-file good --public-key signing.pub --port 443 --topic a/b --principal-id sensor1")
        .exits(0);
}

/// In every partition, with FIPS, in any case, with the port that is the default.
#[test]
fn an_endpoint_is_read_in_each_of_its_forms() {
    let directory = with_keys();
    for endpoint in [
        "a1-ats.iot.eu-central-1.amazonaws.com",
        "a1-ats.iot.eu-central-1.amazonaws.com:443",
        "A1-ATS.iot.eu-central-1.amazonaws.com",
        "a1b2.ats.iot.cn-north-1.amazonaws.com.cn",
        "a1-ats.iot.us-gov-west-1.amazonaws.com",
        "data-ats.iot-fips.us-east-1.amazonaws.com",
        "localhost",
    ] {
        let ran = directory
            .run(&format!("explain --endpoint {endpoint}"))
            .exits(0);
        assert!(ran.out.starts_with("nothing here"), "{}", ran.out);
    }
    for (endpoint, expected) in [
        ("https://h", "the endpoint is a URL"),
        (
            "mqtts://a1-ats.iot.eu-central-1.amazonaws.com:8883",
            "the endpoint is a URL",
        ),
        ("h:+443", "the endpoint's port is not a number"),
        ("h:0", "the endpoint's port is not a number"),
        (
            "a1.iot.cn-north-1.amazonaws.com.cn",
            "the endpoint lacks -ats",
        ),
        ("iot.cn-north-1.amazonaws.com.cn", "not a data endpoint"),
    ] {
        let ran = directory
            .run(&format!("explain --endpoint {endpoint}"))
            .exits(1);
        assert!(ran.out.contains(expected), "{endpoint}: {}", ran.out);
        assert_eq!(ran.out.matches("refused: ").count(), 1, "{}", ran.out);
    }
}

#[test]
fn the_host_field_is_the_endpoint_whatever_its_case_and_with_its_default_port() {
    let directory = with_keys();
    let endpoint = "a1-ats.iot.eu-central-1.amazonaws.com";
    for (host, code) in [
        (endpoint.to_owned(), 0),
        (format!("{endpoint}:443"), 0),
        (endpoint.to_uppercase(), 0),
        (format!("{endpoint}:8443"), 1),
        (endpoint.replace("a1", "a2"), 1),
    ] {
        let request = good().replace(endpoint, &host);
        directory
            .run_with_input(&format!("explain - --endpoint {endpoint}"), request)
            .exits(code);
    }
}

#[test]
fn a_signature_file_is_taken_as_sign_token_prints_it() {
    let directory = with_keys();
    directory.write("token", "allow");
    let signed = directory
        .run("sign-token --signing-key signing.key --token-file token")
        .exits(0);
    directory.write("signature", &signed.out);
    let explain = "explain --token-file token --signature-file signature --public-key signing.pub";
    directory.run(explain).exits(0);

    let line = signed.out.trim_end();
    for (contents, expected) in [
        (format!("{line}\r\n"), "ends in CR LF"),
        (format!("\u{feff}{line}\n"), "byte order mark"),
    ] {
        directory.write("signature", contents);
        for command in [
            explain,
            "verify signed --token-file token --signature-file signature --public-key signing.pub --any-form",
            "publish --endpoint localhost --id a --token-file token --signature-file signature",
        ] {
            let ran = directory.run(command).exits(2);
            assert!(ran.err.contains(expected), "{command}: {}", ran.err);
        }
    }
}

#[test]
fn no_secret_is_quoted() {
    let directory = with_keys();
    let request = good().replace(
        "token:allow",
        "token:open\x01sesame\r\nx-amz-customauthorizer-signature:open-sesame",
    );
    let ran = directory.run_with_input("explain -", request).exits(1);
    assert!(!ran.out.contains("sesame"), "{}", ran.out);
}
