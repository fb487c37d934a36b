//! The ports from their opening to their end.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::accept::{self, Slots};
use super::initial_state::InitialState;
use crate::authorizers::grants::Grants;
use crate::broker::mqtt_broker::Broker;
use crate::broker::retained::RetainedStore;
use crate::config::Config;
use crate::core::{Addresses, Core};
use crate::function::invoke::Functions;
use crate::rules::engine::Engine;
use crate::trace::entry::TraceEntry;
use crate::trace::log::Trace;

/// The open ports.
struct Listeners {
    https: TcpListener,
    http: TcpListener,
    mqtt: TcpListener,
    control: TcpListener,
}

/// Opens every port, reports that it did or why it could not, and serves until it is stopped.
pub(super) async fn run(
    config: Config,
    initial: InitialState,
    trace: Arc<Trace>,
    tls: Arc<ServerConfig>,
    started: mpsc::Sender<Result<Arc<Core>, String>>,
    stopped: oneshot::Receiver<()>,
) {
    let opened = async {
        let (listeners, addresses) = open_ports(&config).await?;
        let core = start_core(config, initial, trace, addresses).await?;
        Ok::<_, String>((listeners, Arc::new(core)))
    };
    let (listeners, core) = match opened.await {
        Ok(opened) => opened,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let mqtt_slots = Arc::new(Slots::new(core.config.limits.mqtt_clients));
    spawn_servers(&core, listeners, tls, &mqtt_slots);
    let _ = started.send(Ok(Arc::clone(&core)));
    // An error means that the handle is gone, which asks for the same.
    let _ = stopped.await;
    shut_down(&core, &mqtt_slots).await;
}

async fn open_ports(config: &Config) -> Result<(Listeners, Addresses), String> {
    let (https, https_addr) = bind(config.listen, config.https_port).await?;
    let (http, http_addr) = bind(config.listen, config.http_port).await?;
    // It changes authorizers without credentials, so it is on loopback whatever the others do.
    let loopback = Ipv4Addr::LOCALHOST.into();
    let (control, control_addr) = bind(loopback, config.control_port).await?;
    // It asks for no credentials either.
    let (mqtt, mqtt_addr) = bind(loopback, config.mqtt_port).await?;
    let listeners = Listeners {
        https,
        http,
        mqtt,
        control,
    };
    let addresses = Addresses {
        https: https_addr,
        http: http_addr,
        mqtt: mqtt_addr,
        control: control_addr,
    };
    Ok((listeners, addresses))
}

/// The emulator, with its functions, rules and broker started.
async fn start_core(
    config: Config,
    initial: InitialState,
    trace: Arc<Trace>,
    addresses: Addresses,
) -> Result<Core, String> {
    let registry = Arc::new(initial.registry);
    let recorder = Arc::clone(&trace);
    let on_dropped = Box::new(move |reason| recorder.record(TraceEntry::lost(reason)));
    let functions = Arc::new(Functions::new(&config, addresses.control)?);
    let rules = Arc::new(Engine::new(
        Arc::clone(&registry),
        Arc::clone(&functions),
        Arc::clone(&trace),
        config.limits.rule_queue,
    ));
    let broker = Broker::start(&config.limits, on_dropped);
    broker.restore(initial.retained).await?;
    Ok(Core {
        addresses,
        config,
        registry,
        grants: Grants::default(),
        functions,
        rules,
        broker,
        retained: initial.state.map(RetainedStore::new),
        trace,
    })
}

/// A task for each port, and one that saves what is retained.
fn spawn_servers(
    core: &Arc<Core>,
    listeners: Listeners,
    tls: Arc<ServerConfig>,
    mqtt_slots: &Arc<Slots>,
) {
    let slots = Arc::new(Slots::new(core.config.limits.connections));
    tokio::spawn(accept::publishes(
        Arc::clone(core),
        listeners.https,
        Arc::clone(&slots),
        Some(tls),
    ));
    tokio::spawn(accept::publishes(
        Arc::clone(core),
        listeners.http,
        slots,
        None,
    ));
    tokio::spawn(accept::control(Arc::clone(core), listeners.control));
    tokio::spawn(accept::mqtt(
        Arc::clone(core),
        listeners.mqtt,
        Arc::clone(mqtt_slots),
    ));
    tokio::spawn(save_retained(Arc::clone(core)));
}

async fn shut_down(core: &Core, mqtt_slots: &Slots) {
    core.functions.stop().await;
    if let Some(store) = &core.retained
        && let Err(reason) = store.save(&core.broker).await
    {
        core.trace.record(TraceEntry::lost(reason));
    }
    core.broker.shutdown();
    // The clients of the plain port get the broker's last words.
    let _ = timeout(Duration::from_secs(1), mqtt_slots.all_free()).await;
}

/// Never returns if there is a state file.
async fn save_retained(core: Arc<Core>) {
    if let Some(store) = &core.retained {
        let failed = |reason| core.trace.record(TraceEntry::lost(reason));
        store.save_changes(&core.broker, failed).await;
    }
}

async fn bind(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), String> {
    let wanted = SocketAddr::from((address, port));
    let failed = |error: std::io::Error| format!("cannot listen on {wanted}: {error}");
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
