//! The patterns of a policy's Action and Resource: `*` is any run of characters, `/` included, `?` is exactly one,
//! and MQTT's `+` and `#` are literal (Developer Guide, "Publish/Subscribe policy examples").

use std::net::IpAddr;

/// What a policy's variables stand for.
#[derive(Clone, Copy)]
pub(super) struct Peer<'a> {
    pub(super) address: IpAddr,
    /// HTTPS has none.
    pub(super) client_id: Option<&'a str>,
}

#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    pieces: Vec<Piece>,
    unresolved: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    One,
    Run,
}

impl Pattern {
    pub(super) fn new(source: &str, peer: Peer<'_>) -> Self {
        let mut pieces = Vec::new();
        let mut unresolved = None;
        let mut rest = source;
        while let Some(first) = rest.chars().next() {
            if let Some((name, after)) = variable(rest) {
                match name {
                    "*" | "?" | "$" => pieces.extend(name.chars().map(Piece::Char)),
                    _ if name.eq_ignore_ascii_case("aws:SourceIp") => {
                        pieces.extend(peer.address.to_string().chars().map(Piece::Char));
                    }
                    _ if name.eq_ignore_ascii_case("iot:ClientId") && peer.client_id.is_some() => {
                        pieces.extend(peer.client_id.unwrap_or_default().chars().map(Piece::Char));
                    }
                    _ => {
                        unresolved = Some(name.to_owned());
                        pieces.push(Piece::Run);
                    }
                }
                rest = after;
                continue;
            }
            pieces.push(match first {
                '*' => Piece::Run,
                '?' => Piece::One,
                other => Piece::Char(other),
            });
            rest = &rest[first.len_utf8()..];
        }
        Self {
            source: source.to_owned(),
            pieces,
            unresolved,
        }
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn unresolved(&self) -> Option<&str> {
        self.unresolved.as_deref()
    }

    /// Whether it could match a text that begins so, as far as its own beginning tells, up to its first wildcard or a
    /// variable without a value.
    pub(super) fn may_begin(&self, beginning: &str) -> bool {
        let mut pieces = self.pieces.iter();
        for c in beginning.chars() {
            match pieces.next() {
                Some(Piece::Char(own)) if *own == c => {}
                Some(Piece::One | Piece::Run) => return true,
                _ => return false,
            }
        }
        true
    }

    /// Going back only to the latest `*` keeps the cost at length times length, whatever pattern a function returns.
    pub(super) fn matches(&self, text: &str) -> bool {
        if self.unresolved.is_some() {
            return false;
        }
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut piece) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.pieces.get(piece) {
                Some(Piece::Run) => {
                    retry = Some((piece, at));
                    piece += 1;
                }
                Some(Piece::One) => (at, piece) = (at + 1, piece + 1),
                Some(Piece::Char(c)) if *c == text[at] => (at, piece) = (at + 1, piece + 1),
                _ => match retry {
                    Some((run, from)) => {
                        retry = Some((run, from + 1));
                        (at, piece) = (from + 1, run + 1);
                    }
                    None => return false,
                },
            }
        }
        self.pieces[piece..].iter().all(|p| *p == Piece::Run)
    }
}

/// `${name}` as IAM writes it; `$(*)`, `$(?)` and `$($)` as the IoT guide prints the literal ones.
fn variable(text: &str) -> Option<(&str, &str)> {
    if let Some(body) = text.strip_prefix("${") {
        return body.split_once('}');
    }
    let body = text.strip_prefix("$(")?;
    let (name, after) = body.split_once(')')?;
    matches!(name, "*" | "?" | "$").then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        matches_for(None, pattern, text)
    }

    fn matches_for(client_id: Option<&str>, pattern: &str, text: &str) -> bool {
        let address = IpAddr::from([127, 0, 0, 1]);
        Pattern::new(pattern, Peer { address, client_id }).matches(text)
    }

    #[test]
    fn the_client_id_of_an_mqtt_client_is_literal() {
        let rows = [
            ("client/${iot:ClientId}", "a*", "client/a*", true),
            ("client/${iot:ClientId}", "a*", "client/ab", false),
            ("topic/${iot:ClientId}/*", "a", "topic/a/b", true),
            (
                "topic/${iot:Connection.Thing.ThingName}",
                "a",
                "topic/a",
                false,
            ),
        ];
        for (pattern, client_id, text, expected) in rows {
            assert_eq!(
                matches_for(Some(client_id), pattern, text),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn wildcards_and_literals() {
        let rows = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "a/b", true),
            ("?", "", false),
            ("?", "é", true),
            ("a*b*c", "a--b--b-c", true),
            ("a*b*c", "a--b--b-", false),
            ("*a", "aaa", true),
            ("${*}", "*", true),
            ("${*}", "x", false),
            ("$(?)", "?", true),
            ("$(?)", "x", false),
            ("${$}{x}", "${x}", true),
            ("$($)", "$", true),
            ("$aws/rules/*", "$aws/rules/r/a", true),
            ("${open", "${open", true),
            ("$(x)", "$(x)", true),
            ("${iot:ClientId}", "", false),
            ("*${iot:ClientId}*", "anything", false),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(matches(pattern, text), expected, "{pattern} against {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_costs_no_more_than_length_times_length() {
        let pattern = "*a".repeat(1000);
        assert!(!matches(&pattern, &"b".repeat(4000)));
        assert!(!matches(
            &"a*".repeat(500),
            &("a".repeat(499) + &"b".repeat(4000))
        ));
    }
}
