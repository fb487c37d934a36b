//! One function's process: started when it is needed, given one event at a time, ended when it is too slow.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Program;
use super::output::{Output, PartialLine};
use super::runtime_api::{Report, RuntimeApi, Work};
use crate::http;

/// Hands invocations to the one task that has the process.
pub(super) struct Supervisor {
    jobs: mpsc::Sender<Job>,
    stop: Arc<Notify>,
}

/// One invocation. No `Debug`: it holds credentials.
struct Job {
    event: Value,
    secrets: Vec<String>,
    limit: Duration,
    deadline: Instant,
    deadline_ms: u128,
    done: oneshot::Sender<ProcessRun>,
}

pub(super) struct ProcessRun {
    pub(super) result: Result<Value, String>,
    pub(super) output: Vec<String>,
}

/// What a process is started with.
struct Launch {
    name: String,
    arn: String,
    region: String,
    program: Program,
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

    /// Events wait in line for the process, and the waiting counts: nobody is answered later than the limit.
    pub(super) async fn invoke(
        &self,
        event: Value,
        secrets: Vec<String>,
        limit: Duration,
    ) -> ProcessRun {
        let (done, doing) = oneshot::channel();
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let job = Job {
            event,
            secrets,
            limit,
            deadline: Instant::now() + limit,
            deadline_ms: (epoch.unwrap_or_default() + limit).as_millis(),
            done,
        };
        let gone = || ProcessRun {
            result: Err("the stand-in is ending".to_owned()),
            output: Vec::new(),
        };
        match timeout_at(job.deadline, self.jobs.reserve()).await {
            Ok(Ok(place)) => place.send(job),
            Ok(Err(_)) => return gone(),
            // Not even in line.
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
            // Whoever asked may have gone, with its connection.
            let _ = job.done.send(ProcessRun { result, output });
        }
    };
    // An invocation may be at work for seconds yet: nobody waits for it then.
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
    loop {
        let Some(process) = running else {
            return jobs.recv().await;
        };
        tokio::select! {
            biased;
            // However it ended, its successor comes with the next event.
            _ = process.child.wait() => {
                process.pipes.rest(output).await;
                *running = None;
            }
            job = jobs.recv() => return job,
            () = process.pipes.more(output) => {}
            Some(_) = process.api.reports.recv() => {}
        }
    }
}

async fn invoke(
    function: &Launch,
    running: &mut Option<Process>,
    output: &mut Output,
    job: &Job,
) -> Result<Value, String> {
    if Instant::now() >= job.deadline {
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
        let end = process.handle(job, output).await;
        process.pipes.rest(output).await;
        let (result, ended) = match end {
            Ending::Returned(result) => return result,
            // It had been idle and was about to end by itself; the event goes to its successor.
            Ending::Exited { took: false, .. } if !fresh => (None, true),
            Ending::Exited { took, status } => {
                let when = if took {
                    "instead of answering"
                } else {
                    "before it asked for an event"
                };
                let reason = format!("the function's process ended {when}: {}", said_of(status));
                (Some(reason), true)
            }
            Ending::InitFailed(reason) => (Some(reason), false),
            Ending::TooSlow { took: true } => (Some(too_slow(job.limit)), false),
            Ending::TooSlow { took: false } => {
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
        if let Some(reason) = result {
            return Err(reason);
        }
    }
}

fn said_of(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// How an event ended.
enum Ending {
    Returned(Result<Value, String>),
    Exited {
        took: bool,
        status: io::Result<ExitStatus>,
    },
    InitFailed(String),
    TooSlow {
        took: bool,
    },
}

/// A running process, with the runtime API that it alone talks to.
struct Process {
    _group: ProcessGroup,
    child: Child,
    pipes: Pipes,
    api: RuntimeApi,
}

impl Process {
    async fn start(function: &Launch) -> io::Result<Self> {
        let api = RuntimeApi::start(&function.arn).await?;
        let path = &function.program.path;
        let root = path.parent().unwrap_or(Path::new("/"));
        let handler = path.file_name().unwrap_or_default();
        let mut command = Command::new(path);
        command
            .current_dir(root)
            .env_clear()
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("LAMBDA_TASK_ROOT", root)
            .env("LAMBDA_RUNTIME_DIR", root)
            .env("_HANDLER", handler)
            .env("AWS_REGION", &function.region)
            .env("AWS_DEFAULT_REGION", &function.region)
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env(
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{}", function.name),
            )
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local-iot-core")
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
        // Interpreters are found by these, and Windows starts nothing without its own.
        for name in ["PATH", "HOME", "TMPDIR", "SystemRoot"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .envs(&function.program.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // A group of its own, so that what it starts ends with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let pipes = Pipes {
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            out: PartialLine::default(),
            err: PartialLine::default(),
        };
        Ok(Self {
            _group: ProcessGroup(child.id()),
            child,
            pipes,
            api,
        })
    }

    async fn handle(&mut self, job: &Job, output: &mut Output) -> Ending {
        let (Ok(request_id), Ok(root)) = (http::uuid(), http::uuid()) else {
            return Ending::Returned(Err("the system gives no random bytes".to_owned()));
        };
        let root = root.replace('-', "");
        let work = Work {
            request_id,
            deadline_ms: job.deadline_ms,
            trace_id: format!(
                "Root=1-{}-{};Parent={};Sampled=0",
                &root[..8],
                &root[8..],
                &root[..16]
            ),
            event: job.event.to_string().into_bytes(),
        };
        // The line before the counter is one long and empty now.
        let _ = self.api.work.try_send(work);
        let mut took = false;
        loop {
            tokio::select! {
                biased;
                said = self.api.reports.recv() => match said {
                    Some(Report::Taken) => took = true,
                    Some(Report::Returned(result)) => return Ending::Returned(result),
                    Some(Report::InitFailed(reason)) => return Ending::InitFailed(reason),
                    // The server does not end before this does.
                    None => return Ending::TooSlow { took },
                },
                status = self.child.wait() => {
                    // What it said last may have come at the same moment.
                    while let Ok(said) = self.api.reports.try_recv() {
                        match said {
                            Report::Taken => took = true,
                            Report::Returned(result) => return Ending::Returned(result),
                            Report::InitFailed(reason) => return Ending::InitFailed(reason),
                        }
                    }
                    return Ending::Exited { took, status };
                }
                () = sleep_until(job.deadline) => return Ending::TooSlow { took },
                () = self.pipes.more(output) => {}
            }
        }
    }

    /// Ends it, and returns when it is gone.
    async fn end(mut self, output: &mut Output) {
        // It fails only because it has ended already.
        let _ = self.child.kill().await;
        self.pipes.rest(output).await;
    }
}

/// A process and all that it started, which share a group.
struct ProcessGroup(Option<u32>);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self
            .0
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            // It fails only because they have ended already.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// What the process prints.
struct Pipes {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    out: PartialLine,
    err: PartialLine,
}

impl Pipes {
    /// Waits for more of it; for ever, once both streams have ended.
    async fn more(&mut self, output: &mut Output) {
        let (mut first, mut second) = ([0; 4096], [0; 4096]);
        tokio::select! {
            read = read(&mut self.stdout, &mut first) => match read {
                Some(count) => output.feed(&mut self.out, &first[..count]),
                None => {
                    self.stdout = None;
                    output.end(&mut self.out);
                }
            },
            read = read(&mut self.stderr, &mut second) => match read {
                Some(count) => output.feed(&mut self.err, &second[..count]),
                None => {
                    self.stderr = None;
                    output.end(&mut self.err);
                }
            },
        }
    }

    /// Takes what has been pipes already and waits in the pipes, so that it is found with the invocation that
    /// pipes it.
    async fn rest(&mut self, output: &mut Output) {
        // More than a pipe holds, and yet an end, for one that prints without end.
        for _ in 0..64 {
            if !waiting(&self.stdout) && !waiting(&self.stderr) {
                return;
            }
            self.more(output).await;
        }
    }
}

async fn read(stream: &mut Option<impl AsyncReadExt + Unpin>, buffer: &mut [u8]) -> Option<usize> {
    match stream {
        Some(stream) => stream.read(buffer).await.ok().filter(|count| *count > 0),
        None => std::future::pending().await,
    }
}

#[cfg(unix)]
fn waiting(stream: &Option<impl std::os::fd::AsFd>) -> bool {
    stream
        .as_ref()
        .is_some_and(|stream| rustix::io::ioctl_fionread(stream).is_ok_and(|count| count > 0))
}

#[cfg(not(unix))]
fn waiting<T>(_stream: &Option<T>) -> bool {
    false
}
