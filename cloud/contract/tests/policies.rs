//! Policies of any form: what is decided is what a second, naive evaluator decides, which is written from AWS's text. It knows a
//! pattern by its parts, and never reads its text.

use std::net::{IpAddr, Ipv4Addr};

use motepost_contract::policy::{Policy, PolicyDecision};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const TOPIC: &str = "arn:aws:iot:eu-central-1:123456789012:topic/";

/// A part of a pattern.
#[derive(Clone, Copy, Debug)]
enum Part {
    Text(&'static str),
    /// `?`: exactly one character.
    One,
    /// `*`: any characters, `/` too.
    Run,
    /// `${*}`, `${?}` and `${$}`: the character itself.
    Literal(char),
    /// `${aws:SourceIp}`.
    Source,
    /// A variable that an HTTPS publish has no value for: the pattern matches nothing.
    Valueless,
}

impl Part {
    fn written(self) -> String {
        match self {
            Self::Text(text) => text.to_owned(),
            Self::One => "?".to_owned(),
            Self::Run => "*".to_owned(),
            Self::Literal(character) => format!("${{{character}}}"),
            Self::Source => "${aws:SourceIp}".to_owned(),
            Self::Valueless => "${iot:Connection.Thing.ThingName}".to_owned(),
        }
    }
}

/// By trying every way.
fn matches(parts: &[Part], text: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    let behind = |start: &str| {
        text.strip_prefix(start)
            .is_some_and(|text| matches(rest, text))
    };
    match first {
        Part::Text(start) => behind(start),
        Part::Literal(character) => behind(&character.to_string()),
        Part::Source => behind(&PEER.to_string()),
        Part::One => {
            let mut characters = text.chars();
            characters.next().is_some() && matches(rest, characters.as_str())
        }
        Part::Run => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| matches(rest, &text[at..]))
        }
        Part::Valueless => false,
    }
}

#[derive(Clone, Debug)]
struct Statement {
    denies: bool,
    conditional: bool,
    actions: Vec<&'static str>,
    resources: Vec<Vec<Part>>,
}

impl Statement {
    fn written(&self) -> Value {
        let resources: Vec<String> = self
            .resources
            .iter()
            .map(|parts| parts.iter().map(|part| part.written()).collect())
            .collect();
        let mut statement = json!({
            "Effect": if self.denies { "Deny" } else { "Allow" },
            "Action": self.actions,
            "Resource": if let [one] = &resources[..] { json!(one) } else { json!(resources) },
        });
        if self.conditional {
            statement["Condition"] = json!({"StringEquals": {"aws:username": "x"}});
        }
        statement
    }

    /// Actions have no case; `iot:*` and `*` are all of them.
    fn covers(&self, action: &str, resource: &str) -> bool {
        let is_named =
            |named: &&str| ["*", "iot:*"].contains(named) || named.eq_ignore_ascii_case(action);
        self.actions.iter().any(is_named)
            && self.resources.iter().any(|parts| matches(parts, resource))
    }
}

#[derive(Debug, PartialEq)]
enum Effect {
    Allow,
    Deny,
    Nothing,
}

/// IAM User Guide, "Policy evaluation logic": an explicit deny wins, then an allow, and by default nothing is allowed. A condition
/// is never met here: an allow under one does not count, and a deny does, which is the safe side.
fn by_the_book(statements: &[Statement], action: &str, resource: &str) -> Effect {
    let covered = |statement: &&Statement| statement.covers(action, resource);
    let mut covering = statements.iter().filter(covered);
    let mut allowing = covering.clone();
    if covering.any(|statement| statement.denies) {
        Effect::Deny
    } else if allowing.any(|statement| !statement.denies && !statement.conditional) {
        Effect::Allow
    } else {
        Effect::Nothing
    }
}

fn decided(documents: &[Vec<Statement>], action: &str, resource: &str) -> Effect {
    let documents: Vec<Value> = documents
        .iter()
        .map(|statements| {
            let statements: Vec<_> = statements.iter().map(Statement::written).collect();
            json!({"Version": "2012-10-17", "Statement": statements})
        })
        .collect();
    let policy = Policy::parse(&documents, PEER).unwrap_or_else(|e| panic!("{e}: {documents:?}"));
    match policy.decide(action, resource) {
        PolicyDecision::Allowed { .. } => Effect::Allow,
        PolicyDecision::ExplicitDeny { .. } => Effect::Deny,
        PolicyDecision::ImplicitDeny { .. } => Effect::Nothing,
    }
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let part = prop_oneof![
        6 => select(&["a", "ab", "/", "b/", "é", "+", "#", "192.0.2.7"][..]).prop_map(Part::Text),
        2 => Just(Part::One),
        2 => Just(Part::Run),
        1 => select(&['*', '?', '$'][..]).prop_map(Part::Literal),
        1 => Just(Part::Source),
        1 => Just(Part::Valueless),
    ];
    let topic = vec(part, 0..5).prop_map(|mut parts| {
        parts.insert(0, Part::Text(TOPIC));
        parts
    });
    prop_oneof![1 => Just(vec![Part::Run]), 8 => topic]
}

fn statement() -> impl Strategy<Value = Statement> {
    let actions = select(
        &[
            "iot:Publish",
            "iot:publish",
            "iot:Connect",
            "iot:Subscribe",
            "iot:*",
            "*",
        ][..],
    );
    (
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.2),
        vec(actions, 1..3),
        vec(parts(), 1..3),
    )
        .prop_map(|(denies, conditional, actions, resources)| Statement {
            denies,
            conditional,
            actions,
            resources,
        })
}

/// Documents with statements, an action, and a resource that some pattern may match.
fn question() -> impl Strategy<Value = (Vec<Vec<Statement>>, &'static str, String)> {
    let documents = vec(vec(statement(), 1..4), 1..3);
    let action = select(&["iot:Publish", "iot:Connect"][..]);
    let piece = select(
        &[
            "a",
            "ab",
            "/",
            "b/",
            "é",
            "+",
            "#",
            "*",
            "?",
            "$",
            "192.0.2.7",
        ][..],
    );
    let resource = vec(piece, 0..5).prop_map(|pieces| format!("{TOPIC}{}", pieces.concat()));
    (documents, action, resource)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_decision_is_the_one_of_a_second_evaluator((documents, action, resource) in question()) {
        let expected = by_the_book(&documents.concat(), action, &resource);
        prop_assert_eq!(decided(&documents, action, &resource), expected);
    }
}

/// A property of decisions that are all the same would say nothing.
#[test]
fn the_questions_get_each_of_the_three_decisions() {
    let mut runner = TestRunner::deterministic();
    let mut count = [0; 3];
    for _ in 0..1_000 {
        let (documents, action, resource) =
            question().new_tree(&mut runner).expect("one").current();
        match by_the_book(&documents.concat(), action, &resource) {
            Effect::Allow => count[0] += 1,
            Effect::Deny => count[1] += 1,
            Effect::Nothing => count[2] += 1,
        }
    }
    assert!(count.iter().all(|count| *count > 100), "{count:?}");
}
