//! Domain configurations: a default authorizer for each server name, and what each name admits. The real CLI is in `aws_cli.rs`.

use std::io::Write;

use local_iot_core::{Config, LocalIotCore};
use serde_json::{Value, json};

use crate::mqtt_tls::Device;
use crate::support::*;
use crate::tls::{client, dial};

const ONE: &str = "one.example.com";
const TWO: &str = "two.example.com";

fn start() -> LocalIotCore {
    LocalIotCore::start(Config {
        extra_names: vec![ONE.to_owned(), TWO.to_owned()],
        ..Config::default()
    })
    .unwrap()
}

fn call(emulator: &LocalIotCore, method: &str, name: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let request = format!(
        "{method} /domainConfigurations/{name} HTTP/1.1\r\nhost:localhost\r\n{}content-length:{}\r\n\r\n{body}",
        sigv4("iot"),
        body.len()
    );
    let response = ask_at(emulator.control_addr(), request);
    (
        response.status,
        serde_json::from_str(&response.body).unwrap(),
    )
}

fn create(emulator: &LocalIotCore, name: &str, body: &Value) {
    let (status, response) = call(emulator, "POST", name, body);
    assert_eq!(status, 200, "{response}");
}

fn with_default(domain: &str, may_override: bool) -> Value {
    json!({
        "domainName": domain,
        "authorizerConfig": {"defaultAuthorizerName": "unsignedAuthorizer", "allowAuthorizerOverride": may_override},
    })
}

/// Over TLS, by that server name, with these fields; the status and the reason.
fn publish(emulator: &LocalIotCore, server_name: &str, fields: &str) -> (u16, String) {
    let config = client(emulator, rustls::ALL_VERSIONS, &[]);
    let mut stream = dial(emulator, config, server_name);
    let request = format!(
        "POST /topics/uniqueID/a HTTP/1.1\r\nhost:{server_name}\r\n{fields}content-length:2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let status = read_response(&mut stream).status;
    (status, emulator.trace().last().unwrap().reason.clone())
}

const UNNAMED: &str = "token:allow\r\nid:uniqueID\r\n";

#[test]
fn a_domain_has_a_default_authorizer_of_its_own() {
    let emulator = start();
    create(&emulator, "one", &with_default(ONE, false));
    create(&emulator, "two", &with_default(TWO, true));
    let other = format!("{UNNAMED}x-amz-customauthorizer-name:other\r\n");
    let rows = [
        ("localhost", UNNAMED, 403, "names no authorizer"),
        (ONE, UNNAMED, 200, "allows iot:Publish"),
        ("ONE.example.com", UNNAMED, 200, "allows iot:Publish"),
        (TWO, UNNAMED, 200, "allows iot:Publish"),
        (ONE, &other, 403, "allowAuthorizerOverride"),
        (TWO, &other, 403, "no authorizer of that name"),
    ];
    for (name, fields, status, expected) in rows {
        let (found, reason) = publish(&emulator, name, fields);
        assert_eq!(found, status, "{name}: {reason}");
        assert!(reason.contains(expected), "{name}: {reason}");
    }
    // Where a gateway does TLS, Host says which domain it is.
    let behind = format!(
        "POST /topics/uniqueID/a HTTP/1.1\r\nhost:{ONE}\r\n{UNNAMED}content-length:2\r\n\r\n{{}}"
    );
    assert_eq!(ask(&emulator, behind).status, 200);
    // An authorizer that is needed stays.
    let idle = json!({"status": "INACTIVE"}).to_string();
    for (method, body, expected) in [("PUT", idle.as_str(), 200), ("DELETE", "", 409)] {
        let request = format!(
            "{method} /authorizer/unsignedAuthorizer HTTP/1.1\r\nhost:localhost\r\n{}content-length:{}\r\n\r\n{body}",
            sigv4("iot"),
            body.len()
        );
        assert_eq!(ask_at(emulator.control_addr(), request).status, expected);
    }
}

#[test]
fn a_domain_admits_the_protocol_and_the_credentials_that_it_names() {
    let emulator = start();
    let owner = sigv4("iotdata");
    let device = format!("{UNNAMED}x-amz-customauthorizer-name:unsignedAuthorizer\r\n");
    let rows = [
        (json!({}), 200, 200),
        (json!({"authenticationType": "CUSTOM_AUTH"}), 200, 403),
        (json!({"authenticationType": "AWS_SIGV4"}), 403, 200),
        (
            json!({"authenticationType": "DEFAULT", "applicationProtocol": "HTTPS"}),
            200,
            200,
        ),
        (json!({"domainConfigurationStatus": "DISABLED"}), 403, 403),
    ];
    create(&emulator, "one", &json!({"domainName": ONE}));
    for (change, of_device, of_owner) in rows {
        assert_eq!(call(&emulator, "PUT", "one", &change).0, 200);
        for (fields, expected) in [(&device, of_device), (&owner, of_owner)] {
            let (status, reason) = publish(&emulator, ONE, fields);
            assert_eq!(status, expected, "{change}: {reason}");
        }
    }
}

/// The console page and the functions of rules publish there, as the owner, by these names.
#[test]
fn a_domain_of_the_control_port_s_name_does_not_govern_that_port() {
    let emulator = start();
    let owner = sigv4("iotdata");
    for (name, host) in [("one", "localhost"), ("two", "127.0.0.1")] {
        let body = json!({"domainName": host, "authenticationType": "CUSTOM_AUTH"});
        create(&emulator, name, &body);
        let rows = [
            (emulator.control_addr(), "/topics/a", owner.as_str(), 200),
            (emulator.control_addr(), "/console/topics/a", "", 200),
            (emulator.http_addr(), "/topics/a", &owner, 403),
        ];
        for (address, target, fields, expected) in rows {
            let bytes = request("POST", target, fields).replace("localhost", host);
            assert_eq!(ask_at(address, bytes).status, expected, "{host} {target}");
        }
    }
}

#[test]
fn a_domain_of_mqtt_needs_no_alpn_and_one_of_https_has_no_mqtt() {
    let emulator = start();
    for (name, domain, protocol) in [("one", ONE, "SECURE_MQTT"), ("two", TWO, "HTTPS")] {
        let mut body = with_default(domain, true);
        body["applicationProtocol"] = json!(protocol);
        create(&emulator, name, &body);
    }
    let config = client(&emulator, rustls::ALL_VERSIONS, &[]);
    let username = "d?token=allow&id=d";
    let stream = dial(&emulator, config, ONE);
    let (_device, connack) = Device::connect_on(stream, 4, username, None);
    assert_eq!(connack, [0x20, 2, 0, 0], "{:?}", emulator.trace());
    let config = client(&emulator, rustls::ALL_VERSIONS, &["mqtt"]);
    let mut stream = dial(&emulator, config, TWO);
    stream
        .write_all(&[0x10, 2, 0, 0, b'\r', b'\n', b'\r', b'\n'])
        .unwrap();
    // What it reads is HTTP, and no CONNECT.
    assert_eq!(read_response(&mut stream).status, 400);
}

#[test]
fn it_is_described_listed_kept_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config {
        extra_names: vec![ONE.to_owned()],
        state: Some(folder.path().join("state.json")),
        ..Config::default()
    };
    let first = LocalIotCore::start(config()).unwrap();
    let mut body = with_default(ONE, false);
    body["serverCertificateArns"] = json!(["arn:aws:acm:eu-central-1:123456789012:certificate/1"]);
    body["authenticationType"] = json!("CUSTOM_AUTH");
    create(&first, "one", &body);
    drop(first);
    let second = LocalIotCore::start(config()).unwrap();
    let (_, mut shown) = call(&second, "GET", "one", &json!({}));
    assert!(shown["lastStatusChangeDate"].take().as_f64().unwrap() > 1.6e9);
    let expected = json!({
        "domainConfigurationName": "one",
        "domainConfigurationArn": "arn:aws:iot:eu-central-1:123456789012:domainconfiguration/one/local",
        "domainName": ONE,
        "serverCertificates": [{"serverCertificateArn": body["serverCertificateArns"][0], "serverCertificateStatus": "VALID"}],
        "authorizerConfig": {"defaultAuthorizerName": "unsignedAuthorizer", "allowAuthorizerOverride": false},
        "domainConfigurationStatus": "ENABLED", "serviceType": "DATA", "domainType": "CUSTOMER_MANAGED",
        "lastStatusChangeDate": null, "authenticationType": "CUSTOM_AUTH", "applicationProtocol": "DEFAULT",
    });
    assert_eq!(shown, expected);
    let (status, response) = call(&second, "DELETE", "one", &json!({}));
    assert_eq!(status, 400, "{response}");
    let change = json!({"domainConfigurationStatus": "DISABLED", "removeAuthorizerConfig": true});
    assert_eq!(call(&second, "PUT", "one", &change).0, 200);
    let (_, shown) = call(&second, "GET", "one", &json!({}));
    assert!(shown.get("authorizerConfig").is_none());
    assert_eq!(call(&second, "DELETE", "one", &json!({})).0, 200);
    assert_eq!(call(&second, "GET", "one", &json!({})).0, 404);
}

#[test]
fn what_is_refused() {
    let emulator = start();
    create(&emulator, "one", &json!({"domainName": ONE}));
    let with = |field: &str, value: Value| {
        let mut body = json!({"domainName": TWO});
        body[field] = value;
        body
    };
    let authorizer =
        |name: Value| json!({"defaultAuthorizerName": name, "allowAuthorizerOverride": true});
    let rows = [
        ("one", json!({"domainName": TWO}), 409, "has that name"),
        ("two", json!({"domainName": ONE}), 409, "or that domain"),
        ("two", json!({}), 400, "domainName is missing"),
        (
            "two",
            json!({"domainName": "other.example.com"}),
            400,
            "--name other.example.com",
        ),
        (
            "a%20b",
            json!({"domainName": TWO}),
            400,
            "domainConfigurationName",
        ),
        (
            "two",
            with("authenticationType", json!("AWS_X509")),
            400,
            "no client certificates",
        ),
        (
            "two",
            with("applicationProtocol", json!("MQTT_WSS")),
            400,
            "no MQTT over WebSockets",
        ),
        ("two", with("serviceType", json!("JOBS")), 400, "DATA alone"),
        (
            "two",
            with("tlsConfig", json!({})),
            400,
            "tlsConfig is not supported",
        ),
        (
            "two",
            with(
                "authorizerConfig",
                json!({"defaultAuthorizerName": "unsignedAuthorizer"}),
            ),
            400,
            "allowAuthorizerOverride",
        ),
        (
            "two",
            with("authorizerConfig", authorizer(json!("none"))),
            404,
            "Authorizer none not found",
        ),
    ];
    for (name, body, status, expected) in rows {
        let (found, response) = call(&emulator, "POST", name, &body);
        let message = response["message"].as_str().unwrap();
        assert_eq!(found, status, "{message}");
        assert!(message.contains(expected), "{message}");
    }
}
