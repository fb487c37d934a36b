//! The real AWS CLI against the emulator: one `--endpoint-url` for `aws iot` and `aws iot-data`.
//!
//! Without the program `aws` nothing is tested, and a line says so; with `CI=true` that is a failure.

use std::process::{Command, Output};

use local_iot_core::LocalIotCore;
use serde_json::{Value, json};

struct Cli {
    emulator: LocalIotCore,
    folder: tempfile::TempDir,
}

impl Cli {
    fn start() -> Option<Self> {
        if Command::new("aws").arg("--version").output().is_err() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no aws");
            eprintln!("NOT TESTED: there is no aws");
            return None;
        }
        let emulator = LocalIotCore::start(local_iot_core::Config::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), emulator.ca_pem()).unwrap();
        Some(Self { emulator, folder })
    }

    fn run_at(&self, endpoint: &str, arguments: &[&str]) -> Output {
        Command::new("aws")
            .args(["--endpoint-url", endpoint])
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CA_BUNDLE", self.folder.path().join("ca.pem"))
            .env("AWS_CONFIG_FILE", self.folder.path().join("none"))
            .env("AWS_PAGER", "")
            .output()
            .unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_at(
            &format!("http://{}", self.emulator.control_addr()),
            arguments,
        )
    }

    /// The response of a command that works.
    fn ask(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// What a command that fails says.
    fn fail(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:customAuthFunc";

#[test]
fn an_authorizer_s_life() {
    let Some(cli) = Cli::start() else { return };
    let name = ["--authorizer-name", "we=ird,@x"];
    let iot = |operation: &'static str, more: &[&str]| {
        cli.ask(&[&["iot", operation], &name[..], more].concat())
    };
    let named = json!({
        "authorizerName": "we=ird,@x",
        "authorizerArn": "arn:aws:iot:eu-central-1:123456789012:authorizer/we=ird,@x",
    });
    let settings = [
        "--authorizer-function-arn",
        FUNCTION,
        "--token-key-name",
        "token",
        "--signing-disabled",
        "--status",
        "ACTIVE",
        "--tags",
        "Key=a,Value=b",
    ];
    assert_eq!(iot("create-authorizer", &settings), named);
    assert_eq!(
        iot("update-authorizer", &["--enable-caching-for-http"]),
        named
    );
    let description = iot("describe-authorizer", &[])["authorizerDescription"].clone();
    assert_eq!(description["status"], "ACTIVE");
    assert_eq!(description["enableCachingForHttp"], true);
    assert_eq!(iot("set-default-authorizer", &[]), named);
    let default = cli.ask(&["iot", "describe-default-authorizer"]);
    assert_eq!(default["authorizerDescription"], description);
    cli.ask(&["iot", "clear-default-authorizer"]);
    let page = [
        "iot",
        "list-authorizers",
        "--page-size",
        "1",
        "--ascending-order",
    ];
    let first = cli.ask(&page);
    assert_eq!(
        first["authorizers"][0]["authorizerName"],
        "unsignedAuthorizer"
    );
    let marker = first["nextMarker"].as_str().unwrap();
    let second = cli.ask(&[&page[..], &["--marker", marker]].concat());
    assert_eq!(second, json!({"authorizers": [named]}));
    let delete = [&["iot", "delete-authorizer"], &name[..]].concat();
    let error = cli.fail(&delete);
    assert!(
        error.contains("(InvalidRequestException)") && error.contains("INACTIVE"),
        "{error}"
    );
    iot("update-authorizer", &["--status", "INACTIVE"]);
    cli.ask(&delete);
    let error = cli.fail(&[&["iot", "describe-authorizer"], &name[..]].concat());
    assert!(error.contains("(ResourceNotFoundException)"), "{error}");
}

#[test]
fn the_article_s_test_invocations() {
    let Some(cli) = Cli::start() else { return };
    for (token, effect) in [("allow", "Allow"), ("deny", "Deny")] {
        let context = format!(r#"{{"headers":{{"ID":"uniqueID", "token":"{token}"}}}}"#);
        let response = cli.ask(&[
            "iot",
            "test-invoke-authorizer",
            "--authorizer-name",
            "unsignedAuthorizer",
            "--http-context",
            &context,
        ]);
        assert_eq!(response["isAuthenticated"], true);
        let document: Value =
            serde_json::from_str(response["policyDocuments"][0].as_str().unwrap()).unwrap();
        assert_eq!(document["Statement"][0]["Effect"], effect);
    }
}

#[test]
fn the_owner_publishes_at_the_control_port_and_at_the_endpoint_that_is_described() {
    let Some(cli) = Cli::start() else { return };
    let response = cli.ask(&[
        "iot",
        "describe-endpoint",
        "--endpoint-type",
        "iot:Data-ATS",
    ]);
    let endpoint = format!("https://{}", response["endpointAddress"].as_str().unwrap());
    let publish = [
        "iot-data",
        "publish",
        "--topic",
        "a/é +",
        "--payload",
        "hello",
        "--qos",
        "1",
    ];
    let error = cli.fail(&publish);
    assert!(error.contains("(InvalidRequestException)"), "{error}");
    let publish = publish.map(|word| if word == "a/é +" { "a/é $x" } else { word });
    cli.ask(&publish);
    let output = cli.run_at(&endpoint, &publish);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let trace = cli.emulator.trace();
    let topics: Vec<_> = trace
        .iter()
        .filter(|e| e.accepted)
        .map(|e| e.topic.as_deref())
        .collect();
    assert_eq!(topics, [Some("a/é $x"); 2]);
}

#[test]
fn what_the_emulator_does_not_have_is_said_in_words() {
    let Some(cli) = Cli::start() else { return };
    let error = cli.fail(&["iot", "list-things"]);
    assert!(error.contains("(UnknownOperationException)"), "{error}");
    assert!(
        error.contains("GET /things is not an operation that this local emulator has"),
        "{error}"
    );
}

#[test]
fn a_rule_s_life() {
    let Some(cli) = Cli::start() else { return };
    let payload = |sql: &str| {
        json!({"sql": sql, "awsIotSqlVersion": "2016-03-23", "ruleDisabled": true,
               "actions": [{"lambda": {"functionArn": FUNCTION}}],
               "errorAction": {"sqs": {"roleArn": "arn:aws:iam::123456789012:role/r", "queueUrl": "https://q", "useBase64": false}}})
        .to_string()
    };
    fn iot<'a>(operation: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["iot", operation, "--rule-name", "r"], more].concat()
    }
    let first = payload("SELECT * FROM 'a/#'");
    cli.ask(&iot("create-topic-rule", &["--topic-rule-payload", &first]));
    cli.ask(&iot("enable-topic-rule", &[]));
    let shown = cli.ask(&iot("get-topic-rule", &[]));
    assert_eq!(
        shown["ruleArn"],
        "arn:aws:iot:eu-central-1:123456789012:rule/r"
    );
    assert_eq!(shown["rule"]["ruleDisabled"], false);
    assert_eq!(
        shown["rule"]["actions"][0]["lambda"]["functionArn"],
        FUNCTION
    );
    assert_eq!(shown["rule"]["errorAction"]["sqs"]["queueUrl"], "https://q");
    let second = payload("SELECT *, topic() AS topic FROM 'b'");
    cli.ask(&iot(
        "replace-topic-rule",
        &["--topic-rule-payload", &second],
    ));
    cli.ask(&iot("disable-topic-rule", &[]));
    let listed = cli.ask(&["iot", "list-topic-rules", "--rule-disabled"]);
    assert_eq!(listed["rules"][0]["topicPattern"], "b");
    let wrong = payload("SELECT a FROM 'b' WHERE a > 1");
    let error = cli.fail(&iot(
        "replace-topic-rule",
        &["--topic-rule-payload", &wrong],
    ));
    assert!(
        error.contains("(SqlParseException)") && error.contains("the attribute a"),
        "{error}"
    );
    cli.ask(&iot("delete-topic-rule", &[]));
    let error = cli.fail(&iot("get-topic-rule", &[]));
    assert!(error.contains("(UnauthorizedException)"), "{error}");
}

#[test]
fn tags_and_retained_messages() {
    let Some(cli) = Cli::start() else { return };
    let payload = r#"{"sql": "SELECT *", "actions": []}"#;
    let rule = [
        "iot",
        "create-topic-rule",
        "--rule-name",
        "r",
        "--topic-rule-payload",
        payload,
    ];
    cli.ask(&[&rule[..], &["--tags", "a=1&b=2"]].concat());
    let arn = "arn:aws:iot:eu-central-1:123456789012:rule/r";
    let resource = ["--resource-arn", arn];
    cli.ask(
        &[
            &["iot", "tag-resource"],
            &resource[..],
            &["--tags", "Key=c,Value=3"],
        ]
        .concat(),
    );
    cli.ask(
        &[
            &["iot", "untag-resource"],
            &resource[..],
            &["--tag-keys", "a", "b"],
        ]
        .concat(),
    );
    let tags = cli.ask(&[&["iot", "list-tags-for-resource"], &resource[..]].concat());
    assert_eq!(tags, json!({"tags": [{"Key": "c", "Value": "3"}]}));

    let topic = ["--topic", "a/é"];
    cli.ask(
        &[
            &["iot-data", "publish", "--retain", "--payload", "hello"],
            &topic[..],
        ]
        .concat(),
    );
    let shown = cli.ask(&[&["iot-data", "get-retained-message"], &topic[..]].concat());
    assert_eq!(
        (&shown["topic"], &shown["payload"]),
        (&json!("a/é"), &json!("aGVsbG8="))
    );
    let listed = cli.ask(&["iot-data", "list-retained-messages"]);
    assert_eq!(listed["retainedTopics"][0]["payloadSize"], 5);
    let error = cli.fail(&["iot-data", "get-retained-message", "--topic", "b"]);
    assert!(error.contains("(ResourceNotFoundException)"), "{error}");
}

#[test]
fn a_domain_configuration_s_life() {
    let Some(cli) = Cli::start() else { return };
    let name = ["--domain-configuration-name", "d"];
    let iot = |operation: &'static str, more: &[&'static str]| {
        [&["iot", operation], &name[..], more].concat()
    };
    let authorizer = "defaultAuthorizerName=unsignedAuthorizer,allowAuthorizerOverride=true";
    let settings = [
        "--domain-name",
        "localhost",
        "--authorizer-config",
        authorizer,
        "--authentication-type",
        "CUSTOM_AUTH",
    ];
    cli.ask(&iot("create-domain-configuration", &settings));
    let change = [
        "--application-protocol",
        "HTTPS",
        "--domain-configuration-status",
        "DISABLED",
    ];
    cli.ask(&iot("update-domain-configuration", &change));
    let shown = cli.ask(&iot("describe-domain-configuration", &[]));
    assert_eq!(shown["authenticationType"], "CUSTOM_AUTH");
    assert_eq!(shown["applicationProtocol"], "HTTPS");
    assert_eq!(
        shown["authorizerConfig"]["defaultAuthorizerName"],
        "unsignedAuthorizer"
    );
    let listed = cli.ask(&["iot", "list-domain-configurations"]);
    assert_eq!(
        listed["domainConfigurations"][0]["domainConfigurationName"],
        "d"
    );
    let error = cli.fail(&iot("create-domain-configuration", &["--domain-name", "x"]));
    assert!(error.contains("(InvalidRequestException)"), "{error}");
    cli.ask(&iot("delete-domain-configuration", &[]));
    let error = cli.fail(&iot("describe-domain-configuration", &[]));
    assert!(error.contains("(ResourceNotFoundException)"), "{error}");
}

#[test]
fn an_authorization_is_tested() {
    let Some(cli) = Cli::start() else { return };
    let context = r#"{"headers":{"id":"uniqueID", "token":"allow"}}"#;
    let invoke = [
        "iot",
        "test-invoke-authorizer",
        "--authorizer-name",
        "unsignedAuthorizer",
    ];
    cli.ask(&[&invoke[..], &["--http-context", context]].concat());
    let topic = "arn:aws:iot:eu-central-1:123456789012:topic/uniqueID/a";
    let infos = format!("actionType=PUBLISH,resources={topic}");
    let test = [
        "iot",
        "test-authorization",
        "--auth-infos",
        &infos,
        "--principal",
    ];
    let response = cli.ask(&[&test[..], &["uniqueID"]].concat());
    assert_eq!(response["authResults"][0]["authDecision"], "ALLOWED");
    let error = cli.fail(&[&test[..], &["other"]].concat());
    assert!(error.contains("(ResourceNotFoundException)"), "{error}");
}
