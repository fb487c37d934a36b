//! Client ids as the broker takes them. It refuses some that AWS takes, which are escaped for it: those with `/`, `\` or control
//! characters, `.`, `..` and those that begin with `cert:`.

use motepost_contract::percent;

/// Bytes, on AWS (quotas of AWS IoT Core) and for the broker.
pub(crate) const LONGEST: usize = 128;

/// The broker's name for that client.
pub(crate) fn to_broker(id: &str) -> String {
    let first = id.starts_with("cert:") || matches!(id, "." | "..");
    let mut escaped = String::with_capacity(id.len());
    for (at, c) in id.char_indices() {
        if c.is_ascii_control() || matches!(c, '/' | '\\' | '%') || (first && at == 0) {
            escaped.push_str(&format!("%{:02X}", c as u32));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The client's own id.
pub(super) fn from_broker(id: &str) -> String {
    let decoded = percent::decode(id.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_else(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broker_takes_every_id_and_gives_it_back() {
        for id in [
            "plain", "a/b", "a\\b", "a%2Fb", "a\u{7}b", ".", "..", "cert:a", "$GEN/1", "\u{e4}/",
        ] {
            let broker_s = to_broker(id);
            assert!(mqtt5::is_path_safe_client_id(&broker_s), "{broker_s}");
            assert!(!broker_s.starts_with("cert:"), "{broker_s}");
            assert_eq!(from_broker(&broker_s), id);
        }
    }

    #[test]
    fn two_ids_stay_two() {
        assert_ne!(to_broker("a/b"), to_broker("a%2Fb"));
        assert_eq!(to_broker("device-1"), "device-1");
    }
}
