//! The local emulator's policies: its decision is that of a matcher written the other way round.
//!
//! Input: an action, a resource and policy documents as JSON, 0xFF between them.

use std::net::{IpAddr, Ipv4Addr};

use motepost_contract::policy::{Policy, PolicyDecision};
use serde_json::{Value, json};

use motepost_fuzz_fast::fields::text;

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub fn run(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == 0xff).map(text);
    let (action, resource) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let documents: Vec<Value> = parts
        .filter_map(|part| serde_json::from_str(part).ok())
        .collect();
    let policy = match Policy::parse(&documents, PEER) {
        Ok(policy) => policy,
        Err(reason) => return assert!(reason.contains("document"), "{reason}: names no place"),
    };
    let decision = policy.decide(action, resource);
    match &decision {
        PolicyDecision::Allowed { by } | PolicyDecision::ExplicitDeny { by } => {
            assert!(by.starts_with("statement "))
        }
        PolicyDecision::ImplicitDeny { hint } => assert!(!hint.is_empty()),
    }
    if let PolicyDecision::Allowed { .. } = decision {
        assert!(policy.allows_somewhere(action, resource) || has_deny(&documents));
    }
    assert_eq!(effect(&decision), by_the_book(&documents, action, resource));

    // A deny added to it wins; what is denied already stays so whatever else is allowed.
    let with = |effect: &str, condition: Option<Value>| {
        let mut statement = json!({"Effect": effect, "Action": "*", "Resource": "*"});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        let added = json!({"Version": "2012-10-17", "Statement": [statement]});
        let documents: Vec<_> = documents.iter().cloned().chain([added]).collect();
        effect_of(
            &Policy::parse(&documents, PEER).expect("a sound document more"),
            action,
            resource,
        )
    };
    assert_eq!(with("Deny", None), Effect::Deny);
    assert_eq!(with("Deny", Some(json!({}))), Effect::Deny);
    assert_eq!(
        with("Allow", Some(json!({}))),
        effect(&decision),
        "a condition granted something"
    );
    let denied = matches!(decision, PolicyDecision::ExplicitDeny { .. });
    assert_eq!(
        with("Allow", None),
        if denied { Effect::Deny } else { Effect::Allow }
    );
}

#[derive(Debug, PartialEq)]
enum Effect {
    Allow,
    Deny,
    Nothing,
}

fn effect(decision: &PolicyDecision) -> Effect {
    match decision {
        PolicyDecision::Allowed { .. } => Effect::Allow,
        PolicyDecision::ExplicitDeny { .. } => Effect::Deny,
        PolicyDecision::ImplicitDeny { .. } => Effect::Nothing,
    }
}

fn effect_of(policy: &Policy, action: &str, resource: &str) -> Effect {
    effect(&policy.decide(action, resource))
}

fn statements(documents: &[Value]) -> impl Iterator<Item = &Value> {
    documents
        .iter()
        .flat_map(|document| match &document["Statement"] {
            Value::Array(listed) => listed.iter().collect::<Vec<_>>(),
            single => vec![single],
        })
}

fn has_deny(documents: &[Value]) -> bool {
    statements(documents).any(|statement| statement["Effect"] == "Deny")
}

fn by_the_book(documents: &[Value], action: &str, resource: &str) -> Effect {
    let covers = |listed: &Value, text: &str, blind: bool| {
        let one = std::slice::from_ref(listed);
        let listed = listed.as_array().map_or(one, Vec::as_slice);
        listed.iter().filter_map(Value::as_str).any(|pattern| {
            if blind {
                matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
            } else {
                matches(pattern, text)
            }
        })
    };
    let applies = |effect: &str| {
        statements(documents).any(|statement| {
            let counts = effect == "Deny" || statement.get("Condition").is_none();
            counts
                && statement["Effect"] == effect
                && covers(&statement["Action"], action, true)
                && covers(&statement["Resource"], resource, false)
        })
    };
    match (applies("Deny"), applies("Allow")) {
        (true, _) => Effect::Deny,
        (false, true) => Effect::Allow,
        (false, false) => Effect::Nothing,
    }
}

/// The set of places that each piece of the pattern can end at, by the whole table.
fn matches(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let (piece, after) =
            variable(rest).unwrap_or((Piece::of(first), &rest[first.len_utf8()..]));
        rest = after;
        match piece {
            Piece::Run => {
                let from = ends.iter().position(|end| *end).unwrap_or(ends.len());
                ends[from..].fill(true);
            }
            Piece::One => advance(&mut ends, |_| true, &text),
            Piece::Literal(literal) => {
                for expected in literal.chars() {
                    advance(&mut ends, |found| found == expected, &text);
                }
            }
            Piece::Nothing => return false,
        }
    }
    ends[text.len()]
}

fn advance(ends: &mut [bool], fits: impl Fn(char) -> bool, text: &[char]) {
    for at in (0..text.len()).rev() {
        ends[at + 1] = ends[at] && fits(text[at]);
    }
    ends[0] = false;
}

enum Piece {
    Run,
    One,
    Literal(String),
    /// A variable without a value.
    Nothing,
}

impl Piece {
    fn of(first: char) -> Self {
        match first {
            '*' => Self::Run,
            '?' => Self::One,
            other => Self::Literal(other.into()),
        }
    }
}

fn variable(text: &str) -> Option<(Piece, &str)> {
    for literal in ["*", "?", "$"] {
        for written in [format!("${{{literal}}}"), format!("$({literal})")] {
            if let Some(after) = text.strip_prefix(&written) {
                return Some((Piece::Literal(literal.to_owned()), after));
            }
        }
    }
    let (name, after) = text.strip_prefix("${")?.split_once('}')?;
    let is_source = name.eq_ignore_ascii_case("aws:SourceIp");
    Some((
        if is_source {
            Piece::Literal(PEER.to_string())
        } else {
            Piece::Nothing
        },
        after,
    ))
}
