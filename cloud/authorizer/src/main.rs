//! The AWS Lambda: asks the runtime API for one event after the other, and responds to each.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use motepost_authorizer::{Authorizer, Config, ConfigError};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let authorizer = match start().await {
        Ok(authorizer) => authorizer,
        Err(error) => {
            eprintln!("authorizer: {error}");
            return ExitCode::FAILURE;
        }
    };
    let authorizer = &authorizer;
    let respond = |event: LambdaEvent<Value>| async move {
        // With a clock that stands before 1970 every token is too old.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(u64::MAX, |now| now.as_secs());
        let decision = authorizer.decide(&event.payload, now).await;
        println!("{}", decision.log_line());
        Ok::<Value, Error>(decision.response())
    };
    match lambda_runtime::run(service_fn(respond)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("authorizer: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<Authorizer, ConfigError> {
    Authorizer::open(Config::from_environment(|name| std::env::var(name).ok())?).await
}
