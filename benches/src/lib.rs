//! One request and one answer, built and parsed by Motepost and by others, for the benchmarks and the test that they all do
//! the same work.
//!
//! Every client gets the path ready-made but Motepost, which makes it from the topic and checks it.

mod article;
mod edge_http;
mod floor;
mod httparse;
mod motepost;
mod reqwless;
mod wire;

pub use article::{ANSWER, Answer, Parsed, Request, answer, request};

/// Builds the request in the buffer and gives its length.
pub type Build = fn(&mut Request) -> usize;

/// Parses the answer down to its status and body.
pub type Parse = fn(&mut Answer) -> Parsed;

/// Who builds, Motepost first; others are compared with it.
pub const BUILDERS: [(&str, Build); 4] = [
    ("motepost", motepost::build),
    ("floor", floor::build),
    ("reqwless", reqwless::build),
    ("edge_http", edge_http::build),
];

/// Who parses, Motepost first.
pub const PARSERS: [(&str, Parse); 5] = [
    ("motepost", motepost::parse),
    ("floor", floor::parse),
    ("httparse", httparse::parse),
    ("reqwless", reqwless::parse),
    ("edge_http", edge_http::parse),
];
