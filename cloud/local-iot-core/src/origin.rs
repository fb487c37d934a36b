//! Keeps the pages of other sites away from what is in plain HTTP on this machine: control port, runtime API, http port.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use motepost_contract::endpoint::Endpoint;

/// A page of another site could have its own name point to 127.0.0.1 (DNS rebinding), and so read and change what is
/// here through the browser of the person who opens it: that name then stands in `Host`. And any page can send a request
/// whose response it cannot read: that page's site then stands in `Origin`.
pub(crate) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    if is_from_here(request.headers()) {
        return next.run(request).await;
    }
    (
        StatusCode::FORBIDDEN,
        "this port answers to localhost and to addresses only, and to no other site's pages",
    )
        .into_response()
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let host = text(header::HOST);
    host.is_none_or(is_local) && is_own_page(host, text(header::ORIGIN))
}

fn is_own_page(host: Option<&str>, origin: Option<&str>) -> bool {
    origin.is_none_or(|origin| host.is_some_and(|host| origin == format!("http://{host}")))
}

/// Why a request to the http port is refused, if it comes from a page. A device has no `Origin`; and its `Host` is an
/// endpoint of AWS's, a name of the certificate, or one that no site of the Internet has.
pub(crate) fn foreign_page(
    host: Option<&str>,
    origin: Option<&str>,
    own_names: &[String],
) -> Option<String> {
    if !is_own_page(host, origin) {
        return Some(
            "Origin is another site's: a page in a browser sent it, and no device".to_owned(),
        );
    }
    let endpoint = Endpoint::parse(host?).ok()?;
    let name = endpoint.host().to_ascii_lowercase();
    let own = own_names.iter().any(|own| own.eq_ignore_ascii_case(&name));
    // RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of "internal".
    let local = [
        ".localhost",
        ".local",
        ".test",
        ".home.arpa",
        ".internal",
        ".example",
    ];
    let known = |ending: &&str| name.ends_with(*ending);
    if own
        || is_local(host?)
        || !name.contains('.')
        || endpoint.aws_host().is_some()
        || local.iter().any(known)
    {
        return None;
    }
    Some(format!(
        "Host {name:?} is neither AWS's nor of this machine, as when a page's name points here (DNS rebinding): --name {name} allows it"
    ))
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
    fn a_device_s_host_is_an_endpoint_or_a_name_of_this_network() {
        let names = ["gateway.example.com".to_owned()];
        for host in [
            "localhost",
            "127.0.0.1:8080",
            "[::1]:8080",
            "emulator:8080",
            "laptop.local",
            "gateway.example.com:8080",
            "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com",
            "A1.ats.iot.cn-north-1.amazonaws.com.cn",
            "a1-ats.iot.eusc-de-east-1.amazonaws.eu:8080",
            "a1-ats.iot.us-iso-east-1.c2s.ic.gov",
        ] {
            assert_eq!(foreign_page(Some(host), None, &names), None, "{host}");
        }
        for (host, origin) in [
            ("evil.com:8080", None),
            ("amazonaws.com.evil.com", None),
            ("evilamazonaws.com", None),
            ("evilamazonaws.eu", None),
            ("localhost:8080", Some("http://evil.com")),
            ("localhost:8080", Some("null")),
        ] {
            assert!(foreign_page(Some(host), origin, &names).is_some(), "{host}");
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
