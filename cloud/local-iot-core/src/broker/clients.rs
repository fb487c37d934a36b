//! Which MQTT clients are connected, and what they subscribe to, for people to see.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::sync::watch;

/// A client that is connected.
#[derive(Clone, Serialize)]
pub(crate) struct ConnectedClient {
    /// The broker's.
    #[serde(skip)]
    id: Arc<str>,
    /// The client's own id, as it may be shown: an authorizer may take its token from it.
    #[serde(rename = "id")]
    shown: String,
    /// In milliseconds since 1970.
    since: u64,
    filters: Vec<String>,
}

/// All that are connected, the newest last.
pub(super) struct Clients {
    all: watch::Sender<Vec<ConnectedClient>>,
}

impl Clients {
    pub(super) fn new() -> Self {
        Self {
            all: watch::Sender::new(Vec::new()),
        }
    }

    pub(super) fn follow(&self) -> watch::Receiver<Vec<ConnectedClient>> {
        self.all.subscribe()
    }

    pub(super) fn add(&self, id: &Arc<str>, shown: String) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let client = ConnectedClient {
            id: Arc::clone(id),
            shown,
            since: since.map_or(0, |since| since.as_millis() as u64),
            filters: Vec::new(),
        };
        self.all.send_modify(|all| all.push(client));
    }

    /// The oldest connection of that id, for a new one may have taken it over.
    pub(super) fn remove(&self, id: &str) {
        self.all.send_modify(|all| {
            if let Some(at) = all.iter().position(|client| *client.id == *id) {
                all.remove(at);
            }
        });
    }

    pub(super) fn subscribe(&self, id: &str, filter: &str) {
        self.change(id, |filters| {
            if !filters.iter().any(|known| known == filter) {
                filters.push(filter.to_owned());
            }
        });
    }

    pub(super) fn unsubscribe(&self, id: &str, filter: &str) {
        self.change(id, |filters| filters.retain(|known| known != filter));
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Vec<String>)) {
        self.all.send_modify(|all| {
            if let Some(client) = all.iter_mut().rfind(|client| *client.id == *id) {
                change(&mut client.filters);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_that_are_there_are_known_with_their_filters() {
        let clients = Clients::new();
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        clients.add(&a, "a".to_owned());
        clients.add(&b, "b".to_owned());
        clients.subscribe("a", "x/#");
        clients.subscribe("a", "x/#");
        clients.subscribe("a", "y");
        clients.unsubscribe("a", "y");
        clients.remove("b");
        let shown = serde_json::to_value(&*clients.follow().borrow()).unwrap();
        assert_eq!(shown[0]["id"], "a");
        assert_eq!(shown[0]["filters"], serde_json::json!(["x/#"]));
        assert_eq!(shown.as_array().map(Vec::len), Some(1));
    }
}
