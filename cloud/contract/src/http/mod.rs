//! HTTP requests as AWS's endpoint gets them (RFC 9110, RFC 9112). What two readers could take for two different
//! requests is refused, because that is how requests are smuggled.

mod broken;
mod chunks;
pub mod fields;
mod framing;
mod head;

pub use broken::why_broken;
pub use chunks::{ChunkDecoder, ChunkFault};
pub use framing::{Framing, FramingFault, framing};
pub use head::{RequestHead, head_end};
