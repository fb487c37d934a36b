//! MQTT over WebSockets with custom authorizers, as a client of another crate speaks it. What AWS's SDK sees is in
//! `tests/mqtt_clients.rs`.

use local_iot_core::{Authorizer, Config, LocalIotCore};
use serde_json::json;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use crate::authorizers::recorder;
use crate::support::*;
use crate::tls::{Tls, client as trusting, dial};

/// A WebSocket at this target, with these headers, or the status and the reason of the refusal.
fn open(
    emulator: &LocalIotCore,
    target: &str,
    headers: &[(&'static str, &'static str)],
) -> Result<WebSocket<Tls>, (u16, String)> {
    let stream = dial(
        emulator,
        trusting(emulator, rustls::ALL_VERSIONS, &[]),
        emulator.endpoint(),
    );
    let mut request = format!("wss://localhost{target}")
        .into_client_request()
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match client::client(request, stream) {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], "mqtt");
            Ok(socket)
        }
        Err(error) => {
            let text = error.to_string();
            let entry = emulator.trace().pop().unwrap();
            assert!(text.contains("400"), "{text}");
            Err((entry.status.unwrap(), entry.reason))
        }
    }
}

const MQTT: (&str, &str) = ("sec-websocket-protocol", "mqtt");

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&length, text.as_bytes()].concat()
}

/// A CONNECT of MQTT 3.1.1 as the client `d`.
fn connect(username: Option<&str>) -> Vec<u8> {
    let flags = if username.is_some() { 0b1000_0010 } else { 2 };
    let body = [
        &text("MQTT"),
        [4, flags, 0, 60].as_slice(),
        &text("uniqueID"),
        &username.map_or(Vec::new(), text),
    ]
    .concat();
    [&[0x10, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}

fn send(socket: &mut WebSocket<Tls>, bytes: &[u8]) -> Vec<u8> {
    socket.send(Message::binary(bytes.to_vec())).unwrap();
    socket.read().unwrap().into_data().to_vec()
}

#[test]
fn credentials_stand_in_the_upgrade_or_in_the_user_name() {
    let emulator = start();
    let name = ("x-amz-customauthorizer-name", "unsignedAuthorizer");
    let rows: [(&str, &[_], Option<&str>, u8); 5] = [
        ("/mqtt", &[MQTT, name, ("token", "allow")], None, 0),
        (
            "/mqtt?x-amz-customauthorizer-name=unsignedAuthorizer&token=allow",
            &[MQTT],
            None,
            0,
        ),
        (
            "/mqtt",
            &[MQTT],
            Some("a?x-amz-customauthorizer-name=unsignedAuthorizer&token=allow"),
            0,
        ),
        ("/mqtt", &[MQTT, name, ("token", "wrong")], None, 5),
        ("/mqtt", &[MQTT], None, 5),
    ];
    for (target, headers, username, code) in rows {
        let mut socket = open(&emulator, target, headers).unwrap();
        let connack = send(&mut socket, &connect(username));
        assert_eq!(
            connack,
            [0x20, 2, 0, code],
            "{target} {headers:?} {username:?}"
        );
        let entry = emulator.trace().pop().unwrap();
        assert_eq!(
            (entry.operation, entry.accepted),
            (Some("MQTT CONNECT"), code == 0)
        );
    }
}

#[test]
fn what_is_published_reaches_subscribers_and_the_policy_holds() {
    let emulator = start();
    let username = "a?x-amz-customauthorizer-name=unsignedAuthorizer&token=allow";
    let mut socket = open(&emulator, "/mqtt", &[MQTT]).unwrap();
    // Two packets in one message, and one packet in two messages.
    let subscribe = [&[0x82, 15, 0, 1], text("uniqueID/#").as_slice(), &[1]].concat();
    let both = [connect(Some(username)), subscribe].concat();
    let mut replies = send(&mut socket, &both);
    while replies.len() < 9 {
        replies.extend(socket.read().unwrap().into_data());
    }
    assert_eq!(replies, [0x20, 2, 0, 0, 0x90, 3, 0, 1, 1]);
    let publish = [&[0x30, 15], text("uniqueID/a").as_slice(), b"hey"].concat();
    let (first, second) = publish.split_at(5);
    socket.send(Message::binary(first.to_vec())).unwrap();
    let delivered = send(&mut socket, second);
    assert!(delivered.ends_with(b"hey"), "{delivered:?}");
    let foreign = [&[0x30, 9], text("other/a").as_slice()].concat();
    socket.send(Message::binary(foreign)).unwrap();
    while socket.read().is_ok() {}
    let entry = emulator.trace().pop().unwrap();
    assert!(
        entry.reason.contains("no statement allows iot:Publish"),
        "{entry}"
    );
}

#[test]
fn the_event_has_the_upgrade_and_the_client() {
    let (function, seen) = recorder();
    let emulator = LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("A", "token", function)],
        ..Config::default()
    })
    .unwrap();
    let headers = [
        MQTT,
        ("x-amz-customauthorizer-name", "A"),
        ("token", "Xk3_secret"),
    ];
    let mut socket = open(&emulator, "/mqtt?a=b", &headers).unwrap();
    send(&mut socket, &connect(Some("name")));
    let event = seen.lock().unwrap().remove(0);
    assert_eq!(event["token"], "Xk3_secret");
    assert_eq!(event["protocols"], json!(["tls", "http", "mqtt"]));
    let data = &event["protocolData"];
    assert_eq!(data["http"]["headers"]["token"], "Xk3_secret");
    assert_eq!(data["http"]["queryString"], "?a=b");
    assert_eq!(
        data["mqtt"],
        json!({"username": "name", "clientId": "uniqueID"})
    );
}

#[test]
fn a_websocket_for_something_else_is_refused() {
    let emulator = start();
    let rows: [(&str, &[_], &str); 4] = [
        ("/mqtt", &[], "Sec-WebSocket-Protocol does not offer mqtt"),
        (
            "/mqtt",
            &[("sec-websocket-protocol", "mqttv9")],
            "does not offer mqtt",
        ),
        ("/topics/a", &[MQTT], "at the path /mqtt"),
        (
            "/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256",
            &[MQTT],
            "with custom authentication",
        ),
    ];
    for (target, headers, expected) in rows {
        let (status, reason) = open(&emulator, target, headers).err().unwrap();
        assert!(status == 400 && reason.contains(expected), "{reason}");
    }
    let plain = request(
        "GET",
        "/mqtt",
        "upgrade:websocket\r\nconnection:upgrade\r\n",
    );
    let (status, reason) = judge(&emulator, plain);
    assert!(status == 400 && reason.contains("needs TLS"), "{reason}");
}

#[test]
fn text_is_no_mqtt() {
    let emulator = start();
    let mut socket = open(&emulator, "/mqtt", &[MQTT]).unwrap();
    socket.send(Message::text("CONNECT")).unwrap();
    while socket.read().is_ok() {}
    let entry = emulator.wait_for_trace(1, TIMEOUT).pop().unwrap();
    assert!(
        entry.reason.contains("closed before its CONNECT"),
        "{entry}"
    );
}
