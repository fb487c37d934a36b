//! A message's size, and the options of a publish: in the query, and in headers for MQTT 5 (API reference, "Publish"). Each
//! reader returns `None` for a value that AWS does not take.

/// The longest payload (AWS, message broker limits).
pub const MAX_PAYLOAD: usize = 128 * 1024;

/// As how many messages AWS meters one of so many bytes: in units of 5 KB, and one of none as one
/// (<https://aws.amazon.com/iot-core/pricing/additional-details/>).
pub const fn metered(bytes: u64) -> u64 {
    if bytes == 0 {
        1
    } else {
        bytes.div_ceil(5 * 1024)
    }
}

/// The header that says whether the payload is text.
pub const PAYLOAD_FORMAT: &str = "x-amz-mqtt5-payload-format-indicator";

/// `qos`: whether it is 1. AWS offers no QoS 2.
pub fn at_least_once(qos: &[u8]) -> Option<bool> {
    match qos {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}

/// `retain`: whether the broker keeps the message.
pub fn retain(retain: &[u8]) -> Option<bool> {
    match retain {
        b"false" => Some(false),
        b"true" => Some(true),
        _ => None,
    }
}

/// `messageExpiry`: seconds, which MQTT 5 (section 3.3.2.3.3) carries in four bytes.
pub fn expiry_seconds(expiry: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(expiry).ok()?;
    // `parse` alone would let a sign through.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// [`PAYLOAD_FORMAT`]: whether the payload is announced as UTF-8.
pub fn payload_is_utf8(indicator: &[u8]) -> Option<bool> {
    match indicator {
        b"UNSPECIFIED_BYTES" => Some(false),
        b"UTF8_DATA" => Some(true),
        _ => None,
    }
}

/// The option of a publish that a name in the query was most likely meant to be. AWS knows an option by this very name
/// alone, and passes any other on to the authorizer.
pub fn meant(name: &str) -> Option<&'static str> {
    const OPTIONS: [&str; 5] = [
        "qos",
        "retain",
        "contentType",
        "responseTopic",
        "messageExpiry",
    ];
    if OPTIONS.contains(&name) {
        return None;
    }
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let name = plain(name);
    OPTIONS.into_iter().find(|option| {
        let option = plain(option);
        // A third of a name may be wrong: `q` and `id` are names of their own.
        let distance = strsim::damerau_levenshtein(&name, &option);
        distance * 3 <= option.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_is_misspelt_is_recognised() {
        let rows = [
            ("QoS", Some("qos")),
            ("retained", Some("retain")),
            ("Retain", Some("retain")),
            ("content-type", Some("contentType")),
            ("response_topic", Some("responseTopic")),
            ("messageexpiry", Some("messageExpiry")),
            ("qos", None),
            ("messageExpiry", None),
            ("id", None),
            ("token", None),
        ];
        for (name, expected) in rows {
            assert_eq!(meant(name), expected, "{name}");
        }
    }

    #[test]
    fn qos_is_0_or_1() {
        let read = |text: &str| at_least_once(text.as_bytes());
        assert_eq!([read("0"), read("1")], [Some(false), Some(true)]);
        for text in ["", "2", "01", "-1", "1 "] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn retain_is_true_or_false_in_lower_case() {
        let read = |text: &str| retain(text.as_bytes());
        assert_eq!([read("false"), read("true")], [Some(false), Some(true)]);
        for text in ["", "1", "True", "yes"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn expiry_is_a_number_of_32_bits() {
        let read = |text: &str| expiry_seconds(text.as_bytes());
        assert_eq!(
            [read("0"), read("060"), read("4294967295")],
            [Some(0), Some(60), Some(u32::MAX)]
        );
        for text in ["", "-1", "+1", "1h", "1.5", " 1", "4294967296"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_payload_format_has_two_values() {
        assert_eq!(payload_is_utf8(b"UNSPECIFIED_BYTES"), Some(false));
        assert_eq!(payload_is_utf8(b"UTF8_DATA"), Some(true));
        for text in ["", "1", "utf8_data"] {
            assert_eq!(payload_is_utf8(text.as_bytes()), None, "{text:?}");
        }
    }
}
