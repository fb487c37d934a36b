use embassy_futures::block_on;
use reqwless::request::{Method, Request as Post, RequestBody, RequestBuilder};
use reqwless::response::Response;

use crate::article::{Answer, HEADERS, HOST, PATH, PAYLOAD, Parsed, Request};
use crate::wire::{Sink, Source};

pub(crate) fn build(buffer: &mut Request) -> usize {
    let mut sink = Sink { buffer, len: 0 };
    let post = Post::post(PATH)
        .host(HOST)
        .headers(&HEADERS)
        .body(PAYLOAD)
        .build();
    block_on(async {
        post.write_header(&mut sink).await.expect("it fits");
        PAYLOAD.write(&mut sink).await.expect("it fits");
    });
    sink.len
}

pub(crate) fn parse(answer: &mut Answer) -> Parsed {
    let mut source = Source(answer);
    let mut buffer = [0; 253];
    block_on(async {
        let response = Response::read(&mut source, Method::POST, &mut buffer)
            .await
            .expect("the head is whole");
        let status = response.status.0;
        let body = response.body().read_to_end().await.expect("so is the body");
        Parsed {
            status,
            body_len: body.len(),
        }
    })
}

impl reqwless::TryBufRead for Source<'_> {}
