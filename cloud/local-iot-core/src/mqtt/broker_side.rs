//! What a client of MQTT 3.1.1 says and hears, in the version that the broker speaks here, which is MQTT 5 alone: what waits in its
//! second queue it writes in that version to everybody.

use mqtt5::packet::Packet;
use mqtt5::packet::connect::ConnectPacket;

use super::frames::Frame;

pub(super) const VERSION: u8 = 5;

/// The CONNECT that the broker gets.
pub(super) fn connect(connect: &ConnectPacket) -> Option<Frame> {
    let mut connect = connect.clone();
    connect.protocol_version = VERSION;
    Frame::of(&connect)
}

/// A packet of the client's, as the broker takes it. `None` if it cannot be written, which does not happen to one that was read.
pub(super) fn upward(packet: Packet) -> Option<Frame> {
    match packet {
        Packet::Subscribe(mut subscribe) => {
            subscribe.protocol_version = VERSION;
            Frame::of(&subscribe)
        }
        Packet::Unsubscribe(mut unsubscribe) => {
            unsubscribe.protocol_version = VERSION;
            Frame::of(&unsubscribe)
        }
        _ => None,
    }
}

/// A packet of the broker's other than a message, as a client of that version takes it; `None` for one that the version does not have.
pub(super) fn downward(frame: Frame, version: u8) -> Option<Frame> {
    if version == VERSION {
        return Some(frame);
    }
    match frame.packet(VERSION) {
        Ok(Packet::ConnAck(mut connack)) => {
            connack.protocol_version = version;
            Frame::of(&connack)
        }
        Ok(Packet::SubAck(mut suback)) => {
            suback.protocol_version = version;
            Frame::of(&suback)
        }
        Ok(Packet::UnsubAck(mut unsuback)) => {
            unsuback.protocol_version = version;
            Frame::of(&unsuback)
        }
        // Only MQTT 5 has one of the server's.
        Ok(Packet::Disconnect(_)) => None,
        _ => Some(frame),
    }
}
