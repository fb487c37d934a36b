//! The response: what it says, and whether it can be trusted.

mod body;
mod text;
mod verdict;
mod head;
mod date;
mod reader;
mod learned;
mod outcome;

#[cfg(feature = "ffi")]
pub(crate) use body::Part;
pub use outcome::Response;
pub use reader::ResponseReader;
pub use verdict::Verdict;
