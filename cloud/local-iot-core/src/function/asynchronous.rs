//! Lambda's asynchronous invocation, by which a rule calls a function (Lambda Developer Guide, "Invoking a Lambda function
//! asynchronously"; AWS IoT Developer Guide, "Lambda"): the caller does not wait, an event waits for its turn, and one that fails
//! is tried twice more.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::invoke::{FunctionRun, Functions};
use crate::trace::redact::Secrets;

/// Lambda quotas: the payload of an asynchronous invocation.
const MOST_BYTES: usize = 1024 * 1024;

/// One try.
pub(crate) struct Attempt {
    pub(crate) run: FunctionRun,
    /// When it is tried again; `None` after a success or the last try.
    pub(crate) next: Option<Duration>,
}

impl Functions {
    /// Returns at once; an error says why the event was not taken. Each try is reported, without the secrets of the
    /// request that led to it.
    pub(crate) fn invoke_later(
        self: &Arc<Self>,
        arn: &str,
        event: Value,
        secrets: Secrets,
        mut report: impl FnMut(Attempt) + Send + 'static,
    ) -> Result<(), String> {
        let turn = self.turn(arn)?;
        let length = event.to_string().len();
        if length > MOST_BYTES {
            return Err(format!(
                "the event has {length} bytes, and Lambda takes {MOST_BYTES}"
            ));
        }
        let (functions, arn) = (Arc::clone(self), arn.to_owned());
        tokio::spawn(async move {
            let mut delays = functions.event_retries.clone().into_iter();
            loop {
                // Closed when the emulator ends.
                let Ok(turn) = Arc::clone(&turn).acquire_owned().await else {
                    return;
                };
                let limit = functions.event_time;
                let run = functions
                    .invoke(&arn, event.clone(), secrets.clone(), limit)
                    .await;
                drop(turn);
                let next = if run.result.is_err() {
                    delays.next()
                } else {
                    None
                };
                report(Attempt { run, next });
                let Some(delay) = next else { return };
                tokio::time::sleep(delay).await;
            }
        });
        Ok(())
    }
}
