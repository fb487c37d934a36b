//! The page: one file that loads nothing from elsewhere but the feed.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use rsa::sha2::{Digest, Sha256};

const PAGE: &str = include_str!("page.html");

pub(super) async fn page() -> Response {
    static POLICY: LazyLock<String> = LazyLock::new(content_security_policy);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, PAGE).into_response()
}

/// Nothing but the page's own style and script, told by their hashes (CSP Level 3, section 2.3.1). Trusted Types keep
/// even that script from turning a text into markup.
fn content_security_policy() -> String {
    let hash = |element: &str| {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let inside = PAGE.split_once(&open).map_or("", |(_, rest)| rest);
        let inside = inside.split_once(&close).map_or("", |(inside, _)| inside);
        format!(
            "'sha256-{}'",
            Base64::encode_string(&Sha256::digest(inside))
        )
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash("style"),
        hash("script")
    )
}
