//! nanofish's client over any stream. It has no call that builds or parses alone: a stream without a response ends it after
//! the request.

use nanofish::{
    HttpClient, HttpClientOptions, HttpClientRequest, HttpHeader, HttpMethod, ResponseBody,
};

use crate::Parsed;
use crate::memory::{Memory, finish};
use crate::typical::{AUTHORIZER, HOST, ID, PATH, PAYLOAD, TOKEN};

#[inline(never)]
pub fn build(sent: &mut [u8]) -> i32 {
    let mut transport = Memory::new(sent, &[]);
    let _ = exchange(&mut transport, &mut [0; 1]);
    transport.has_a_request()
}

#[inline(never)]
pub fn parse(buffer: &mut [u8], response: &[u8]) -> Option<Parsed> {
    exchange(&mut Memory::new(&mut [0; 256], response), buffer)
}

#[inline(never)]
pub fn publish(sent: &mut [u8], buffer: &mut [u8], response: &[u8]) -> Option<Parsed> {
    exchange(&mut Memory::new(sent, response), buffer)
}

fn exchange(transport: &mut Memory<'_>, buffer: &mut [u8]) -> Option<Parsed> {
    let options = HttpClientOptions {
        max_retries: 1,
        ..HttpClientOptions::default()
    };
    // Room for the head of the request, on the stack.
    let client = HttpClient::<256>::with_options(options);
    let headers = [AUTHORIZER, TOKEN, ID].map(|(name, value)| HttpHeader::new(name, value));
    let request = HttpClientRequest {
        method: HttpMethod::POST,
        host: HOST,
        path: PATH,
        query: None,
        headers: &headers,
        body: Some(PAYLOAD),
    };
    let exchange = finish(client.exchange(transport, request, buffer, true))?.ok()?;
    let body_len = match exchange.response.body {
        ResponseBody::Text(text) => text.len(),
        ResponseBody::Binary(bytes) => bytes.len(),
        ResponseBody::Empty => 0,
    };
    Some(Parsed {
        status: exchange.response.status_code.as_u16(),
        body_len,
    })
}
