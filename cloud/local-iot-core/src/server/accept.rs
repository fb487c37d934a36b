//! The next connection of a port, within the number that may be open.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::core::Core;
use crate::publish::connection;

/// `None` for one that is closed at once. The permit is to be kept for as long as the connection.
pub(crate) async fn next(
    core: &Core,
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let Ok((stream, from)) = listener.accept().await else {
        // Out of file descriptors, most likely: trying again at once would only burn the processor.
        tokio::time::sleep(Duration::from_millis(20)).await;
        return None;
    };
    if let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
        // Answers are one write each; waiting to fill a segment would only delay them. A socket that cannot do it
        // still works.
        let _ = stream.set_nodelay(true);
        return Some((stream, from.ip(), slot));
    }
    let limit = core.config.limits.connections;
    core.trace.record(connection::lost(format!(
        "closed at once: {limit} connections are open already"
    )));
    None
}
