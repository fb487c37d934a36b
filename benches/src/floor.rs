use core::ffi::{CStr, c_char, c_int};

use crate::article::{Answer, PAYLOAD, Parsed, Request};

unsafe extern "C" {
    fn floor_build(
        buffer: *mut c_char,
        capacity: usize,
        path: *const c_char,
        host: *const c_char,
        authorizer: *const c_char,
        token: *const c_char,
        id: *const c_char,
        body: *const c_char,
        body_len: usize,
    ) -> usize;
    fn floor_parse(
        answer: *const c_char,
        len: usize,
        body: *mut usize,
        body_len: *mut usize,
    ) -> c_int;
}

const PATH: &CStr = c"/topics/uniqueID/status?qos=1";
const HOST: &CStr = c"a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";

pub(crate) fn build(buffer: &mut Request) -> usize {
    // SAFETY: every pointer is to a string that ends in NUL or comes with its length.
    unsafe {
        floor_build(
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            PATH.as_ptr(),
            HOST.as_ptr(),
            c"unsignedAuthorizer".as_ptr(),
            c"allow".as_ptr(),
            c"uniqueID".as_ptr(),
            PAYLOAD.as_ptr().cast(),
            PAYLOAD.len(),
        )
    }
}

pub(crate) fn parse(answer: &mut Answer) -> Parsed {
    let (mut body, mut body_len) = (0, 0);
    // SAFETY: the answer comes with its length, and the results are ours.
    let status = unsafe {
        floor_parse(
            answer.as_ptr().cast(),
            answer.len(),
            &raw mut body,
            &raw mut body_len,
        )
    };
    Parsed {
        status: status as u16,
        body_len: answer[body..][..body_len].len(),
    }
}
