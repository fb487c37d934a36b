//! Control packets as they come, one at a time (MQTT 5.0, section 2.1). What is in them is read by the crate `mqtt5`.

use std::io::ErrorKind;

use mqtt5::packet::{FixedHeader, MqttPacket, Packet, PacketType};
use tokio::io::{AsyncRead, AsyncReadExt};

/// One control packet, as it was sent. No `Debug`: it may hold credentials.
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
    /// Bytes of the fixed header.
    head: usize,
}

impl Frame {
    pub(super) fn kind(&self) -> Option<PacketType> {
        PacketType::from_u8(self.bytes.first()? >> 4)
    }

    pub(super) fn is_publish(&self) -> bool {
        self.kind() == Some(PacketType::Publish)
    }

    /// Whether the broker answers it by a packet of its own.
    pub(super) fn is_question(&self) -> bool {
        matches!(
            self.kind(),
            Some(PacketType::Subscribe | PacketType::Unsubscribe)
        )
    }

    /// `None` for what is no packet.
    pub(super) fn of(packet: &impl MqttPacket) -> Option<Self> {
        let mut bytes = Vec::new();
        packet.encode(&mut bytes).ok()?;
        let (head, _) = extent(&bytes).ok()??;
        Some(Self { bytes, head })
    }

    pub(super) fn body(&self) -> &[u8] {
        self.bytes.get(self.head..).unwrap_or_default()
    }

    /// The packet, in that version of the protocol; an error says what is wrong with it.
    pub(super) fn packet(&self, version: u8) -> Result<Packet, String> {
        let mut rest = self.bytes.as_slice();
        let header = FixedHeader::decode(&mut rest).map_err(|error| error.to_string())?;
        Packet::decode_from_body_with_version(header.packet_type, &header, &mut rest, version)
            .map_err(|error| error.to_string())
    }
}

pub(super) struct FrameReader<S> {
    stream: S,
    buffer: Vec<u8>,
    /// Bytes of a packet.
    most: usize,
}

impl<S: AsyncRead + Unpin> FrameReader<S> {
    pub(super) fn new(stream: S, most: usize) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            most,
        }
    }

    /// The next packet; `None` at the end of the stream. Nothing is lost if it is dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Option<Frame>, String> {
        loop {
            if let Some((head, length)) = extent(&self.buffer)? {
                if head + length > self.most {
                    return Err(format!("a packet of over {} bytes", self.most));
                }
                if self.buffer.len() >= head + length {
                    let bytes = self.buffer.drain(..head + length).collect();
                    return Ok(Some(Frame { bytes, head }));
                }
            }
            self.buffer.reserve(4096);
            let ended = match self.stream.read_buf(&mut self.buffer).await {
                Ok(count) => count == 0,
                // A client that goes without a last word of TLS, or is cut off, has ended it too.
                Err(error) => match error.kind() {
                    ErrorKind::UnexpectedEof
                    | ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::BrokenPipe => true,
                    _ => return Err(error.to_string()),
                },
            };
            if ended && self.buffer.is_empty() {
                return Ok(None);
            }
            if ended {
                return Err("the end of the connection within a packet".to_owned());
            }
        }
    }
}

/// Bytes of the fixed header and of what follows it, once that can be told (section 1.5.5).
fn extent(bytes: &[u8]) -> Result<Option<(usize, usize)>, String> {
    let mut length = 0;
    for (index, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((index + 2, length)));
        }
    }
    if bytes.len() > 4 {
        return Err("a length that MQTT does not have: is it MQTT at all?".to_owned());
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn packets_end_where_they_end_however_they_come() {
        let sent = [&[0xC0, 0, 0xD0, 0, 0x30, 0x80, 1][..], &[7; 128]].concat();
        for split in 1..sent.len() {
            let (first, second) = sent.split_at(split);
            let mut reader = FrameReader::new(AsyncReadExt::chain(first, second), 200);
            let mut lengths = Vec::new();
            while let Some(frame) = reader.next().await.unwrap() {
                lengths.push(frame.bytes.len());
            }
            assert_eq!(lengths, [2, 2, 131]);
        }
    }

    #[tokio::test]
    async fn what_is_no_packet_or_too_large_is_an_error() {
        for (sent, expected) in [
            (&[0x30, 0xFF, 0xFF, 0xFF, 0xFF][..], "is it MQTT"),
            (&[0x30, 0x80, 0x80, 1], "over 200 bytes"),
            (&[0x30, 9, 1], "within a packet"),
        ] {
            let error = FrameReader::new(sent, 200).next().await.err().unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }
}
