//! TLS as a device meets it.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedCipherSuite, SupportedProtocolVersion,
};

use crate::support::*;
use local_iot_core::{Config, LocalIotCore, TlsChain};

pub type Tls = StreamOwned<ClientConnection, std::net::TcpStream>;

pub fn client(
    emulator: &LocalIotCore,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&str],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(emulator.ca_pem().as_bytes()) {
        roots.add(root.unwrap()).unwrap();
    }
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
        emulator.wait_for_trace(5, TIMEOUT)[4]
            .reason
            .starts_with("TLS: ")
    );
}

#[test]
fn alpn_of_https_is_none_or_http_1() {
    let emulator = start();
    for alpn in [
        [].as_slice(),
        &["http/1.1"],
        &["h2", "http/1.1"],
        &["http/1.0"],
    ] {
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
    for (count, alpn) in ["x-amzn-mqtt-ca", "x-amzn-http-ca", "h2"]
        .iter()
        .enumerate()
    {
        let mut stream = dial(
            &emulator,
            client(&emulator, rustls::ALL_VERSIONS, &[alpn]),
            "localhost",
        );
        assert!(stream.write_all(b"x").is_err() || stream.read(&mut [0]).is_err());
        let entry = emulator.wait_for_trace(5 + count, TIMEOUT).pop().unwrap();
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
        emulator.wait_for_trace(1, TIMEOUT)[0]
            .reason
            .starts_with("TLS: ")
    );
}

/// With one suite of TLS 1.2.
fn client_of_suite(emulator: &LocalIotCore, suite: SupportedCipherSuite) -> ClientConfig {
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites = vec![suite];
    let roots = CertificateDer::pem_slice_iter(emulator.ca_pem().as_bytes());
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.map(Result::unwrap));
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth()
}

const RSA: SupportedCipherSuite =
    rustls::crypto::ring::cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
const ECDSA: SupportedCipherSuite =
    rustls::crypto::ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;

#[test]
fn the_suite_chooses_the_chain_of_four_certificates() {
    for (chain, served) in [
        (TlsChain::AwsRsa, [true, false]),
        (TlsChain::AwsEcc, [false, true]),
        (TlsChain::AwsBoth, [true, true]),
        (TlsChain::Short, [false, true]),
    ] {
        let emulator = LocalIotCore::start(Config {
            tls_chain: chain,
            ..Config::default()
        })
        .unwrap();
        for (suite, is_served) in [RSA, ECDSA].into_iter().zip(served) {
            let mut stream = dial(&emulator, client_of_suite(&emulator, suite), "localhost");
            let sent = stream.write_all(publish("/topics/uniqueID/a", "").as_bytes());
            assert_eq!(sent.is_ok(), is_served, "{chain:?} {suite:?}");
            if is_served {
                assert_eq!(read_response(&mut stream).status, 200);
                let shown = stream.conn.peer_certificates().unwrap().len();
                let expected = if chain == TlsChain::Short { 1 } else { 4 };
                assert_eq!(shown, expected, "{chain:?} {suite:?}");
                assert_eq!(stream.conn.negotiated_cipher_suite(), Some(suite));
            }
        }
    }
}

/// Keeps what comes in.
struct Recorded(std::net::TcpStream, Vec<u8>);

impl Read for Recorded {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(bytes)?;
        self.1.extend_from_slice(&bytes[..count]);
        Ok(count)
    }
}

impl Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// The lengths of the records (RFC 5246, 6.2.1).
fn record_lengths(mut bytes: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while let [_, _, _, high, low, rest @ ..] = bytes {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        lengths.push(len);
        bytes = rest.get(len..).unwrap_or_default();
    }
    lengths
}

#[test]
fn certificates_come_in_one_record_or_in_records_of_a_chosen_size() {
    for (size, expected) in [(None, 4_000..6_000), (Some(512), 512..513)] {
        let emulator = LocalIotCore::start(Config {
            tls_chain: TlsChain::AwsRsa,
            tls_record_size: size,
            ..Config::default()
        })
        .unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let config = client_of_suite(&emulator, RSA);
        let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut socket = Recorded(connect(emulator.https_addr()), Vec::new());
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).unwrap();
        }
        let longest = record_lengths(&socket.1).into_iter().max().unwrap();
        assert!(expected.contains(&longest), "{size:?}: {longest}");
    }
}
