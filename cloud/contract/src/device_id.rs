//! A device's id: what its topics begin with.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::names;

/// An id that means in a policy just what it says: no wildcard (`*`, `?`), no policy variable (`$`), no topic level
/// more (`/`), nothing MQTT reads differently (`+`, `#`). `.` and `..` are none, because they are folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceId(String);

/// The text is no device's id. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADeviceId;

impl fmt::Display for NotADeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "is no device id: 1 to 128 letters, digits, and -_.: because it becomes a topic and a resource in a policy",
        )
    }
}

impl std::error::Error for NotADeviceId {}

impl DeviceId {
    /// The longest id, in characters.
    pub const MAX_LEN: usize = 128;

    /// The id, if the authorizer takes it as one.
    pub fn parse(text: &str) -> Result<Self, NotADeviceId> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        let sound = (1..=Self::MAX_LEN).contains(&text.len()) && text.chars().all(plain);
        if sound && !matches!(text, "." | "..") {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotADeviceId)
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a principalId, of which AWS takes 1 to 128 letters and digits. No two ids share one: a letter or digit
    /// stands for itself, but `Z` and the rest are written `Z` and two hexadecimal digits, `sensor-1` as `sensorZ2d1`.
    /// Where that is too long it is `ZZ` and the SHA-256 of the id.
    pub fn principal(&self) -> String {
        let mut principal = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            if c.is_ascii_alphanumeric() && c != 'Z' {
                principal.push(c);
            } else {
                principal.push_str(&format!("Z{:02x}", u32::from(c)));
            }
        }
        if principal.len() <= names::MAX_LEN {
            return principal;
        }
        format!(
            "ZZ{}",
            base16ct::lower::encode_string(&Sha256::digest(&self.0))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use motepost::token::{DeviceKey, Freshness};

    /// The device mints for the same ids.
    #[test]
    fn what_is_an_id() {
        let key = DeviceKey::new([7; 32]);
        let mints = |id| key.mint(id, Freshness::Time(0)).is_ok();
        let longest = "x".repeat(128);
        for id in [
            "a",
            "uniqueID",
            "sensor-1",
            "a_b.c:d",
            "...",
            "00:1B:44:11:3A:B7",
            &longest,
        ] {
            assert_eq!(DeviceId::parse(id).unwrap().as_str(), id);
            assert!(mints(id), "{id:?}");
        }
        let too_long = "x".repeat(129);
        for id in [
            "",
            "*",
            "a*",
            "?",
            "a?b",
            "$",
            "${iot:ClientId}",
            "a/b",
            "/",
            "+",
            "#",
            "a b",
            "a\n",
            "a\0",
            "é",
            "{id}",
            "a,b",
            "a\"b",
            ".",
            "..",
            &too_long,
        ] {
            assert_eq!(DeviceId::parse(id), Err(NotADeviceId), "{id:?}");
            assert!(!mints(id), "{id:?}");
        }
    }

    #[test]
    fn a_principal_is_letters_and_digits_and_no_other_ids() {
        let long = |c: &str| c.repeat(128);
        let ids = [
            "uniqueID",
            "uniqueId",
            "sensor-1",
            "sensor1",
            "sensorZ2d1",
            "sensor_1",
            "sensor.1",
            "sensor:1",
            "Z",
            "ZZ",
            "Z5a",
            "-",
            "--",
            &long("x"),
            &long("-"),
            &long("_"),
            &long("Z"),
        ];
        let mut seen = std::collections::HashMap::new();
        for id in ids {
            let principal = DeviceId::parse(id).unwrap().principal();
            assert!(names::is_principal(&principal), "{principal}");
            assert_eq!(seen.insert(principal, id), None, "{id}");
        }
    }

    #[test]
    fn a_plain_id_is_its_own_principal() {
        assert_eq!(DeviceId::parse("uniqueID").unwrap().principal(), "uniqueID");
        assert_eq!(
            DeviceId::parse("sensor-1").unwrap().principal(),
            "sensorZ2d1"
        );
    }
}
