//! The response: what it says, and whether it can be trusted.

mod part;
mod text;
mod verdict;
mod head;
mod date;
mod reader;
mod facts;
mod complete;

pub use complete::Response;
#[cfg(feature = "ffi")]
pub(crate) use part::Part;
pub use reader::ResponseReader;
pub use verdict::Verdict;
