//! The servers that the devices meet: one that shows a chain and passes what it is sent on to the emulator, and those that a
//! device must not trust. All of them are OpenSSL's, but for two that stop before there is any TLS to speak of.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use local_iot_core::TlsChain;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tls_chains::{Chain, Fault, Kind, Roots};

use crate::Result;
use crate::cloud::{Cloud, ENDPOINT};

const TIMEOUT: Duration = Duration::from_secs(20);

/// What a server shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Show {
    /// A chain like AWS's, by the emulator itself.
    Emulator(TlsChain),
    /// The same by OpenSSL, which grants a max fragment length, in front of the emulator.
    OpenSsl(Kind),
    /// The same, and nobody listens.
    Deaf(Kind),
    /// The same under a root of the same name with another key.
    OtherRoot,
    /// An RSA chain with a fault.
    Faulty(Fault),
    /// TLS 1.1 at most, which has none of the suites that are offered.
    Tls11,
    /// The same, but it takes an offered suite all the same.
    Tls11AllTheSame,
    /// A record longer than any may be.
    LongRecord,
    /// A response in one record that is longer than the device's buffer.
    LongResponse,
    /// Half of the handshake, and nothing more.
    Stalled,
}

/// The authorities, and what is needed to start a server.
pub struct Servers<'a> {
    cloud: &'a Cloud,
    rsa: Roots,
    ecdsa: Roots,
    other: Roots,
    // Removed with everything in it.
    dir: tempfile::TempDir,
}

/// A server that runs. Dropping it ends it.
pub struct Server {
    port: u16,
    /// Its public key where that is one of P-256.
    pub key: Option<Vec<u8>>,
    log: Arc<Mutex<String>>,
    child: Option<Child>,
    _stdin: Option<ChildStdin>,
    /// The one that a stalling server speaks for.
    behind: Option<Box<Server>>,
}

impl<'a> Servers<'a> {
    /// With new authorities.
    pub fn start(cloud: &'a Cloud) -> Result<Self> {
        let roots = |kind| Roots::new(kind).map_err(|e| e.to_string());
        Ok(Self {
            cloud,
            rsa: roots(Kind::Rsa)?,
            ecdsa: roots(Kind::Ecdsa)?,
            other: roots(Kind::Rsa)?,
            dir: tempfile::tempdir().map_err(|e| e.to_string())?,
        })
    }

    /// What a device trusts: a root of each kind.
    pub fn roots(&self, show: Show) -> Result<String> {
        match show {
            Show::Emulator(chain) => self.cloud.roots(chain),
            _ => Ok(self.rsa.root_pem().to_owned() + self.ecdsa.root_pem()),
        }
    }

    /// The server that the device of that name meets.
    pub fn meet(&self, name: &str, show: Show) -> Result<Server> {
        match show {
            Show::Emulator(chain) => Ok(Server::elsewhere(self.cloud.https_port(chain)?)),
            Show::OpenSsl(kind) => self.passing_on(name, kind),
            Show::Deaf(kind) => self.deaf(name, &self.chain(kind)?, &[]),
            Show::OtherRoot => {
                let names = [ENDPOINT.to_owned()];
                self.deaf(
                    name,
                    &self.other.chain(&names).map_err(|e| e.to_string())?,
                    &[],
                )
            }
            Show::Faulty(fault) => {
                let names = [ENDPOINT.to_owned()];
                let chain = self.rsa.faulty(&names, fault);
                self.deaf(name, &chain.map_err(|e| e.to_string())?, &[])
            }
            Show::Tls11 => self.deaf(name, &self.chain(Kind::Rsa)?, &["-tls1_1"]),
            Show::Tls11AllTheSame => without_tls(|mut client| {
                // A ServerHello (RFC 4346, 7.4.1.3) with ECDHE-RSA-AES128-GCM-SHA256.
                let _ = client.write_all(&[22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2]);
                let _ = client.write_all(&[&[1; 32][..], &[0, 0xC0, 0x2F, 0]].concat());
                client
            }),
            Show::LongResponse => self.long_response(),
            Show::LongRecord => without_tls(|mut client| {
                // A handshake record (22) of TLS 1.2 with 16,385 bytes (RFC 5246, 6.2.1).
                let _ = client.write_all(&[22, 3, 3, 0x40, 0x01]);
                client
            }),
            Show::Stalled => self.stalling(name),
        }
    }

    fn chain(&self, kind: Kind) -> Result<Chain> {
        let roots = match kind {
            Kind::Rsa => &self.rsa,
            Kind::Ecdsa => &self.ecdsa,
        };
        roots
            .chain(&[ENDPOINT.to_owned()])
            .map_err(|e| e.to_string())
    }

    /// Ends TLS and passes what it is sent on to the emulator.
    fn passing_on(&self, name: &str, kind: Kind) -> Result<Server> {
        let to = format!("TCP:127.0.0.1:{}", self.cloud.http_port()?);
        self.socat(name, kind, &to)
    }

    /// Responds with more than a device has room for, in one record: rustls grants no max fragment length.
    fn long_response(&self) -> Result<Server> {
        let chain = self.chain(Kind::Rsa)?;
        let key =
            PrivateKeyDer::from_pem_slice(chain.key_pem.as_bytes()).map_err(|e| e.to_string())?;
        let certificates = chain.certificates.into_iter().map(CertificateDer::from);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS12])
            .map_err(|e| e.to_string())?
            .with_no_client_auth()
            .with_single_cert(certificates.collect(), key)
            .map_err(|e| e.to_string())?;
        let connection = ServerConnection::new(Arc::new(config)).map_err(|e| e.to_string())?;
        without_tls(move |client| {
            let mut tls = StreamOwned::new(connection, client);
            let body = "x".repeat(4000);
            let response = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if tls.read(&mut [0; 1024]).is_ok() {
                let _ = tls.write_all(response.as_bytes());
            }
            tls.sock
        })
    }

    fn socat(&self, name: &str, kind: Kind, to: &str) -> Result<Server> {
        let chain = self.chain(kind)?;
        let file = self.write(name, "pem", &chain.pem())?;
        let listen = format!(
            "OPENSSL-LISTEN:0,bind=127.0.0.1,fork,cert={},verify=0",
            file.display()
        );
        let mut socat = Command::new("socat");
        socat.args(["-d", "-d", &listen, to]);
        let mut server = spawn(&mut socat, "listening on AF=2 127.0.0.1:")?;
        server.key = (kind == Kind::Ecdsa).then_some(chain.public_key);
        Ok(server)
    }

    /// Answers nothing of what it is sent, and logs it.
    fn deaf(&self, name: &str, chain: &Chain, more: &[&str]) -> Result<Server> {
        let file = self.write(name, "pem", &chain.pem())?;
        let above = chain.pem_above();
        let mut openssl = Command::new("openssl");
        openssl
            .args(["s_server", "-accept", "127.0.0.1:0"])
            .arg("-cert")
            .arg(&file)
            .arg("-key")
            .arg(&file)
            .args(["-cipher", "DEFAULT:@SECLEVEL=0"])
            .args(more);
        if !above.is_empty() {
            let above = self.write(name, "above.pem", &above)?;
            openssl.arg("-cert_chain").arg(above);
        }
        spawn(&mut openssl, "ACCEPT 127.0.0.1:")
    }

    /// Passes on what the server says up to the middle of its certificates.
    fn stalling(&self, name: &str) -> Result<Server> {
        let behind = self.deaf(name, &self.chain(Kind::Rsa)?, &[])?;
        let port = behind.port;
        let mut server = without_tls(move |mut client| {
            let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)) else {
                return client;
            };
            if let (Ok(mut from), Ok(mut to)) = (client.try_clone(), server.try_clone()) {
                thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
            let mut half = [0; 2000];
            if server.read_exact(&mut half).is_ok() {
                let _ = client.write_all(&half);
            }
            client
        })?;
        server.behind = Some(Box::new(behind));
        Ok(server)
    }

    fn write(&self, name: &str, suffix: &str, text: &str) -> Result<PathBuf> {
        let path = self.dir.path().join(name).with_extension(suffix);
        std::fs::write(&path, text).map_err(|e| e.to_string())?;
        Ok(path)
    }
}

impl Server {
    /// One that is not ours to end.
    fn elsewhere(port: u16) -> Self {
        Self {
            port,
            key: None,
            log: Arc::default(),
            child: None,
            _stdin: None,
            behind: None,
        }
    }

    /// Where it is.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it said.
    pub fn log(&self) -> String {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether it was sent a request.
    pub fn was_sent_a_request(&self) -> bool {
        let behind = self.behind.as_ref();
        self.log().contains("HTTP/1.1") || behind.is_some_and(|server| server.was_sent_a_request())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts a program, and waits until it says at which port it listens.
fn spawn(command: &mut Command, before_port: &'static str) -> Result<Server> {
    let tool = Path::new(command.get_program()).display().to_string();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run {tool}: {e}; on Debian: apt-get install socat openssl"))?;
    let log = Arc::new(Mutex::new(String::new()));
    let (sender, port) = channel();
    if let Some(stdout) = child.stdout.take() {
        read(stdout, before_port, Arc::clone(&log), sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        read(stderr, before_port, Arc::clone(&log), sender);
    }
    let stdin = child.stdin.take();
    let mut server = Server {
        port: 0,
        key: None,
        log,
        child: Some(child),
        _stdin: stdin,
        behind: None,
    };
    server.port = port
        .recv_timeout(TIMEOUT)
        .map_err(|_| format!("{tool} does not listen: {}", server.log()))?;
    Ok(server)
}

fn read(
    pipe: impl Read + Send + 'static,
    before_port: &'static str,
    log: Arc<Mutex<String>>,
    port: Sender<u16>,
) {
    thread::spawn(move || {
        let mut lines = BufReader::new(pipe);
        let mut line = Vec::new();
        while lines
            .read_until(b'\n', &mut line)
            .is_ok_and(|count| count > 0)
        {
            let text = String::from_utf8_lossy(&line).into_owned();
            if let Some((_, rest)) = text.split_once(before_port) {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                let _ = digits.parse().map(|number| port.send(number));
            }
            log.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(&text);
            line.clear();
        }
    });
}

/// One that talks to its first client by itself, and keeps the connection.
fn without_tls(talk: impl FnOnce(TcpStream) -> TcpStream + Send + 'static) -> Result<Server> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    let log = Arc::new(Mutex::new(String::new()));
    let sent = Arc::clone(&log);
    thread::spawn(move || {
        let Ok((client, _)) = listener.accept() else {
            return;
        };
        let mut client = talk(client);
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = client.read(&mut bytes) {
            let text = String::from_utf8_lossy(bytes.get(..count).unwrap_or_default());
            sent.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(&text);
        }
    });
    let mut server = Server::elsewhere(port);
    server.log = log;
    Ok(server)
}
