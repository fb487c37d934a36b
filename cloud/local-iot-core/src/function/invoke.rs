//! The functions that exist, and their invocation.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::arn;
use super::definition::{AuthorizerFunction, Code, Function};
use super::failure::Failure;
use super::launch::Launch;
use super::pool::{Pool, PoolLimits, ProcessRun, busy, too_slow};
use crate::config::Config;
use crate::trace::entry::Invocation;
use crate::trace::redact::Secrets;

/// How many calls of functions in this process may be at work at once. One that hangs keeps its thread, and these
/// leave some of [`BLOCKING_THREADS`] for the state file.
const CALLS: usize = BLOCKING_THREADS - 16;
pub(crate) const BLOCKING_THREADS: usize = 64;

/// The functions that exist, ready to be invoked.
pub(crate) struct Functions {
    arn_prefix: String,
    calls: Arc<Semaphore>,
    wait: Duration,
    /// For a function that handles an event which nobody waits for.
    pub(super) event_time: Duration,
    pub(super) event_retries: Vec<Duration>,
    by_name: HashMap<String, Registered>,
}

struct Registered {
    runner: Runner,
    /// One permit for each event that nobody waits for and that is handled now.
    turns: Arc<Semaphore>,
}

enum Runner {
    InProcess(AuthorizerFunction),
    Process(Pool),
}

/// The result of an invocation.
pub(crate) struct FunctionRun {
    pub(crate) result: Result<Value, String>,
    pub(crate) invocation: Invocation,
}

impl Functions {
    /// Call it inside a runtime: each process gets a task that looks after it. At the control port functions publish.
    pub(crate) fn new(config: &Config, control: SocketAddr) -> Result<Self, String> {
        let (region, limits) = (&config.region, &config.limits);
        let pool = PoolLimits {
            concurrency: limits.function_concurrency.max(1),
            idle_time: limits.function_idle_time,
            wait: limits.function_wait,
        };
        let arn_prefix = arn::prefix(region, &config.account);
        let mut by_name = HashMap::new();
        for Function { name, code } in config.functions.clone() {
            if !arn::is_name(&name) {
                return Err(format!(
                    "function {name:?}: a name is 1 to 64 letters, digits and -_"
                ));
            }
            let runner = match code {
                Code::InProcess(function) => Runner::InProcess(function),
                Code::Process(program) => {
                    let arn = format!("{arn_prefix}{name}");
                    let launch = Launch::new(&name, arn, region, control, program)?;
                    Runner::Process(Pool::new(launch, pool))
                }
            };
            let registered = Registered {
                runner,
                turns: Arc::new(Semaphore::new(pool.concurrency)),
            };
            if by_name.insert(name.clone(), registered).is_some() {
                return Err(format!("function {name}: the name is taken"));
            }
        }
        Ok(Self {
            arn_prefix,
            calls: Arc::new(Semaphore::new(CALLS)),
            wait: limits.function_wait,
            event_time: limits.event_time,
            event_retries: limits.event_retries.clone(),
            by_name,
        })
    }

    /// Ends every process, and returns once they have ended.
    pub(crate) async fn stop(&self) {
        for registered in self.by_name.values() {
            registered.turns.close();
        }
        for registered in self.by_name.values() {
            if let Runner::Process(pool) = &registered.runner {
                pool.stop().await;
            }
        }
    }

    /// Runs the function of that ARN. The secrets are cut out of what it prints, and of what it says when it fails.
    pub(crate) async fn invoke(
        &self,
        arn: &str,
        event: Value,
        secrets: Secrets,
        limit: Duration,
    ) -> FunctionRun {
        let found = self.find(arn).map(|registered| &registered.runner);
        let ran = match found {
            Ok(Runner::InProcess(function)) => self.call(function, event, limit).await,
            Ok(Runner::Process(pool)) => pool.invoke(event, secrets.clone(), limit).await,
            Err(reason) => ProcessRun::failed(reason, Duration::ZERO),
        };
        FunctionRun {
            invocation: Invocation {
                function: self.name(arn).to_owned(),
                succeeded: ran.result.is_ok(),
                cached: false,
                waited: ran.waited,
                duration: ran.duration,
                output: ran.output,
            },
            result: ran.result.map_err(|failure| failure.shown(&secrets)),
        }
    }

    /// A function's name, or the complete ARN of one from elsewhere.
    pub(crate) fn name<'a>(&self, arn: &'a str) -> &'a str {
        arn.strip_prefix(&self.arn_prefix).unwrap_or(arn)
    }

    /// Where an event for the function waits for its turn.
    pub(super) fn turn(&self, arn: &str) -> Result<Arc<Semaphore>, String> {
        Ok(Arc::clone(&self.find(arn)?.turns))
    }

    fn find(&self, arn: &str) -> Result<&Registered, String> {
        let rest = arn.strip_prefix(&self.arn_prefix).ok_or_else(|| {
            format!(
                "{arn} is not of this region and account: functions here begin with {}",
                self.arn_prefix
            )
        })?;
        let name = rest.split_once(':').map_or(rest, |(name, _)| name);
        self.by_name.get(name).ok_or_else(|| {
            let mut known: Vec<_> = self.by_name.keys().map(String::as_str).collect();
            known.sort_unstable();
            format!(
                "there is no function {name}: this local emulator was started with {}",
                known.join(", ")
            )
        })
    }

    /// On a thread of its own, so that a slow function holds up no other request.
    async fn call(
        &self,
        function: &AuthorizerFunction,
        event: Value,
        limit: Duration,
    ) -> ProcessRun {
        let (function, calls) = (Arc::clone(function), Arc::clone(&self.calls));
        let queued = Instant::now();
        let Ok(permit) = timeout(self.wait, calls.acquire_owned()).await else {
            return ProcessRun::failed(busy(CALLS, self.wait), queued.elapsed());
        };
        let (waited, begun) = (queued.elapsed(), Instant::now());
        let running = tokio::task::spawn_blocking(move || {
            let returned = function(&event);
            drop(permit);
            returned
        });
        let result = match timeout(limit, running).await {
            Ok(Ok(returned)) => {
                returned.map_err(|error| Failure::with("the function failed", error))
            }
            Ok(Err(_)) => Err("the function panicked".into()),
            Err(_) => Err(too_slow(limit).into()),
        };
        ProcessRun {
            result,
            output: Vec::new(),
            waited,
            duration: begun.elapsed(),
        }
    }
}
