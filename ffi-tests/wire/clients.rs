//! The clients, each publishing the blog post's message once.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use local_iot_core::{Authorizer, Config, LocalIotCore, PublicKey};
use motepost::batch::Batch;
use motepost::token::{DeviceKey, Freshness};
use motepost::{CustomAuthorizer, Publish, QoS};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    SupportedProtocolVersion,
};
use tls_chains::{Chain, Kind, Roots};

use crate::terminator::{Count, Terminator};
use crate::{Result, Row};

const ENDPOINT: &str = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";
pub const TOPIC: &str = "uniqueID/status";
pub const MESSAGE: &str = r#"{"message":"Hello from unsigned custom auth"}"#;
const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// What is no way to publish of its own, but is needed to judge them.
pub struct Further {
    /// A second connection that resumes the first's session, TLS 1.2 and 1.3.
    pub resumed: [Count; 2],
    /// One more message on an open connection, TLS 1.2: ours, unsigned, and MQTT's.
    pub next: [Count; 2],
    /// [`READINGS`] readings of the message's length in one request, unsigned, TLS 1.2 and 1.3.
    pub batch: [Count; 2],
}

/// A day's, one an hour.
pub const READINGS: usize = 24;

struct Lab {
    emulator: LocalIotCore,
    /// Of a shape like AWS's in RSA.
    roots: Roots,
    server: Chain,
    /// Of the devices that have a certificate.
    ca: CertificateDer<'static>,
    device: (CertificateDer<'static>, Vec<u8>),
    signature: Vec<u8>,
}

pub fn measure() -> Result<(Vec<Row>, Further)> {
    let lab = Lab::new()?;
    let unsigned = CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow");
    let signed = CustomAuthorizer::named("signedAuthorizer")
        .token("token", "allow")
        .signature_bytes(&lab.signature);
    let token = DeviceKey::new([7; 32])
        .mint("uniqueID", Freshness::Time(1_790_000_000))
        .expect("a sound id");
    let minted = CustomAuthorizer::named("mintedAuthorizer").token("token", &token);
    let default = CustomAuthorizer::endpoint_default().token("token", "allow");
    let http = lab.emulator.http_addr();
    let mqtt = lab.emulator.mqtt_addr();

    let ours = |authorizer: CustomAuthorizer<'_>| {
        let request = request(authorizer)?;
        lab.twice(http, false, |version, port| {
            let mut tls = lab.connect(version, port, Identity::None, None)?;
            post(&mut tls, &request)
        })
    };
    let rows = vec![
        Row::of(
            "Motepost, the endpoint's default authorizer",
            true,
            ours(default)?,
        ),
        Row::of(
            "Motepost, unsigned in the query",
            true,
            ours(unsigned.in_query())?,
        ),
        Row::of("Motepost, unsigned", true, ours(unsigned)?),
        Row::of("Motepost, minted token", true, ours(minted)?),
        Row::of("Motepost, signed with RSA-2048", true, ours(signed)?),
        Row::of(
            "curl, unsigned",
            false,
            lab.twice(http, false, |version, port| lab.curl(version, port))?,
        ),
        Row::of(
            "boto3, SigV4",
            false,
            lab.twice(http, false, |_, port| lab.boto3(port))?,
        ),
        Row::of(
            "MQTT 3.1.1, custom authorizer",
            false,
            lab.twice(mqtt, false, |version, port| {
                mqtt_wake(
                    &mut lab.connect(version, port, Identity::Alpn, None)?,
                    Login::Authorizer,
                    1,
                )
            })?,
        ),
        Row::of(
            "MQTT 3.1.1, X.509",
            false,
            lab.twice(mqtt, true, |version, port| {
                mqtt_wake(
                    &mut lab.connect(version, port, Identity::Certificate, None)?,
                    Login::None,
                    1,
                )
            })?,
        ),
    ];
    let accepted = lab
        .emulator
        .trace()
        .iter()
        .filter(|entry| entry.status == Some(200))
        .count();
    // Five of ours, curl and boto3, over each version.
    if accepted != 14 {
        return Err(
            format!("the local emulator took {accepted} of 14 publishes over HTTPS").into(),
        );
    }

    let batch_request = batch_request(unsigned)?;
    let batch = lab.twice(http, false, |version, port| {
        post(
            &mut lab.connect(version, port, Identity::None, None)?,
            &batch_request,
        )
    })?;
    let request = request(unsigned)?;
    let one = rows[2].tls12;
    let two = lab.once(VERSIONS[0], http, false, |port| {
        let mut tls = lab.connect(VERSIONS[0], port, Identity::None, None)?;
        post(&mut tls, &request)?;
        post(&mut tls, &request)
    })?;
    let mqtt_one = rows[7].tls12;
    let mqtt_two = lab.once(VERSIONS[0], mqtt, false, |port| {
        mqtt_wake(
            &mut lab.connect(VERSIONS[0], port, Identity::Alpn, None)?,
            Login::Authorizer,
            2,
        )
    })?;
    let further = Further {
        resumed: [
            lab.resumed(VERSIONS[0], &request)?,
            lab.resumed(VERSIONS[1], &request)?,
        ],
        next: [difference(two, one), difference(mqtt_two, mqtt_one)],
        batch,
    };
    Ok((rows, further))
}

impl Row {
    fn of(name: &'static str, ours: bool, [tls12, tls13]: [Count; 2]) -> Self {
        Self {
            name,
            ours,
            tls12,
            tls13,
        }
    }
}

fn difference(two: Count, one: Count) -> Count {
    let mut next = two;
    for (next, one) in [(&mut next.up, one.up), (&mut next.down, one.down)] {
        next.handshake = 0;
        next.records -= one.records;
        next.plain -= one.plain;
    }
    next
}

fn request(authorizer: CustomAuthorizer<'_>) -> Result<Vec<u8>> {
    let mut buffer = [0; 1024];
    let publish = Publish::new(ENDPOINT, TOPIC, MESSAGE.as_bytes())
        .qos(QoS::AtLeastOnce)
        .authorizer(authorizer)
        .headers(&[("id", "uniqueID")]);
    Ok(publish.encode(&mut buffer)?.to_vec())
}

/// The same with many readings. Its topic is as long as that of the other requests.
fn batch_request(authorizer: CustomAuthorizer<'_>) -> Result<Vec<u8>> {
    let mut buffer = [0; 2048];
    let publish = Publish::new(ENDPOINT, "uniqueID/batch1", b"")
        .qos(QoS::AtLeastOnce)
        .authorizer(authorizer)
        .headers(&[("id", "uniqueID")]);
    let request = publish.compose(&mut buffer, |room| {
        let Ok(mut batch) = Batch::json(room) else {
            return 0;
        };
        for _ in 0..READINGS {
            if batch.push(MESSAGE.as_bytes()).is_err() {
                return 0;
            }
        }
        batch.finish()
    })?;
    Ok(request.to_vec())
}

/// One request in one write, and the whole answer.
fn post(tls: &mut Tls, request: &[u8]) -> Result<()> {
    tls.write_all(request)?;
    let mut buffer = [0; 512];
    let mut answer = Vec::new();
    loop {
        let len = tls.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..len]);
        let text = String::from_utf8_lossy(&answer);
        if len == 0 {
            return Err(format!("the answer is not whole: {text}").into());
        }
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")
                    .and_then(|n| n.trim().parse::<usize>().ok())
            });
            if Some(body.len()) == length {
                return if head.starts_with("HTTP/1.1 200") {
                    Ok(())
                } else {
                    Err(head.to_owned().into())
                };
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Identity {
    None,
    /// Nothing of the device's, but the protocol that AWS chooses custom authentication for MQTT by.
    Alpn,
    Certificate,
}

#[derive(Clone, Copy)]
enum Login {
    None,
    Authorizer,
}

/// CONNECT, so many messages at QoS 1, each answered, and DISCONNECT. The packets are rumqttc's.
fn mqtt_wake(tls: &mut Tls, login: Login, messages: u16) -> Result<()> {
    let mut connect = rumqttc::Connect::new("uniqueID");
    connect.keep_alive = 1200;
    if matches!(login, Login::Authorizer) {
        connect.set_login(
            "?x-amz-customauthorizer-name=unsignedAuthorizer&token=allow",
            "",
        );
    }
    let mut packet = BytesMut::new();
    connect.write(&mut packet).map_err(debug)?;
    tls.write_all(&packet)?;
    let mut connack = [0; 4];
    tls.read_exact(&mut connack)?;
    if connack != [0x20, 2, 0, 0] {
        return Err(format!("CONNACK {connack:?}").into());
    }
    for id in 1..=messages {
        let mut publish = rumqttc::Publish::new(TOPIC, rumqttc::QoS::AtLeastOnce, MESSAGE);
        publish.pkid = id;
        let mut packet = BytesMut::new();
        publish.write(&mut packet).map_err(debug)?;
        tls.write_all(&packet)?;
        let mut puback = [0; 4];
        tls.read_exact(&mut puback)?;
        if puback[..2] != [0x40, 2] {
            return Err(format!("PUBACK {puback:?}").into());
        }
    }
    let mut packet = BytesMut::new();
    rumqttc::Disconnect.write(&mut packet).map_err(debug)?;
    tls.write_all(&packet)?;
    Ok(())
}

fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

impl Lab {
    fn new() -> Result<Self> {
        let rsa_key = || rsa::PrivateKey::new(&mut UnwrapErr(SysRng), 2048);
        let token_key = SigningKey::<Sha256>::new(rsa_key()?);
        let public = rsa::PublicKey::from(token_key.as_ref()).to_public_key_pem(LineEnding::LF)?;
        let mut config = Config::default().with_signed_authorizer(
            "signedAuthorizer",
            vec![PublicKey::from_pem("wire", &public)?],
        );
        // Which token it takes does not change what is sent; that the token is good is for other tests.
        let article = config.example_function();
        let minted = Arc::new(move |event: &serde_json::Value| {
            let mut event = event.clone();
            event["token"] = "allow".into();
            event["protocolData"]["http"]["headers"]["token"] = "allow".into();
            article(&event)
        });
        config
            .authorizers
            .push(Authorizer::unsigned("mintedAuthorizer", "token", minted));
        config.default_authorizer = Some("unsignedAuthorizer".into());
        let emulator = LocalIotCore::start(config)?;

        let ca_key = KeyPair::generate()?;
        let mut ca = certificate_of("wire CA")?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_certificate = ca.self_signed(&ca_key)?;
        let issuer = Issuer::from_params(&ca, &ca_key);
        // AWS makes RSA-2048 keys for devices, and this name.
        let device_key = KeyPair::from_pem(&rsa_key()?.to_pkcs8_pem(LineEnding::LF)?)?;
        let device = certificate_of("AWS IoT Certificate")?;
        let device = device.signed_by(&device_key, &issuer)?;
        let roots = Roots::new(Kind::Rsa)?;
        Ok(Self {
            emulator,
            server: roots.chain(&[ENDPOINT.to_owned()])?,
            roots,
            ca: ca_certificate.der().clone(),
            device: (device.der().clone(), device_key.serialize_der()),
            signature: token_key.sign(b"allow").to_vec(),
        })
    }

    /// Over each version of TLS.
    fn twice(
        &self,
        upstream: SocketAddr,
        asks_certificate: bool,
        client: impl Fn(&'static SupportedProtocolVersion, u16) -> Result<()>,
    ) -> Result<[Count; 2]> {
        let once = |version| {
            self.once(version, upstream, asks_certificate, |port| {
                client(version, port)
            })
        };
        Ok([once(VERSIONS[0])?, once(VERSIONS[1])?])
    }

    fn once(
        &self,
        version: &'static SupportedProtocolVersion,
        upstream: SocketAddr,
        asks_certificate: bool,
        client: impl FnOnce(u16) -> Result<()>,
    ) -> Result<Count> {
        let terminator = Terminator::start(
            self.server_config(version, asks_certificate, false)?,
            upstream,
        )?;
        client(terminator.port)?;
        terminator.count()
    }

    fn resumed(&self, version: &'static SupportedProtocolVersion, request: &[u8]) -> Result<Count> {
        let server = self.server_config(version, false, true)?;
        let client = self.client_config(version, Identity::None)?;
        let mut count = Count::default();
        for _ in 0..2 {
            let terminator = Terminator::start(Arc::clone(&server), self.emulator.http_addr())?;
            post(
                &mut self.connect(
                    version,
                    terminator.port,
                    Identity::None,
                    Some(Arc::clone(&client)),
                )?,
                request,
            )?;
            count = terminator.count()?;
        }
        Ok(count)
    }

    fn server_config(
        &self,
        version: &'static SupportedProtocolVersion,
        asks_certificate: bool,
        resumption: bool,
    ) -> Result<Arc<ServerConfig>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])?;
        let builder = if asks_certificate {
            let roots = Arc::new(store(self.ca.clone())?);
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(roots, provider).build()?,
            )
        } else {
            builder.with_no_client_auth()
        };
        let chain = self.server.certificates.iter().cloned();
        let key = PrivateKeyDer::from_pem_slice(self.server.key_pem.as_bytes())?;
        let mut config =
            builder.with_single_cert(chain.map(CertificateDer::from).collect(), key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"mqtt".to_vec()];
        config.send_tls13_tickets = usize::from(resumption);
        config.session_storage = if resumption {
            ServerSessionMemoryCache::new(8)
        } else {
            Arc::new(NoServerSessionStorage {})
        };
        Ok(Arc::new(config))
    }

    fn client_config(
        &self,
        version: &'static SupportedProtocolVersion,
        identity: Identity,
    ) -> Result<Arc<ClientConfig>> {
        let root = CertificateDer::from_pem_slice(self.roots.root_pem().as_bytes())?;
        let builder =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(&[version])?
                .with_root_certificates(store(root)?);
        let mut config = match identity {
            Identity::Certificate => {
                let (certificate, key) = &self.device;
                builder.with_client_auth_cert(vec![certificate.clone()], key_of(key))?
            }
            Identity::None | Identity::Alpn => builder.with_no_client_auth(),
        };
        if matches!(identity, Identity::Alpn) {
            config.alpn_protocols = vec![b"mqtt".to_vec()];
        }
        Ok(Arc::new(config))
    }

    fn connect(
        &self,
        version: &'static SupportedProtocolVersion,
        port: u16,
        identity: Identity,
        config: Option<Arc<ClientConfig>>,
    ) -> Result<Tls> {
        let config = match config {
            Some(config) => config,
            None => self.client_config(version, identity)?,
        };
        let tls = ClientConnection::new(config, ServerName::try_from(ENDPOINT)?)?;
        let tcp = TcpStream::connect(("127.0.0.1", port))?;
        tcp.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(StreamOwned::new(tls, tcp))
    }

    /// As the blog post has it.
    fn curl(&self, version: &SupportedProtocolVersion, port: u16) -> Result<()> {
        let dir = tempfile::tempdir()?;
        let ca = dir.path().join("ca.pem");
        std::fs::write(&ca, self.roots.root_pem())?;
        let only = if version == VERSIONS[0] { "1.2" } else { "1.3" };
        succeed(
            Command::new("curl")
                .args([
                    "--silent",
                    "--show-error",
                    "--fail",
                    "--tls-max",
                    only,
                    "--cacert",
                ])
                .arg(&ca)
                .args(["--connect-to", &format!("::127.0.0.1:{port}")])
                .args([
                    "-H",
                    "x-amz-customauthorizer-name: unsignedAuthorizer",
                    "-H",
                    "token: allow",
                    "-H",
                    "id: uniqueID",
                ])
                .args([
                    "--data",
                    MESSAGE,
                    &format!("https://{ENDPOINT}/topics/{TOPIC}?qos=1"),
                ]),
        )
    }

    fn boto3(&self, port: u16) -> Result<()> {
        let dir = tempfile::tempdir()?;
        let ca = dir.path().join("ca.pem");
        std::fs::write(&ca, self.roots.root_pem())?;
        // The name leads here; all else is as it is in use.
        let script = format!(
            "import socket, boto3\n\
             socket.getaddrinfo = lambda *a, **k: [(socket.AF_INET, socket.SOCK_STREAM, 6, '', ('127.0.0.1', {port}))]\n\
             client = boto3.client('iot-data', endpoint_url='https://{ENDPOINT}', region_name='eu-central-1', verify={:?})\n\
             client.publish(topic={TOPIC:?}, qos=1, payload={MESSAGE:?})\n",
            ca.display().to_string()
        );
        let python = std::env::var("MOTEPOST_PYTHON").unwrap_or_else(|_| "python3".into());
        succeed(
            Command::new(python)
                .args(["-c", &script])
                .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
                .env("AWS_SECRET_ACCESS_KEY", "example"),
        )
    }
}

fn store(root: CertificateDer<'static>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(root)?;
    Ok(roots)
}

fn certificate_of(name: &str) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn key_of(der: &[u8]) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der.to_vec()))
}

fn succeed(command: &mut Command) -> Result<()> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|e| format!("cannot run {tool}: {e}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{tool}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}
