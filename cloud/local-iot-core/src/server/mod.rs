//! The ports, and the thread that serves them.

pub(crate) mod accept;
mod tls;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;

use crate::authorizers::authorizer::{Authorizer, Decider};
use crate::authorizers::registry::{AuthorizerRecord, Registry, Snapshot};
use crate::broker::mqtt::Broker;
use crate::broker::retained::RetainedStore;
use crate::broker::state_file::{RetainedMessage, StateFile};
use crate::config::{ARTICLE_FUNCTION, Config};
use crate::control;
use crate::core::{Addresses, Core, ENDPOINT, Peer};
use crate::function::{self, Function, Functions};
use crate::http;
use crate::publish::connection;
use crate::trace::entry::{Invocation, Trace, TraceEntry};
use accept::next;
use tls::Identity;

/// A running stand-in. Dropping it closes every port and connection and waits until that is done.
pub struct LocalIotCore {
    core: Arc<Core>,
    runtime: tokio::runtime::Handle,
    ca_pem: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why the stand-in could not start: a configuration that AWS would refuse, or a port that is taken.
#[derive(Debug)]
pub struct StartError(String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl LocalIotCore {
    /// Starts it on threads of its own and returns once every port accepts connections.
    pub fn start(config: Config) -> Result<Self, StartError> {
        Self::launch(config).map_err(StartError)
    }

    fn launch(mut config: Config) -> Result<Self, String> {
        let held = InitialState::load(&mut config)?;
        let Identity {
            ca_pem,
            config: tls,
        } = tls::identity(names(&config), config.behaviour.tls_resumption)?;
        let trace = Arc::new(Trace::new(
            config.limits.trace_entries,
            config.on_trace.clone(),
        ));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            // Authorizer functions run on these; one that hangs keeps its thread.
            .max_blocking_threads(function::BLOCKING_THREADS)
            .thread_name("local-iot-core")
            .enable_all()
            .build()
            .map_err(|error| format!("threads: {error}"))?;
        let (stop, stopped) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let handle = runtime.handle().clone();
        // On a thread of its own the runtime may be dropped even where the caller is itself asynchronous.
        let thread = std::thread::spawn(move || {
            runtime.block_on(run(config, held, trace, tls, started, stopped));
            runtime.shutdown_timeout(Duration::from_millis(200));
        });
        let core = starting
            .recv()
            .map_err(|_| "it ended before it began".to_owned())??;
        Ok(Self {
            core,
            runtime: handle,
            ca_pem,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where `https://` listens.
    pub fn https_addr(&self) -> SocketAddr {
        self.core.addresses.https
    }

    /// Where `http://` listens.
    pub fn http_addr(&self) -> SocketAddr {
        self.core.addresses.http
    }

    /// Where MQTT clients can subscribe.
    pub fn mqtt_addr(&self) -> SocketAddr {
        self.core.addresses.mqtt
    }

    /// Where the control plane and the console page are, in plain HTTP.
    pub fn control_addr(&self) -> SocketAddr {
        self.core.addresses.control
    }

    /// The host name to connect to: the first in the certificate.
    pub fn endpoint(&self) -> &'static str {
        ENDPOINT
    }

    /// The certificate to trust, in PEM. Every start makes a new one.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Runs a function with this very event, as no authorizer would make it: its answer, or why there is none, and
    /// what it printed. Nothing is cut out of either, and the trace has no entry of it.
    pub fn invoke(&self, function: &str, event: &Value) -> (Result<Value, String>, Invocation) {
        let (core, event) = (Arc::clone(&self.core), event.clone());
        let arn = function::arn_prefix(&core.config.region, &core.config.account) + function;
        let (done, doing) = mpsc::channel();
        // Not `block_on`, which panics where the caller is itself asynchronous.
        self.runtime.spawn(async move {
            let limit = core.config.limits.function_time;
            let ran = core.functions.invoke(&arn, event, Vec::new(), limit).await;
            // Whoever asked is waiting.
            let _ = done.send((ran.result, ran.invocation));
        });
        doing.recv().unwrap_or_else(|_| {
            let invocation = Invocation {
                function: function.to_owned(),
                succeeded: false,
                cached: false,
                duration: Duration::ZERO,
                output: Vec::new(),
            };
            (Err("the stand-in has ended".to_owned()), invocation)
        })
    }

    /// What was accepted and refused so far, oldest first; a bounded number of entries. An entry is there before its
    /// answer is.
    pub fn trace(&self) -> Vec<TraceEntry> {
        self.core.trace.entries()
    }

    /// Waits until `recorded` entries have been recorded since the start, or until the time is over; returns the
    /// entries there are.
    pub fn wait_for_trace(&self, recorded: usize, limit: Duration) -> Vec<TraceEntry> {
        self.core.trace.wait(recorded, limit)
    }
}

impl Drop for LocalIotCore {
    fn drop(&mut self) {
        // Either may be gone already if the thread panicked; there is nothing left to stop then.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn names(config: &Config) -> Vec<String> {
    let like_aws = format!("local-ats.iot.{}.amazonaws.com", config.region);
    let mut names = vec![
        ENDPOINT.to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
        like_aws,
    ];
    if !config.listen.is_unspecified() {
        names.push(config.listen.to_string());
    }
    for name in &config.extra_names {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

async fn run(
    config: Config,
    held: InitialState,
    trace: Arc<Trace>,
    tls: Arc<ServerConfig>,
    started: mpsc::Sender<Result<Arc<Core>, String>>,
    stopped: oneshot::Receiver<()>,
) {
    let ports = async {
        let https = bind(config.listen, config.https_port).await?;
        let plain = bind(config.listen, config.http_port).await?;
        // It changes authorizers for whoever asks, so it is on loopback whatever the others do.
        let control = bind(Ipv4Addr::LOCALHOST.into(), config.control_port).await?;
        let told = Arc::clone(&trace);
        let on_dropped = Box::new(move |reason| told.record(connection::lost(reason)));
        let broker = Broker::start(config.mqtt_port, &config.limits, on_dropped).await?;
        broker.0.restore(held.retained).await?;
        let functions = Functions::new(config.functions.clone(), &config.region, &config.account)?;
        Ok::<_, String>((https, plain, control, broker, functions))
    };
    let (
        (https, https_addr),
        (plain, http_addr),
        (control, control_addr),
        (broker, broker_task),
        functions,
    ) = match ports.await {
        Ok(ports) => ports,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let addresses = Addresses {
        https: https_addr,
        http: http_addr,
        mqtt: broker.address(),
        control: control_addr,
    };
    let slots = Arc::new(Semaphore::new(config.limits.connections));
    let core = Arc::new(Core {
        addresses,
        config,
        registry: held.registry,
        functions,
        broker,
        retained: held.state.map(RetainedStore::new),
        trace,
    });
    tokio::spawn(accept(
        Arc::clone(&core),
        https,
        Arc::clone(&slots),
        Some(tls),
    ));
    tokio::spawn(accept(Arc::clone(&core), plain, slots, None));
    tokio::spawn(control::serve(Arc::clone(&core), control));
    tokio::spawn(keep_retained(Arc::clone(&core)));
    let _ = started.send(Ok(Arc::clone(&core)));
    // An error means that the handle is gone without a word, which is the same wish.
    let _ = stopped.await;
    core.functions.stop().await;
    if let Some(keeper) = &core.retained
        && let Err(reason) = keeper.write(&core.broker).await
    {
        core.trace.record(connection::lost(reason));
    }
    core.broker.shutdown();
    let _ = timeout(Duration::from_secs(1), broker_task).await;
}

/// What exists at the start: of the state file and of the configuration.
struct InitialState {
    registry: Registry,
    retained: Vec<RetainedMessage>,
    state: Option<Arc<StateFile>>,
}

impl InitialState {
    fn load(config: &mut Config) -> Result<Self, String> {
        if config
            .functions
            .iter()
            .all(|f| f.name() != ARTICLE_FUNCTION)
        {
            let article = config.article_function();
            config
                .functions
                .push(Function::in_process(ARTICLE_FUNCTION, article));
        }
        let (state, loaded) = match &config.state {
            Some(path) => {
                let (state, loaded) = StateFile::open(path)?;
                (Some(Arc::new(state)), loaded)
            }
            None => (None, None),
        };
        let is_free = || {
            let mut names = config.authorizers.iter().map(|a| &a.name);
            names.all(|name| name != ARTICLE_AUTHORIZER)
        };
        if config.unsigned_authorizer && loaded.is_none() && is_free() {
            let article = Decider::Function(ARTICLE_FUNCTION.to_owned());
            config
                .authorizers
                .push(Authorizer::new(ARTICLE_AUTHORIZER, "token", article));
        }
        let (mut snapshot, retained) = loaded.map_or_else(Default::default, |loaded| {
            (loaded.snapshot, loaded.retained)
        });
        let mut named = Snapshot::default();
        for authorizer in config.authorizers.clone() {
            let authorizer = registered(authorizer, config);
            if named.authorizers.contains_key(&authorizer.name) {
                return Err(format!("authorizer {}: the name is taken", authorizer.name));
            }
            named.add(authorizer);
        }
        snapshot.authorizers.append(&mut named.authorizers);
        if config.default_authorizer.is_some() {
            snapshot.default.clone_from(&config.default_authorizer);
        }
        let save = state
            .clone()
            .map(|state| -> crate::authorizers::registry::Save {
                Box::new(move |snapshot| state.save_authorizers(snapshot))
            });
        let registry = Registry::new(snapshot.clone(), save)?;
        if let Some(state) = &state {
            state.save_authorizers(&snapshot)?;
        }
        Ok(Self {
            registry,
            retained,
            state,
        })
    }
}

/// The article's, which asks the article's function.
const ARTICLE_AUTHORIZER: &str = "unsignedAuthorizer";

/// A function that an authorizer has for itself gets a name and an ARN as well, so that the control plane can show it.
fn registered(authorizer: Authorizer, config: &mut Config) -> AuthorizerRecord {
    let function = match authorizer.function {
        Decider::Function(name) => name,
        Decider::InProcess(function) => {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            let stem: String = authorizer.name.chars().map(plain).take(60).collect();
            let taken = |name: &String| config.functions.iter().any(|f| f.name() == name.as_str());
            let name = (1..)
                .map(|n| {
                    if n == 1 {
                        stem.clone()
                    } else {
                        format!("{stem}-{n}")
                    }
                })
                .find(|name| !taken(name))
                .unwrap_or(stem);
            config.functions.push(Function::in_process(&name, function));
            name
        }
    };
    let now = SystemTime::now();
    AuthorizerRecord {
        name: authorizer.name,
        function_arn: function::arn_prefix(&config.region, &config.account) + &function,
        token_key_name: authorizer.token_key_name,
        signing_disabled: authorizer.signing_disabled,
        public_keys: authorizer.public_keys,
        active: authorizer.active,
        caching_for_http: authorizer.caching_for_http,
        created: now,
        modified: now,
    }
}

/// Never returns, if there is a state file.
async fn keep_retained(core: Arc<Core>) {
    if let Some(keeper) = &core.retained {
        let failed = |reason| core.trace.record(connection::lost(reason));
        keeper.keep(&core.broker, failed).await;
    }
}

async fn bind(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), String> {
    let wanted = SocketAddr::from((address, port));
    let failed = |error: std::io::Error| format!("cannot listen on {wanted}: {error}");
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn accept(
    core: Arc<Core>,
    listener: TcpListener,
    slots: Arc<Semaphore>,
    tls: Option<Arc<ServerConfig>>,
) {
    loop {
        if let Some((stream, from, slot)) = next(&core, &listener, &slots).await {
            tokio::spawn(serve(Arc::clone(&core), stream, from, tls.clone(), slot));
        }
    }
}

async fn serve(
    core: Arc<Core>,
    stream: TcpStream,
    address: IpAddr,
    tls: Option<Arc<ServerConfig>>,
    _slot: OwnedSemaphorePermit,
) {
    let Ok(connection_id) = http::uuid() else {
        core.trace.record(connection::lost(
            "the system gives no random bytes".to_owned(),
        ));
        return;
    };
    let mut peer = Peer {
        address,
        tls: tls.is_some(),
        server_name: None,
        connection_id,
        owner_only: false,
    };
    let Some(tls) = tls else {
        return connection::serve(&core, &peer, stream).await;
    };
    let limit = core.config.limits.head_time;
    let handshake = async {
        let start = LazyConfigAcceptor::new(Default::default(), stream).await;
        let start = start.map_err(|error| format!("TLS: {error}"))?;
        let hello = start.client_hello();
        let server_name = hello.server_name().map(str::to_owned);
        let fault = tls::alpn_fault(&hello);
        let stream = start.into_stream(tls).await;
        let stream = stream.map_err(|error| fault.unwrap_or_else(|| format!("TLS: {error}")))?;
        Ok((stream, server_name))
    };
    match timeout(limit, handshake).await {
        Ok(Ok((stream, server_name))) => {
            peer.server_name = server_name;
            connection::serve(&core, &peer, stream).await;
        }
        Ok(Err(reason)) => core.trace.record(connection::lost(reason)),
        Err(_) => core.trace.record(connection::lost(format!(
            "the TLS handshake took longer than {limit:?}"
        ))),
    }
}
