//! The devices that the firmware is built for, and what has to become of each.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ffi_tests::anchors;
use local_iot_core::TlsChain;
use tls_chains::Kind;

use crate::Result;
use crate::cloud::{AUTHORIZER, ENDPOINT, READING};
use crate::names;
use crate::network::Network;
use crate::server::{Server, Servers, Show};

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// One device.
pub struct Device {
    /// Its name, and its firmware's.
    pub name: &'static str,
    /// The server that it meets.
    pub show: Show,
    /// What it is like.
    pub traits: Traits,
    /// What has to become of its readings.
    pub expected: Expected,
    /// Whether its figures go into the table.
    pub is_measured: bool,
}

/// What differs from most devices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traits {
    /// It was built today rather than a year ago.
    pub is_new: bool,
    /// It has a clock with a battery.
    pub has_real_time: bool,
    /// It has no source of random numbers.
    pub has_no_entropy: bool,
    /// It expects another name of the server.
    pub expects_another_name: bool,
    /// It runs on what another device has stored.
    pub continues: Option<&'static str>,
    /// It runs over a modem as well.
    pub over_modem: bool,
}

/// What has to become of the readings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// A subscriber receives both, after so many publishes over the one connection.
    Accepted {
        /// How many.
        publishes: u32,
    },
    /// The server is not trusted, for this reason, and nothing is sent.
    Distrusted(&'static str),
    /// The response cannot be read, for this reason.
    Unreadable(&'static str),
    /// The server falls silent in the middle of the handshake, and the deadline ends it.
    Stalled,
}

const USUAL: Traits = Traits {
    is_new: false,
    has_real_time: false,
    has_no_entropy: false,
    expects_another_name: false,
    continues: None,
    over_modem: false,
};
const NEW: Traits = Traits {
    is_new: true,
    ..USUAL
};

const fn device(name: &'static str, show: Show, traits: Traits, expected: Expected) -> Device {
    Device {
        name,
        show,
        traits,
        expected,
        is_measured: false,
    }
}

const fn refuses(name: &'static str, show: Show, traits: Traits, error: &'static str) -> Device {
    device(name, show, traits, Expected::Distrusted(error))
}

/// All of them. A device whose clock is a floor of last year has its first token denied, and learns the date from that.
pub const DEVICES: &[Device] = &[
    Device {
        is_measured: true,
        ..device(
            "rsa-chain",
            Show::Emulator(TlsChain::AwsRsa),
            Traits {
                over_modem: true,
                ..USUAL
            },
            Expected::Accepted { publishes: 3 },
        )
    },
    device(
        "started-again",
        Show::Emulator(TlsChain::AwsRsa),
        Traits {
            continues: Some("rsa-chain"),
            ..USUAL
        },
        Expected::Accepted { publishes: 2 },
    ),
    Device {
        is_measured: true,
        ..device(
            "ecdsa-chain",
            Show::Emulator(TlsChain::AwsEcc),
            Traits {
                has_real_time: true,
                over_modem: true,
                ..USUAL
            },
            Expected::Accepted { publishes: 2 },
        )
    },
    device(
        "both-chains",
        Show::Emulator(TlsChain::AwsBoth),
        USUAL,
        Expected::Accepted { publishes: 3 },
    ),
    device(
        "openssl-rsa",
        Show::OpenSsl(Kind::Rsa),
        USUAL,
        Expected::Accepted { publishes: 3 },
    ),
    device(
        "openssl-ecdsa",
        Show::OpenSsl(Kind::Ecdsa),
        USUAL,
        Expected::Accepted { publishes: 3 },
    ),
    refuses(
        "wrong-name",
        Show::Deaf(Kind::Rsa),
        Traits {
            expects_another_name: true,
            over_modem: true,
            ..USUAL
        },
        "BR_ERR_X509_BAD_SERVER_NAME",
    ),
    refuses(
        "wrong-root",
        Show::OtherRoot,
        USUAL,
        "BR_ERR_X509_NOT_TRUSTED",
    ),
    refuses(
        "expired",
        Show::Faulty(tls_chains::Fault::Expired),
        NEW,
        "BR_ERR_X509_EXPIRED",
    ),
    refuses(
        "not-yet-valid",
        Show::Faulty(tls_chains::Fault::NotYetValid),
        Traits {
            has_real_time: true,
            ..USUAL
        },
        "TLS_E_NOT_YET_VALID",
    ),
    refuses(
        "intermediate-without-ca",
        Show::Faulty(tls_chains::Fault::IntermediateWithoutCa),
        USUAL,
        "BR_ERR_X509_NOT_CA",
    ),
    refuses(
        "signed-by-leaf",
        Show::Faulty(tls_chains::Fault::SignedByLeaf),
        USUAL,
        "BR_ERR_X509_FORBIDDEN_KEY_USAGE",
    ),
    refuses(
        "truncated-chain",
        Show::Faulty(tls_chains::Fault::Truncated),
        USUAL,
        "BR_ERR_X509_NOT_TRUSTED",
    ),
    refuses(
        "small-rsa-key",
        Show::Faulty(tls_chains::Fault::SmallKey),
        USUAL,
        "BR_ERR_X509_WEAK_PUBLIC_KEY",
    ),
    refuses(
        "tls-1.1",
        Show::Tls11,
        USUAL,
        "BR_ERR_RECV_FATAL_ALERT + handshake_failure",
    ),
    refuses(
        "tls-1.1-all-the-same",
        Show::Tls11AllTheSame,
        USUAL,
        "BR_ERR_UNSUPPORTED_VERSION",
    ),
    refuses(
        "record-beyond-tls",
        Show::LongRecord,
        USUAL,
        "BR_ERR_BAD_LENGTH",
    ),
    device(
        "record-beyond-buffer",
        Show::LongResponse,
        USUAL,
        Expected::Unreadable("BR_ERR_TOO_LARGE"),
    ),
    device("stalled-handshake", Show::Stalled, USUAL, Expected::Stalled),
    refuses(
        "no-entropy",
        Show::Deaf(Kind::Rsa),
        Traits {
            has_no_entropy: true,
            ..USUAL
        },
        "BR_ERR_NO_RANDOM",
    ),
];

impl Expected {
    /// As main.c ends.
    pub fn exit_status(self) -> i32 {
        match self {
            Self::Accepted { .. } => 0,
            Self::Distrusted(_) => 3,
            Self::Stalled | Self::Unreadable(_) => 4,
        }
    }

    /// The error that the device reports.
    pub fn error(self) -> Result<u32> {
        match self {
            Self::Accepted { .. } | Self::Stalled => Ok(0),
            Self::Distrusted(name) | Self::Unreadable(name) => names::number(name),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { publishes } => {
                write!(f, "the subscriber receives both, {publishes} publishes")
            }
            Self::Distrusted(name) => write!(f, "nothing sent: {name}"),
            Self::Unreadable(name) => write!(f, "no response: {name}"),
            Self::Stalled => f.write_str("nothing sent: the deadline"),
        }
    }
}

impl Device {
    /// Whether it is built for that network.
    pub fn runs_over(&self, network: Network) -> bool {
        network == Network::Ethernet || self.traits.over_modem
    }

    /// What the endpoint and the authorizer know it as.
    pub fn id(&self, network: Network) -> String {
        format!("{}-{}", network.name(), self.name)
    }

    /// Where it publishes.
    pub fn topic(&self, network: Network) -> String {
        format!("{}/status", self.id(network))
    }

    /// Its device.c.
    pub fn c_text(
        &self,
        network: Network,
        servers: &Servers<'_>,
        server: &Server,
    ) -> Result<String> {
        let mut anchors = anchors::c_text(&servers.roots(self.show)?)?;
        if let Some(key) = &server.key {
            anchors += &anchors::pinned(key);
        }
        let id = self.id(network);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_err(|e| e.to_string())?;
        let built = if self.traits.is_new { now } else { now - YEAR };
        let key = crate::cloud::device_key(&id);
        let key: Vec<_> = key.iter().map(u8::to_string).collect();
        let (host, port) = match network {
            Network::Ethernet => (ENDPOINT, 443),
            Network::Modem => ("127.0.0.1", server.port()),
        };
        let name = if self.traits.expects_another_name {
            "another.example"
        } else {
            ENDPOINT
        };
        let timeout = if self.expected == Expected::Stalled {
            2_000
        } else {
            30_000
        };
        let real_time = if self.traits.has_real_time {
            "board_real_time"
        } else {
            "NULL"
        };
        let entropy = if self.traits.has_no_entropy {
            "NULL"
        } else {
            "board_entropy"
        };
        let reading = READING.replace('"', "\\\"");
        let topic = self.topic(network);
        let built = built.as_secs();
        anchors += &format!(
            r#"
static const uint8_t KEY[] = {{{key}}};
static const uint8_t READING[] = "{reading}";

const device_t DEVICE = {{
    .host = "{host}",
    .port = {port},
    .endpoint = "{name}",
    .id = MOTEPOST_STR("{id}"),
    .topic = MOTEPOST_STR("{topic}"),
    .authorizer = MOTEPOST_STR("{AUTHORIZER}"),
    .reading = {{READING, sizeof READING - 1}},
    .key = KEY,
    .anchors = ANCHORS,
    .anchor_count = sizeof ANCHORS / sizeof *ANCHORS,
#if CHAINS == CHAINS_PINNED_KEY
    .pinned = &PINNED,
#endif
    .connect_timeout = {timeout},
    .build_date = {built},
    .real_time = {real_time},
    .entropy = {entropy},
}};
"#,
            key = key.join(", ")
        );
        Ok(format!(
            "#include \"board.h\"\n#include \"configuration.h\"\n#include \"device.h\"\n\n{anchors}"
        ))
    }
}
