//! `publish`: the whole loop, from keys to a message that the local emulator took.

use std::io::{Read, Write};

use local_iot_core::LocalIotCore;

use crate::emulator;
use crate::support::{Directory, Ran, with_keys};

struct Loop {
    directory: Directory,
    emulator: LocalIotCore,
}

impl Loop {
    fn start() -> Self {
        let directory = with_keys();
        let emulator = emulator::start(&directory);
        Self {
            directory,
            emulator,
        }
    }

    /// The credentials of one device for the local emulator's authorizer of that scheme.
    fn device(&self, scheme: &str, id: &str, more: &str) -> Ran {
        self.directory
            .run(&format!(
                "credentials --scheme {scheme} --authorizer {scheme} --endpoint localhost --fleet-key-file fleet.key \
                 --signing-key signing.key --id {id} --out {scheme}-{id}.json {more}"
            ))
            .exits(0)
    }

    fn publish(&self, arguments: &str) -> Ran {
        let port = self.emulator.https_addr().port();
        self.directory
            .run(&format!("publish --port {port} --ca ca.pem {arguments}"))
    }

    #[track_caller]
    fn last(&self) -> (bool, String, String) {
        let entry = self.emulator.trace().pop().unwrap();
        (
            entry.accepted,
            entry.topic.unwrap_or_default(),
            entry.reason,
        )
    }
}

#[test]
fn a_device_of_each_scheme_is_accepted() {
    let round = Loop::start();
    let registered = round.device("static", "a", "");
    let hash = registered.out.trim_end().strip_prefix("a=").unwrap();
    round.directory.write(
        "store.json",
        format!(r#"{{"devices": {{"a": {{"token_sha256": "{hash}"}}}}}}"#),
    );
    round.device("minted", "a", "");
    round.device("signed", "a", "--expires 2100-01-01T00:00:00Z");
    for scheme in ["static", "minted", "signed"] {
        for more in ["", "--query", "--qos 1"] {
            let ran = round
                .publish(&format!("--credentials {scheme}-a.json {more}"))
                .exits(0);
            assert_eq!(ran.out, "accepted: 200\nadvice: AWS has the message\n");
            let (accepted, topic, _) = round.last();
            assert_eq!(
                (accepted, topic.as_str()),
                (true, "a/status"),
                "{scheme} {more}"
            );
        }
    }
}

#[test]
fn the_article_s_unsigned_and_signed_publishes_are_accepted() {
    let round = Loop::start();
    round.directory.write("token", "allow");
    let ran = round
        .publish("--endpoint localhost --authorizer unsignedAuthorizer --token-file token --id uniqueID hello")
        .exits(0);
    assert!(ran.out.starts_with("accepted: 200\n"));
    let port = round.emulator.http_addr().port();
    let ran = round.directory.run_with_variable(
        &format!("publish --plain --endpoint localhost --port {port} --authorizer unsignedAuthorizer --id uniqueID"),
        "MOTEPOST_TOKEN",
        "deny",
    );
    assert!(
        ran.exits(3)
            .out
            .starts_with("denied: 403\nerror type: ForbiddenException\nadvice: ")
    );

    let signed = round
        .directory
        .run("sign-token --signing-key signing.key --id uniqueID --expires 4000000000")
        .exits(0);
    round.directory.write("token", "uniqueID.4000000000");
    round.directory.write("signature", &signed.out);
    let arguments =
        "--endpoint localhost --authorizer signed --token-file token --signature-file signature";
    round
        .publish(&format!("{arguments} --id uniqueID"))
        .exits(0);
    // The token is one device's, and its policy one device's topics.
    round.publish(&format!("{arguments} --id another")).exits(3);
    round
        .publish(&format!("{arguments} --id uniqueID --topic another/status"))
        .exits(3);
}

/// The same terse response on the wire to each; the exit status says so.
#[test]
fn what_no_authorizer_vouches_for_is_denied() {
    let round = Loop::start();
    round.device("minted", "a", "");
    round.device("signed", "a", "--expires 4000000000");
    let expired = "a.1700000000";
    let signed = round
        .directory
        .run_with_input("sign-token --signing-key signing.key", expired)
        .exits(0);
    round.directory.write("expired", expired);
    round.directory.write("signature", signed.out);
    round.directory.write(
        "forged.json",
        round
            .directory
            .read("minted-a.json")
            .replace("\"id\": \"a\"", "\"id\": \"b\""),
    );
    round.directory.write(
        "none.json",
        round.directory.read("minted-a.json").replace(
            "\"minted\",\n  \"token_key\"",
            "\"nobody\",\n  \"token_key\"",
        ),
    );
    round
        .publish("--credentials minted-a.json --counter 7")
        .exits(0);
    for (what, arguments) in [
        ("a counter again", "--credentials minted-a.json --counter 7"),
        (
            "a smaller counter",
            "--credentials minted-a.json --counter 6",
        ),
        ("another device's key", "--credentials forged.json"),
        (
            "an expired token",
            "--credentials signed-a.json --token-file expired --signature-file signature",
        ),
        (
            "another device's topic",
            "--credentials minted-a.json --topic b/status",
        ),
        (
            "no such authorizer",
            "--credentials minted-a.json --authorizer nobody",
        ),
    ] {
        let ran = round.publish(arguments).exits(3);
        assert!(
            ran.out
                .starts_with("denied: 403\nerror type: ForbiddenException\n"),
            "{what}: {}",
            ran.out
        );
        assert!(!round.last().0, "{what}");
    }
}

#[test]
fn a_revoked_device_is_denied_and_a_rotated_fleet_key_accepted() {
    let round = Loop::start();
    round.device("minted", "a", "");
    round.publish("--credentials minted-a.json").exits(0);
    // A new key, and the old one as long as there are devices with it.
    round.directory.run("keygen fleet --out new.key").exits(0);
    let both = round.directory.read("new.key") + &round.directory.read("fleet.key");
    std::fs::remove_file(round.directory.join("fleet.key")).unwrap();
    round.directory.write("fleet.key", both);
    round.publish("--credentials minted-a.json").exits(0);
    round.device("minted", "b", "");
    round.publish("--credentials minted-b.json").exits(0);
    // The old one ends.
    round
        .directory
        .write("fleet.key", round.directory.read("new.key"));
    round.publish("--credentials minted-a.json").exits(3);
    round.publish("--credentials minted-b.json").exits(0);
    round
        .directory
        .write("store.json", r#"{"devices": {"b": {"revoked": true}}}"#);
    round.publish("--credentials minted-b.json").exits(3);
}

const DRY: &str = "publish --endpoint a1-ats.iot.eu-central-1.amazonaws.com --authorizer unsignedAuthorizer --id uniqueID --qos 1 --dry-run";

#[test]
fn a_dry_run_prints_the_request_and_stars_out_the_secrets() {
    let directory = with_keys();
    directory.write("token", "an-open-secret");
    let ran = directory
        .run(&format!(
            "{DRY} --token-file token --header authorization:Bearer-secret {{}}"
        ))
        .exits(0);
    assert_eq!(
        ran.out,
        "POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\nhost:a1-ats.iot.eu-central-1.amazonaws.com\r\n\
         x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:**************\r\nid:uniqueID\r\n\
         authorization:*************\r\ncontent-length:2\r\n\r\n{}"
    );
    let shown = directory
        .run(&format!(
            "{DRY} --token-file token --header authorization:Bearer-secret --show-secrets {{}}"
        ))
        .exits(0);
    assert_eq!(shown.out.len(), ran.out.len());
    assert!(shown.out.contains("\r\ntoken:an-open-secret\r\n"));
    let in_query = directory
        .run(&format!("{DRY} --query --token-file token {{}}"))
        .exits(0);
    assert!(
        in_query.out.contains("token=**************"),
        "{}",
        in_query.out
    );
    let signed = directory
        .run("sign-token --signing-key signing.key --token-file token")
        .exits(0);
    directory.write("signature", &signed.out);
    for carried in ["", "--query"] {
        let ran = directory
            .run(&format!(
                "{DRY} {carried} --token-file token --signature-file signature"
            ))
            .exits(0);
        assert!(
            !ran.out.contains(&signed.out[..8]) && !ran.out.contains("an-open-secret"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn what_cannot_be_sent_says_why() {
    let directory = with_keys();
    directory.write("token", "allow\n");
    directory.write("signature", "QUJD\nREVG\n");
    // Of 28 characters and minted by nobody, and minted with one newline more than `mint` writes.
    directory.write("other", "QQAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    directory.write("two", "AQAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n");
    directory.write("windows", "AQAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n");
    directory.write("notepad", b"\xff\xfea\0\r\0\n\0");
    for (arguments, expected) in [
        (
            "publish --endpoint localhost --id a --token-file other",
            "ends in a newline",
        ),
        (
            "publish --endpoint localhost --id a --token-file two",
            "ends in a newline",
        ),
        (
            "publish --endpoint localhost --id a --token-file windows",
            "ends in a newline",
        ),
        (
            "publish --endpoint localhost --id a --token-file notepad",
            "saved as UTF-16",
        ),
        (
            "publish --endpoint iot.eu-central-1.amazonaws.com --id a --dry-run",
            "is not a data endpoint",
        ),
        (
            "publish --endpoint a1.iot.eu-central-1.amazonaws.com --id a",
            "lacks -ats",
        ),
        ("publish --id a", "no endpoint"),
        ("publish --endpoint localhost", "no topic"),
        (
            "publish --endpoint localhost --id a --token-file token",
            "ends in a newline",
        ),
        (
            "publish --endpoint localhost --id a --signature-file signature",
            "line break",
        ),
        (
            "publish --endpoint https://localhost --id a --dry-run",
            "the endpoint is a URL",
        ),
        (
            "publish --endpoint localhost:https --id a",
            "port is not a number",
        ),
        (
            "publish --endpoint localhost --id a --topic a/+",
            "topic holds + or #",
        ),
        (
            "publish --endpoint example.com --id a --plain",
            "for localhost",
        ),
        (
            "publish --endpoint localhost --id a --ca /no/such",
            "/no/such",
        ),
        (
            "publish --endpoint localhost --id a --ca signing.pub",
            "no certificate",
        ),
        (
            "publish --endpoint localhost --id a --plain --port 1",
            "no connection",
        ),
        (
            "publish --endpoint localhost --id a --credentials signing.key",
            "not credentials in JSON",
        ),
    ] {
        let ran = directory.run(arguments).exits(2);
        assert!(ran.err.contains(expected), "{arguments}: {}", ran.err);
        assert_eq!(ran.out, "");
    }
}

#[test]
fn a_server_that_is_not_the_endpoint_is_not_told_anything() {
    let round = Loop::start();
    round.device("minted", "a", "");
    // Another local emulator has another CA.
    let other = emulator::start(&with_keys());
    let port = other.https_addr().port();
    let ran = round
        .directory
        .run(&format!(
            "publish --credentials minted-a.json --ca ca.pem --port {port}"
        ))
        .exits(2);
    assert!(ran.err.contains("certificate"), "{}", ran.err);
}

/// The row decides, so that the device keeps its id: old key, next key, in that order.
#[test]
fn a_re_keyed_device_is_accepted_under_its_id_and_its_old_key_denied() {
    let round = Loop::start();
    round.device("minted", "a", "");
    round.directory.run("credentials --scheme minted --authorizer minted --endpoint localhost --fleet-key-file fleet.key --id a --key-generation 1 --out next.json").exits(0);
    round
        .publish("--credentials minted-a.json --counter 9")
        .exits(0);
    round.publish("--credentials next.json").exits(3);
    // As docs/threats.md says: the counter goes with the key.
    round
        .directory
        .write("store.json", r#"{"devices": {"a": {"generation": 1}}}"#);
    round.publish("--credentials minted-a.json").exits(3);
    round
        .publish("--credentials minted-a.json --counter 10")
        .exits(3);
    round
        .publish("--credentials next.json --counter 1")
        .exits(0);
    round.publish("--credentials next.json").exits(0);
}

/// Answers the first connection with these bytes, and hangs up.
fn answering(response: Vec<u8>) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\nhello") && stream.read(&mut byte).unwrap() == 1 {
            request.push(byte[0]);
        }
        stream.write_all(&response).unwrap();
    });
    port
}

#[test]
fn what_the_response_says_is_shown_with_the_advice_that_fits() {
    let directory = Directory::new();
    let json = "content-type: application/json\r\nx-amzn-RequestId: r-1\r\n";
    let rows = [
        (
            "403 Forbidden",
            format!("{json}x-amzn-ErrorType: ForbiddenException:\r\n"),
            r#"{"message":"Forbidden","traceId":"t-1"}"#,
            3,
            &[
                "denied: 403\nerror type: ForbiddenException\n",
                "AWS says no more",
                "message: Forbidden\n",
                "trace id: t-1\n",
                "request id: r-1\n",
            ][..],
        ),
        (
            "403 Forbidden",
            json.to_owned(),
            r#"{"message":null,"traceId":"t-1"}"#,
            3,
            &["AWS says no more", "trace id: t-1\n"],
        ),
        (
            "403 Forbidden",
            String::new(),
            r#"{"message":"Missing Authentication Token"}"#,
            3,
            &[
                "an API Gateway answered",
                "message: Missing Authentication Token\n",
            ],
        ),
        (
            "403 Forbidden",
            json.to_owned(),
            r#"{"message":"The request signature we calculated does not match"}"#,
            3,
            &["SigV4"],
        ),
        (
            "403 Forbidden",
            String::new(),
            "<html>Blocked by policy</html>",
            3,
            &[
                "nothing in it is AWS's",
                "body: <html>Blocked by policy</html>\n",
            ],
        ),
        (
            "400 Bad Request",
            json.to_owned(),
            r#"{"message":"a\u001b[31mb\nc","traceId":"t"}"#,
            4,
            &[
                "the request itself is wrong",
                "message: a\\u{1b}[31mb\\nc\n",
            ],
        ),
        (
            "302 Found",
            "location: http://portal/login\r\n".to_owned(),
            "",
            4,
            &[
                "rejected: 302\n",
                "captive portal",
                "location: http://portal/login\n",
            ],
        ),
        (
            "404 Not Found",
            String::new(),
            r#"{"message":"Not Found"}"#,
            4,
            &["nothing is at this path"],
        ),
        (
            "405 Method Not Allowed",
            String::new(),
            "",
            4,
            &["does not take POST"],
        ),
        (
            "407 Proxy Authentication Required",
            String::new(),
            "",
            4,
            &["a proxy or a portal"],
        ),
        (
            "408 Request Timeout",
            String::new(),
            "",
            6,
            &["on a new connection"],
        ),
        (
            "413 Payload Too Large",
            String::new(),
            "",
            4,
            &["larger than AWS takes"],
        ),
        (
            "429 Too Many Requests",
            json.to_owned(),
            r#"{"message":"The rate exceeds the limit.","traceId":"t"}"#,
            5,
            &["repeat it later", "message: The rate exceeds the limit.\n"],
        ),
        (
            "503 Service Unavailable",
            String::new(),
            "",
            6,
            &["repeat it later"],
        ),
        (
            "511 Network Authentication Required",
            String::new(),
            "",
            6,
            &["a proxy or a portal"],
        ),
        (
            "200 OK",
            json.to_owned(),
            r#"{"message":"OK","traceId":"t"}"#,
            0,
            &["accepted: 200\nadvice: AWS has the message\n"],
        ),
    ];
    for (status, fields, body, code, expected) in rows {
        let length = body.len();
        let interim = "HTTP/1.1 100 Continue\r\nx-amzn-RequestId: no\r\n\r\n";
        let response =
            format!("{interim}HTTP/1.1 {status}\r\n{fields}content-length: {length}\r\n\r\n{body}");
        let port = answering(response.into_bytes());
        let ran = directory
            .run(&format!(
                "publish --plain --endpoint localhost --port {port} --id a hello"
            ))
            .exits(code);
        for expected in expected {
            assert!(ran.out.contains(expected), "{status}: {}", ran.out);
        }
        assert!(!ran.out.contains('\x1b') && !ran.out.contains("request id: no"));
    }
}

/// The status is there, so the user must see it.
#[test]
fn a_response_that_breaks_off_after_its_status_is_shown_as_far_as_it_came() {
    let directory = Directory::new();
    for (response, expected) in [
        ("", &["no response: "][..]),
        (
            "HTTP/1.1 20",
            &["no complete response, of which 11 bytes came: "],
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-le",
            &[
                "status 200, accepted; the rest of the response did not come",
                "\nadvice: AWS has the message\n",
            ],
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel",
            &["status 200, accepted; ", "\nadvice: AWS has the message\n"],
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\n",
            &["no complete response, of which 25 bytes came: "],
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: ForbiddenException\r\ncontent-length: 65\r\n\r\n",
            &["status 403, denied; ", "\nadvice: AWS says no more"],
        ),
        (
            "HTTP/1.1 403 Forbidden\r\n",
            &["status 403, denied; ", "\nadvice: nothing in it is AWS's"],
        ),
        (
            "HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n",
            &["status 503, unavailable; ", "\nadvice: repeat it later"],
        ),
    ] {
        let port = answering(response.as_bytes().to_vec());
        let ran = directory
            .run(&format!(
                "publish --plain --endpoint localhost --port {port} --id a hello"
            ))
            .exits(2);
        for expected in expected {
            assert!(ran.err.contains(expected), "{response}: {}", ran.err);
        }
        assert_eq!(ran.out, "");
    }
}

/// Takes a connection, and then neither reads nor answers. Ends with the test's process.
fn silent() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    port
}

/// One byte of a head after another, each before any timeout of a single read.
fn dripping() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let pace = std::time::Duration::from_millis(50);
        stream.set_read_timeout(Some(pace)).unwrap();
        let head = b"HTTP/1.1 200 OK\r\nx: "
            .iter()
            .chain(std::iter::repeat(&b'x'));
        for byte in head {
            // The client says nothing more, so that this lasts as long as the pace.
            let _ = stream.read(&mut [0; 64]);
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
        }
    });
    port
}

#[test]
fn the_timeout_is_for_the_complete_publish_and_says_so() {
    let round = with_keys();
    let emulator = emulator::start(&round);
    drop(emulator);
    for (what, port, how) in [
        ("a peer that drips", dripping(), "--plain"),
        ("a peer that says nothing", silent(), "--plain"),
        ("a peer that says nothing in TLS", silent(), "--ca ca.pem"),
    ] {
        let ran = round
            .run(&format!(
                "publish {how} --endpoint localhost --port {port} --id a --timeout 1"
            ))
            .exits(2);
        assert!(
            ran.err.contains("the 1 s of --timeout are over") && !ran.err.contains("os error"),
            "{what}: {}",
            ran.err
        );
        let is_known = ran.err.contains("status 200, accepted; ");
        assert_eq!(is_known, what == "a peer that drips", "{what}: {}", ran.err);
    }
    for timeout in ["0", "-1", "x", "86401"] {
        let ran = round
            .run(&format!(
                "publish --endpoint localhost --id a --timeout={timeout}"
            ))
            .exits(2);
        assert!(ran.err.contains("--timeout"), "{}", ran.err);
    }
}

/// One connection's request, which is answered with 200.
fn requests(address: &str) -> Option<(u16, std::sync::mpsc::Receiver<String>)> {
    let listener = std::net::TcpListener::bind(address).ok()?;
    let port = listener.local_addr().unwrap().port();
    let (sender, request) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 4096];
        let count = stream.read(&mut bytes).unwrap();
        let text = String::from_utf8(bytes[..count].to_vec()).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        sender.send(text).unwrap();
    });
    Some((port, request))
}

#[test]
fn a_port_that_is_given_counts_before_the_endpoint_s() {
    let directory = with_keys();
    directory
        .run("credentials --scheme static --id a --endpoint localhost:1 --out a.json")
        .exits(0);
    for from in ["--credentials a.json", "--endpoint localhost:1 --id a"] {
        let (port, request) = requests("127.0.0.1:0").unwrap();
        directory
            .run(&format!("publish --plain {from} --port {port} hello"))
            .exits(0);
        let request = request.recv().unwrap();
        assert!(request.contains("\r\nhost:localhost\r\n"), "{request}");
    }
}

#[test]
fn an_endpoint_may_be_an_address_of_ipv6() {
    let directory = with_keys();
    // Its CA is what is needed.
    drop(emulator::start(&directory));
    let Some((port, request)) = requests("[::1]:0") else {
        // This machine has no IPv6.
        return;
    };
    directory
        .run(&format!(
            "publish --plain --endpoint [::1]:{port} --id a hello"
        ))
        .exits(0);
    assert!(
        request
            .recv()
            .unwrap()
            .contains(&format!("\r\nhost:[::1]:{port}\r\n"))
    );
    // Over TLS the address is looked up and connected to in the same way.
    let listener = std::net::TcpListener::bind("[::1]:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || drop(listener.accept()));
    let ran = directory
        .run(&format!(
            "publish --ca ca.pem --endpoint [::1]:{port} --id a hello"
        ))
        .exits(2);
    assert!(ran.err.contains("no response"), "{}", ran.err);
}

/// `mint` ends its output with a newline, which is not part of the token.
#[test]
fn a_token_that_mint_has_written_is_taken_as_it_is() {
    let round = Loop::start();
    let mint = "mint --fleet-key-file fleet.key --id a";
    for freshness in ["", "--counter 7"] {
        let token = round
            .directory
            .run(&format!("{mint} {freshness}"))
            .exits(0)
            .out;
        assert!(token.len() == 29 && token.ends_with('\n'), "{token}");
        round.directory.write("token", token);
        round
            .publish("--endpoint localhost --authorizer minted --id a --token-file token")
            .exits(0);
    }
}

/// They hold a key or a token.
#[cfg(unix)]
#[test]
fn credentials_that_others_may_read_are_refused() {
    let round = Loop::start();
    round.device("minted", "a", "");
    for (mode, code) in [(0o644, 2), (0o620, 2), (0o600, 0), (0o400, 0)] {
        round.directory.set_mode("minted-a.json", mode);
        let ran = round.publish("--credentials minted-a.json").exits(code);
        let is_refused = ran
            .err
            .contains("minted-a.json: is a key that others may read or write");
        assert_eq!(is_refused, code == 2, "{mode:o}: {}", ran.err);
    }
}

/// A variable that stayed exported is no part of what was asked for.
#[test]
fn the_credentials_that_are_named_count_before_a_variable() {
    let round = Loop::start();
    round.device("minted", "a", "");
    let port = round.emulator.https_addr().port();
    let publish = format!("publish --port {port} --ca ca.pem --credentials minted-a.json");
    for (variable, value) in [("MOTEPOST_TOKEN", "x"), ("MOTEPOST_TOKEN_FILE", "none")] {
        round
            .directory
            .run_with_variable(&publish, variable, value)
            .exits(0);
    }
}

#[test]
fn a_file_that_is_not_there_is_named_once() {
    let ran = Directory::new()
        .run("publish --credentials nofile.json")
        .exits(2);
    assert_eq!(ran.err.matches("nofile.json").count(), 1, "{}", ran.err);
}
