//! The devices that the firmware is built for, and what has to become of each.

use std::fmt::Write;

use crate::image::{READING, quoted};
use ffi_tests::cloud::{Cloud, UNSIGNED};

/// What `--board` calls it.
pub const NAME: &str = "mps2-an385-freertos";

/// One device.
pub struct Device {
    /// Its name, and its firmware's.
    pub name: &'static str,
    /// Whether it does TLS.
    pub is_secure: bool,
    /// What has to become of its reading.
    pub expected: Expected,
}

/// What has to become of a reading.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// A subscriber receives it.
    Accepted,
    /// The authorizer refuses it.
    Refused,
    /// The device trusts another CA than the server's, and sends nothing.
    OtherCa,
    /// The server's certificate is for another name, and the device sends nothing.
    OtherName,
    /// The device's clock is at 1970, where no certificate is valid yet, and it sends nothing.
    ClockNotSet,
}

/// All of them.
pub const DEVICES: &[Device] = &[
    device("plaintext", false, Expected::Accepted),
    device("tls", true, Expected::Accepted),
    device("tls-wrong-token", true, Expected::Refused),
    device("tls-other-ca", true, Expected::OtherCa),
    device("tls-other-name", true, Expected::OtherName),
    device("tls-clock-not-set", true, Expected::ClockNotSet),
];

const fn device(name: &'static str, is_secure: bool, expected: Expected) -> Device {
    Device {
        name,
        is_secure,
        expected,
    }
}

impl Expected {
    /// As the table has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "the subscriber receives it",
            Self::Refused => "refused by the authorizer",
            Self::OtherCa => "not trusted: another CA",
            Self::OtherName => "not trusted: another name",
            Self::ClockNotSet => "not trusted: not valid yet",
        }
    }
}

impl Device {
    /// What the endpoint and the authorizer know it as.
    pub fn id(&self) -> String {
        format!("{NAME}-{}", self.name)
    }

    /// Where it publishes.
    pub fn topic(&self) -> String {
        format!("{}/status", self.id())
    }

    /// What `motepost` would have provisioned it with. `other_ca` has signed nothing here.
    pub fn credentials(&self, cloud: &Cloud, other_ca: &str) -> String {
        let mut text = String::new();
        let mut define = |name: &str, value: &str| {
            let _ = writeln!(text, "#define {name} {value}");
        };
        // What the emulator forwards: see there.
        define("ADDRESS", &quoted("10.0.2.100"));
        define("PORT", &quoted(if self.is_secure { "443" } else { "80" }));
        define(
            "ENDPOINT",
            &quoted(match self.expected {
                Expected::OtherName => "another.example",
                _ => cloud.endpoint(),
            }),
        );
        define("DEVICE_ID", &quoted(&self.id()));
        define("TOPIC", &quoted(&self.topic()));
        define("AUTHORIZER", &quoted(UNSIGNED));
        define(
            "TOKEN",
            &quoted(match self.expected {
                Expected::Refused => "deny",
                _ => "allow",
            }),
        );
        define("READING", &quoted(READING));
        if self.is_secure {
            let ca = match self.expected {
                Expected::OtherCa => other_ca,
                _ => cloud.ca_pem(),
            };
            define("CA", &quoted(&ca.replace('\n', "\\n")));
        }
        if self.expected == Expected::ClockNotSet {
            let _ = writeln!(
                text,
                "#include <stdint.h>\nstatic inline uint32_t clock_not_set(void) {{\n    return 0;\n}}\n#define CLOCK clock_not_set"
            );
        }
        text
    }
}
