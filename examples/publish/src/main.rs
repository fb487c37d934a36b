//! A reading travels to AWS IoT Core over TLS.
//!
//! `cargo run -p publish` needs no account: it starts the local emulator inside the process and
//! shows two publishes that are accepted and two that are refused. With `--endpoint` it publishes
//! to AWS, or to an emulator that runs elsewhere.

use std::error::Error;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clap::Parser;
use embedded_io_adapters::std::FromStd;
use local_iot_core::{Config, LocalIotCore, PublicKey};
use motepost::{CustomAuthorizer, Publish, QoS, Response, Verdict, blocking};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Publishes one message over HTTPS with a custom authorizer's credentials.
///
/// Without --endpoint it shows a complete round against a local emulator of its own.
#[derive(Parser)]
struct Options {
    /// Data endpoint, as `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints it
    #[arg(long)]
    endpoint: Option<String>,
    /// Port of the endpoint; AWS takes custom authentication on 443 alone
    #[arg(long, default_value_t = 443)]
    port: u16,
    /// CA to trust, in PEM, instead of the system's root certificates
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Name of the authorizer; without it the endpoint's default one decides
    #[arg(long)]
    authorizer: Option<String>,
    /// The authorizer's token key name
    #[arg(long, default_value = "token")]
    token_key: String,
    /// The token; better in the environment, where other users do not see it
    #[arg(long, env = "MOTEPOST_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// File with the token's signature as one line of base64
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Value of the header `id`
    #[arg(long, default_value = "uniqueID")]
    id: String,
    /// Topic to publish to
    #[arg(long, default_value = "uniqueID/status")]
    topic: String,
    /// The message
    #[arg(default_value = r#"{"message":"Hello from unsigned custom auth"}"#)]
    message: String,
}

fn main() -> Result<()> {
    let options = Options::parse();
    match &options.endpoint {
        Some(endpoint) => publish_to(endpoint, &options),
        None => show_a_round(),
    }
}

/// One publish to the given endpoint.
fn publish_to(endpoint: &str, options: &Options) -> Result<()> {
    let signature = match &options.signature {
        Some(file) => std::fs::read_to_string(file)?.trim_end().to_owned(),
        None => String::new(),
    };
    let mut authorizer = match &options.authorizer {
        Some(name) => CustomAuthorizer::named(name),
        None => CustomAuthorizer::endpoint_default(),
    };
    if let Some(token) = &options.token {
        authorizer = authorizer.token(&options.token_key, token);
    }
    if !signature.is_empty() {
        authorizer = authorizer.signature(&signature);
    }
    let headers = [("id", options.id.as_str())];
    let reading = Publish::new(endpoint, &options.topic, options.message.as_bytes())
        .qos(QoS::AtLeastOnce)
        .authorizer(authorizer)
        .headers(&headers);

    let mut roots = RootCertStore::empty();
    match &options.ca {
        Some(file) => add_roots(&mut roots, &std::fs::read(file)?)?,
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let mut connection = connect(endpoint, options.port, roots)?;
    let mut buffer = vec![0; 4096];
    let response = blocking::publish(&mut connection, &reading, &mut buffer)?;
    print_response(&response);
    match response.verdict() {
        Verdict::Accepted => Ok(()),
        verdict => Err(format!("not accepted: {verdict:?}").into()),
    }
}

/// Everything on this machine: the device, the emulator of AWS IoT Core, and an MQTT subscriber that looks on.
fn show_a_round() -> Result<()> {
    let key = SigningKey::<Sha256>::new(rsa::PrivateKey::new(
        &mut getrandom::rand_core::UnwrapErr(getrandom::SysRng),
        2048,
    )?);
    let public_key = rsa::PublicKey::from(key.as_ref()).to_public_key_pem(LineEnding::LF)?;
    let keys = vec![PublicKey::from_pem("example", &public_key)?];
    let emulator =
        LocalIotCore::start(Config::default().with_signed_authorizer("signedAuthorizer", keys))?;
    let messages = subscribe("uniqueID/#", emulator.mqtt_addr().port())?;

    let round = Round { emulator, messages };
    let unsigned = CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow");
    round.publish("unsigned", unsigned, Verdict::Accepted)?;

    // Made off the device once; the device carries the 256 bytes and no key.
    let signature = key.sign(b"allow").to_bytes();
    let signed = CustomAuthorizer::named("signedAuthorizer")
        .token("token", "allow")
        .signature_bytes(&signature);
    round.publish("signed", signed, Verdict::Accepted)?;

    let denied = CustomAuthorizer::named("unsignedAuthorizer").token("token", "deny");
    round.publish(
        "a token that the authorizer denies",
        denied,
        Verdict::Denied,
    )?;

    let mut tampered = signature.to_vec();
    tampered[100] ^= 1;
    let tampered = signed.signature_bytes(&tampered);
    round.publish("a tampered signature", tampered, Verdict::Denied)?;

    println!("Two readings arrived, two were refused, as they should be.");
    Ok(())
}

struct Round {
    emulator: LocalIotCore,
    messages: Receiver<(String, String)>,
}

impl Round {
    fn publish(&self, what: &str, authorizer: CustomAuthorizer, expected: Verdict) -> Result<()> {
        println!("── {what} ──");
        let endpoint = self.emulator.endpoint();
        let payload = format!(r#"{{"message":"Hello from {what}"}}"#);
        let reading = Publish::new(endpoint, "uniqueID/status", payload.as_bytes())
            .qos(QoS::AtLeastOnce)
            .authorizer(authorizer)
            .headers(&[("id", "uniqueID")]);
        let mut buffer = [0; 1024];
        let request = reading.encode(&mut buffer)?;
        println!("{} bytes sent:", request.len());
        println!("{}\n", indented(&String::from_utf8_lossy(request)));

        let mut roots = RootCertStore::empty();
        add_roots(&mut roots, self.emulator.ca_pem().as_bytes())?;
        let mut connection = connect(endpoint, self.emulator.https_addr().port(), roots)?;
        let response = blocking::publish(&mut connection, &reading, &mut buffer)?;
        print_response(&response);
        if response.verdict() != expected {
            return Err(format!("{what}: {:?}, not {expected:?}", response.verdict()).into());
        }
        if expected == Verdict::Accepted {
            let (topic, message) = self.messages.recv_timeout(TIMEOUT)?;
            println!("MQTT subscriber: {topic} {message}");
            if message != payload {
                return Err("the subscriber received another message".into());
            }
        }
        if let Some(entry) = self.emulator.trace().last() {
            println!("emulator's trace: {entry}\n");
        }
        Ok(())
    }
}

fn connect(
    host: &str,
    port: u16,
    roots: RootCertStore,
) -> Result<FromStd<StreamOwned<ClientConnection, TcpStream>>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())?;
    let tls = ClientConnection::new(Arc::new(config), name)?;
    // `localhost` may name ::1 first, where nobody listens.
    let addresses: Vec<_> = (host, port).to_socket_addrs()?.collect();
    let tcp = TcpStream::connect(&addresses[..])?;
    tcp.set_read_timeout(Some(TIMEOUT))?;
    tcp.set_write_timeout(Some(TIMEOUT))?;
    Ok(FromStd::new(StreamOwned::new(tls, tcp)))
}

fn add_roots(roots: &mut RootCertStore, pem: &[u8]) -> Result<()> {
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate?)?;
    }
    Ok(())
}

/// What arrives at an MQTT subscriber, once the broker has confirmed the subscription.
fn subscribe(filter: &str, port: u16) -> Result<Receiver<(String, String)>> {
    let options = rumqttc::MqttOptions::new("onlooker", "127.0.0.1", port);
    let (client, mut connection) = rumqttc::Client::new(options, 10);
    client.subscribe(filter, rumqttc::QoS::AtLeastOnce)?;
    let (ready, is_ready) = channel();
    let (sender, messages) = channel();
    std::thread::spawn(move || {
        // Keeps the connection for as long as somebody looks.
        let _client = client;
        for event in connection.iter() {
            match event {
                Ok(rumqttc::Event::Incoming(rumqttc::Packet::SubAck(_))) => {
                    let _ = ready.send(());
                }
                Ok(rumqttc::Event::Incoming(rumqttc::Packet::Publish(publish))) => {
                    let text = String::from_utf8_lossy(&publish.payload).into_owned();
                    if sender.send((publish.topic, text)).is_err() {
                        return;
                    }
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    });
    is_ready.recv_timeout(TIMEOUT)?;
    Ok(messages)
}

fn print_response(response: &Response) {
    println!(
        "response: {} ({:?}{}) {}",
        response.status(),
        response.verdict(),
        match response.error_type() {
            [] => String::new(),
            name => format!(", {}", String::from_utf8_lossy(name)),
        },
        String::from_utf8_lossy(response.body()),
    );
}

fn indented(request: &str) -> String {
    let lines: Vec<_> = request.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}
