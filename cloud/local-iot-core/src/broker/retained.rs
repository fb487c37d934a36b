//! Retained messages on their way into the state file. Whoever published one is answered when the file holds it;
//! many may wait for the same writing of the file.

use std::sync::Arc;

use tokio::sync::watch;

use crate::broker::mqtt::Broker;
use crate::broker::state_file::StateFile;

pub(crate) struct RetainedStore {
    state: Arc<StateFile>,
    written: watch::Sender<Written>,
}

/// What became of the last writing.
#[derive(Clone, Default)]
struct Written {
    /// How many times a message had been retained or forgotten before.
    count: u64,
    failed: Option<String>,
}

impl RetainedStore {
    pub(crate) fn new(state: Arc<StateFile>) -> Self {
        Self {
            state,
            written: watch::Sender::default(),
        }
    }

    /// Returns once the file holds what is retained now.
    pub(crate) async fn wait(&self, broker: &Broker) -> Result<(), String> {
        let count = *broker.retained_count().borrow();
        let mut written = self.written.subscribe();
        // The sender lives as long as this.
        let Ok(written) = written.wait_for(|written| written.count >= count).await else {
            return Ok(());
        };
        written.failed.clone().map_or(Ok(()), Err)
    }

    /// Writes the file after each change; never returns. Told of each writing that fails.
    pub(crate) async fn keep(&self, broker: &Broker, failed: impl Fn(String)) {
        let mut count = broker.retained_count();
        loop {
            let until = *count.borrow_and_update();
            if until > self.written.borrow().count {
                let wrong = self.write(broker).await.err();
                if let Some(reason) = &wrong {
                    failed(reason.clone());
                }
                self.written.send_replace(Written {
                    count: until,
                    failed: wrong,
                });
            }
            if count.changed().await.is_err() {
                return;
            }
        }
    }

    pub(crate) async fn write(&self, broker: &Broker) -> Result<(), String> {
        let (retained, state) = (broker.retained().await, Arc::clone(&self.state));
        let written = tokio::task::spawn_blocking(move || state.save_retained(retained)).await;
        written
            .unwrap_or_else(|error| Err(error.to_string()))
            .map_err(|reason| format!("the retained messages could not be kept: {reason}"))
    }
}
