//! The other end: the local emulator with the rule that the AWS CLI creates, the splitter as AWS runs it, moto's DynamoDB,
//! and a subscriber.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::ValueEnum;
use local_iot_core::{
    Authorizer, Config, Decider, Function, LocalIotCore, TraceCallback, TraceEntry,
};
use motepost::{CustomAuthorizer, Publish};
use serde_json::json;

use crate::{Result, gateway};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";

const END: &str = "loop/end";
/// Nothing waits so long, unless a reading is lost.
const TIMEOUT: Duration = Duration::from_secs(300);

/// What the splitter does with a reading that it has published before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Repeats {
    /// Drops it.
    Drop,
    /// Publishes it again, marked.
    Mark,
}

impl Repeats {
    fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Mark => "mark",
        }
    }
}

pub struct Cloud {
    pub emulator: LocalIotCore,
    messages: Receiver<(String, String)>,
    /// One for each batch that the splitter is done with.
    split: Receiver<()>,
    database: Child,
}

impl Cloud {
    pub fn start(repeats: Repeats) -> Result<Self> {
        let (database, port) = start_database()?;
        let table = format!("http://127.0.0.1:{port}");
        aws(
            &table,
            &[
                "dynamodb",
                "create-table",
                "--table-name",
                "devices",
                "--billing-mode",
                "PAY_PER_REQUEST",
                "--attribute-definitions",
                "AttributeName=id,AttributeType=S",
                "--key-schema",
                "AttributeName=id,KeyType=HASH",
            ],
        )?;
        let splitter = Function::process("splitter", build_splitter()?)
            .env("REPEATS", repeats.name())
            .env("STORE_TABLE", "devices")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &table);
        let anybody = Function::in_process(
            "anybody",
            Arc::new(|_| {
                let allow = |action| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
                Ok(json!({
                    "isAuthenticated": true,
                    "principalId": "device",
                    "policyDocuments": [{"Version": "2012-10-17", "Statement": [allow("iot:Connect"), allow("iot:Publish")]}],
                    "disconnectAfterInSeconds": 3600,
                    "refreshAfterInSeconds": 3600,
                }))
            }),
        );
        let (done, split) = channel();
        let emulator = LocalIotCore::start(Config {
            on_trace: Some(tell_of_batches(done)),
            functions: vec![splitter, anybody],
            authorizers: vec![Authorizer::new(
                "any",
                "token",
                Decider::Function("anybody".to_owned()),
            )],
            ..Config::default()
        })
        .map_err(|e| e.to_string())?;
        let rule = json!({
            "sql": statement()?,
            "awsIotSqlVersion": "2016-03-23",
            "actions": [{"lambda": {
                "functionArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:splitter"),
            }}],
        });
        aws(
            &format!("http://{}", emulator.control_addr()),
            &[
                "iot",
                "create-topic-rule",
                "--rule-name",
                "readings",
                "--topic-rule-payload",
                &rule.to_string(),
            ],
        )?;
        let messages = ffi_tests::cloud::subscribe(emulator.mqtt_addr().port())?;
        Ok(Self {
            emulator,
            messages,
            split,
            database,
        })
    }

    /// What the subscriber has received, topics and texts, once the splitter is done with so many batches.
    pub fn received(&self, batches: usize) -> Result<Vec<(String, String)>> {
        for done in 0..batches {
            self.split.recv_timeout(TIMEOUT).map_err(|_| {
                let last = self.emulator.trace().last().map(ToString::to_string);
                format!(
                    "{done} of {batches} batches were split; the trace ends with {}",
                    last.unwrap_or_default()
                )
            })?;
        }
        // The broker keeps the order: what was published before this message comes before it.
        let end = Publish::new(self.emulator.endpoint(), END, b"")
            .authorizer(CustomAuthorizer::named("any").token("token", "t"));
        gateway::publish(self.emulator.http_addr(), &end)?;
        let mut received = Vec::new();
        loop {
            let message = self.messages.recv_timeout(TIMEOUT);
            let message = message.map_err(|_| "the subscriber is gone")?;
            if message.0 == END {
                return Ok(received);
            }
            received.push(message);
        }
    }
}

/// Of each batch once, whatever tries it took.
fn tell_of_batches(done: Sender<()>) -> TraceCallback {
    let done = Mutex::new(done);
    Arc::new(move |entry: &TraceEntry| {
        if entry.rule.is_some() && entry.invocation.as_ref().is_some_and(|run| run.succeeded) {
            // Nobody listens once the run is over.
            let _ = done.lock().unwrap_or_else(PoisonError::into_inner).send(());
        }
    })
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.database.kill();
        let _ = self.database.wait();
    }
}

fn start_database() -> Result<(Child, String)> {
    let python = std::env::var_os("MOTEPOST_PYTHON").unwrap_or_else(|| "python3".into());
    let script = xtask::workspace_root().join("cloud/authorizer/tests/dynamodb_server.py");
    let mut database = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("cannot run python3: {e}"))?;
    let mut port = String::new();
    let stdout = database.stdout.take().ok_or("no standard output")?;
    BufReader::new(stdout)
        .read_line(&mut port)
        .map_err(|e| e.to_string())?;
    if port.trim().is_empty() {
        return Err(
            "this Python has no moto[server]: see .ci/install, and set MOTEPOST_PYTHON".into(),
        );
    }
    Ok((database, port.trim().to_owned()))
}

/// The statement that the template deploys.
fn statement() -> Result<String> {
    let path = xtask::workspace_root().join("cloud/splitter/template.yaml");
    let template = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let line = template
        .lines()
        .find_map(|line| line.trim().strip_prefix("Sql: "));
    line.map(str::to_owned)
        .ok_or_else(|| "template.yaml has no Sql".into())
}

fn build_splitter() -> Result<std::path::PathBuf> {
    let status = Command::new("cargo")
        .current_dir(xtask::workspace_root())
        .args([
            "build",
            "--quiet",
            "--package",
            "motepost-splitter",
            "--features",
            "aws",
        ])
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if status.success() {
        Ok(xtask::target_dir().join("debug/splitter"))
    } else {
        Err("the splitter does not build".into())
    }
}

fn aws(endpoint: &str, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("aws");
    command
        .args(["--endpoint-url", endpoint])
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_PAGER", "");
    xtask::run_tool(&mut command, "awscli").map(|_| ())
}
