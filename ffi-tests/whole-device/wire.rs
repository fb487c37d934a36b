//! The wire between the board and QEMU's network, which has no DNS when it is shut off from the world: here is one.

use std::net::Ipv4Addr;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::thread;

use crate::Result;

/// Where QEMU forwards to the server.
const ENDPOINT: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 100);
/// What the board asks for addresses.
const RESOLVER: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 3);

const IP: usize = 14;
const UDP: usize = IP + 20;
const UDP_PAYLOAD: usize = UDP + 8;

/// Carries each frame from one side to the other, but for what it answers itself.
pub struct Wire {
    board: UnixDatagram,
    network: UnixDatagram,
    // Removed with the sockets in it.
    dir: tempfile::TempDir,
}

impl Wire {
    /// Lays it.
    pub fn new() -> Result<Self> {
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let bind = |name| UnixDatagram::bind(dir.path().join(name)).map_err(|e| e.to_string());
        let wire = Self {
            board: bind("to-board")?,
            network: bind("to-network")?,
            dir,
        };
        wire.carry()?;
        Ok(wire)
    }

    /// Puts it between the board and a network that reaches that port of this machine, and nothing else.
    pub fn attach(&self, qemu: &mut Command, port: u16) {
        let side = |id: &str| {
            let path = |end: &str| {
                self.dir
                    .path()
                    .join(format!("{end}-{id}"))
                    .display()
                    .to_string()
            };
            format!(
                "dgram,id={id},local.type=unix,local.path={},remote.type=unix,remote.path={}",
                path("qemu"),
                path("to")
            )
        };
        qemu.arg("-netdev")
            .arg(format!(
                "user,id=user,restrict=on,guestfwd=tcp:{ENDPOINT}:443-cmd:socat STDIO TCP:127.0.0.1:{port}"
            ))
            .args(["-netdev", &side("network"), "-netdev", &side("board")])
            .args(["-netdev", "hubport,id=port1,hubid=0,netdev=user"])
            .args(["-netdev", "hubport,id=port2,hubid=0,netdev=network"])
            .args(["-net", "nic,model=lan9118,netdev=board"]);
    }

    fn carry(&self) -> Result<()> {
        let to_board = self.dir.path().join("qemu-board");
        let to_network = self.dir.path().join("qemu-network");
        let board = self.board.try_clone().map_err(|e| e.to_string())?;
        let network = self.network.try_clone().map_err(|e| e.to_string())?;
        let (answers, back) = (
            to_board.clone(),
            board.try_clone().map_err(|e| e.to_string())?,
        );
        // A datagram that nobody takes is lost, as frames are.
        thread::spawn(move || {
            let mut frame = [0; 1600];
            while let Ok(len @ 1..) = board.recv(&mut frame) {
                let frame = &frame[..len];
                let _ = match dns_answer(frame) {
                    Some(answer) => board.send_to(&answer, &answers),
                    None => board.send_to(frame, &to_network),
                };
            }
        });
        thread::spawn(move || {
            let mut frame = [0; 1600];
            while let Ok(len @ 1..) = network.recv(&mut frame) {
                let frame = &mut frame[..len];
                name_resolver(frame);
                let _ = back.send_to(frame, &to_board);
            }
        });
        Ok(())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for name in ["to-board", "to-network"] {
            let _ = self.board.send_to(&[], self.dir.path().join(name));
        }
    }
}

/// Whether it is IPv4 without options with UDP from or to that port, whose place in the header is given.
fn is_udp(frame: &[u8], place: usize, port: u8) -> bool {
    frame.get(12..IP + 1) == Some(&[8, 0, 0x45])
        && frame.get(IP + 9) == Some(&17)
        && frame.get(UDP + place..UDP + place + 2) == Some(&[0, port])
}

/// Adds the resolver to what a DHCP server says (RFC 2132, 3.8), whose options end with 255 and padding.
fn name_resolver(frame: &mut [u8]) {
    const OPTIONS: usize = UDP_PAYLOAD + 240;
    if !is_udp(frame, 0, 67) {
        return;
    }
    let mut at = OPTIONS;
    while let Some(&[option, len]) = frame.get(at..at + 2) {
        match option {
            255 => break,
            0 => at += 1,
            _ => at += 2 + usize::from(len),
        }
    }
    let [a, b, c, d] = RESOLVER.octets();
    if let Some(room) = frame.get_mut(at..at + 7) {
        room.copy_from_slice(&[6, 4, a, b, c, d, 255]);
    }
    if let Some(checksum) = frame.get_mut(UDP + 6..UDP_PAYLOAD) {
        checksum.fill(0); // none
    }
}

/// The frame that answers a question for an address (RFC 1035, 4.1).
fn dns_answer(question: &[u8]) -> Option<Vec<u8>> {
    if !is_udp(question, 2, 53) {
        return None;
    }
    let len = usize::from(u16::from_be_bytes(
        question.get(UDP + 4..UDP + 6)?.try_into().ok()?,
    ));
    let mut answer = question.get(..UDP + len)?.to_vec();
    answer
        .get_mut(UDP_PAYLOAD + 2..UDP_PAYLOAD + 8)?
        .copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1]); // a response, with one answer
    answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]); // of the name in the question, an address, for a minute
    answer.extend(ENDPOINT.octets());
    let (to, from) = (question.get(..6)?, question.get(6..12)?);
    answer.get_mut(..12)?.copy_from_slice(&[from, to].concat());
    let (from, to) = (question.get(IP + 12..IP + 16)?, question.get(IP + 16..UDP)?);
    answer
        .get_mut(IP + 12..UDP)?
        .copy_from_slice(&[to, from].concat());
    let (from, to) = (question.get(UDP..UDP + 2)?, question.get(UDP + 2..UDP + 4)?);
    answer
        .get_mut(UDP..UDP + 4)?
        .copy_from_slice(&[to, from].concat());
    let udp_len = u16::try_from(answer.len() - UDP).ok()?.to_be_bytes();
    answer
        .get_mut(UDP + 4..UDP_PAYLOAD)?
        .copy_from_slice(&[udp_len, [0; 2]].concat()); // without a checksum
    let ip_len = u16::try_from(answer.len() - IP).ok()?.to_be_bytes();
    answer.get_mut(IP + 2..IP + 4)?.copy_from_slice(&ip_len);
    answer.get_mut(IP + 10..IP + 12)?.fill(0);
    let words = answer.get(IP..UDP)?.chunks(2);
    let mut sum: u32 = words
        .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]))
        .sum();
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    let checksum = !u16::try_from(sum).ok()?;
    answer
        .get_mut(IP + 10..IP + 12)?
        .copy_from_slice(&checksum.to_be_bytes());
    Some(answer)
}
