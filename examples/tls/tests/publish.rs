//! Both programs, to the local emulator.

use std::error::Error;
use std::io::Read;
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::Arc;

use local_iot_core::{Config, LocalIotCore};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

const PROGRAMS: [&str; 2] = [
    env!("CARGO_BIN_EXE_embedded_tls"),
    env!("CARGO_BIN_EXE_async_embassy"),
];

struct Server {
    emulator: LocalIotCore,
    ca: NamedTempFile,
}

impl Server {
    fn start() -> Self {
        let emulator = LocalIotCore::start(Config::default()).expect("it starts");
        let ca = NamedTempFile::new().expect("a file can be made");
        std::fs::write(ca.path(), emulator.ca_pem()).expect("it can be written");
        Self { emulator, ca }
    }

    fn publish(&self, program: &str, changes: &[&str]) -> Output {
        let to = self.emulator.https_addr().to_string();
        self.publish_to(&to, program, changes)
    }

    fn publish_to(&self, to: &str, program: &str, changes: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(["--connect", to]);
        if !changes.contains(&"--ca") {
            command.arg("--ca").arg(self.ca.path());
        }
        command.args(changes).output().expect("it runs")
    }

    /// How many messages were taken.
    fn accepted(&self) -> usize {
        let trace = self.emulator.trace();
        trace.iter().filter(|entry| entry.accepted).count()
    }

    /// Nothing came that is HTTP.
    fn was_asked_nothing(&self) -> bool {
        let trace = self.emulator.trace();
        trace.iter().all(|entry| entry.status.is_none())
    }
}

#[track_caller]
fn fails(output: &Output, words: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains(words), "{words:?} in {text}");
}

#[test]
fn a_reading_is_accepted() {
    for program in PROGRAMS {
        let server = Server::start();
        let output = server.publish(program, &[]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(text.contains("answer: 200 Accepted"), "{text}");
        assert_eq!(server.accepted(), 1);
    }
}

#[test]
fn without_arguments_there_is_a_local_emulator_of_its_own() {
    for program in PROGRAMS {
        let output = Command::new(program).output().expect("it runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_no_is_a_no() {
    for program in PROGRAMS {
        let server = Server::start();
        let output = server.publish(program, &["--token", "deny"]);
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("answer: 403 Denied"), "{text}");
    }
}

#[test]
fn a_server_under_another_ca_is_given_no_request() {
    for program in PROGRAMS {
        let (server, other) = (Server::start(), Server::start());
        let another_ca = other.ca.path().to_string_lossy();
        let output = server.publish(program, &["--ca", &another_ca]);
        fails(&output, "TLS: InvalidCertificate");
        assert!(server.was_asked_nothing());
    }
}

#[test]
fn a_server_of_another_name_is_given_no_request() {
    for program in PROGRAMS {
        let server = Server::start();
        let output = server.publish(program, &["--name", "elsewhere.example"]);
        fails(&output, "TLS: InvalidCertificate");
        assert!(server.was_asked_nothing());
    }
}

/// Somebody with a certificate below the trusted CA that is for his own name, and not for signing.
struct Impostor {
    ca_pem: String,
    server: Arc<ServerConfig>,
}

impl Impostor {
    /// Poses as `localhost` with a certificate that he has signed himself.
    fn new() -> Result<Self, Box<dyn Error>> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let ca = Issuer::from_params(&ca, &ca_key);

        let own_key = KeyPair::generate()?;
        let mut own = CertificateParams::new(vec!["impostor.example".to_owned()])?;
        own.is_ca = IsCa::ExplicitNoCa;
        let own_certificate = own.signed_by(&own_key, &ca)?;

        let key = KeyPair::generate()?;
        let forged = CertificateParams::new(vec!["localhost".to_owned()])?;
        let forged = forged.signed_by(&key, &Issuer::from_params(&own, &own_key))?;
        let chain = vec![forged.der().clone(), own_certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self {
            ca_pem,
            server: Arc::new(server),
        })
    }

    /// What one client tells him.
    fn hears(&self, listener: &TcpListener) -> Result<String, Box<dyn Error>> {
        let (socket, _) = listener.accept()?;
        let connection = ServerConnection::new(Arc::clone(&self.server))?;
        let mut text = [0; 512];
        let count = StreamOwned::new(connection, socket).read(&mut text)?;
        Ok(String::from_utf8_lossy(&text[..count]).into_owned())
    }
}

#[test]
fn a_certificate_that_is_not_for_signing_vouches_for_no_other() {
    for program in PROGRAMS {
        let impostor = Impostor::new().expect("certificates can be made");
        let server = Server::start();
        std::fs::write(server.ca.path(), &impostor.ca_pem).expect("it can be written");
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener
            .local_addr()
            .expect("it has an address")
            .to_string();
        let heard = std::thread::spawn(move || impostor.hears(&listener).unwrap_or_default());
        let output = server.publish_to(&address, program, &["--milliseconds", "5000"]);
        fails(&output, "TLS: InvalidCertificate");
        assert_eq!(heard.join().expect("it ends"), "");
    }
}

#[test]
fn a_server_that_never_answers_costs_no_more_than_the_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = silent.local_addr().expect("it has an address").to_string();
    let server = Server::start();
    for (program, words) in PROGRAMS
        .into_iter()
        .zip(["TLS: Io", "no answer within 200 ms"])
    {
        let output = server.publish_to(&address, program, &["--milliseconds", "200"]);
        fails(&output, words);
    }
}
