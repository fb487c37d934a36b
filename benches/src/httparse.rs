//! A parser alone. Which body belongs to the head is for its caller to find out, so that is done here.

use httparse::{EMPTY_HEADER, Response, Status};

use crate::article::{Answer, Parsed};

pub(crate) fn parse(answer: &mut Answer) -> Parsed {
    let mut headers = [EMPTY_HEADER; 16];
    let mut response = Response::new(&mut headers);
    let Ok(Status::Complete(head)) = response.parse(answer) else {
        panic!("the head is whole");
    };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| core::str::from_utf8(header.value).ok()?.parse().ok())
        .unwrap_or(0);
    Parsed {
        status: response.code.unwrap_or(0),
        body_len: answer[head..][..length].len(),
    }
}
