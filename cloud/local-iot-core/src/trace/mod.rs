//! What became of each request, for the person who must know why.

pub(crate) mod entry;
mod forms;
pub(crate) mod log;
pub(crate) mod redact;
