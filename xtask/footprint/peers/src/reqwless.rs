//! reqwless by its requests and responses: its client would add URLs, DNS and a TLS stack.

use embedded_io_async::Write;
use reqwless::request::{Method, Request, RequestBuilder};
use reqwless::response::Response;
use reqwless::{Error, TryBufRead};

use crate::Parsed;
use crate::memory::{Memory, finish};
use crate::typical::{AUTHORIZER, HOST, ID, PATH, PAYLOAD, TOKEN};

impl TryBufRead for Memory<'_> {}

#[inline(never)]
pub fn build(sent: &mut [u8]) -> i32 {
    let mut transport = Memory::new(sent, &[]);
    let _ = finish(send(&mut transport));
    transport.has_a_request()
}

#[inline(never)]
pub fn parse(buffer: &mut [u8], response: &[u8]) -> Option<Parsed> {
    finish(receive(&mut Memory::new(&mut [], response), buffer))?.ok()
}

#[inline(never)]
pub fn publish(sent: &mut [u8], buffer: &mut [u8], response: &[u8]) -> Option<Parsed> {
    let mut transport = Memory::new(sent, response);
    finish(async {
        send(&mut transport).await?;
        receive(&mut transport, buffer).await
    })?
    .ok()
}

async fn send(transport: &mut Memory<'_>) -> Result<(), Error> {
    let headers = [AUTHORIZER, TOKEN, ID];
    let request = Request::post(PATH)
        .host(HOST)
        .headers(&headers)
        .body(PAYLOAD)
        .build();
    request.write_header(transport).await?;
    transport
        .write_all(PAYLOAD)
        .await
        .map_err(|_| Error::ConnectionAborted)
}

async fn receive(transport: &mut Memory<'_>, buffer: &mut [u8]) -> Result<Parsed, Error> {
    let response = Response::read(transport, Method::POST, buffer).await?;
    let status = response.status.0;
    let body = response.body().read_to_end().await?;
    Ok(Parsed {
        status,
        body_len: body.len(),
    })
}
