//! Retained messages on their way into the state file. A publisher gets its response when the file holds its message;
//! many may wait for the same save.

use std::sync::Arc;

use tokio::sync::watch;

use crate::broker::mqtt_broker::Broker;
use crate::broker::state_file::StateFile;

pub(crate) struct RetainedStore {
    state: Arc<StateFile>,
    saved: watch::Sender<LastSave>,
}

/// What became of the last save.
#[derive(Clone, Default)]
struct LastSave {
    /// How many times a message had been retained or forgotten before.
    count: u64,
    failed: Option<String>,
}

impl RetainedStore {
    pub(crate) fn new(state: Arc<StateFile>) -> Self {
        Self {
            state,
            saved: watch::Sender::default(),
        }
    }

    /// Returns once the file holds what is retained now.
    pub(crate) async fn wait_until_saved(&self, broker: &Broker) -> Result<(), String> {
        let count = *broker.retained_count().borrow();
        let mut saved = self.saved.subscribe();
        // The sender lives as long as this.
        let Ok(saved) = saved.wait_for(|saved| saved.count >= count).await else {
            return Ok(());
        };
        saved.failed.clone().map_or(Ok(()), Err)
    }

    /// Saves after each change; never returns. `failed` gets the reason of each save that fails.
    pub(crate) async fn save_changes(&self, broker: &Broker, failed: impl Fn(String)) {
        let mut count = broker.retained_count();
        loop {
            let until = *count.borrow_and_update();
            if until > self.saved.borrow().count {
                let wrong = self.save(broker).await.err();
                if let Some(reason) = &wrong {
                    failed(reason.clone());
                }
                self.saved.send_replace(LastSave {
                    count: until,
                    failed: wrong,
                });
            }
            if count.changed().await.is_err() {
                return;
            }
        }
    }

    pub(crate) async fn save(&self, broker: &Broker) -> Result<(), String> {
        let (retained, state) = (broker.retained().await, Arc::clone(&self.state));
        let saved = tokio::task::spawn_blocking(move || state.save_retained(retained)).await;
        saved
            .unwrap_or_else(|error| Err(error.to_string()))
            .map_err(|reason| format!("the retained messages could not be kept: {reason}"))
    }
}
