//! The authorizer functions: in AWS Lambdas, here functions in this process or processes of their own, with the same
//! event and the same answer.

mod article;
mod output;
mod process;
mod runtime_api;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;

use crate::trace::entry::Invocation;
pub(crate) use article::new as article;
use process::{ProcessRun, Supervisor};

/// Takes the Lambda's event, returns the Lambda's answer. An `Err` is what an exception is to a Lambda.
pub type AuthorizerFunction = Arc<dyn Fn(&Value) -> Result<Value, String> + Send + Sync>;

/// A function that an authorizer can name by its ARN, `arn:aws:lambda:<region>:<account>:function:<name>`.
#[derive(Clone)]
pub struct Function {
    name: String,
    code: Code,
}

#[derive(Clone)]
enum Code {
    InProcess(AuthorizerFunction),
    Process(Program),
}

/// An executable, and what it finds in its environment.
#[derive(Clone)]
pub(crate) struct Program {
    path: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Function {
    /// A function in this process.
    pub fn in_process(name: &str, function: AuthorizerFunction) -> Self {
        Self {
            name: name.to_owned(),
            code: Code::InProcess(function),
        }
    }

    /// An executable that speaks the Lambda runtime API, such as the `bootstrap` of a custom runtime: a binary, or a
    /// script with a `#!` line. It is started at its first invocation with the environment of a Lambda, of this
    /// process's own environment only `PATH`, `HOME` and `TMPDIR`, and in the directory of the executable. It handles
    /// one event after the other, is started again when it has ended, and ends with the stand-in.
    pub fn process(name: &str, program: impl Into<PathBuf>) -> Self {
        Self {
            name: name.to_owned(),
            code: Code::Process(Program {
                path: program.into(),
                environment: BTreeMap::new(),
            }),
        }
    }

    /// Adds a variable to the process's environment; a function in this process has none of its own.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        if let Code::Process(program) = &mut self.code {
            program.environment.insert(key.to_owned(), value.to_owned());
        }
        self
    }

    /// The name in its ARN.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Leaves out the environment, where secrets are.
impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = match &self.code {
            Code::InProcess(_) => None,
            Code::Process(program) => Some(&program.path),
        };
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("program", &program)
            .finish_non_exhaustive()
    }
}

/// How many calls of functions in this process may be at work at once. One that hangs keeps its thread, and these
/// leave some of [`BLOCKING_THREADS`] for the state file.
const CALLS: usize = BLOCKING_THREADS - 16;
pub(crate) const BLOCKING_THREADS: usize = 64;

/// The functions that exist, ready to be invoked.
pub(crate) struct Functions {
    arn_prefix: String,
    calls: Arc<Semaphore>,
    by_name: HashMap<String, Runner>,
}

enum Runner {
    InProcess(AuthorizerFunction),
    Process(Supervisor),
}

/// What came of an invocation.
pub(crate) struct FunctionRun {
    pub(crate) result: Result<Value, String>,
    pub(crate) invocation: Invocation,
}

/// The ARN without the function's name.
pub(crate) fn arn_prefix(region: &str, account: &str) -> String {
    format!("arn:aws:lambda:{region}:{account}:function:")
}

/// What is wrong with the ARN of a function, if anything: `arn:<partition>:lambda:<region>:<account>:function:<name>`
/// with, at most, a version or an alias behind it.
pub(crate) fn check_arn(arn: &str) -> Result<(), String> {
    let parts: Vec<_> = arn.split(':').collect();
    let right = match parts.as_slice() {
        [
            "arn",
            partition,
            "lambda",
            region,
            account,
            "function",
            name,
            rest @ ..,
        ] => {
            [partition, region, account].iter().all(|p| !p.is_empty())
                && is_name(name)
                && rest.len() < 2
        }
        _ => false,
    };
    if right && arn.len() <= 2048 {
        return Ok(());
    }
    Err("authorizerFunctionArn is not arn:aws:lambda:<region>:<account>:function:<name>".to_owned())
}

/// Lambda's rule for a name (Lambda API reference, "CreateFunction").
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    (1..=64).contains(&name.len()) && name.chars().all(allowed)
}

impl Functions {
    /// Inside a runtime, for a process has a task that looks after it.
    pub(crate) fn new(
        functions: Vec<Function>,
        region: &str,
        account: &str,
    ) -> Result<Self, String> {
        let arn_prefix = arn_prefix(region, account);
        let mut by_name = HashMap::new();
        for Function { name, code } in functions {
            if !is_name(&name) {
                return Err(format!(
                    "function {name:?}: a name is 1 to 64 letters, digits and -_"
                ));
            }
            let runner = match code {
                Code::InProcess(function) => Runner::InProcess(function),
                Code::Process(program) => Runner::Process(Supervisor::new(
                    &name,
                    format!("{arn_prefix}{name}"),
                    region,
                    program,
                )?),
            };
            if by_name.insert(name.clone(), runner).is_some() {
                return Err(format!("function {name}: the name is taken"));
            }
        }
        Ok(Self {
            arn_prefix,
            calls: Arc::new(Semaphore::new(CALLS)),
            by_name,
        })
    }

    /// Ends every process, and returns once they have ended.
    pub(crate) async fn stop(&self) {
        for runner in self.by_name.values() {
            if let Runner::Process(supervisor) = runner {
                supervisor.stop().await;
            }
        }
    }

    /// Runs the function of that ARN. Whatever it prints has the secrets cut out.
    pub(crate) async fn invoke(
        &self,
        arn: &str,
        event: Value,
        secrets: Vec<String>,
        limit: Duration,
    ) -> FunctionRun {
        let begun = Instant::now();
        let done = match self.runner(arn) {
            Ok(Runner::InProcess(function)) => ProcessRun {
                result: self.call(function, event, limit).await,
                output: Vec::new(),
            },
            Ok(Runner::Process(supervisor)) => supervisor.invoke(event, secrets, limit).await,
            Err(reason) => ProcessRun {
                result: Err(reason),
                output: Vec::new(),
            },
        };
        FunctionRun {
            invocation: Invocation {
                function: self.name(arn).to_owned(),
                succeeded: done.result.is_ok(),
                cached: false,
                duration: begun.elapsed(),
                output: done.output,
            },
            result: done.result,
        }
    }

    /// A function's name, or the whole ARN of one from elsewhere.
    pub(crate) fn name<'a>(&self, arn: &'a str) -> &'a str {
        arn.strip_prefix(&self.arn_prefix).unwrap_or(arn)
    }

    fn runner(&self, arn: &str) -> Result<&Runner, String> {
        let rest = arn.strip_prefix(&self.arn_prefix).ok_or_else(|| {
            format!(
                "{arn} is not of this region and account: functions here begin with {}",
                self.arn_prefix
            )
        })?;
        let name = rest.split_once(':').map_or(rest, |(name, _)| name);
        self.by_name.get(name).ok_or_else(|| {
            let mut known: Vec<_> = self.by_name.keys().map(String::as_str).collect();
            known.sort_unstable();
            format!(
                "there is no function {name}: the stand-in was started with {}",
                known.join(", ")
            )
        })
    }

    /// Runs it aside, so that a slow function holds up no other request.
    async fn call(
        &self,
        function: &AuthorizerFunction,
        event: Value,
        limit: Duration,
    ) -> Result<Value, String> {
        let (function, calls) = (Arc::clone(function), Arc::clone(&self.calls));
        let running = async {
            // It is never closed.
            let permit = calls.acquire_owned().await;
            tokio::task::spawn_blocking(move || {
                let answer = function(&event);
                drop(permit);
                answer
            })
            .await
        };
        match tokio::time::timeout(limit, running).await {
            Ok(Ok(answer)) => answer.map_err(|error| format!("the function failed: {error}")),
            Ok(Err(_)) => Err("the function panicked".to_owned()),
            Err(_) => Err(process::too_slow(limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_arn_of_a_function() {
        for arn in [
            "arn:aws:lambda:eu-central-1:123456789012:function:f",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:a-b_C1",
            "arn:aws:lambda:eu-central-1:123456789012:function:f:$LATEST",
        ] {
            assert_eq!(check_arn(arn), Ok(()), "{arn}");
        }
        let long = format!("arn:aws:lambda:eu-central-1:1:function:{}", "x".repeat(65));
        for arn in [
            "",
            "f",
            "arn:aws:lambda:eu-central-1:123456789012:function:",
            "arn:aws:lambda:eu-central-1:123456789012:function:a b",
            "arn:aws:lambda:eu-central-1:123456789012:layer:f",
            "arn:aws:lambda::123456789012:function:f",
            "arn:aws:iot:eu-central-1:123456789012:function:f",
            "arn:aws:lambda:eu-central-1:123456789012:function:f:1:2",
            &long,
        ] {
            assert!(check_arn(arn).is_err(), "{arn}");
        }
    }

    #[test]
    fn its_environment_is_not_shown() {
        let function = Function::process("f", "/bin/true").env("KEY", "secret");
        assert_eq!(
            format!("{function:?}"),
            r#"Function { name: "f", program: Some("/bin/true"), .. }"#
        );
    }
}
