//! Certificate chains shaped like those that AWS IoT Core's endpoints show, and chains that a client must refuse.
//!
//! AWS sends four certificates: the endpoint's own, an intermediate, Amazon's root as Starfield signed it, and Starfield's root
//! (Developer Guide, "Server authentication"). A device holds Amazon's root as it signed itself: the same name and key.

mod authority;
mod chain;
mod fault;
mod key;

pub use chain::{Chain, Roots};
pub use fault::Fault;

/// Which kind of key and signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// RSA with 2,048 bits, as under Amazon Root CA 1.
    Rsa,
    /// P-256, as under Amazon Root CA 3.
    Ecdsa,
}

/// Why there is no chain.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Or why there is none.
pub type Result<T> = std::result::Result<T, Error>;
