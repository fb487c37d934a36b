//! One function's processes: started when all others are at work, given one event at a time, ended when they are idle
//! for long or too slow. As in Lambda, an event has a process to itself.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::failure::Failure;
use super::launch::Launch;
use super::output::Output;
use super::process::{Deadline, Ending, Process};
use crate::trace::redact::Secrets;

/// How many processes a function may have, and how long each thing may take.
#[derive(Clone, Copy)]
pub(super) struct PoolLimits {
    pub(super) concurrency: usize,
    /// Until an idle process is ended.
    pub(super) idle_time: Duration,
    /// Until a process is free.
    pub(super) wait: Duration,
}

pub(super) struct Pool {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
}

struct Shared {
    launch: Launch,
    limits: PoolLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Processes without work; the one that worked last comes last and is used first, so that the others can end.
    idle: Vec<IdleWorker>,
    /// Tasks that own a process, or are about to start one.
    workers: usize,
    waiting: VecDeque<Job>,
    tasks: JoinSet<()>,
    next_id: u64,
}

struct IdleWorker {
    id: u64,
    next: oneshot::Sender<Job>,
}

/// One invocation. No `Debug`: it holds credentials.
struct Job {
    id: u64,
    event: Value,
    secrets: Secrets,
    limit: Duration,
    queued: Instant,
    done: oneshot::Sender<ProcessRun>,
}

/// What an invocation returned, and what the process printed.
pub(super) struct ProcessRun {
    pub(super) result: Result<Value, Failure>,
    pub(super) output: Vec<String>,
    /// For a free process.
    pub(super) waited: Duration,
    /// Since it had one.
    pub(super) duration: Duration,
}

impl ProcessRun {
    pub(super) fn failed(reason: impl Into<Failure>, waited: Duration) -> Self {
        Self {
            result: Err(reason.into()),
            output: Vec::new(),
            waited,
            duration: Duration::ZERO,
        }
    }
}

pub(super) fn too_slow(limit: Duration) -> String {
    format!("the function took longer than {limit:?}")
}

pub(super) fn busy(most: usize, wait: Duration) -> String {
    format!(
        "the function was busy with {most} other requests for {wait:?}: more at once need a higher --function-concurrency, and reserved concurrency on AWS"
    )
}

impl Pool {
    /// Call it inside a runtime: each process gets a task that looks after it.
    pub(super) fn new(launch: Launch, limits: PoolLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                launch,
                limits,
                state: Mutex::default(),
            }),
            stop: watch::Sender::new(false),
        }
    }

    /// The limit counts from the moment when a process gets the event, a cold start included.
    pub(super) async fn invoke(
        &self,
        event: Value,
        secrets: Secrets,
        limit: Duration,
    ) -> ProcessRun {
        let (done, mut doing) = oneshot::channel();
        let queued = Instant::now();
        let id = self.dispatch(|id| Job {
            id,
            event,
            secrets,
            limit,
            queued,
            done,
        });
        let gone = || ProcessRun::failed("the local emulator is ending", queued.elapsed());
        let PoolLimits {
            concurrency, wait, ..
        } = self.shared.limits;
        if let Ok(done) = timeout(wait, &mut doing).await {
            return done.unwrap_or_else(|_| gone());
        }
        let still_waits = {
            let mut state = self.shared.state();
            let place = state.waiting.iter().position(|job| job.id == id);
            place
                .and_then(|place| state.waiting.remove(place))
                .is_some()
        };
        if still_waits {
            return ProcessRun::failed(busy(concurrency, wait), queued.elapsed());
        }
        doing.await.unwrap_or_else(|_| gone())
    }

    /// Gives the job to the process that worked last, to a new one, or to the queue.
    fn dispatch(&self, job: impl FnOnce(u64) -> Job) -> u64 {
        let mut state = self.shared.state();
        state.next_id += 1;
        let id = state.next_id;
        let mut job = job(id);
        while let Some(worker) = state.idle.pop() {
            match worker.next.send(job) {
                Ok(()) => return id,
                Err(back) => job = back,
            }
        }
        if state.workers == self.shared.limits.concurrency {
            state.waiting.push_back(job);
            return id;
        }
        state.workers += 1;
        while state.tasks.try_join_next().is_some() {}
        let working = work(Arc::clone(&self.shared), job, self.stop.subscribe());
        state.tasks.spawn(working);
        id
    }

    /// Ends every process, and returns once they have ended.
    pub(super) async fn stop(&self) {
        self.stop.send_replace(true);
        let mut tasks = {
            let mut state = self.shared.state();
            state.waiting.clear();
            std::mem::take(&mut state.tasks)
        };
        while tasks.join_next().await.is_some() {}
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do next: a job that waits, or wait for one.
    fn next(&self) -> Result<Job, (u64, oneshot::Receiver<Job>)> {
        let mut state = self.state();
        if let Some(job) = state.waiting.pop_front() {
            return Ok(job);
        }
        state.next_id += 1;
        let id = state.next_id;
        let (next, job) = oneshot::channel();
        state.idle.push(IdleWorker { id, next });
        Err((id, job))
    }

    /// The end of a worker that was idle, unless a job has just come to it.
    fn retire(&self, id: u64, job: &mut oneshot::Receiver<Job>) -> Option<Job> {
        let mut state = self.state();
        if let Ok(job) = job.try_recv() {
            return Some(job);
        }
        state.idle.retain(|worker| worker.id != id);
        state.workers -= 1;
        None
    }
}

/// Owns one process, from its first event to its end.
async fn work(shared: Arc<Shared>, first: Job, mut stop: watch::Receiver<bool>) {
    let mut running = None;
    let mut output = Output::default();
    let serving = async {
        let mut next = Some(first);
        while let Some(job) = next {
            let (begun, waited) = (Instant::now(), job.queued.elapsed());
            let result = invoke(&shared.launch, &mut running, &mut output, &job).await;
            let run = ProcessRun {
                result,
                output: output.take(job.secrets),
                waited,
                duration: begun.elapsed(),
            };
            // The caller may be gone, with its connection.
            let _ = job.done.send(run);
            next = idle(&shared, &mut running, &mut output).await;
        }
    };
    // An invocation may have seconds to run: a stop does not wait for it.
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = serving => {}
    }
    if let Some(process) = running {
        process.end(&mut output).await;
    }
}

/// Between invocations the process may print, and may end. `None` ends the worker.
async fn idle(shared: &Shared, running: &mut Option<Process>, output: &mut Output) -> Option<Job> {
    let (id, mut job) = match shared.next() {
        Ok(job) => return Some(job),
        Err(waiting) => waiting,
    };
    if let Some(process) = running {
        let next = timeout(shared.limits.idle_time, &mut job);
        match process.idle_until(next, output).await {
            Some(Ok(next)) => return next.ok(),
            Some(Err(_)) => {}
            // However it ended, its successor comes with the next event.
            None => *running = None,
        }
    }
    shared.retire(id, &mut job)
}

async fn invoke(
    function: &Launch,
    running: &mut Option<Process>,
    output: &mut Output,
    job: &Job,
) -> Result<Value, Failure> {
    let deadline = Deadline::after(job.limit);
    loop {
        let fresh = running.is_none();
        let process = match running {
            Some(process) => process,
            None => running.insert(Process::start(function).await.map_err(|error| {
                let program = function.program.path.display();
                format!("the function could not be started: {program}: {error}")
            })?),
        };
        let ending = process.handle(&job.event, deadline, output).await;
        let (failure, ended) = match ending {
            Ending::Returned(result) => return result,
            // It had been idle and was about to end by itself; the event goes to its successor.
            Ending::Exited { taken: false, .. } if !fresh => (None, true),
            Ending::Exited { taken, status } => {
                let when = if taken {
                    "instead of returning a response"
                } else {
                    "before it asked for an event"
                };
                let reason = format!("the function's process ended {when}: {status}");
                (Some(reason.into()), true)
            }
            Ending::InitFailed(reason) => (Some(reason), false),
            Ending::TooSlow { taken: true } => (Some(too_slow(job.limit).into()), false),
            Ending::TooSlow { taken: false } => {
                let reason = format!(
                    "the function's process did not ask for an event within {:?}: does it speak the Lambda runtime API?",
                    job.limit
                );
                (Some(reason.into()), false)
            }
        };
        if let Some(process) = running.take()
            && !ended
        {
            process.end(output).await;
        }
        if let Some(reason) = failure {
            return Err(reason);
        }
    }
}
