//! The control port: AWS's control plane and the console page, in plain HTTP on loopback.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header, uri::Authority};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::console;
use crate::context::Core;

/// Never returns.
pub(crate) async fn serve(core: Arc<Core>, listener: TcpListener) {
    // What it returns is an `Ok` that never comes: accepting goes on after errors.
    let _ = axum::serve(listener, router(core)).await;
}

fn router(core: Arc<Core>) -> Router {
    Router::new()
        .merge(console::router())
        .layer(middleware::from_fn(refuse_foreign_names))
        .with_state(core)
}

/// A page of another site could have its own name point to 127.0.0.1 (DNS rebinding) and so read and change what is
/// here through the browser of whoever looks at it; that name then stands in `Host`.
async fn refuse_foreign_names(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if host.is_none_or(is_local) {
        return next.run(request).await;
    }
    (
        StatusCode::FORBIDDEN,
        "the control port answers to localhost and to addresses only",
    )
        .into_response()
}

fn is_local(host: &str) -> bool {
    host.parse::<Authority>().is_ok_and(|authority| {
        let name = authority.host().trim_matches(['[', ']']);
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_localhost_and_addresses_are_local() {
        for host in [
            "localhost",
            "LOCALHOST:8081",
            "127.0.0.1:8081",
            "[::1]:8081",
            "[::1]",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com:80",
            "127.0.0.1.example.com",
            "a b",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
