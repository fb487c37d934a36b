//! The template that deploys the function.

mod support;

use serde_json::{Value, json};
use support::{cfn_lint, python};

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml");

#[test]
fn cfn_lint_has_nothing_to_say() {
    cfn_lint::assert_is_content(TEMPLATE);
}

/// What a deployment with these parameters creates.
fn deployed(parameters: &Value) -> Option<Value> {
    let stack = stack(parameters)?;
    assert_eq!(stack["failed"], json!([]));
    Some(stack["resources"].clone())
}

fn stack(parameters: &Value) -> Option<Value> {
    let mut parameters = parameters.clone();
    parameters["DevicesTable"] = "motepost-Devices-1A2B".into();
    let output = python::with_module("cfnlint")?
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../authorizer/tests/template_resources.py"
        ))
        .arg(TEMPLATE)
        .arg(json!([parameters]).to_string())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let stacks: Value = serde_json::from_slice(&output.stdout).unwrap();
    Some(stacks[0].clone())
}

fn statements(role: &Value) -> &Vec<Value> {
    role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap()
}

#[test]
fn the_roles_allow_what_is_needed_and_nothing_else() {
    let Some(resources) = deployed(&json!({})) else {
        return;
    };
    let rights: Vec<_> = statements(&resources["Role"])
        .iter()
        .map(|statement| {
            (
                statement["Action"].to_string(),
                statement["Resource"].to_string(),
            )
        })
        .collect();
    let expected = [
        (r#""iot:Publish""#, "topic/*/readings"),
        (r#""dynamodb:UpdateItem""#, ":table/${DevicesTable}\""),
        (r#""sqs:SendMessage""#, "Unpublished"),
        (
            r#"["logs:CreateLogStream","logs:PutLogEvents"]"#,
            "LogGroup",
        ),
    ];
    assert_eq!(rights.len(), expected.len());
    for ((action, resource), (expected_action, expected_resource)) in rights.iter().zip(expected) {
        assert_eq!(action, expected_action);
        assert!(resource.contains(expected_resource), "{resource}");
    }
    // Rows of claims, and none of a device.
    let claims = &statements(&resources["Role"])[1]["Condition"];
    let keys = "dynamodb:LeadingKeys";
    assert_eq!(
        *claims,
        json!({"ForAllValues:StringLike": {keys: ["*/*"]}, "Null": {keys: "false"}})
    );
    // The topics, and no other.
    let topics = statements(&resources["Role"])[0]["Resource"]
        .as_array()
        .unwrap();
    assert_eq!(topics.len(), 2);
    let rule = statements(&resources["RuleRole"]);
    assert_eq!(rule.len(), 1);
    assert_eq!(rule[0]["Action"], "sqs:SendMessage");
}

/// Neither a batch that the function fails with nor one that it was never given is lost.
#[test]
fn what_fails_reaches_the_queue() {
    let Some(resources) = deployed(&json!({})) else {
        return;
    };
    let queue = json!({"Fn::GetAtt": ["Unpublished", "Arn"]});
    let function = &resources["Function"]["Properties"];
    let failed = &function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"];
    assert_eq!(*failed, json!({"Type": "SQS", "Destination": queue}));
    let rule = &resources["Rule"]["Properties"]["TopicRulePayload"];
    assert_eq!(
        rule["ErrorAction"]["Sqs"]["QueueUrl"],
        json!({"Ref": "Unpublished"})
    );
    assert_eq!(resources["Unpublished"]["DeletionPolicy"], "Retain");
    let claims = &function["Environment"]["Variables"]["CLAIM_SECONDS"];
    assert_eq!(claims.as_str().unwrap(), function["Timeout"].to_string());
}

/// A name that nothing creates would deploy well and publish nothing.
#[test]
fn the_table_of_devices_has_no_default() {
    let template = std::fs::read_to_string(TEMPLATE).unwrap();
    let (_, table) = template.split_once("  DevicesTable:\n").unwrap();
    let (table, _) = table.split_once("\n  RuleName:").unwrap();
    assert!(!table.contains("Default:"), "{table}");
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let Some(stack) = stack(&json!({"ReservedConcurrency": "0"})) else {
        return;
    };
    assert!(stack["failed"].to_string().contains("split no batch"));
}

#[test]
fn the_limit_and_the_alarm_are_optional() {
    let topic = "arn:aws:sns:eu-central-1:123456789012:alarms";
    let Some(plain) = deployed(&json!({"ReservedConcurrency": "-1"})) else {
        return;
    };
    let full = deployed(&json!({"AlarmTopic": topic})).unwrap();
    let limit = |stack: &Value| {
        stack["Function"]["Properties"]
            .get("ReservedConcurrentExecutions")
            .cloned()
    };
    assert_eq!((limit(&plain), limit(&full)), (None, Some(json!(10))));
    let actions = |stack: &Value| {
        stack["UnpublishedAlarm"]["Properties"]
            .get("AlarmActions")
            .cloned()
    };
    assert_eq!(
        (actions(&plain), actions(&full)),
        (None, Some(json!([topic])))
    );
}

#[cfg(feature = "aws")]
#[test]
fn the_function_reads_each_variable_that_it_is_given() {
    let text = std::fs::read_to_string(TEMPLATE).unwrap();
    let block = text.split_once("        Variables:\n").unwrap().1;
    let lines = block
        .lines()
        .take_while(|line| line.starts_with("          "));
    let given: Vec<_> = lines
        .map(|line| line.trim().split_once(':').unwrap().0.to_owned())
        .collect();
    let read = std::cell::RefCell::new(Vec::new());
    let configuration = motepost_splitter::Config::from_environment(|name| {
        read.borrow_mut().push(name.to_owned());
        (name == "STORE_TABLE" || name.starts_with("AWS_")).then(|| "x".to_owned())
    });
    configuration.unwrap();
    assert_eq!(given.len(), 5, "{given:?}");
    for name in given {
        assert!(read.borrow().contains(&name), "{name} is not read");
    }
}
