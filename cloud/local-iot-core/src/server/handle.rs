//! The running emulator, as the program that starts it holds it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use super::initial_state::InitialState;
use super::names;
use super::ports;
use super::tls::{self, Identity};
use crate::config::Config;
use crate::core::{Core, ENDPOINT};
use crate::function::arn;
use crate::function::invoke::BLOCKING_THREADS;
use crate::trace::entry::{Invocation, TraceEntry};
use crate::trace::log::Trace;
use crate::trace::redact::Secrets;

/// A running emulator. Dropping it closes every port and connection and waits until that is done.
pub struct LocalIotCore {
    core: Arc<Core>,
    runtime: tokio::runtime::Handle,
    ca_pem: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why the emulator could not start: a configuration that AWS would refuse, or a port that is taken.
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
        let initial = InitialState::load(&mut config)?;
        let Identity {
            ca_pem,
            config: tls,
        } = tls::identity(&config, &names::of(&config))?;
        let trace = Arc::new(Trace::new(
            config.limits.trace_entries,
            config.on_trace.clone(),
        ));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            // Authorizer functions run on these; one that hangs keeps its thread.
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("local-iot-core")
            .enable_all()
            .build()
            .map_err(|error| format!("threads: {error}"))?;
        let (stop, stopped) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let handle = runtime.handle().clone();
        // On a thread of its own the runtime may be dropped even where the caller is itself asynchronous.
        let thread = std::thread::spawn(move || {
            runtime.block_on(ports::run(config, initial, trace, tls, started, stopped));
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

    /// The certificate to trust, in PEM, or the two of [`TlsChain::AwsBoth`](crate::TlsChain). Every start makes new ones, unless
    /// [`Config::ca`] or [`Config::state`] keeps them.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Runs a function with this event: returns its response, or the reason that it has none, and what it printed. Nothing is
    /// redacted in either, and the trace has no entry of it.
    pub fn invoke(&self, function: &str, event: &Value) -> (Result<Value, String>, Invocation) {
        let (core, event) = (Arc::clone(&self.core), event.clone());
        let arn = arn::prefix(&core.config.region, &core.config.account) + function;
        let (done, doing) = mpsc::channel();
        // Not `block_on`, which panics where the caller is itself asynchronous.
        self.runtime.spawn(async move {
            let limit = core.config.limits.function_time;
            let ran = core
                .functions
                .invoke(&arn, event, Secrets::default(), limit)
                .await;
            // The caller below is waiting.
            let _ = done.send((ran.result, ran.invocation));
        });
        doing.recv().unwrap_or_else(|_| {
            let invocation = Invocation {
                function: function.to_owned(),
                succeeded: false,
                cached: false,
                waited: Duration::ZERO,
                duration: Duration::ZERO,
                output: Vec::new(),
            };
            (Err("the local emulator has ended".to_owned()), invocation)
        })
    }

    /// What was accepted and refused so far, oldest first; a bounded number of entries. An entry is there before its
    /// response is.
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
