//! The emulator under load and abuse: how many connections it holds, what it returns, whether a subscriber receives
//! what it acknowledged, and its memory. Loopback only, bounded in number and time; it fails where a promise is broken,
//! and judges no speed.
//!
//! `cargo bench -p local-iot-core --bench load -- --connections 8000 --seconds 60`

#[path = "../tests/emulator/process.rs"]
mod process;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use clap::Parser;
use futures_util::stream::{self, StreamExt};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use process::Process;

#[derive(Parser)]
struct Arguments {
    /// Held open from the beginning to the end, every other one with TLS
    #[arg(long, default_value_t = 500)]
    connections: usize,

    /// Of publishing and abuse
    #[arg(long, default_value_t = 10)]
    seconds: u64,

    /// Kept connections that publish one message after the other
    #[arg(long, default_value_t = 16)]
    publishers: usize,

    /// Clients that do everything wrong, over and over
    #[arg(long, default_value_t = 8)]
    abusers: usize,

    /// Bytes of a message
    #[arg(long, default_value_t = 64)]
    payload: usize,

    /// What cargo says to a benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// Nothing takes so long unless it is broken.
const TIMEOUT: Duration = Duration::from_secs(60);

fn main() {
    let arguments = Arguments::parse();
    #[cfg(unix)]
    if !process::may_open(arguments.connections as u64 + 500) {
        eprintln!("LEFT OUT: this process may not open so many files");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let most = arguments.connections + arguments.publishers + 2 * arguments.abusers + 100;
    let most = most.to_string();
    let limits = [
        "--max-connections",
        &most,
        "--idle-time",
        "3600",
        "--head-time",
        "3600",
    ];
    let emulator = Process::start(folder.path(), &[&["--quiet"], limits.as_slice()].concat());
    let (received, receiving) = mpsc::channel();
    subscribe("reading", emulator.mqtt, move |payload| {
        let number = payload
            .get(..8)
            .map(|b| u64::from_be_bytes(b.try_into().unwrap()));
        // After the end nobody counts any more.
        let _ = received.send(number.expect("a message of this program"));
    });
    let (_client, mut never) = subscription("never reading", emulator.mqtt);
    let load = Arc::new(Load::new(&emulator, arguments.payload));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let begun = Instant::now();
    let held = runtime.block_on(run(&load, &arguments));
    let took = begun.elapsed();

    let acknowledged = std::mem::take(&mut *load.acknowledged.lock().unwrap());
    let (seen, again) = received_of(&receiving, acknowledged.len());
    let responses = std::mem::take(&mut *load.responses.lock().unwrap());
    let all: usize = responses.values().sum();
    println!("connections held and served at the end: {held}");
    println!("requests served: {all}");
    for (status, count) in &responses {
        println!("  {status}: {count}");
    }
    let closed = load.closed.load(Ordering::Relaxed);
    println!("connections of no request, closed: {closed}");
    println!("messages acknowledged at QoS 1: {}", acknowledged.len());
    println!(
        "messages received by the subscriber: {} ({again} of them twice)",
        seen.len()
    );
    println!(
        "the subscriber that never read: {}",
        end_of(&mut never, acknowledged.len())
    );
    match emulator.peak_memory_kib() {
        Some(peak) => println!("peak memory of the emulator: {} MiB", peak / 1024),
        None => println!("peak memory of the emulator: not known on this system"),
    }
    println!(
        "requests per second: {:.0}",
        all as f64 / took.as_secs_f64()
    );
    assert_eq!(held, arguments.connections);
    let acknowledged: HashSet<_> = acknowledged.into_iter().collect();
    assert_eq!(acknowledged, seen, "acknowledged and received differ");
}

/// The numbers received, and how many came again; it waits until there are so many, or until none comes any more.
fn received_of(receiving: &mpsc::Receiver<u64>, count: usize) -> (HashSet<u64>, usize) {
    let (mut seen, mut again) = (HashSet::new(), 0);
    while seen.len() < count {
        let Ok(number) = receiving.recv_timeout(TIMEOUT) else {
            break;
        };
        again += usize::from(!seen.insert(number));
    }
    // And whatever else has come.
    for number in receiving.try_iter() {
        again += usize::from(!seen.insert(number));
    }
    (seen, again)
}

/// What became of a subscriber that begins to read at last.
fn end_of(connection: &mut rumqttc::Connection, count: usize) -> String {
    let mut received = 0;
    while received < count {
        match connection.recv_timeout(TIMEOUT).expect("its end in time") {
            Ok(Event::Incoming(Packet::Publish(_))) => received += 1,
            Ok(_) => {}
            Err(_) => return format!("disconnected, after {received} messages"),
        }
    }
    "received everything in the end".to_owned()
}

fn subscription(id: &str, broker: SocketAddr) -> (Client, rumqttc::Connection) {
    let mut options = MqttOptions::new(id, "127.0.0.1", broker.port());
    options
        .set_keep_alive(Duration::from_secs(600))
        .set_max_packet_size(256 * 1024, 256 * 1024);
    let (client, mut connection) = Client::new(options, 10);
    client.subscribe("load/#", QoS::AtLeastOnce).unwrap();
    loop {
        match connection.recv_timeout(TIMEOUT).expect("in time") {
            Ok(Event::Incoming(Packet::SubAck(_))) => return (client, connection),
            event => event.map(drop).expect("a working connection"),
        }
    }
}

fn subscribe(id: &str, broker: SocketAddr, mut each: impl FnMut(&[u8]) + Send + 'static) {
    let (client, mut connection) = subscription(id, broker);
    std::thread::spawn(move || {
        let _client = client;
        for event in connection.iter() {
            match event {
                Ok(Event::Incoming(Packet::Publish(publish))) => each(&publish.payload),
                Ok(_) => {}
                // The emulator has ended.
                Err(_) => return,
            }
        }
    });
}

struct Load {
    http: SocketAddr,
    https: SocketAddr,
    tls: TlsConnector,
    payload: usize,
    number: AtomicU64,
    acknowledged: Mutex<Vec<u64>>,
    responses: Mutex<BTreeMap<String, usize>>,
    closed: AtomicUsize,
}

/// Of either kind.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Load {
    fn new(emulator: &Process, payload: usize) -> Self {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_file(&emulator.ca).unwrap();
        roots.add(ca).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            http: emulator.http,
            https: emulator.https,
            tls: Arc::new(config).into(),
            payload: payload.max(8),
            number: AtomicU64::new(0),
            acknowledged: Mutex::default(),
            responses: Mutex::default(),
            closed: AtomicUsize::new(0),
        }
    }

    async fn connect(&self, with_tls: bool) -> io::Result<Box<dyn Stream>> {
        if !with_tls {
            return Ok(Box::new(TcpStream::connect(self.http).await?));
        }
        let tcp = TcpStream::connect(self.https).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Box::new(self.tls.connect(name, tcp).await?))
    }

    /// A publish of the next number.
    fn publish(&self) -> (u64, Vec<u8>) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let mut payload = number.to_be_bytes().to_vec();
        payload.resize(self.payload, 0);
        (number, request("load/a?qos=1", "allow", &payload))
    }

    async fn exchange(&self, stream: &mut dyn Stream) -> io::Result<()> {
        let (number, request) = self.publish();
        stream.write_all(&request).await?;
        self.answer_to(number, stream).await
    }

    async fn answer_to(&self, number: u64, stream: &mut dyn Stream) -> io::Result<()> {
        let status = self.response(stream).await?;
        if status == "200" {
            self.acknowledged.lock().unwrap().push(number);
        }
        Ok(())
    }

    async fn response(&self, stream: &mut dyn Stream) -> io::Result<String> {
        // TLS may have kept some of the request.
        stream.flush().await?;
        let mut response = Vec::new();
        // Its body ends in its only closing brace.
        while response.last() != Some(&b'}') {
            let count = tokio::time::timeout(TIMEOUT, stream.read_buf(&mut response)).await;
            if count.expect("a response in time")? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = String::from_utf8_lossy(&response[9..12]).into_owned();
        let mut responses = self.responses.lock().unwrap();
        *responses.entry(status.clone()).or_default() += 1;
        Ok(status)
    }
}

fn request(target: &str, token: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /topics/{target} HTTP/1.1\r\nhost:localhost\r\nx-amz-customauthorizer-name:unsignedAuthorizer\r\n\
         token:{token}\r\nid:load\r\ncontent-length:{}\r\n\r\n",
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// Returns how many connections were held from the beginning to the end.
async fn run(load: &Arc<Load>, arguments: &Arguments) -> usize {
    let mut held: Vec<_> = stream::iter(0..arguments.connections)
        .map(async |number| {
            let mut stream = load.connect(number % 2 == 0).await.unwrap();
            load.exchange(stream.as_mut()).await.unwrap();
            stream
        })
        .buffer_unordered(64)
        .collect()
        .await;
    let end = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut tasks = JoinSet::new();
    for _ in 0..arguments.publishers {
        let load = Arc::clone(load);
        tasks.spawn(async move {
            let mut stream = load.connect(true).await.unwrap();
            while Instant::now() < end {
                load.exchange(stream.as_mut()).await.unwrap();
            }
        });
    }
    for number in 0..arguments.abusers {
        let load = Arc::clone(load);
        tasks.spawn(async move {
            let mut slow = load.connect(number % 2 == 0).await.unwrap();
            let (slow_number, slow_request) = load.publish();
            let mut rest = slow_request.iter();
            while Instant::now() < end {
                abuse(&load).await;
                // A byte a round, and the rest at the end.
                if let Some(byte) = rest.next() {
                    slow.write_all(&[*byte]).await.unwrap();
                    slow.flush().await.unwrap();
                }
            }
            slow.write_all(rest.as_slice()).await.unwrap();
            load.answer_to(slow_number, slow.as_mut()).await.unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let mut served = 0;
    for stream in &mut held {
        served += usize::from(load.exchange(stream.as_mut()).await.is_ok());
    }
    served
}

/// Everything that is refused or cut off, once.
async fn abuse(load: &Load) {
    let smuggled = request("load/smuggled?qos=1", "allow", b"smuggled");
    let head = "POST /topics/load/a HTTP/1.1\r\nhost:localhost\r\n";
    let hidden = |fields: &str| [format!("{head}{fields}\r\n").as_bytes(), &smuggled].concat();
    let served = [
        request("load/a?qos=1", "wrong", b"refused!"),
        request("other/a?qos=1", "allow", b"refused!"),
        b"GET /nowhere HTTP/1.1\r\nhost:localhost\r\n\r\n".to_vec(),
        hidden("content-length:5\r\ntransfer-encoding:chunked\r\n"),
        hidden("content-length:5\r\ncontent-length:6\r\n"),
        hidden("transfer-encoding:chunked, identity\r\n"),
        hidden("content-length:\r\n 5\r\n"),
        hidden("content-length : 5\r\n"),
        hidden("content-length:131073\r\n"),
        [head.as_bytes(), "x:y\r\n".repeat(4096).as_bytes()].concat(),
    ];
    for bytes in served {
        let mut stream = load.connect(false).await.unwrap();
        // It may be closed before all of it is sent.
        let _ = stream.write_all(&bytes).await;
        let status = load.response(stream.as_mut()).await;
        assert_ne!(status.ok().as_deref(), Some("200"));
    }
    let half = &request("load/a?qos=1", "allow", b"half....")[..40];
    for (port, bytes) in [
        (load.https, half),
        (load.https, &[22, 3, 1, 255, 255]),
        (load.https, &[0; 1000]),
        (load.http, half),
    ] {
        let mut stream = TcpStream::connect(port).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut response = Vec::new();
        let closed = tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut response)).await;
        // An alert, a reset or nothing; but an end.
        let _ = closed.expect("closed in time");
        load.closed.fetch_add(1, Ordering::Relaxed);
    }
}
