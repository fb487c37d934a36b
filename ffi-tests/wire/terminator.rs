//! Takes one TLS connection, counts its records, and passes what is in them to a plain port of the local emulator.
//!
//! TLS ends here and not in the local emulator because its MQTT port is plain, and because only the end of a TLS 1.3 connection can
//! tell a record of the handshake from one with data.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection};

use crate::Result;

/// Bytes in one direction.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Bytes {
    /// In records of the handshake.
    pub handshake: usize,
    /// In all other records, with what TLS adds to each.
    pub records: usize,
    /// What was in these.
    pub plain: usize,
}

/// A whole connection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Count {
    pub up: Bytes,
    pub down: Bytes,
}

impl Count {
    pub fn handshake(&self) -> usize {
        self.up.handshake + self.down.handshake
    }

    pub fn records(&self) -> usize {
        self.up.records + self.down.records
    }
}

struct Connection {
    tls: ServerConnection,
    client: TcpStream,
    count: Count,
}

/// Where a client can connect, once; the count comes when both sides have closed.
pub struct Terminator {
    pub port: u16,
    counted: thread::JoinHandle<std::result::Result<Count, String>>,
}

impl Terminator {
    pub fn start(config: Arc<ServerConfig>, upstream: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let counted =
            thread::spawn(move || serve(&listener, config, upstream).map_err(|e| e.to_string()));
        Ok(Self { port, counted })
    }

    pub fn count(self) -> Result<Count> {
        Ok(self
            .counted
            .join()
            .map_err(|_| "the terminator panicked")??)
    }
}

fn serve(listener: &TcpListener, config: Arc<ServerConfig>, upstream: SocketAddr) -> Result<Count> {
    let (client, _) = listener.accept()?;
    let upstream = TcpStream::connect(upstream)?;
    let mut from_client = client.try_clone()?;
    let mut to_upstream = upstream.try_clone()?;
    let connection = Arc::new(Mutex::new(Connection {
        tls: ServerConnection::new(config)?,
        client,
        count: Count::default(),
    }));
    let downwards = {
        let connection = Arc::clone(&connection);
        thread::spawn(move || pass_down(upstream, &connection).map_err(|e| e.to_string()))
    };
    while let Some(record) = read_record(&mut from_client)? {
        let plain = connection.lock().map_err(|_| "poisoned")?.take(&record)?;
        to_upstream.write_all(&plain)?;
    }
    // Already closed where the local emulator closes first.
    let _ = to_upstream.shutdown(Shutdown::Write);
    downwards.join().map_err(|_| "the way down panicked")??;
    let count = connection.lock().map_err(|_| "poisoned")?.count;
    Ok(count)
}

fn pass_down(mut upstream: TcpStream, connection: &Mutex<Connection>) -> Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let len = upstream.read(&mut buffer).unwrap_or(0);
        if len == 0 {
            // Clients that wait for the peer's close get it.
            let connection = connection.lock().map_err(|_| "poisoned")?;
            let _ = connection.client.shutdown(Shutdown::Write);
            return Ok(());
        }
        let mut connection = connection.lock().map_err(|_| "poisoned")?;
        connection.count.down.plain += len;
        connection.tls.writer().write_all(&buffer[..len])?;
        let written = connection.flush()?;
        connection.count.down.records += written;
    }
}

impl Connection {
    /// One record from the client: what was in it.
    fn take(&mut self, record: &[u8]) -> Result<Vec<u8>> {
        let handshaking = self.tls.is_handshaking();
        self.tls.read_tls(&mut &record[..])?;
        let state = self.tls.process_new_packets();
        // An alert of ours goes out even so.
        let written = self.flush()?;
        let plain_len = state?.plaintext_bytes_to_read();
        let mut plain = vec![0; plain_len];
        self.tls.reader().read_exact(&mut plain)?;
        self.count.up.plain += plain_len;
        if handshaking {
            self.count.up.handshake += record.len();
            self.count.down.handshake += written;
        } else {
            self.count.up.records += record.len();
            self.count.down.records += written;
        }
        Ok(plain)
    }

    fn flush(&mut self) -> std::io::Result<usize> {
        let mut records = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut records)?;
        }
        // Gone already, where the client does not wait for our goodbye.
        let _ = self.client.write_all(&records);
        Ok(records.len())
    }
}

/// A record with its head of five bytes (RFC 8446, section 5.1); `None` at the end.
fn read_record(from: &mut TcpStream) -> Result<Option<Vec<u8>>> {
    let mut record = vec![0; 5];
    if from.read_exact(&mut record).is_err() {
        return Ok(None);
    }
    let len = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + len, 0);
    from.read_exact(&mut record[5..])?;
    Ok(Some(record))
}
