//! edge-http by its headers and its body, as its own client uses them.

use edge_http::io::{Body, Error};
use edge_http::{ConnectionType, Method, RequestHeaders, ResponseHeaders};
use embedded_io_async::{Read, Write};

use crate::Parsed;
use crate::memory::{Memory, finish};
use crate::typical::{AUTHORIZER, HOST, ID, PATH, PAYLOAD, TOKEN};

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

type Failed = Error<core::convert::Infallible>;

async fn send(transport: &mut Memory<'_>) -> Result<(), Failed> {
    let mut request = RequestHeaders::<8>::new();
    request.method = Method::Post;
    request.path = PATH;
    request
        .headers
        .set_host(HOST)
        .set(AUTHORIZER.0, AUTHORIZER.1)
        .set(TOKEN.0, TOKEN.1)
        .set(ID.0, ID.1)
        .set("content-length", "45");
    request.send(false, &mut *transport).await?;
    transport.write_all(PAYLOAD).await.map_err(Error::Io)
}

async fn receive(transport: &mut Memory<'_>, buffer: &mut [u8]) -> Result<Parsed, Failed> {
    let mut response = ResponseHeaders::<16>::new();
    let (rest, read) = response.receive(buffer, &mut *transport, true).await?;
    let (_, body_type) =
        response.resolve::<core::convert::Infallible>(ConnectionType::KeepAlive)?;
    // Its body borrows one buffer and is read into another.
    let (raw, room) = rest.split_at_mut(rest.len() / 2);
    let mut body = Body::new(body_type, raw, read, &mut *transport);
    let mut body_len = 0;
    loop {
        match body.read(&mut room[body_len..]).await? {
            0 => break,
            read => body_len += read,
        }
    }
    Ok(Parsed {
        status: response.code,
        body_len,
    })
}
