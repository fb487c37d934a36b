//! The command that sends a request again: run by a shell as it stands, with the secrets in its variables.

use std::process::Command;

use local_iot_core::{Config, LocalIotCore};

use crate::support::*;
use crate::tls::{client, dial};

/// The status of a publish over TLS, and the command in its entry.
fn repeat(emulator: &LocalIotCore, bytes: &str) -> (u16, String) {
    use std::io::Write;
    let config = client(emulator, rustls::ALL_VERSIONS, &[]);
    let mut stream = dial(emulator, config, emulator.endpoint());
    stream.write_all(bytes.as_bytes()).unwrap();
    let status = read_response(&mut stream).status;
    let entry = emulator.trace().pop().unwrap();
    (status, entry.repeat.expect("a command"))
}

fn with_body(bytes: &str, body: &str) -> String {
    let length = format!("content-length:{}\r\n\r\n{body}", body.len());
    bytes.replace("content-length:2\r\n\r\n{}", &length)
}

#[test]
fn it_sends_the_same_again_once_its_variables_are_set() {
    if Command::new("curl").arg("--version").output().is_err() {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "CI must have curl"
        );
        eprintln!("LEFT OUT: the command that sends a request again, for want of curl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("the ca's.pem");
    let emulator = LocalIotCore::start(Config {
        ca_name: ca.to_str().unwrap().to_owned(),
        ..Config::default()
    })
    .unwrap();
    std::fs::write(&ca, emulator.ca_pem()).unwrap();
    let in_query = "/topics/uniqueID/a%20b?x-amz-customauthorizer-name=unsignedAuthorizer&token=allow&id=uniqueID&qos=1";
    let properties = "x-amz-mqtt5-user-properties:W3siYSI6ImIifV0=\r\n";
    let denied = publish("/topics/uniqueID/status", "").replace("token:allow", "token:deny");
    let odd = publish("/topics/uniqueID/[a]", properties);
    let rows = [
        (publish("/topics/uniqueID/status?qos=1", ""), "allow", 200),
        (denied, "deny", 403),
        (request("POST", in_query, ""), "allow", 200),
        (with_body(&odd, "@it's {\"a\": [1]}\n"), "allow", 200),
    ];
    for (bytes, token, expected) in rows {
        let (status, command) = repeat(&emulator, &bytes);
        assert_eq!(status, expected, "{command}");
        let shell = format!("{command} --silent --output /dev/null --write-out '%{{http_code}}'");
        let ran = Command::new("bash")
            .args(["-c", &shell])
            .env("TOKEN", token)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(printed, expected.to_string(), "{command}");
        let entries = emulator.trace();
        let [.., first, second] = entries.as_slice() else {
            panic!("two entries");
        };
        assert_eq!(
            (&first.topic, &first.reason),
            (&second.topic, &second.reason)
        );
        assert_eq!(second.repeat.as_ref(), Some(&command));
    }
}

#[test]
fn no_secret_is_in_it_whatever_carries_it() {
    let emulator = start();
    let target = "/topics/uniqueID/Xk3_secret?token=Xk3_secret&qos=1&pin=Xk3_secret";
    let fields = "x-amz-customauthorizer-name:A\r\ntoken:Xk3_secret\r\nX-My-Pin:Xk3_secret\r\nid:Xk3_secret\r\n\
                  authorization:Bearer Xk3_secret\r\nx-amz-customauthorizer-signature:Xk3_secret\r\n";
    let bytes = with_body(&request("POST", target, fields), "\"Xk3_secret\"");
    let (_, command) = repeat(&emulator, &bytes);
    assert!(!command.contains("Xk3_secret"), "{command}");
    for part in [
        "\"token: $TOKEN\"",
        "\"X-My-Pin: $X_MY_PIN\"",
        "$SIGNATURE",
        "--url-query \"pin=$PIN\"",
        "?qos=1",
    ] {
        assert!(command.contains(part), "{part}: {command}");
    }
}
