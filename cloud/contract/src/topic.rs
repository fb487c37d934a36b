//! What AWS allows as the topic of a publish (Developer Guide, "MQTT topics", "Reserved topics", "Basic Ingest").

use std::fmt;

use crate::percent;

/// A topic that may be published to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name, decoded.
    pub name: String,
    /// The rule of `$aws/rules/<rule>`: such a message goes to the rule alone, never to a subscriber.
    pub basic_ingest_rule: Option<String>,
}

impl Topic {
    /// The topic that rules see: without `$aws/rules/<rule>/`.
    pub fn rule_topic(&self) -> &str {
        let rest = self.basic_ingest_rule.as_ref().and_then(|rule| {
            let rest = self.name.strip_prefix(BASIC_INGEST)?.strip_prefix(rule)?;
            Some(rest.strip_prefix('/').unwrap_or(rest))
        });
        rest.unwrap_or(&self.name)
    }
}

/// Why a text is no topic to publish to. Shown, it follows "the topic": "is empty".
#[derive(Debug, PartialEq, Eq)]
pub enum TopicFault {
    /// Not a topic at all.
    Invalid(String),
    /// A topic that AWS keeps for itself.
    Reserved(String),
}

impl fmt::Display for TopicFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Invalid(reason) | Self::Reserved(reason)) = self;
        f.write_str(reason)
    }
}

impl std::error::Error for TopicFault {}

const MAX_BYTES: usize = 256;
const MAX_SLASHES: usize = 7;
const BASIC_INGEST: &str = "$aws/rules/";

/// From what stands behind `/topics/` in the path; `a%2Fb` and `a/b` are the same topic.
pub fn from_path(path: &str) -> Result<Topic, TopicFault> {
    let bytes = percent::decode(path.as_bytes()).ok_or_else(|| {
        TopicFault::Invalid("holds a % that two hexadecimal digits do not follow".to_owned())
    })?;
    let name =
        String::from_utf8(bytes).map_err(|_| TopicFault::Invalid("is not UTF-8".to_owned()))?;
    check(name)
}

/// From a name that is not encoded.
pub fn check(name: String) -> Result<Topic, TopicFault> {
    let invalid = |reason: &str| Err(TopicFault::Invalid(reason.to_owned()));
    if name.is_empty() {
        return invalid("is empty");
    }
    if name.contains(['+', '#']) {
        return invalid("holds + or #, which are for subscribing only");
    }
    if name.contains('\0') {
        return invalid("holds a NUL");
    }
    let rule = name
        .strip_prefix(BASIC_INGEST)
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")));
    let counted = match rule {
        // Without a slash behind the rule there is nothing to cut off, so all of it counts.
        Some((rule, rest)) if !rule.is_empty() && name.len() > BASIC_INGEST.len() + rule.len() => {
            rest
        }
        _ => &name,
    };
    check_size(counted).map_err(TopicFault::Invalid)?;
    let basic_ingest_rule = match rule {
        Some(("", _)) => return invalid("is $aws/rules/ without the name of a rule"),
        Some((rule, _)) => Some(rule.to_owned()),
        None if name.starts_with('$') => return Err(TopicFault::Reserved(reserved(&name))),
        None => None,
    };
    Ok(Topic {
        name,
        basic_ingest_rule,
    })
}

/// AWS's limits of bytes and slashes, which hold for a topic filter too.
pub fn check_size(name: &str) -> Result<(), String> {
    let bytes = name.len();
    if bytes > MAX_BYTES {
        return Err(format!("has {bytes} bytes of at most {MAX_BYTES}"));
    }
    let slashes = name.matches('/').count();
    if slashes > MAX_SLASHES {
        return Err(format!("has {slashes} slashes of at most {MAX_SLASHES}"));
    }
    Ok(())
}

fn reserved(name: &str) -> String {
    let mut levels = name.split('/');
    let service = match (levels.next(), levels.next(), levels.nth(1)) {
        (Some("$aws"), Some("things"), Some("shadow")) => Some("device shadows"),
        (Some("$aws"), Some("things"), Some("jobs")) => Some("jobs"),
        (Some("$aws"), Some("things"), Some("defender")) => Some("Device Defender"),
        (Some("$aws"), Some("provisioning-templates" | "certificates"), _) => Some("provisioning"),
        _ => None,
    };
    match service {
        Some(service) => format!(
            "belongs to AWS's {service}, which the local emulator does not have, so nothing would answer"
        ),
        None => {
            "is reserved by AWS, as is all that begins with $ but $aws/rules/<rule>/...".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_topics() {
        let long = "x".repeat(256);
        let long_after_rule = format!("$aws/rules/r/{long}");
        let rows = [
            ("a", "a", None),
            ("a/b", "a/b", None),
            ("a%2Fb", "a/b", None),
            ("a%2fb", "a/b", None),
            (
                "uniqueID%2Fstatus%20%C3%A9x~y%24aws",
                "uniqueID/status éx~y$aws",
                None,
            ),
            ("é", "é", None),
            ("%2Fleading", "/leading", None),
            ("/leading", "/leading", None),
            ("a//b/", "a//b/", None),
            ("%25", "%", None),
            ("1/2/3/4/5/6/7/8", "1/2/3/4/5/6/7/8", None),
            (&long, &long, None),
            ("$aws/rules/r/a", "$aws/rules/r/a", Some("r")),
            ("%24aws%2Frules%2Fr%2Fa", "$aws/rules/r/a", Some("r")),
            (
                "$aws/rules/device_events",
                "$aws/rules/device_events",
                Some("device_events"),
            ),
            ("$aws/rules/r/", "$aws/rules/r/", Some("r")),
            (
                "$aws/rules/r/1/2/3/4/5/6/7/8",
                "$aws/rules/r/1/2/3/4/5/6/7/8",
                Some("r"),
            ),
            (&long_after_rule, &long_after_rule, Some("r")),
        ];
        for (path, name, rule) in rows {
            let expected = Topic {
                name: name.to_owned(),
                basic_ingest_rule: rule.map(str::to_owned),
            };
            assert_eq!(from_path(path), Ok(expected), "{path}");
        }
    }

    #[test]
    fn a_rule_does_not_see_the_prefix_of_basic_ingest() {
        for (name, expected) in [
            ("a/b", "a/b"),
            ("$aws/rules/r/a/b", "a/b"),
            ("$aws/rules/r/r/", "r/"),
            ("$aws/rules/r/", ""),
            ("$aws/rules/r", ""),
        ] {
            assert_eq!(check(name.to_owned()).unwrap().rule_topic(), expected);
        }
    }

    #[test]
    fn invalid_topics() {
        let long = "x".repeat(257);
        let accents = "é".repeat(129);
        let long_after_rule = format!("$aws/rules/r/{long}");
        let long_rule = format!("$aws/rules/{long}");
        let rows = [
            ("", "empty"),
            ("a/+", "subscribing only"),
            ("a+b", "subscribing only"),
            ("%2B", "subscribing only"),
            ("a/%23", "subscribing only"),
            ("a%00b", "NUL"),
            ("%ff", "UTF-8"),
            ("%C3", "UTF-8"),
            ("%", "hexadecimal"),
            ("a%zz", "hexadecimal"),
            ("1/2/3/4/5/6/7/8/9", "8 slashes of at most 7"),
            ("1%2F2/3/4/5/6/7/8/9", "8 slashes of at most 7"),
            (&long, "257 bytes of at most 256"),
            (&accents, "258 bytes of at most 256"),
            (&long_after_rule, "257 bytes"),
            (&long_rule, "268 bytes"),
            ("$aws/rules/r/1/2/3/4/5/6/7/8/9", "8 slashes"),
            ("$aws/rules/", "name of a rule"),
            ("$aws/rules//a", "name of a rule"),
        ];
        for (path, expected) in rows {
            match from_path(path) {
                Err(TopicFault::Invalid(reason)) => {
                    assert!(reason.contains(expected), "{path}: {reason}")
                }
                other => panic!("{path}: {other:?}"),
            }
        }
    }

    #[test]
    fn reserved_topics() {
        let rows = [
            ("$aws/events/presence", "reserved"),
            ("$SYS/x", "reserved"),
            ("$", "reserved"),
            ("$AWS/rules/r/a", "reserved"),
            ("$aws/rules", "reserved"),
            ("$aws/things/t/shadow/update", "shadows"),
            ("$aws/things/t/shadow/name/n/update", "shadows"),
            ("$aws/things/t/jobs/get", "jobs"),
            ("$aws/things/t/defender/metrics/json", "Defender"),
            ("$aws/certificates/create/json", "provisioning"),
        ];
        for (path, expected) in rows {
            match from_path(path) {
                Err(TopicFault::Reserved(reason)) => {
                    assert!(reason.contains(expected), "{path}: {reason}")
                }
                other => panic!("{path}: {other:?}"),
            }
        }
    }

    /// The device's encoder has a rule of its own. It also takes AWS's own topics, such as shadows, which the emulator does not
    /// have. It refuses every control character, where MQTT forbids NUL alone, and a topic that is a dot segment.
    #[test]
    fn the_device_s_encoder_agrees() {
        let long = "x".repeat(256);
        let too_long = "x".repeat(257);
        let rows = [
            // topic, here, in the encoder
            ("a", true, true),
            ("a//b/", true, true),
            ("/a", true, true),
            ("é", true, true),
            ("%", true, true),
            ("1/2/3/4/5/6/7/8", true, true),
            (&long, true, true),
            ("$aws/rules/r/a", true, true),
            ("$aws/rules/r/1/2/3/4/5/6/7/8", true, true),
            ("$aws/rules/r", true, true),
            ("", false, false),
            ("a/+", false, false),
            ("#", false, false),
            ("a\0b", false, false),
            ("1/2/3/4/5/6/7/8/9", false, false),
            (&too_long, false, false),
            ("$aws/rules/r/1/2/3/4/5/6/7/8/9", false, false),
            ("a\nb", true, false),
            (".", true, false),
            ("..", true, false),
            ("$aws/rules/", false, false),
            ("$aws/rules//a", false, false),
            ("$AWS/rules/r/a", false, false),
            ("$aws/things/t/shadow/update", false, true),
            ("$SYS/x", false, false),
        ];
        for (topic, here, in_the_encoder) in rows {
            let encodes = motepost::Publish::new("h", topic, b"").head_len().is_ok();
            assert_eq!(
                (check(topic.to_owned()).is_ok(), encodes),
                (here, in_the_encoder),
                "{topic}"
            );
        }
    }
}
