//! TLS as a device meets it.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};

use crate::support::*;
use local_iot_core::{Config, LocalIotCore};

pub type Tls = StreamOwned<ClientConnection, std::net::TcpStream>;

pub fn client(
    emulator: &LocalIotCore,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&str],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(emulator.ca_pem().as_bytes()).unwrap())
        .unwrap();
    let mut config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

pub fn dial(emulator: &LocalIotCore, config: ClientConfig, name: &str) -> Tls {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, connect(emulator.https_addr()))
}

#[test]
fn tls_1_2_and_1_3_are_spoken_with_a_full_handshake_each_time() {
    let emulator = start();
    for (version, expected) in [
        (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
        (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let config = client(&emulator, &[version], &[]);
        for _ in 0..2 {
            let mut stream = dial(&emulator, config.clone(), emulator.endpoint());
            stream
                .write_all(publish("/topics/uniqueID/a?qos=1", "").as_bytes())
                .unwrap();
            assert_eq!(read_response(&mut stream).status, 200);
            assert_eq!(stream.conn.protocol_version(), Some(expected));
            assert_eq!(stream.conn.handshake_kind(), Some(HandshakeKind::Full));
        }
    }
}

#[test]
fn the_certificate_is_for_localhost_an_address_aws_s_form_and_the_names_asked_for() {
    let config = Config {
        extra_names: vec!["gateway.example".to_owned()],
        ..Config::default()
    };
    let emulator = LocalIotCore::start(config).unwrap();
    for name in [
        "localhost",
        "127.0.0.1",
        "local-ats.iot.eu-central-1.amazonaws.com",
        "gateway.example",
    ] {
        let mut stream = dial(
            &emulator,
            client(&emulator, rustls::ALL_VERSIONS, &[]),
            name,
        );
        stream
            .write_all(
                publish("/topics/uniqueID/a", "")
                    .replace("host:localhost", &format!("host:{name}:8443"))
                    .as_bytes(),
            )
            .unwrap();
        assert_eq!(read_response(&mut stream).status, 200);
        assert!(emulator.trace().last().unwrap().notes.is_empty());
    }
    let mut stream = dial(
        &emulator,
        client(&emulator, rustls::ALL_VERSIONS, &[]),
        "elsewhere.example",
    );
    assert!(stream.write_all(b"x").is_err());
    assert!(
        emulator.wait_for_trace(5, PATIENCE)[4]
            .reason
            .starts_with("TLS: ")
    );
}

#[test]
fn alpn_is_none_or_http_1_1() {
    let emulator = start();
    for alpn in [[].as_slice(), &["http/1.1"], &["h2", "http/1.1"]] {
        let mut stream = dial(
            &emulator,
            client(&emulator, rustls::ALL_VERSIONS, alpn),
            "localhost",
        );
        stream
            .write_all(publish("/topics/uniqueID/a", "").as_bytes())
            .unwrap();
        assert_eq!(read_response(&mut stream).status, 200, "{alpn:?}");
    }
    for (count, alpn) in ["mqtt", "x-amzn-http-ca", "h2"].iter().enumerate() {
        let mut stream = dial(
            &emulator,
            client(&emulator, rustls::ALL_VERSIONS, &[alpn]),
            "localhost",
        );
        assert!(stream.write_all(b"x").is_err() || stream.read(&mut [0]).is_err());
        let entry = emulator.wait_for_trace(4 + count, PATIENCE).pop().unwrap();
        assert!(
            entry.reason.contains("ALPN") && entry.reason.contains(alpn),
            "{}",
            entry.reason
        );
        assert_eq!(entry.status, None);
    }
}

#[test]
fn a_host_that_is_not_the_name_in_sni_is_noted() {
    let emulator = start();
    let mut stream = dial(
        &emulator,
        client(&emulator, rustls::ALL_VERSIONS, &[]),
        "localhost",
    );
    stream
        .write_all(
            publish("/topics/uniqueID/a", "")
                .replace("host:localhost", "host:other.example")
                .as_bytes(),
        )
        .unwrap();
    assert_eq!(read_response(&mut stream).status, 200);
    assert!(emulator.trace()[0].notes[0].contains("SNI"));
}

#[test]
fn plain_http_on_the_tls_port_is_traced() {
    let emulator = start();
    let mut stream = connect(emulator.https_addr());
    stream
        .write_all(publish("/topics/uniqueID/a", "").as_bytes())
        .unwrap();
    assert!(
        emulator.wait_for_trace(1, PATIENCE)[0]
            .reason
            .starts_with("TLS: ")
    );
}
