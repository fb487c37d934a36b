use edge_http::io::Body;
use edge_http::{ConnectionType, Method, RequestHeaders, ResponseHeaders};
use embassy_futures::block_on;
use embedded_io_async::{Read, Write};

use crate::article::{Answer, HEADERS, HOST, PATH, PAYLOAD, Parsed, Request};
use crate::wire::{Sink, Source};

pub(crate) fn build(buffer: &mut Request) -> usize {
    let mut sink = Sink { buffer, len: 0 };
    let mut request = RequestHeaders::<8>::new();
    request.method = Method::Post;
    request.path = PATH;
    let mut length = Default::default();
    request.headers.set_host(HOST);
    for (name, value) in HEADERS {
        request.headers.set(name, value);
    }
    request
        .headers
        .set_content_len(PAYLOAD.len() as u64, &mut length);
    block_on(async {
        request.send(false, &mut sink).await.expect("it fits");
        sink.write_all(PAYLOAD).await.expect("it fits");
    });
    sink.len
}

pub(crate) fn parse(answer: &mut Answer) -> Parsed {
    let mut source = Source(answer);
    let mut buffer = [0; 253];
    block_on(async {
        let mut response = ResponseHeaders::<16>::new();
        let (rest, read) = response
            .receive(&mut buffer, &mut source, true)
            .await
            .expect("the head is whole");
        let (_, body_type) = response
            .resolve::<core::convert::Infallible>(ConnectionType::KeepAlive)
            .expect("it has a length");
        let mut content = [0; 128];
        let mut body = Body::new(body_type, rest, read, &mut source);
        let mut body_len = 0;
        while !body.is_complete() {
            let more = body.read(&mut content[body_len..]).await;
            body_len += more.expect("so is the body");
        }
        Parsed {
            status: response.code,
            body_len,
        }
    })
}
