//! httparse parses heads and does nothing else: the content length is read here, as its users do.

use crate::Parsed;

/// Nothing.
pub fn build(_: &mut [u8]) -> i32 {
    0
}

pub fn publish(_: &mut [u8], buffer: &mut [u8], response: &[u8]) -> Option<Parsed> {
    parse(buffer, response)
}

#[inline(never)]
pub fn parse(buffer: &mut [u8], response: &[u8]) -> Option<Parsed> {
    let received = buffer.get_mut(..response.len())?;
    received.copy_from_slice(response);
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Response::new(&mut headers);
    let head_len = match head.parse(received).ok()? {
        httparse::Status::Complete(len) => len,
        httparse::Status::Partial => return None,
    };
    let length = head
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    let body_len = core::str::from_utf8(length.value).ok()?.parse().ok()?;
    received.get(head_len..)?.get(..body_len)?;
    Some(Parsed {
        status: head.code?,
        body_len,
    })
}
