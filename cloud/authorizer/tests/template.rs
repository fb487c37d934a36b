//! The template that deploys the function.

mod support;

use std::cell::RefCell;
use std::collections::BTreeSet;

use motepost_authorizer::Config;
use serde_json::{Map, Value, json};
use support::{cfn_lint, python};

const TEMPLATE: &str = include_str!("../template.yaml");

#[test]
fn cfn_lint_has_nothing_to_say() {
    cfn_lint::assert_is_content(concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml"));
}

#[test]
fn the_function_reads_each_variable_that_it_is_given() {
    let read = RefCell::new(Vec::new());
    let configuration = Config::from_environment(|name| {
        read.borrow_mut().push(name.to_owned());
        match name {
            "SCHEMES" => Some("minted".to_owned()),
            "IOT_ARN_PREFIX" => Some("arn:aws:iot:eu-central-1:123456789012".to_owned()),
            "FLEET_KEY_SECRET" => Some("a secret".to_owned()),
            _ => None,
        }
    });
    configuration.unwrap();
    let block = TEMPLATE.split_once("        Variables:\n").unwrap().1;
    let lines = block
        .lines()
        .take_while(|line| line.starts_with("          "));
    let given: Vec<_> = lines
        .map(|line| line.trim().split_once(':').unwrap().0.to_owned())
        .collect();
    assert!(given.len() > 5, "{given:?}");
    for name in given {
        assert!(read.borrow().contains(&name), "{name} is not read");
    }
}

/// What deployments with these parameters create, and the properties that the conditions leave.
fn deployed(parameters: &[Vec<(&str, &str)>]) -> Option<Vec<Value>> {
    let mut python = python::with_module("cfnlint")?;
    let set = |of: &Vec<(&str, &str)>| -> Map<String, Value> {
        let pairs = of.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
            .collect()
    };
    let sets: Vec<_> = parameters.iter().map(set).collect();
    let output = python
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/template_resources.py"
        ))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml"))
        .arg(json!(sets).to_string())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

const KEY: (&str, &str) = ("SigningPublicKey", "-----BEGIN PUBLIC KEY-----");

#[test]
fn a_stack_has_what_its_schemes_need_and_no_other_way_in() {
    let optional = |resources: &Value| -> BTreeSet<String> {
        let names = [
            "UnsignedAuthorizer",
            "UnsignedAuthorizerPermission",
            "SignedAuthorizer",
            "SignedAuthorizerPermission",
        ];
        let there = names.iter().filter(|name| resources.get(**name).is_some());
        there.map(|name| (*name).to_owned()).collect()
    };
    let unsigned = ["UnsignedAuthorizer", "UnsignedAuthorizerPermission"];
    let signed = ["SignedAuthorizer", "SignedAuthorizerPermission"];
    let rows = [
        ("static", vec![&unsigned[..]]),
        ("minted", vec![&unsigned[..]]),
        ("signed", vec![&signed[..]]),
        ("static,minted", vec![&unsigned[..]]),
        ("static,signed", vec![&unsigned[..], &signed[..]]),
        ("minted,signed", vec![&unsigned[..], &signed[..]]),
        ("static,minted,signed", vec![&unsigned[..], &signed[..]]),
    ];
    let parameters = rows.clone().map(|(schemes, _)| {
        let mut parameters = vec![("Schemes", schemes)];
        parameters.extend(schemes.contains("signed").then_some(KEY));
        parameters
    });
    let Some(stacks) = deployed(&parameters) else {
        return;
    };
    for ((schemes, groups), stack) in rows.into_iter().zip(stacks) {
        assert_eq!(stack["failed"], json!([]), "{schemes}");
        let resources = &stack["resources"];
        let expected: BTreeSet<_> = groups.concat().into_iter().map(str::to_owned).collect();
        assert_eq!(optional(resources), expected, "{schemes}");
        let variables = &resources["Function"]["Properties"]["Environment"]["Variables"];
        let mints = schemes.contains("minted");
        assert_eq!(
            variables.get("FLEET_KEY_SECRET").is_some(),
            mints,
            "{schemes}"
        );
        let rights = resources["Role"].to_string();
        assert_eq!(rights.contains("GetSecretValue"), mints, "{schemes}");
        // Left out, it would come back as another key, which no device has.
        assert_eq!(
            resources["FleetKey"]["DeletionPolicy"], "Retain",
            "{schemes}"
        );
    }
}

#[test]
fn parameters_that_do_not_belong_together_are_refused() {
    let rows = [
        (vec![("Schemes", "signed")], "give SigningPublicKey"),
        (
            vec![("Schemes", "static,minted,signed")],
            "give SigningPublicKey",
        ),
        (
            vec![("Schemes", "minted"), KEY],
            "add signed to Schemes, or give SigningPublicKey=",
        ),
        (
            vec![("Schemes", "minted"), ("NextSigningPublicKey", KEY.1)],
            "add signed to Schemes, or give NextSigningPublicKey=",
        ),
        (
            vec![("Schemes", "static"), ("TokenOnce", "true")],
            "add minted to Schemes, or give TokenOnce=false",
        ),
        (
            vec![("SubscribeFilters", "{id}/#")],
            "give Mqtt=true, or SubscribeFilters=",
        ),
        (
            vec![("ReservedConcurrency", "0")],
            "give a number from 1, or -1",
        ),
    ];
    let Some(stacks) = deployed(&rows.clone().map(|(parameters, _)| parameters)) else {
        return;
    };
    for ((_, expected), stack) in rows.into_iter().zip(stacks) {
        let failed = stack["failed"].to_string();
        assert!(failed.contains(expected), "{failed}");
    }
}

#[test]
fn a_flood_has_a_limit_and_alarms() {
    let topic = "arn:aws:sns:eu-central-1:123456789012:alarms";
    let parameters = [
        vec![],
        vec![("ReservedConcurrency", "-1")],
        vec![("AlarmTopic", topic)],
    ];
    let Some(stacks) = deployed(&parameters) else {
        return;
    };
    let limit = |stack: &Value| {
        let properties = &stack["resources"]["Function"]["Properties"];
        properties.get("ReservedConcurrentExecutions").cloned()
    };
    assert_eq!(limit(&stacks[0]), Some(json!(50)));
    assert_eq!(limit(&stacks[1]), None);
    for (name, metric) in [
        ("DenialsAlarm", "Denials"),
        ("ThrottlesAlarm", "Throttles"),
        ("ErrorsAlarm", "Errors"),
    ] {
        let alarm = |stack: &Value| stack["resources"][name]["Properties"].clone();
        assert_eq!(alarm(&stacks[0])["MetricName"], metric);
        assert_eq!(alarm(&stacks[0]).get("AlarmActions"), None);
        assert_eq!(alarm(&stacks[2])["AlarmActions"], json!([topic]));
    }
}

/// The filter finds what the function writes.
#[test]
fn the_metric_counts_the_function_s_own_lines() {
    let Some(stacks) = deployed(&[vec![]]) else {
        return;
    };
    let filter = &stacks[0]["resources"]["Denials"]["Properties"]["FilterPattern"];
    assert_eq!(filter, r#"{ $.decision = "deny" }"#);
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("devices.json");
    support::write_store(&store);
    let authorizer = support::open_now(&support::environment("signed", &store));
    let line = support::block_on(authorizer.decide(&json!({}), 0)).log_line();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["decision"], "deny");
}
