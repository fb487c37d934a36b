//! What a device proves itself with.

/// One way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// A typical request's token.
    Unsigned,
    /// The same, and its RSA signature in flash, raw.
    Signed,
    /// A key, of which it mints its token.
    Minted,
    /// A token that the authorizer refuses.
    Wrong,
}

impl Mode {
    /// As the table has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Signed => "signed",
            Self::Minted => "minted",
            Self::Wrong => "wrong",
        }
    }
}
