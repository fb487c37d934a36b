//! Who may come in by which port, and what is said to somebody at the wrong one.

use std::io::{Read, Write};
use std::path::Path;

use local_iot_core::{Config, LocalIotCore, TlsChain};

use crate::support::*;
use crate::tls::{client, dial};

#[test]
fn the_http_port_refuses_pages_of_other_sites() {
    let emulator = start();
    let rows = [
        ("localhost", "", 200),
        ("127.0.0.1:8080", "", 200),
        ("emulator:8080", "", 200),
        ("a1b2c3-ats.iot.eu-central-1.amazonaws.com", "", 200),
        ("evil.com:8080", "", 403),
        ("localhost", "origin:https://evil.com\r\n", 403),
        ("localhost", "Origin:null\r\n", 403),
        ("localhost", "origin:http://localhost\r\n", 200),
    ];
    for (host, fields, expected) in rows {
        let bytes = publish("/topics/uniqueID/a", fields)
            .replace("host:localhost", &format!("host:{host}"));
        let (status, reason) = judge(&emulator, bytes);
        assert_eq!(status, expected, "{host} {fields}: {reason}");
    }
    // The name of a gateway is allowed by --name.
    let emulator = LocalIotCore::start(Config {
        extra_names: vec!["gateway.company.com".to_owned()],
        ..Config::default()
    })
    .unwrap();
    let bytes =
        publish("/topics/uniqueID/a", "").replace("host:localhost", "host:gateway.company.com");
    assert_eq!(judge(&emulator, bytes).0, 200);
}

#[test]
fn tls_to_the_http_port_and_http_to_the_https_port_are_told() {
    let emulator = start();
    let mut stream = connect(emulator.http_addr());
    stream
        .write_all(&[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])
        .unwrap();
    assert_eq!(read_response(&mut stream).status, 400);
    let mut stream = connect(emulator.https_addr());
    stream
        .write_all(publish("/topics/uniqueID/a", "").as_bytes())
        .unwrap();
    let mut alert = Vec::new();
    let _ = stream.read_to_end(&mut alert);
    let entries = emulator.wait_for_trace(2, TIMEOUT);
    let (http, https) = (emulator.http_addr().port(), emulator.https_addr().port());
    assert_eq!(
        entries[0].reason,
        format!("the client speaks TLS to the http port: https is at port {https}")
    );
    assert_eq!(
        entries[1].reason,
        format!("TLS: the client does not speak TLS to the https port: http is at port {http}")
    );
}

/// What each port says to a client that takes it for another.
#[test]
fn a_client_at_the_wrong_port_is_told_which_is_right() {
    let emulator = start();
    let connect_packet = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a";
    let tls = [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0];
    let (https, http) = (emulator.https_addr(), emulator.http_addr());
    let (mqtt, control) = (emulator.mqtt_addr(), emulator.control_addr());
    let rows: [(_, &[u8], String); 7] = [
        (
            http,
            connect_packet,
            format!(
                "speaks MQTT to the http port: with an authorizer it is at port {}",
                https.port()
            ),
        ),
        (
            https,
            connect_packet,
            format!(
                "speaks MQTT without TLS to the https port, where MQTT needs TLS and ALPN mqtt: the plain port, which asks no authorizer, is {}",
                emulator.mqtt_addr().port()
            ),
        ),
        (http, &tls, format!("https is at port {}", https.port())),
        (
            control,
            &tls,
            "speaks TLS to the control port, which is plain HTTP".to_owned(),
        ),
        (
            control,
            connect_packet,
            format!(
                "speaks MQTT to the control port, which is plain HTTP: with an authorizer it is at port {}, over TLS with ALPN mqtt, and without at port {}",
                https.port(),
                mqtt.port()
            ),
        ),
        (
            mqtt,
            &tls,
            format!(
                "speaks TLS to the plain MQTT port: over TLS MQTT is at port {}",
                https.port()
            ),
        ),
        (
            mqtt,
            b"POST /topics/a HTTP/1.1\r\nhost:localhost\r\n\r\n",
            format!(
                "speaks HTTP to the plain MQTT port: http is at port {}, and the control plane at port {}",
                http.port(),
                control.port()
            ),
        ),
    ];
    for (number, (address, bytes, expected)) in rows.into_iter().enumerate() {
        let mut stream = connect(address);
        stream.write_all(bytes).unwrap();
        let entries = emulator.wait_for_trace(number + 1, TIMEOUT);
        let reason = &entries[number].reason;
        assert!(reason.contains(&expected), "{reason}");
    }
    // MQTT over TLS, without the protocol's name.
    let config = client(&emulator, rustls::ALL_VERSIONS, &[]);
    let mut stream = dial(&emulator, config, emulator.endpoint());
    stream.write_all(connect_packet).unwrap();
    let entries = emulator.wait_for_trace(8, TIMEOUT);
    assert!(
        entries[7].reason.contains("without the ALPN mqtt"),
        "{}",
        entries[7].reason
    );
}

#[test]
fn a_field_that_a_println_has_broken_is_named() {
    let emulator = start();
    let bytes = "POST /topics/a HTTP/1.1\r\nHost: \r\nlocalhost\r\ncontent-length:0\r\n\r\n";
    let (status, reason) = judge(&emulator, bytes);
    assert_eq!(status, 400);
    assert!(
        reason.contains("line 3 has no colon: the value of Host stands on a line of its own"),
        "{reason}"
    );
}

#[test]
fn what_reads_like_a_publish_and_is_none_is_noted() {
    let emulator = start();
    let rows = [
        (
            "?QoS=1",
            "",
            "the query's QoS means nothing to AWS, which knows qos",
        ),
        ("?retained=true", "", "which knows retain"),
        ("?response-topic=a", "", "which knows responseTopic"),
        ("?qos=0&qos=1", "", "the query's qos came twice"),
        (
            "?id=other",
            "",
            "the header id and the query's id have different values",
        ),
        (
            "",
            "x-amz-custom-authorizer-name:A\r\n",
            "which knows x-amz-customauthorizer-name",
        ),
        ("", "QoS:1\r\n", "knows it in the query: ?qos="),
        ("?contenttype=a", "", "which knows contentType"),
        (
            "",
            "ID: other\r\n",
            "the header id came twice with different values",
        ),
    ];
    for (query, fields, expected) in rows {
        judge(
            &emulator,
            publish(&format!("/topics/uniqueID/a{query}"), fields),
        );
        let notes = emulator.trace().pop().unwrap().notes;
        assert!(
            notes.iter().any(|note| note.contains(expected)),
            "{notes:?}"
        );
    }
    for fields in ["", "id:uniqueID\r\n"] {
        judge(
            &emulator,
            publish("/topics/uniqueID/a?qos=1&retain=false&x=y", fields),
        );
        assert!(emulator.trace().pop().unwrap().notes.is_empty());
    }
}

#[test]
fn a_request_for_another_region_finds_nothing_and_the_trace_says_which() {
    let emulator = start();
    let elsewhere = |service: &str| sigv4(service).replace("eu-central-1", "us-east-1");
    let rows = [
        ("GET", "/authorizer/unsignedAuthorizer", 404),
        ("DELETE", "/authorizer/unsignedAuthorizer", 404),
        ("GET", "/default-authorizer", 404),
        ("POST", "/authorizer/unsignedAuthorizer/test", 404),
        ("POST", "/authorizer/new", 400),
    ];
    for (method, path, expected) in rows {
        let bytes = request(method, path, &elsewhere("iot"));
        let response = ask_at(emulator.control_addr(), bytes);
        assert_eq!(response.status, expected, "{method} {path}");
        let entry = emulator.trace().pop().unwrap();
        assert_eq!(
            entry.reason,
            format!(
                "{method} {path} asks the region us-east-1, and this local emulator is eu-central-1 (--region)"
            )
        );
        assert_eq!(entry.status, Some(expected));
    }
    let listed = ask_at(
        emulator.control_addr(),
        request("GET", "/authorizers/", &elsewhere("iot")),
    );
    assert_eq!(
        (listed.status, listed.body.as_str()),
        (200, r#"{"authorizers":[]}"#)
    );
    let (status, reason) = judge(
        &emulator,
        request("POST", "/topics/a", &elsewhere("iotdata")),
    );
    assert_eq!(status, 403);
    assert!(reason.contains("us-east-1"), "{reason}");
}

#[test]
fn a_call_of_the_query_protocol_is_answered_in_xml() {
    let emulator = start();
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let bytes = format!(
        "POST / HTTP/1.1\r\nhost:localhost\r\ncontent-type:application/x-www-form-urlencoded; charset=utf-8\r\n{}content-length:{}\r\n\r\n{body}",
        sigv4("sts"),
        body.len()
    );
    let response = ask_at(emulator.control_addr(), bytes);
    assert_eq!(response.status, 400);
    assert!(
        response.body.contains("<Code>InvalidAction</Code>"),
        "{}",
        response.body
    );
}

fn start_kept(state: Option<&Path>, ca: Option<&Path>, tls_chain: TlsChain) -> LocalIotCore {
    LocalIotCore::start(Config {
        state: state.map(Path::to_owned),
        ca: ca.map(Path::to_owned),
        tls_chain,
        ..Config::default()
    })
    .unwrap()
}

#[test]
fn a_device_that_trusts_the_first_run_s_ca_trusts_the_second_s() {
    let folder = tempfile::tempdir().unwrap();
    let (state, ca) = (
        folder.path().join("state.json"),
        folder.path().join("ca.key"),
    );
    let rows = [
        (Some(state.as_path()), None, TlsChain::Short),
        (Some(&state), None, TlsChain::AwsBoth),
        (None, Some(ca.as_path()), TlsChain::Short),
    ];
    for (state, ca, chain) in rows {
        let first = start_kept(state, ca, chain);
        let trusting = client(&first, rustls::ALL_VERSIONS, &[]);
        let pem = first.ca_pem().to_owned();
        drop(first);
        let second = start_kept(state, ca, chain);
        assert_eq!(second.ca_pem(), pem);
        let mut stream = dial(&second, trusting, "localhost");
        stream
            .write_all(publish("/topics/uniqueID/a", "").as_bytes())
            .unwrap();
        assert_eq!(read_response(&mut stream).status, 200);
    }
    let without = |_| start_kept(None, None, TlsChain::Short).ca_pem().to_owned();
    assert_ne!(without(1), without(2));
}

#[cfg(unix)]
#[test]
fn the_ca_is_for_its_owner_alone_and_a_damaged_one_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    drop(start_kept(Some(&state), None, TlsChain::Short));
    let ca = folder.path().join("state.json.ca.pem");
    assert_eq!(
        std::fs::metadata(&ca).unwrap().permissions().mode() & 0o777,
        0o600
    );
    std::fs::write(&ca, "nonsense").unwrap();
    let config = Config {
        state: Some(state),
        ..Config::default()
    };
    let error = LocalIotCore::start(config).err().unwrap().to_string();
    assert!(
        error.contains("state.json.ca.pem: it is not a private key"),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&ca).unwrap(), "nonsense");
}

/// A CA of one's own, as key and certificate.
fn own_ca(name: &str) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.distinguished_name = rcgen::DistinguishedName::new();
    ca.distinguished_name
        .push(rcgen::DnType::OrganizationName, name);
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = ca.self_signed(&key).unwrap().pem();
    (key.serialize_pem(), certificate)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_ca_of_one_s_own_may_have_any_name_and_either_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.pem");
    let (key, certificate) = own_ca("Somebody's test CA");
    for text in [
        format!("{key}{certificate}"),
        format!("{certificate}{key}"),
        format!("subject=x\n{certificate}issuer=y\n{key}").replace('\n', "\r\n"),
    ] {
        std::fs::write(&path, &text).unwrap();
        set_mode(&path, 0o600);
        let emulator = start_kept(None, Some(&path), TlsChain::Short);
        assert!(!emulator.ca_pem().contains("PRIVATE"));
        let trusting = client(&emulator, rustls::ALL_VERSIONS, &[]);
        let mut stream = dial(&emulator, trusting, "localhost");
        stream
            .write_all(publish("/topics/uniqueID/a", "").as_bytes())
            .unwrap();
        assert_eq!(read_response(&mut stream).status, 200);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[cfg(unix)]
#[test]
fn a_ca_that_no_client_could_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = own_ca("One");
    let (other_key, other) = own_ca("Two");
    let both = format!("{key}{certificate}");
    let elliptic = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
    let rows = [
        (TlsChain::Short, "", both.clone(), 0o644, "chmod 600"),
        (
            TlsChain::Short,
            "",
            format!("{other_key}{certificate}"),
            0o600,
            "no authority that clients accept",
        ),
        (
            TlsChain::Short,
            "",
            format!("{elliptic}{other}"),
            0o600,
            "ca.pem",
        ),
        (TlsChain::Short, "", certificate, 0o600, "not a private key"),
        (TlsChain::Short, "", key, 0o600, "not a private key"),
        (TlsChain::AwsEcc, ".ecc", both.clone(), 0o644, "chmod 600"),
        (
            TlsChain::AwsEcc,
            ".ecc",
            both,
            0o600,
            "no authority that clients accept",
        ),
    ];
    for (tls_chain, ending, text, mode, expected) in rows {
        // Given by name, and next to the state.
        for (state, ca) in [(None, Some("ca.pem")), (Some("state.json"), None)] {
            let state = state.map(|name| folder.path().join(name));
            let ca = ca.map(|name| folder.path().join(name));
            let file = ca.clone().or(state.clone().map(|state| {
                let name = format!("{}.ca.pem", state.display());
                name.into()
            }));
            let file = format!("{}{ending}", file.unwrap().display());
            std::fs::write(&file, &text).unwrap();
            set_mode(Path::new(&file), mode);
            let config = Config {
                state,
                ca,
                tls_chain,
                ..Config::default()
            };
            let error = LocalIotCore::start(config).err().unwrap().to_string();
            assert!(error.contains(&format!("CA file {file}")), "{error}");
            assert!(error.contains(expected), "{error}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
    }
}
