//! Keeps the pages of other sites away from the control port.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use motepost_contract::endpoint::Endpoint;

/// A page of another site could have its own name point to 127.0.0.1 (DNS rebinding), and so read and change what is
/// here through the browser of the person who opens it: that name then stands in `Host`. And any page can send a request
/// whose response it cannot read: that page's site then stands in `Origin`.
pub(super) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    if is_from_here(request.headers()) {
        return next.run(request).await;
    }
    (
        StatusCode::FORBIDDEN,
        "the control port answers to localhost and to addresses only, and to no other site's pages",
    )
        .into_response()
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let host = text(header::HOST);
    let origin_is_host = text(header::ORIGIN)
        .is_none_or(|origin| host.is_some_and(|host| origin == format!("http://{host}")));
    host.is_none_or(is_local) && origin_is_host
}

fn is_local(host: &str) -> bool {
    Endpoint::parse(host).is_ok_and(|endpoint| {
        endpoint.host().eq_ignore_ascii_case("localhost") || endpoint.address().is_some()
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

    #[test]
    fn a_page_of_another_site_is_not_from_here() {
        let rows = [
            (None, None, true),
            (Some("127.0.0.1:8081"), None, true),
            (Some("127.0.0.1:8081"), Some("http://127.0.0.1:8081"), true),
            (Some("127.0.0.1:8081"), Some("http://127.0.0.1:9999"), false),
            (Some("127.0.0.1:8081"), Some("https://example.com"), false),
            (Some("127.0.0.1:8081"), Some("null"), false),
            (Some("example.com"), Some("http://example.com"), false),
        ];
        for (host, origin, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(is_from_here(&headers), expected, "{host:?} {origin:?}");
        }
    }
}
