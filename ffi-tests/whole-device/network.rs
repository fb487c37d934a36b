//! The two ways to the endpoint.

use clap::ValueEnum;

/// How a device reaches the endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Network {
    /// By itself.
    Ethernet,
    /// Through a TCP socket in a modem.
    Modem,
}

impl Network {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ethernet, Self::Modem];

    /// As CMake and the tables have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "ethernet",
            Self::Modem => "modem",
        }
    }
}
