//! What can be wrong with a chain.

/// One thing that a client must notice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It ran out yesterday.
    Expired,
    /// It begins tomorrow.
    NotYetValid,
    /// The intermediate is no CA.
    IntermediateWithoutCa,
    /// The server's certificate is signed with the key of another server's.
    SignedByLeaf,
    /// The server's certificate alone.
    Truncated,
    /// The server's key is RSA with 1,024 bits.
    SmallKey,
}
