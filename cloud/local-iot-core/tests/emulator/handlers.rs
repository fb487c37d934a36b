//! Handlers for Node.js and Python, run as they are deployed to Lambda.
//!
//! Without node or python3 nothing is tested, and a line says so; with `CI=true` that is a failure.

use std::path::Path;
use std::process::Command;

use local_iot_core::{Authorizer, Config, Decider, Function, Invocation, Limits, LocalIotCore};
use serde_json::{Value, json};

use crate::support::*;

/// A handler file in a folder of its own, or `None` if its interpreter is missing, outside CI.
fn file(name: &str, text: &str) -> Option<(tempfile::TempDir, String)> {
    let interpreter = if name.ends_with(".py") {
        "python3"
    } else {
        "node"
    };
    if Command::new(interpreter).arg("--version").output().is_err() {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "no {interpreter}"
        );
        eprintln!("LEFT OUT: handlers that need {interpreter}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let path = path.to_string_lossy().into_owned();
    Some((folder, path))
}

fn start(function: Function) -> LocalIotCore {
    let decider = Decider::Function("f".to_owned());
    LocalIotCore::start(Config {
        functions: vec![function],
        authorizers: vec![Authorizer::new("f", "token", decider)],
        limits: Limits {
            function_time: TIMEOUT,
            ..Limits::default()
        },
        ..Config::default()
    })
    .unwrap()
}

/// What the handler makes of an event.
fn run(name: &str, text: &str, event: &Value) -> Option<(Result<Value, String>, Invocation)> {
    let (_folder, path) = file(name, text)?;
    Some(start(Function::process("f", path)).invoke("f", event))
}

/// The response of an authorizer that allows everything to the token `allow`, in both languages.
const NODE: &str = r#"
const allow = (token) => ({
  isAuthenticated: token === "allow",
  principalId: "device",
  policyDocuments: [{
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
  }],
  disconnectAfterInSeconds: 300,
  refreshAfterInSeconds: 300,
});
exports.handler = async (event, context) => {
  console.log("for", context.functionName, context.getRemainingTimeInMillis() > 0);
  return allow(event.token);
};
"#;
const PYTHON: &str = r#"
import helper

def lambda_handler(event, context):
    print("for", context.function_name, context.get_remaining_time_in_millis() > 0)
    return helper.allow(event.get("token"))
"#;
const HELPER: &str = r#"
def allow(token):
    statement = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
    return {
        "isAuthenticated": token == "allow",
        "principalId": "device",
        "policyDocuments": [{"Version": "2012-10-17", "Statement": [statement]}],
        "disconnectAfterInSeconds": 300,
        "refreshAfterInSeconds": 300,
    }
"#;

#[test]
fn an_authorizer_in_either_language_decides_over_a_publish() {
    for (name, text, printed) in [
        ("index.js", NODE, "for f true"),
        ("handler.py", PYTHON, "for f True"),
    ] {
        let Some((folder, path)) = file(name, text) else {
            continue;
        };
        std::fs::write(folder.path().join("helper.py"), HELPER).unwrap();
        let emulator = start(Function::process("f", path));
        for (token, expected) in [("allow", 200), ("deny", 403), ("allow", 200)] {
            let fields = format!("x-amz-customauthorizer-name:f\r\ntoken:{token}\r\n");
            let (status, reason) = judge(&emulator, request("POST", "/topics/a/b", &fields));
            assert_eq!(status, expected, "{name}: {reason}");
            let invocation = emulator.trace().pop().unwrap().invocation.unwrap();
            assert_eq!(invocation.output, [printed], "{name}");
        }
    }
}

#[test]
fn every_way_in_which_a_handler_returns_is_understood() {
    let rows = [
        (
            "index.js",
            "exports.handler = async (event) => ({ got: event.a });",
        ),
        (
            "index.js",
            "exports.handler = (event, context, done) => { setImmediate(done, null, { got: event.a }); };",
        ),
        (
            "index.js",
            "exports.handler = (event, context) => context.succeed({ got: event.a });",
        ),
        (
            "index.cjs",
            "module.exports.handler = (event) => Promise.resolve({ got: event.a });",
        ),
        (
            "index.mjs",
            "export const handler = async (event) => ({ got: event.a });",
        ),
        (
            "handler.py",
            "def lambda_handler(event, context): return {'got': event['a']}",
        ),
        (
            "handler.py",
            "def handler(event, context): return {'got': event['a']}",
        ),
    ];
    for (name, text) in rows {
        if let Some((result, _)) = run(name, text, &json!({"a": "é"})) {
            assert_eq!(result, Ok(json!({"got": "é"})), "{name}: {text}");
        }
    }
}

#[test]
fn what_goes_wrong_in_a_handler_is_the_reason() {
    let rows = [
        (
            "index.js",
            "exports.handler = async () => { throw new TypeError('no'); };",
            "the function failed: TypeError: no",
        ),
        (
            "index.js",
            "exports.handler = (e, c, done) => done(new RangeError('no'));",
            "the function failed: RangeError: no",
        ),
        (
            "index.js",
            "exports.handler = () => { throw 'no'; };",
            "the function failed: string: no",
        ),
        (
            "index.js",
            "exports.other = 1;",
            "the function failed before it took an event: Runtime.HandlerNotFound: index.handler is not a function",
        ),
        (
            "index.js",
            "require('no-such-module');",
            "the function failed before it took an event: Error: Cannot find module 'no-such-module'",
        ),
        (
            "index.js",
            "exports.handler = async () => process.exit(3);",
            "the function's process ended instead of returning a response: exit status: 3",
        ),
        (
            "handler.py",
            "def handler(event, context): raise ValueError('no')",
            "the function failed: ValueError: no",
        ),
        (
            "handler.py",
            "def handler(event, context): return {1, 2}",
            "the function failed: TypeError: Object of type set is not JSON serializable",
        ),
        (
            "handler.py",
            "other = 1",
            "the function failed before it took an event: AttributeError: Handler 'lambda_handler' missing on module 'handler'",
        ),
        (
            "handler.py",
            "import no_such_module",
            "the function failed before it took an event: ModuleNotFoundError: No module named 'no_such_module'",
        ),
    ];
    for (name, text, expected) in rows {
        if let Some((result, invocation)) = run(name, text, &json!({})) {
            let reason = result.unwrap_err();
            assert!(reason.starts_with(expected), "{name}: {text}: {reason}");
            assert!(!invocation.succeeded);
        }
    }
}

#[test]
fn a_variable_names_another_handler() {
    for (name, text) in [
        ("index.js", "exports.main = async () => 'main';"),
        ("handler.py", "def main(event, context): return 'main'"),
    ] {
        let Some((_folder, path)) = file(name, text) else {
            continue;
        };
        let stem = Path::new(name).file_stem().unwrap().to_string_lossy();
        let function = Function::process("f", path).env("_HANDLER", &format!("{stem}.main"));
        let (result, _) = start(function).invoke("f", &json!({}));
        assert_eq!(result, Ok(json!("main")), "{name}");
    }
}
