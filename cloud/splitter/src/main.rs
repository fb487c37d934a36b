//! The AWS Lambda: asks the runtime API for one batch after the other, and splits each.

use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use motepost_splitter::{Config, Splitter};
use serde_json::Value;

/// So long before the function's end no message is begun.
const MARGIN: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let config = Config::from_environment(|name| std::env::var(name).ok());
    let splitter = match config {
        Ok(config) => Splitter::new(&config),
        Err(error) => {
            eprintln!("splitter: {error}");
            return ExitCode::FAILURE;
        }
    };
    let splitter = &splitter;
    let split = |event: LambdaEvent<Value>| async move {
        let deadline = UNIX_EPOCH + Duration::from_millis(event.context.deadline) - MARGIN;
        let outcome = splitter.split(&event.payload, deadline).await;
        println!("{}", serde_json::to_string(&outcome)?);
        if outcome.failed == 0 {
            Ok(serde_json::to_value(outcome)?)
        } else {
            // Lambda tries again, and then sends the event to the queue.
            let text = format!(
                "{} not published: {}",
                outcome.failed,
                outcome.reasons.join("; ")
            );
            Err(Error::from(text))
        }
    };
    match lambda_runtime::run(service_fn(split)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("splitter: {error}");
            ExitCode::FAILURE
        }
    }
}
