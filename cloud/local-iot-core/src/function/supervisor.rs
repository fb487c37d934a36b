//! One function's process: started when it is needed, given one event at a time, ended when it is too slow.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::definition::Program;
use super::output::Output;
use super::process::{Deadline, Ending, Launch, Process};

/// Hands invocations to the one task that owns the process.
pub(super) struct Supervisor {
    jobs: mpsc::Sender<Job>,
    stop: Arc<Notify>,
}

/// One invocation in the queue. No `Debug`: it holds credentials.
struct Job {
    event: Value,
    secrets: Vec<String>,
    limit: Duration,
    deadline: Deadline,
    done: oneshot::Sender<ProcessRun>,
}

/// What an invocation returned, and what the process printed.
pub(super) struct ProcessRun {
    pub(super) result: Result<Value, String>,
    pub(super) output: Vec<String>,
}

pub(super) fn too_slow(limit: Duration) -> String {
    format!("the function took longer than {limit:?}")
}

fn busy(limit: Duration) -> String {
    format!(
        "the function was busy with other requests for {limit:?}: here it has one process, not one for each request as in AWS"
    )
}

impl Supervisor {
    pub(super) fn new(
        name: &str,
        arn: String,
        region: &str,
        program: Program,
    ) -> Result<Self, String> {
        let place = program.path.display();
        let path = std::fs::canonicalize(&program.path)
            .map_err(|error| format!("function {name}: {place}: {error}"))?;
        if !is_executable(&path) {
            return Err(format!(
                "function {name}: {place} is not an executable file"
            ));
        }
        let function = Launch {
            name: name.to_owned(),
            arn,
            region: region.to_owned(),
            program: Program { path, ..program },
        };
        let (jobs, waiting) = mpsc::channel(64);
        let stop = Arc::new(Notify::new());
        tokio::spawn(supervise(function, waiting, Arc::clone(&stop)));
        Ok(Self { jobs, stop })
    }

    /// Events wait in a queue for the process. The wait counts, so that no caller waits longer than the limit.
    pub(super) async fn invoke(
        &self,
        event: Value,
        secrets: Vec<String>,
        limit: Duration,
    ) -> ProcessRun {
        let (done, doing) = oneshot::channel();
        let job = Job {
            event,
            secrets,
            limit,
            deadline: Deadline::after(limit),
            done,
        };
        let gone = || ProcessRun {
            result: Err("the local emulator is ending".to_owned()),
            output: Vec::new(),
        };
        match timeout_at(job.deadline.at, self.jobs.reserve()).await {
            Ok(Ok(place)) => place.send(job),
            Ok(Err(_)) => return gone(),
            // It did not even get into the queue.
            Err(_) => {
                return ProcessRun {
                    result: Err(busy(limit)),
                    output: Vec::new(),
                };
            }
        }
        doing.await.unwrap_or_else(|_| gone())
    }

    pub(super) async fn stop(&self) {
        self.stop.notify_one();
        self.jobs.closed().await;
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

async fn supervise(function: Launch, mut jobs: mpsc::Receiver<Job>, stop: Arc<Notify>) {
    let mut running = None;
    let mut output = Output::default();
    let serving = async {
        while let Some(job) = idle(&mut jobs, &mut running, &mut output).await {
            let result = invoke(&function, &mut running, &mut output, &job).await;
            let output = output.take(job.secrets);
            // The caller may be gone, with its connection.
            let _ = job.done.send(ProcessRun { result, output });
        }
    };
    // An invocation may have seconds to run: a stop does not wait for it.
    tokio::select! {
        () = stop.notified() => {}
        () = serving => {}
    }
    if let Some(process) = running {
        process.end(&mut output).await;
    }
}

/// Between invocations the process may print, and may end.
async fn idle(
    jobs: &mut mpsc::Receiver<Job>,
    running: &mut Option<Process>,
    output: &mut Output,
) -> Option<Job> {
    if let Some(process) = running {
        if let Some(job) = process.idle_until(jobs.recv(), output).await {
            return job;
        }
        // However it ended, its successor comes with the next event.
        *running = None;
    }
    jobs.recv().await
}

async fn invoke(
    function: &Launch,
    running: &mut Option<Process>,
    output: &mut Output,
    job: &Job,
) -> Result<Value, String> {
    if Instant::now() >= job.deadline.at {
        return Err(busy(job.limit));
    }
    loop {
        let fresh = running.is_none();
        let process = match running {
            Some(process) => process,
            None => running.insert(Process::start(function).await.map_err(|error| {
                let program = function.program.path.display();
                format!("the function could not be started: {program}: {error}")
            })?),
        };
        let ending = process.handle(&job.event, job.deadline, output).await;
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
                (Some(reason), true)
            }
            Ending::InitFailed(reason) => (Some(reason), false),
            Ending::TooSlow { taken: true } => (Some(too_slow(job.limit)), false),
            Ending::TooSlow { taken: false } => {
                let reason = format!(
                    "the function's process did not ask for an event within {:?}: does it speak the Lambda runtime API?",
                    job.limit
                );
                (Some(reason), false)
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
