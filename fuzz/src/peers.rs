//! hyper as the other end, over memory. Its heads are read by `httparse`, its framing and its bodies by itself.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper::{Request, Response};

struct Memory<'a> {
    incoming: &'a [u8],
    /// A client takes nothing before it has asked.
    readable: bool,
}

impl Read for Memory<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        if !self.readable {
            return Poll::Pending;
        }
        let count = self.incoming.len().min(buffer.remaining());
        let (now, later) = self.incoming.split_at(count);
        buffer.put_slice(now);
        self.incoming = later;
        Poll::Ready(Ok(()))
    }
}

impl Write for Memory<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.readable = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Memory never wakes anybody, so a future that is not ready after many polls never will be.
fn poll_often<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    (0..10_000).find_map(|_| match poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

#[derive(Debug, PartialEq)]
pub(crate) struct SeenRequest {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Sorted, for hyper gathers fields of one name.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

/// The requests that a server takes from the bytes, as far as their bodies are whole.
pub(crate) fn server(bytes: &[u8]) -> Vec<SeenRequest> {
    let seen = RefCell::new(Vec::new());
    serve(bytes, &seen);
    seen.into_inner()
}

fn serve(bytes: &[u8], seen: &RefCell<Vec<SeenRequest>>) {
    let service = service_fn(|request: Request<Incoming>| async {
        let (head, body) = request.into_parts();
        if let Ok(body) = body.collect().await {
            let mut headers: Vec<_> = head
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
                .collect();
            headers.sort();
            seen.borrow_mut().push(SeenRequest {
                method: head.method.to_string(),
                target: head.uri.to_string(),
                headers,
                body: body.to_bytes().to_vec(),
            });
        }
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    let memory = Memory {
        incoming: bytes,
        readable: true,
    };
    let connection = hyper::server::conn::http1::Builder::new()
        // All of the bytes are there at once, and then their end.
        .half_close(true)
        .max_headers(4096)
        .serve_connection(memory, service);
    let mut connection = pin!(connection);
    let _ = poll_often(|context| connection.as_mut().poll(context));
}

/// The status and the body that a client takes from the bytes.
pub(crate) fn client(bytes: &[u8]) -> Option<(u16, Vec<u8>)> {
    let memory = Memory {
        incoming: bytes,
        readable: false,
    };
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_headers(4096);
    let mut handshake = pin!(builder.handshake::<_, Full<Bytes>>(memory));
    let (mut sender, connection) = poll_often(|context| handshake.as_mut().poll(context))?.ok()?;
    let mut connection = pin!(connection);
    let request = Request::post("/")
        .header("host", "h")
        .body(Full::from("x"))
        .ok()?;
    let mut answer = pin!(async {
        let (head, body) = sender.send_request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes().to_vec();
        Some((head.status.as_u16(), body))
    });
    let mut over = false;
    poll_often(|context| {
        over = over || connection.as_mut().poll(context).is_ready();
        answer.as_mut().poll(context)
    })?
}
