//! Which authorizer is asked, with what, and what follows from its response.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use base64ct::{Base64, Encoding};
use local_iot_core::{
    Authorizer, AuthorizerFunction, Behaviour, Config, FunctionFailure, HeaderNames, Limits,
    LocalIotCore, PublicKey,
};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::{Value, json};

use crate::support::*;

/// A well-formed response with one statement that allows.
pub fn grant(action: &str, resource: &str) -> Value {
    response(json!([{"Effect": "Allow", "Action": action, "Resource": resource}]))
}

fn response(statements: Value) -> Value {
    json!({
        "isAuthenticated": true,
        "principalId": "device",
        "policyDocuments": [{"Version": "2012-10-17", "Statement": statements}],
        "disconnectAfterInSeconds": 3600,
        "refreshAfterInSeconds": 300,
    })
}

/// With this function in place of the blog post's.
pub fn start_unsigned(function: AuthorizerFunction) -> LocalIotCore {
    start_unsigned_with(function, Behaviour::default())
}

fn start_unsigned_with(function: AuthorizerFunction, behaviour: Behaviour) -> LocalIotCore {
    let authorizers = vec![Authorizer::unsigned(
        "unsignedAuthorizer",
        "token",
        function,
    )];
    LocalIotCore::start(Config {
        authorizers,
        behaviour,
        ..Config::default()
    })
    .unwrap()
}

pub static KEY: LazyLock<rsa::PrivateKey> = LazyLock::new(new_key);
pub static NEXT_KEY: LazyLock<rsa::PrivateKey> = LazyLock::new(new_key);

fn new_key() -> rsa::PrivateKey {
    rsa::PrivateKey::new(&mut rsa::rand_core::UnwrapErr(getrandom::SysRng), 2048).unwrap()
}

pub fn pem(key: &rsa::PrivateKey) -> String {
    let public = key.to_public_key();
    public.to_public_key_pem(LineEnding::LF).unwrap()
}

pub fn public(name: &str, key: &rsa::PrivateKey) -> PublicKey {
    PublicKey::from_pem(name, &pem(key)).unwrap()
}

pub fn sign(key: &rsa::PrivateKey, token: &str) -> String {
    Base64::encode_string(
        &SigningKey::<Sha256>::new(key.clone())
            .sign(token.as_bytes())
            .to_vec(),
    )
}

fn start_signed(behaviour: Behaviour) -> LocalIotCore {
    let config = Config {
        behaviour,
        default_authorizer: Some("signedAuthorizer".to_owned()),
        ..Config::default()
    };
    LocalIotCore::start(config.with_signed_authorizer(
        "signedAuthorizer",
        vec![public("K1", &KEY), public("K2", &NEXT_KEY)],
    ))
    .unwrap()
}

fn signed(token: &str, signature: &str) -> String {
    let fields = format!(
        "X-Amz-CustomAuthorizer-Name: signedAuthorizer\r\nX-Amz-CustomAuthorizer-Signature: {signature}\r\ntoken: {token}\r\nid: uniqueID\r\n"
    );
    request("POST", "/topics/uniqueID/status", &fields)
}

/// A function that keeps the events it is shown, and allows all.
pub fn recorder() -> (AuthorizerFunction, Arc<Mutex<Vec<Value>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let function = Arc::new(move |event: &Value| {
        kept.lock().unwrap().push(event.clone());
        Ok(grant("*", "*"))
    });
    (function, seen)
}

#[test]
fn the_article_s_unsigned_request_is_accepted() {
    let emulator = start();
    let fields = "X-Amz-CustomAuthorizer-Name:unsignedAuthorizer\r\ntoken:allow\r\nid:uniqueID\r\n";
    let (status, reason) = judge(
        &emulator,
        request("POST", "/topics/uniqueID/status", fields),
    );
    assert_eq!(status, 200);
    assert_eq!(
        reason,
        "statement 2 of document 1 allows iot:Publish; the broker took it"
    );
    assert_eq!(
        emulator.trace()[0].authorizer.as_deref(),
        Some("unsignedAuthorizer")
    );
}

#[test]
fn the_token_and_the_id_decide_about_the_topic() {
    let emulator = start();
    let rows = [
        ("allow", "uniqueID", "uniqueID/status", 200, "allows"),
        ("Allow", "uniqueID", "uniqueID/a/b/c", 200, "allows"),
        ("ALLOW", "uniqueID", "uniqueID/", 200, "allows"),
        (
            "allow",
            "uniqueID",
            "uniqueID",
            403,
            "no statement allows iot:Publish on arn:aws:iot:eu-central-1:123456789012:topic/uniqueID:",
        ),
        (
            "allow",
            "uniqueID",
            "other/status",
            403,
            "nearest is statement 2 of document 1",
        ),
        (
            "allow",
            "uniqueID",
            "uniqueid/status",
            403,
            "no statement allows",
        ),
        (
            "deny",
            "uniqueID",
            "uniqueID/status",
            403,
            "statement 2 of document 1 denies iot:Publish",
        ),
        (
            "wrong",
            "uniqueID",
            "uniqueID/status",
            403,
            "the function failed: Invalid token",
        ),
        (
            "allow",
            "*",
            "uniqueID/status",
            403,
            "isAuthenticated false",
        ),
    ];
    for (token, id, topic, status, reason) in rows {
        let fields = format!(
            "x-amz-customauthorizer-name:unsignedAuthorizer\r\nToken:{token}\r\nID:{id}\r\n"
        );
        let (found, why) = judge(
            &emulator,
            request("POST", &format!("/topics/{topic}"), &fields),
        );
        assert_eq!(found, status, "{token} {id} {topic}");
        assert!(why.contains(reason), "{why}");
    }
}

#[test]
fn credentials_may_travel_in_the_query() {
    let target = "/topics/uniqueID/status?qos=1&x-amz-customauthorizer-name=unsignedAuthorizer&token=allow&id=uniqueID";
    assert_eq!(ask(&start(), request("POST", target, "")).status, 200);
    let signature = sign(&KEY, "allow")
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let target = format!(
        "/topics/uniqueID/status?x-amz-customauthorizer-signature={signature}&token=allow&id=uniqueID"
    );
    assert_eq!(
        ask(
            &start_signed(Behaviour::default()),
            request("POST", &target, "")
        )
        .status,
        200
    );
}

#[test]
fn a_header_counts_before_the_query() {
    let emulator = start();
    let target = "/topics/uniqueID/status?token=deny&x-amz-customauthorizer-name=nobody";
    assert_eq!(ask(&emulator, publish(target, "")).status, 200);
}

#[test]
fn a_default_authorizer_serves_requests_that_name_none() {
    let config = Config {
        default_authorizer: Some("unsignedAuthorizer".to_owned()),
        ..Config::default()
    };
    let emulator = LocalIotCore::start(config).unwrap();
    assert_eq!(
        ask(
            &emulator,
            request(
                "POST",
                "/topics/uniqueID/a",
                "token:allow\r\nid:uniqueID\r\n"
            )
        )
        .status,
        200
    );
    let config = Config {
        default_authorizer: Some("nobody".to_owned()),
        ..Config::default()
    };
    assert!(
        LocalIotCore::start(config)
            .err()
            .unwrap()
            .to_string()
            .contains("no authorizer of that name")
    );
}

#[test]
fn a_signed_request_is_accepted_under_either_key() {
    let emulator = start_signed(Behaviour::default());
    for (name, key) in [("K1", &*KEY), ("K2", &*NEXT_KEY)] {
        assert_eq!(
            ask(&emulator, signed("allow", &sign(key, "allow"))).status,
            200
        );
        assert!(
            emulator
                .trace()
                .last()
                .unwrap()
                .notes
                .iter()
                .any(|note| note.ends_with(name))
        );
    }
}

#[test]
fn what_is_wrong_with_a_signed_request_is_in_the_trace_alone() {
    let emulator = start_signed(Behaviour::default());
    let right = sign(&KEY, "allow");
    let without = |name: &str| {
        let lines = signed("allow", &right);
        lines
            .split_inclusive("\r\n")
            .filter(|line| !line.starts_with(name))
            .collect::<String>()
    };
    let rows = [
        (signed("allow", &right[..76]), "base64 -w0"),
        (signed("allow", &right[..64]), "openssl base64 -A"),
        (
            signed(
                "allow",
                &right
                    .as_bytes()
                    .chunks(76)
                    .map(|l| std::str::from_utf8(l).unwrap())
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
            "base64 -w0",
        ),
        (
            signed("allow", &right.replace('=', "%3D")),
            "percent-encoded",
        ),
        (
            signed(
                "allow",
                &format!("_{}", &right[1..].replace('+', "-").replace('/', "_")),
            ),
            "base64url",
        ),
        (signed("allow", &sign(&KEY, "allow\n")), "newline"),
        (signed("allow", &sign(&KEY, "deny")), "does not verify"),
        (signed("Allow", &right), "does not verify"),
        (
            signed("allow", &sign(&new_key(), "allow")),
            "private key of K1 or K2",
        ),
        (signed("deny", &sign(&KEY, "deny")), "denies iot:Publish"),
        (without("X-Amz-CustomAuthorizer-Signature"), "no signature"),
        (without("token"), "no token"),
    ];
    for (bytes, reason) in rows {
        let response = ask(&emulator, &bytes);
        assert_eq!(
            (response.status, response.body.contains("\"Forbidden\"")),
            (403, true)
        );
        let entry = emulator.trace().pop().unwrap();
        assert!(entry.reason.contains(reason), "{reason}: {}", entry.reason);
        assert_eq!(entry.authorizer.as_deref(), Some("signedAuthorizer"));
    }
}

#[test]
fn a_wrong_signature_never_reaches_the_function() {
    let (function, seen) = recorder();
    let authorizers = vec![Authorizer::signed(
        "signedAuthorizer",
        "token",
        vec![public("K1", &KEY)],
        function,
    )];
    let emulator = LocalIotCore::start(Config {
        authorizers,
        ..Config::default()
    })
    .unwrap();
    assert_eq!(
        ask(&emulator, signed("allow", &sign(&KEY, "other"))).status,
        403
    );
    assert!(seen.lock().unwrap().is_empty());
    assert_eq!(
        ask(&emulator, signed("allow", &sign(&KEY, "allow"))).status,
        200
    );
    let event = &seen.lock().unwrap()[0];
    assert_eq!(
        (&event["token"], &event["signatureVerified"]),
        (&json!("allow"), &json!(true))
    );
}

#[test]
fn a_percent_encoded_signature_in_a_header_is_a_switch() {
    let emulator = start_signed(Behaviour {
        decode_header_signature: true,
        ..Behaviour::default()
    });
    assert_eq!(
        ask(
            &emulator,
            signed("allow", &sign(&KEY, "allow").replace('=', "%3D"))
        )
        .status,
        200
    );
}

#[test]
fn the_event_is_the_lambda_s() {
    let (function, seen) = recorder();
    let emulator = start_unsigned(function);
    let fields = "X-Amz-CustomAuthorizer-Name:unsignedAuthorizer\r\ntoken:allow\r\nID:uniqueID\r\n";
    assert_eq!(
        ask(&emulator, request("POST", "/topics/a?qos=1", fields)).status,
        200
    );
    let mut event = seen.lock().unwrap().remove(0);
    assert_eq!(
        event["connectionMetadata"]["id"]
            .take()
            .as_str()
            .unwrap()
            .len(),
        36
    );
    let expected = json!({
        "token": "allow",
        "signatureVerified": false,
        "protocols": ["http"],
        "protocolData": {"http": {
            "headers": {"host": "localhost", "X-Amz-CustomAuthorizer-Name": "unsignedAuthorizer", "token": "allow", "ID": "uniqueID", "content-length": "2"},
            "queryString": "?qos=1",
        }},
        "connectionMetadata": {"id": null},
    });
    assert_eq!(event, expected);
}

#[test]
fn the_event_s_open_points_are_switches() {
    let (function, seen) = recorder();
    let behaviour = Behaviour {
        event_header_names: HeaderNames::Lower,
        unsigned_event_token: false,
        ..Behaviour::default()
    };
    let emulator = start_unsigned_with(function, behaviour);
    assert_eq!(
        ask(&emulator, publish("/topics/a", "ABC:x\r\n")).status,
        200
    );
    let event = &seen.lock().unwrap()[0];
    assert_eq!(event["protocolData"]["http"]["headers"]["abc"], "x");
    assert!(event.get("token").is_none());
}

#[test]
fn a_response_that_aws_would_not_take_is_refused_with_the_rule_it_breaks() {
    let mut dashed = grant("*", "*");
    dashed["principalId"] = json!("a-b");
    let mut short = grant("*", "*");
    short["refreshAfterInSeconds"] = json!(60);
    let rows: [(AuthorizerFunction, &str); 8] = [
        (
            Arc::new(|_| Err("out of order".to_owned())),
            "the function failed: out of order",
        ),
        (Arc::new(|_| panic!("on purpose")), "panicked"),
        (Arc::new(|_| Ok(json!("{}"))), "encoded twice"),
        (Arc::new(|_| Ok(json!({}))), "lacks isAuthenticated"),
        (
            Arc::new(move |_| Ok(dashed.clone())),
            "principalId holds '-'",
        ),
        (
            Arc::new(move |_| Ok(short.clone())),
            "refreshAfterInSeconds",
        ),
        (
            Arc::new(|_| {
                Ok(response(
                    json!([{"Effect": "allow", "Action": "*", "Resource": "*"}]),
                ))
            }),
            "exactly \"Allow\"",
        ),
        (
            Arc::new(|_| Ok(response(json!([{"Effect": "Allow", "Action": "*"}])))),
            "has no Resource",
        ),
    ];
    for (function, reason) in rows {
        for (failure, status) in [
            (FunctionFailure::Forbidden, 403),
            (FunctionFailure::InternalFailure, 500),
        ] {
            let behaviour = Behaviour {
                function_failure: failure,
                ..Behaviour::default()
            };
            let (found, why) = judge(
                &start_unsigned_with(Arc::clone(&function), behaviour),
                publish("/topics/a", ""),
            );
            assert_eq!(found, status);
            assert!(why.contains(reason), "{why}");
        }
    }
}

#[test]
fn a_function_that_takes_too_long_is_given_up() {
    let (wake, sleep) = std::sync::mpsc::channel::<()>();
    let sleep = Mutex::new(sleep);
    let function: AuthorizerFunction = Arc::new(move |_| {
        let _ = sleep.lock().unwrap().recv();
        Ok(Value::Null)
    });
    let limits = Limits {
        function_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let emulator = LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned(
            "unsignedAuthorizer",
            "token",
            function,
        )],
        limits,
        ..Config::default()
    })
    .unwrap();
    let (status, reason) = judge(&emulator, publish("/topics/a", ""));
    drop(wake);
    assert_eq!(status, 403);
    assert!(reason.contains("longer than 200ms"), "{reason}");
}

#[test]
fn retain_needs_its_own_permission() {
    let emulator = start_unsigned(Arc::new(|_| Ok(grant("iot:Publish", "*"))));
    assert_eq!(ask(&emulator, publish("/topics/a", "")).status, 200);
    let (status, reason) = judge(&emulator, publish("/topics/a?retain=true", ""));
    assert_eq!(status, 403);
    assert!(reason.contains("iot:RetainPublish"), "{reason}");
}

#[test]
fn the_partition_follows_the_region() {
    let allowed = |region: &str, resource: &str| {
        let granted = grant("iot:*", resource);
        let authorizers = vec![Authorizer::unsigned(
            "unsignedAuthorizer",
            "token",
            Arc::new(move |_| Ok(granted.clone())),
        )];
        let emulator = LocalIotCore::start(Config {
            region: region.to_owned(),
            authorizers,
            ..Config::default()
        })
        .unwrap();
        ask(&emulator, publish("/topics/uniqueID/a", "")).status == 200
    };
    for (region, resource, expected) in [
        ("eu-central-1", "arn:aws:iot:eu-central-1:*", true),
        ("cn-north-1", "arn:aws-cn:iot:cn-north-1:*", true),
        ("us-gov-west-1", "arn:aws-us-gov:iot:us-gov-west-1:*", true),
        ("cn-north-1", "arn:aws:iot:cn-north-1:*", false),
        ("eu-central-1", "arn:aws-cn:iot:eu-central-1:*", false),
    ] {
        assert_eq!(allowed(region, resource), expected, "{region} {resource}");
    }
}

#[test]
fn connect_is_noted_or_required() {
    let function: AuthorizerFunction = Arc::new(|_| Ok(grant("iot:Publish", "*")));
    let emulator = start_unsigned(Arc::clone(&function));
    assert_eq!(ask(&emulator, publish("/topics/a", "")).status, 200);
    assert!(emulator.trace()[0].notes[0].contains("iot:Connect"));
    // Every action, but on topics alone, and no client id is a topic.
    let topics = "arn:aws:iot:eu-central-1:123456789012:topic/*";
    for (resource, noted) in [(topics, true), ("*", false)] {
        let emulator = start_unsigned(Arc::new(move |_| Ok(grant("iot:*", resource))));
        assert_eq!(ask(&emulator, publish("/topics/a", "")).status, 200);
        assert_eq!(!emulator.trace()[0].notes.is_empty(), noted, "{resource}");
    }
    let strict = start_unsigned_with(
        function,
        Behaviour {
            require_connect: true,
            ..Behaviour::default()
        },
    );
    let (status, reason) = judge(&strict, publish("/topics/a", ""));
    assert_eq!(status, 403);
    assert!(reason.contains("iot:Connect"), "{reason}");
}

#[test]
fn an_inactive_authorizer_is_not_asked() {
    let (function, seen) = recorder();
    let authorizers = vec![Authorizer {
        active: false,
        ..Authorizer::unsigned("unsignedAuthorizer", "token", function)
    }];
    let emulator = LocalIotCore::start(Config {
        authorizers,
        ..Config::default()
    })
    .unwrap();
    let (status, reason) = judge(&emulator, publish("/topics/a", ""));
    assert_eq!(
        (status, reason.as_str()),
        (403, "the authorizer is INACTIVE")
    );
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn neither_token_nor_signature_is_ever_in_the_trace() {
    let quoting: AuthorizerFunction = Arc::new(|event| Err(format!("I was shown {event}")));
    let keys = vec![public("K1", &KEY)];
    let authorizers = vec![
        Authorizer::unsigned("unsignedAuthorizer", "token", Arc::clone(&quoting)),
        Authorizer::signed("signedAuthorizer", "token", keys, quoting),
    ];
    let emulator = LocalIotCore::start(Config {
        authorizers,
        ..Config::default()
    })
    .unwrap();
    let secret = "s3cr3t-t0k3n";
    let signature = sign(&KEY, secret);
    let encoded = signature
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    for bytes in [
        publish("/topics/a", "").replace("token:allow", &format!("token:{secret}")),
        signed(secret, &signature),
        signed(secret, &signature[..76]),
        signed("other", &signature),
        request(
            "POST",
            &format!(
                "/topics/a?x-amz-customauthorizer-name=signedAuthorizer&token={secret}&x-amz-customauthorizer-signature={encoded}"
            ),
            "",
        ),
        request("GET", &format!("/topics/a?token={secret}"), ""),
        request("POST", &format!("/nowhere/{secret}?token={secret}"), ""),
        format!("POST /topics/a?token={secret} HTTP/1.1\r\ntoken : {secret}\r\n\r\n"),
    ] {
        ask(&emulator, bytes);
    }
    assert_eq!(emulator.trace().len(), 8);
    for entry in emulator.trace() {
        for text in [entry.to_string(), format!("{entry:?}")] {
            assert!(!text.contains(secret), "{text}");
            assert!(
                !text.contains(&signature[..20]) && !text.contains(&encoded[..20]),
                "{text}"
            );
        }
    }
}
