//! The page, its style and its scripts, each a file of `page/`. They load nothing from elsewhere but the feed.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Nothing but what this port serves (CSP Level 3). Trusted Types keep even its scripts from turning a text into markup.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [(&str, &str, &str); 12] = [
    ("/", HTML, include_str!("page/page.html")),
    ("/console/style.css", CSS, include_str!("page/style.css")),
    ("/console/main.js", JAVASCRIPT, include_str!("page/main.js")),
    ("/console/dom.js", JAVASCRIPT, include_str!("page/dom.js")),
    ("/console/text.js", JAVASCRIPT, include_str!("page/text.js")),
    ("/console/tabs.js", JAVASCRIPT, include_str!("page/tabs.js")),
    (
        "/console/live-list.js",
        JAVASCRIPT,
        include_str!("page/live-list.js"),
    ),
    (
        "/console/messages.js",
        JAVASCRIPT,
        include_str!("page/messages.js"),
    ),
    (
        "/console/requests.js",
        JAVASCRIPT,
        include_str!("page/requests.js"),
    ),
    (
        "/console/request-card.js",
        JAVASCRIPT,
        include_str!("page/request-card.js"),
    ),
    (
        "/console/clients.js",
        JAVASCRIPT,
        include_str!("page/clients.js"),
    ),
    (
        "/console/publish.js",
        JAVASCRIPT,
        include_str!("page/publish.js"),
    ),
];

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES
        .into_iter()
        .fold(Router::new(), |router, (path, kind, text)| {
            router.route(path, get(async move || file(kind, text)))
        })
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
