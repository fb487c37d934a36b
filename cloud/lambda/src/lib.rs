//! What Motepost's Lambda functions share: what is wrong with their configuration, and, with the feature `aws`, the way to
//! AWS's own services.

#[cfg(feature = "aws")]
mod aws;

#[cfg(feature = "aws")]
pub use aws::{AwsVariables, Timeouts, at, whole_text};

/// Why a function cannot start: which variable must be put right, and how.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl ConfigError {
    /// The variable, and a problem that reads on after its name and a colon.
    pub fn new(variable: &'static str, problem: impl ToString) -> Self {
        Self {
            variable,
            problem: problem.to_string(),
        }
    }
}
