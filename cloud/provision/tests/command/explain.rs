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

#[test]
fn standard_input_is_read_where_it_is_no_terminal_and_nothing_is_a_usage_error() {
    let directory = with_keys();
    let bad = good().replace("qos=1", "qos=2");
    // As `publish --dry-run --show-secrets | explain` does it.
    for arguments in [
        "explain",
        "explain --port 443",
        "explain --public-key signing.pub",
    ] {
        let ran = directory.run_with_input(arguments, &bad).exits(1);
        assert!(ran.out.contains("refused: qos is neither"), "{}", ran.out);
    }
    for (arguments, input) in [
        ("explain", ""),
        ("explain", "\n"),
        ("explain -", ""),
        ("explain --json", ""),
        ("explain --public-key signing.pub", ""),
        ("explain empty", ""),
    ] {
        directory.write("empty", "");
        let ran = directory.run_with_input(arguments, input).exits(2);
        assert!(
            ran.err.contains("nothing to explain"),
            "{arguments}: {}",
            ran.err
        );
        assert_eq!(ran.out, "");
    }
    // A part of a request stands by itself.
    directory.run_with_input("explain --topic a/b", "").exits(0);
    directory
        .run_with_input("explain --token-file -", "allow")
        .exits(0);
}

#[test]
fn a_line_without_a_colon_is_blamed_on_what_broke_it() {
    let directory = with_keys();
    let signature = format!("x-amz-customauthorizer-signature:{}", "A".repeat(76));
    for (from, to, expected) in [
        (
            "host:a1-ats",
            "host:\r\na1-ats",
            "the value of host stands on a line of its own, as a println",
        ),
        (
            "token:allow",
            "token:\r\nallow",
            "the value of token stands on a line of its own",
        ),
        (
            "token:allow",
            &format!("{signature}\r\nQUJD"),
            "`base64` does at 76 columns",
        ),
        (
            "token:allow",
            "token:al\r\nlow",
            "the value of token was broken in two by a newline",
        ),
        ("host:a1", "a1", "after the first line come fields"),
    ] {
        let ran = directory
            .run_with_input("explain", good().replace(from, to))
            .exits(1);
        assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
        let blames_base64 = ran.out.contains("`base64` does");
        assert_eq!(blames_base64, expected.contains("base64"), "{}", ran.out);
    }
}

#[test]
fn what_surprises_is_noted_and_not_refused() {
    let directory = with_keys();
    for (from, to, expected) in [
        (
            "id:uniqueID",
            "id:uniqueID\r\nid:other",
            "several fields id with different values",
        ),
        (
            "id:uniqueID",
            "id:uniqueID\r\nID:other",
            "several fields id with different values",
        ),
        (
            "id:uniqueID",
            "id:uniqueID\r\nid:uniqueID",
            "several fields id:",
        ),
        (
            "?qos=1",
            "?qos=1&id=other",
            "the field id and the query's id have different values",
        ),
        ("?qos=1", "?QoS=1", "the query's QoS is not qos"),
        ("?qos=1", "?Qos=1", "the query's Qos is not qos"),
        (
            "?qos=1",
            "?retained=true",
            "the query's retained is not retain",
        ),
        ("?qos=1", "?Retain=true", "the query's Retain is not retain"),
        (
            "?qos=1",
            "?content-type=text",
            "the query's content-type is not contentType",
        ),
        (
            "?qos=1",
            "?messageexpiry=1",
            "the query's messageexpiry is not messageExpiry",
        ),
        (
            "?qos=1",
            "?message-expiry-seconds=1&responsetopic=a",
            "responsetopic is not responseTopic",
        ),
    ] {
        let ran = directory
            .run_with_input("explain", good().replace(from, to))
            .exits(0);
        assert!(
            ran.out.contains("note: ") && ran.out.contains(expected),
            "{to}: {}",
            ran.out
        );
    }
    for to in [
        "?qos=1&actionToken=allow",
        "?qos=1&id=uniqueID",
        "?q=1&topic=x&name=y",
    ] {
        let ran = directory
            .run_with_input("explain", good().replace("?qos=1", to))
            .exits(0);
        assert!(
            !ran.out.contains("note: the query's") && !ran.out.contains("different"),
            "{to}: {}",
            ran.out
        );
    }
}

/// As curl 8.14 prints it, shortened.
fn curl(port: u16, path: &str, status: &str, body: &str) -> String {
    format!(
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n\
         \x20                                Dload  Upload   Total   Spent    Left  Speed\n\
         \r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\
         * Host a1-ats.iot.eu-central-1.amazonaws.com:{port} was resolved.\n\
         *   Trying 127.0.0.1:{port}...\n\
         * ALPN: curl offers http/1.1\n\
         }} [5 bytes data]\n\
         * ALPN: server did not agree on a protocol. Uses default.\n\
         * Connected to a1-ats.iot.eu-central-1.amazonaws.com (127.0.0.1) port {port}\n\
         > POST {path} HTTP/1.1\n\
         > Host: a1-ats.iot.eu-central-1.amazonaws.com\n\
         > User-Agent: curl/8.14.1\n\
         > Accept: */*\n\
         > x-amz-customauthorizer-name: unsignedAuthorizer\n\
         > token: allow\n\
         > id: uniqueID\n\
         > Content-Length: 2\n\
         >\x20\n\
         }} [2 bytes data]\n\
         * upload completely sent off: 2 bytes\n\
         < HTTP/1.1 {status}\n\
         < content-type: application/json\n\
         < x-amzn-RequestId: r-1\n\
         < x-amzn-ErrorType: ForbiddenException:\n\
         < \n\
         {{ [65 bytes data]\n\
         * Connection #0 to host a1-ats.iot.eu-central-1.amazonaws.com left intact\n\
         {body}"
    )
}

#[test]
fn what_curl_printed_is_read_as_the_request_and_the_response() {
    let directory = with_keys();
    let denied = r#"{"message":"Forbidden","traceId":"t-1"}"#;
    let sent = curl(
        443,
        "/topics/uniqueID/status?qos=1",
        "403 Forbidden",
        denied,
    );
    for text in [
        sent.clone(),
        sent.replace('\n', "\r\n"),
        format!("$ curl -v ...\n{sent}"),
    ] {
        let ran = directory.run_with_input("explain", text).exits(1);
        assert!(!ran.out.contains("refused"), "{}", ran.out);
        for expected in [
            "response: status: 403\n",
            "response: error type: ForbiddenException\n",
            "response: message: Forbidden\n",
            "response: trace id: t-1\n",
            "response: request id: r-1\n",
            "response: advice: AWS says no more",
        ] {
            assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
        }
    }
    let ran = directory
        .run_with_input(
            "explain",
            curl(8443, "/topics/a/b?qos=2", "403 Forbidden", denied),
        )
        .exits(1);
    assert!(
        ran.out.contains("refused: port 8443 is for X.509"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("refused: qos is neither"), "{}", ran.out);
    let accepted = curl(
        443,
        "/topics/a/b?qos=1",
        "200 OK",
        r#"{"message":"OK","traceId":"t"}"#,
    );
    let ran = directory.run_with_input("explain", accepted).exits(0);
    assert!(
        ran.out.contains("response: advice: AWS has the message\n"),
        "{}",
        ran.out
    );
    let broken = "* Connected to h (1.2.3.4) port 443\n> GET /topics/a HTTP/1.1\n> Host: h\n> token: x\n> \ncurl: (60) SSL certificate problem\n";
    let ran = directory.run_with_input("explain", broken).exits(1);
    assert!(
        ran.out
            .contains("note: curl says: curl: (60) SSL certificate problem"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("refused: the method is GET"),
        "{}",
        ran.out
    );
}

/// The real curl, if there is one, against a socket that answers.
#[test]
fn what_the_real_curl_prints_is_read() {
    use std::io::{Read, Write};
    use std::process::Command;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else {
            return;
        };
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n{}")
            && stream.read(&mut byte).is_ok_and(|count| count == 1)
        {
            request.push(byte[0]);
        }
        let body = r#"{"message":null,"traceId":"t-9"}"#;
        let _ = write!(
            stream,
            "HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
    });
    let output = Command::new("curl")
        .args([
            "-sv",
            "--max-time",
            "60",
            "--noproxy",
            "*",
            "-H",
            "token: allow",
            "-H",
            "id: a",
            "-d",
            "{}",
        ])
        .arg(format!("http://127.0.0.1:{port}/topics/a%2Fb?QoS=1"))
        .output();
    let Ok(output) = output else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "there is no curl"
        );
        let _ = writeln!(std::io::stderr(), "LEFT OUT: there is no curl");
        // So that the thread ends.
        drop(std::net::TcpStream::connect(("127.0.0.1", port)));
        return;
    };
    server.join().unwrap();
    let printed = [output.stderr, output.stdout].concat();
    let directory = with_keys();
    let ran = directory.run_with_input("explain", printed).exits(1);
    assert!(!ran.out.contains("refused: "), "{}", ran.out);
    for expected in [
        "the query's QoS is not qos",
        "response: status: 403",
        "response: trace id: t-9",
        &format!("{port} can be the local emulator's"),
    ] {
        assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
    }
}

#[test]
fn what_came_back_is_explained_by_itself() {
    let directory = with_keys();
    for (text, code, expected) in [
        (
            "HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: ForbiddenException:\r\nx-amzn-RequestId: r\r\n\r\n{\"message\":null,\"traceId\":\"t\"}",
            1,
            &[
                "status: 403",
                "error type: ForbiddenException\n",
                "trace id: t\n",
                "request id: r\n",
                "AWS says no more",
            ][..],
        ),
        (
            "HTTP/1.1 302 Found\nLocation: http://x/\n\n",
            1,
            &["status: 302", "captive portal", "location: http://x/"],
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n{\"message\":\"OK\",\"traceId\":\"t\"}",
            0,
            &["AWS has the message", "trace id: t"],
        ),
        (
            "{\"message\":\"Forbidden\",\"traceId\":\"t\"}\n",
            1,
            &["message: Forbidden", "trace id: t", "AWS says no more"],
        ),
        (
            "{\"message\":\"Missing Authentication Token\"}",
            1,
            &["an API Gateway answered"],
        ),
        (
            "\nAn error occurred (ForbiddenException) when calling the Publish operation: Forbidden\n",
            1,
            &["error type: ForbiddenException\n", "message: Forbidden\n"],
        ),
    ] {
        let ran = directory.run_with_input("explain", text).exits(code);
        assert!(
            !ran.out.contains("refused: ") && !ran.out.contains("nothing here"),
            "{}",
            ran.out
        );
        for expected in expected {
            assert!(
                ran.out.contains(expected),
                "{text}: {expected}: {}",
                ran.out
            );
        }
    }
}

#[test]
fn json_has_the_same_findings() {
    let directory = with_keys();
    let json = |arguments: &str, input: &str, code| -> serde_json::Value {
        let ran = directory.run_with_input(arguments, input).exits(code);
        serde_json::from_str(&ran.out).unwrap()
    };
    let found = json(
        "explain --json",
        &good().replace("qos=1", "qos=2&Retain=true"),
        1,
    );
    assert_eq!(found["is_refused"], true);
    assert_eq!(
        found["refused"][0],
        "qos is neither 0 nor 1: AWS offers no QoS 2"
    );
    assert!(
        found["notes"][0]
            .as_str()
            .unwrap()
            .contains("Retain is not retain")
    );
    assert!(found["response"].is_null());
    let found = json("explain --json", &good(), 0);
    assert_eq!(
        found,
        serde_json::json!({"is_refused": false, "refused": [], "notes": [], "response": null})
    );
    let found = json(
        "explain --json",
        r#"{"message":"Forbidden","traceId":"t"}"#,
        1,
    );
    assert_eq!(found["response"]["trace_id"], "t");
    assert_eq!(found["response"]["message"], "Forbidden");
}

/// RFC 7515: base64url without padding, where AWS wants standard base64.
#[test]
fn a_complete_jwt_with_a_signature_next_to_it_is_named() {
    use base64ct::{Base64, Base64UrlUnpadded, Encoding};
    let directory = with_keys();
    let part = |json: &str| Base64UrlUnpadded::encode_string(json.as_bytes());
    let signed = format!("{}.{}", part(r#"{"alg":"RS256"}"#), part(r#"{"sub":"a"}"#));
    directory.write("signed", &signed);
    let signature = directory
        .run("sign-token --signing-key signing.key --token-file signed")
        .exits(0)
        .out;
    directory.write("signature", &signature);
    let bytes = Base64::decode_vec(signature.trim_end()).unwrap();
    let url = Base64UrlUnpadded::encode_string(&bytes);
    let whole = format!("{signed}.{url}");
    directory.write("whole", &whole);
    let explain = |arguments: &str, code| {
        directory
            .run(&format!("explain {arguments}"))
            .exits(code)
            .out
    };
    let key = "--public-key signing.pub";

    explain(
        &format!("--token-file signed --signature-file signature {key}"),
        0,
    );
    let said = explain(
        &format!("--token-file whole --signature-file signature {key}"),
        1,
    );
    assert!(
        said.contains("refused: the token is a complete JWT")
            && said.contains("note: sent so, it verifies with the key signing.pub"),
        "{said}"
    );
    assert_eq!(said.matches("refused: ").count(), 1, "{said}");
    let said = explain(
        "--token-file whole --signature-file signature --public-key other.pub",
        1,
    );
    assert!(
        said.contains("sent so, it does not verify either"),
        "{said}"
    );
    assert!(!said.contains(&signed) && !said.contains(&url), "{said}");
    // Where the function checks it itself it may be complete.
    explain("--token-file whole", 0);
    directory.write("url", url);
    let said = explain(
        &format!("--token-file signed --signature-file url {key}"),
        1,
    );
    assert!(said.contains("base64url"), "{said}");
    for algorithm in ["ES256", "none", "HS256"] {
        let header = part(&format!(r#"{{"alg":"{algorithm}"}}"#));
        directory.write("other", format!("{header}.{}", part("{}")));
        let said = explain(
            &format!("--token-file other --signature-file signature {key}"),
            1,
        );
        assert!(
            said.contains(&format!(
                "signed by {algorithm}, and AWS checks RS256 alone"
            )),
            "{said}"
        );
    }
}
