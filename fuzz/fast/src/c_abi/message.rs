//! `motepost_publish_t`. A call sets one member: a byte says which, then comes its text, or a byte of flags.

use std::ptr::{null, null_mut};

use motepost::ffi::*;

use crate::program::Program;

/// NULL with a length.
const WRONG: motepost_str_t = motepost_str_t {
    ptr: null(),
    len: 3,
};

pub(super) const fn text(bytes: &[u8]) -> motepost_str_t {
    motepost_str_t {
        ptr: bytes.as_ptr().cast(),
        len: bytes.len(),
    }
}

pub(super) const fn bytes(bytes: &[u8]) -> motepost_bytes_t {
    motepost_bytes_t {
        ptr: bytes.as_ptr(),
        len: bytes.len(),
    }
}

/// Texts that the input holds, in a struct that is put together when it is asked for.
pub(super) struct Message<'a> {
    /// Endpoint, topic, payload, authorizer, token key, token, signature; content type, response topic, correlation data.
    texts: [&'a [u8]; 10],
    /// Two headers and two user properties.
    pairs: [motepost_pair_t; 4],
    header_count: usize,
    user_count: usize,
    message_expiry: u32,
    payload_format: u8,
    /// A text that is NULL with a length.
    wrong: Option<usize>,
    qos: u8,
    retain: u8,
    reserved: u8,
    flags: u8,
}

const RAW_SIGNATURE: u8 = 1;
const NO_ENCODER: u8 = 2;
const IN_QUERY: u8 = 4;
const PROPERTIES: u8 = 8;
const ENCODE_PROPERTIES: u8 = 16;
const NO_HEADERS: u8 = 32;

impl<'a> Message<'a> {
    /// A typical request.
    pub(super) fn new() -> Self {
        let id = motepost_pair_t {
            name: text(b"id"),
            value: text(b"uniqueID"),
        };
        let texts: [&[u8]; 10] = [
            b"host.example",
            b"uniqueID/status",
            b"21.5",
            b"unsignedAuthorizer",
            b"token",
            b"allow",
            b"",
            b"application/json",
            b"",
            b"",
        ];
        Self {
            texts,
            pairs: [id; 4],
            header_count: 1,
            user_count: 1,
            message_expiry: 0,
            payload_format: 0,
            wrong: None,
            qos: 1,
            retain: 0,
            reserved: 0,
            flags: 0,
        }
    }

    pub(super) fn payload(&self) -> &'a [u8] {
        self.texts[2]
    }

    pub(super) fn token_key(&self) -> &'a [u8] {
        self.texts[4]
    }

    pub(super) fn set(&mut self, program: &mut Program<'a>) {
        match program.byte() % 32 {
            which @ 0..10 => self.texts[usize::from(which)] = program.bytes(),
            which @ 10..18 => {
                let made = text(program.bytes());
                let pair = &mut self.pairs[usize::from(which - 10) / 2];
                if which % 2 == 0 {
                    pair.name = made;
                } else {
                    pair.value = made;
                }
            }
            18 => self.header_count = usize::from(program.byte() % 3),
            19 => self.user_count = usize::from(program.byte() % 3),
            20 => self.message_expiry = program.number() as u32,
            21 => self.payload_format = program.byte() % 5,
            22 => self.wrong = Some(usize::from(program.byte() % 11)),
            23 => self.wrong = None,
            24 => self.qos = program.byte() % 3,
            25 => self.retain = program.byte() % 3,
            26 => self.reserved = program.byte() % 2,
            27 => self.pairs[usize::from(program.byte() % 4)].value = WRONG,
            _ => self.flags = program.byte(),
        }
    }

    /// Gives the struct to `then`, with this payload.
    pub(super) fn with<T>(&self, payload: &[u8], then: impl FnOnce(&motepost_publish_t) -> T) -> T {
        let is = |flag| self.flags & flag != 0;
        let text_at = |at| match self.wrong {
            Some(wrong) if wrong == at => WRONG,
            _ => text(self.texts[at]),
        };
        let bytes_at = |at, given: &[u8]| match self.wrong {
            Some(wrong) if wrong == at => motepost_bytes_t {
                ptr: null(),
                len: WRONG.len,
            },
            _ => bytes(given),
        };
        let properties = motepost_properties_t {
            content_type: text_at(7),
            response_topic: text_at(8),
            correlation_data: bytes_at(9, self.texts[9]),
            user: self.pairs[2..].as_ptr(),
            user_count: self.user_count,
            message_expiry: self.message_expiry,
            payload_format: self.payload_format,
            reserved: [0, 0, self.reserved],
        };
        let encode_signature = if is(RAW_SIGNATURE) {
            motepost_encode_signature
        } else {
            motepost_copy_signature
        };
        then(&motepost_publish_t {
            endpoint: text_at(0),
            topic: text_at(1),
            payload: bytes_at(2, payload),
            authorizer: text_at(3),
            token_key: text_at(4),
            token: text_at(5),
            signature: text_at(6),
            encode_signature: (!is(NO_ENCODER)).then_some(encode_signature),
            encode_properties: is(ENCODE_PROPERTIES).then_some(motepost_encode_properties),
            credentials_in_query: is(IN_QUERY).then_some(motepost_credentials_in_query),
            properties: if is(PROPERTIES) {
                &properties
            } else {
                null_mut()
            },
            headers: if is(NO_HEADERS) {
                null()
            } else {
                self.pairs.as_ptr()
            },
            header_count: self.header_count,
            qos: self.qos,
            retain: self.retain,
            reserved: [self.reserved & self.flags >> 7, 0],
        })
    }
}
