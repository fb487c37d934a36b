//! A function as the configuration gives it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

/// Takes the Lambda's event, returns the Lambda's response. An `Err` is what an exception is to a Lambda.
pub type AuthorizerFunction = Arc<dyn Fn(&Value) -> Result<Value, String> + Send + Sync>;

/// A function that an authorizer or a topic rule can name by its ARN, `arn:aws:lambda:<region>:<account>:function:<name>`.
#[derive(Clone)]
pub struct Function {
    pub(super) name: String,
    pub(super) code: Code,
}

#[derive(Clone)]
pub(super) enum Code {
    InProcess(AuthorizerFunction),
    Process(Program),
}

/// An executable, and what it finds in its environment.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
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
    /// script with a `#!` line. Or a handler as it is deployed to Lambda: a file that ends in `.js`, `.mjs` or `.cjs`,
    /// whose export `handler` node runs, or in `.py`, whose `lambda_handler` or `handler` python3 runs; the variable
    /// `_HANDLER` names another.
    ///
    /// It is started when an event comes and every process of it is at work, up to
    /// [`Limits::function_concurrency`](crate::Limits), with the environment of a Lambda, of this process's own
    /// environment only `PATH`, `HOME` and `TMPDIR`, and in the directory of the file. A process handles one event after
    /// the other and ends when it has been idle for long, or with the emulator.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_environment_is_not_shown() {
        let function = Function::process("f", "/bin/true").env("KEY", "secret");
        assert_eq!(
            format!("{function:?}"),
            r#"Function { name: "f", program: Some("/bin/true"), .. }"#
        );
    }
}
