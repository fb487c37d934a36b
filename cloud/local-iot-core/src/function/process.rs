//! A running process, with the runtime API that it alone talks to.

use std::io;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::time::{Instant, sleep_until};

use super::failure::Failure;
use super::launch::Launch;
use super::output::{Output, PartialLine};
use super::runtime_api::{Report, RuntimeApi, Work};
use crate::http;

/// When an invocation must have ended: by this process's clock, and as the runtime API reports it.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    unix_ms: u128,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            at: Instant::now() + limit,
            unix_ms: (epoch.unwrap_or_default() + limit).as_millis(),
        }
    }
}

/// How an event ended. `taken`: the process had asked for it and got it.
pub(super) enum Ending {
    Returned(Result<Value, Failure>),
    /// With the exit status in words.
    Exited {
        taken: bool,
        status: String,
    },
    InitFailed(Failure),
    TooSlow {
        taken: bool,
    },
}

/// A running process, with the runtime API that it alone talks to.
pub(super) struct Process {
    _group: ProcessGroup,
    child: Child,
    pipes: Pipes,
    api: RuntimeApi,
}

impl Process {
    pub(super) async fn start(function: &Launch) -> io::Result<Self> {
        let api = RuntimeApi::start(&function.arn).await?;
        let (mut command, handler) = function.command();
        command
            .current_dir(function.root())
            .env_clear()
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("LAMBDA_TASK_ROOT", function.root())
            .env("LAMBDA_RUNTIME_DIR", function.root())
            .env("_HANDLER", handler)
            .env("AWS_REGION", &function.region)
            .env("AWS_DEFAULT_REGION", &function.region)
            // What a function of AWS publishes with its role's credentials comes back here: those must be there, and are not
            // checked (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
            .env("AWS_ENDPOINT_URL_IOT_DATA_PLANE", &function.endpoint)
            .env("AWS_ENDPOINT_URL_IOT", &function.endpoint)
            .env("AWS_ACCESS_KEY_ID", "local-iot-core")
            .env("AWS_SECRET_ACCESS_KEY", "local-iot-core")
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

    /// Lets the process print, and end, until the next event comes; `None` if it ends first.
    pub(super) async fn idle_until<T>(
        &mut self,
        next: impl Future<Output = T>,
        output: &mut Output,
    ) -> Option<T> {
        tokio::pin!(next);
        loop {
            tokio::select! {
                biased;
                _ = self.child.wait() => {
                    self.pipes.rest(output).await;
                    return None;
                }
                next = &mut next => return Some(next),
                () = self.pipes.more(output) => {}
                Some(_) = self.api.reports.recv() => {}
            }
        }
    }

    pub(super) async fn handle(
        &mut self,
        event: &Value,
        deadline: Deadline,
        output: &mut Output,
    ) -> Ending {
        let ending = self.exchange(event, deadline, output).await;
        self.pipes.rest(output).await;
        ending
    }

    async fn exchange(&mut self, event: &Value, deadline: Deadline, output: &mut Output) -> Ending {
        let (Ok(request_id), Ok(root)) = (http::uuid(), http::uuid()) else {
            return Ending::Returned(Err("the system gives no random bytes".into()));
        };
        let root = root.replace('-', "");
        let work = Work {
            request_id,
            deadline_ms: deadline.unix_ms,
            trace_id: format!(
                "Root=1-{}-{};Parent={};Sampled=0",
                &root[..8],
                &root[8..],
                &root[..16]
            ),
            event: event.to_string().into_bytes(),
        };
        // The channel holds one event and is empty now.
        let _ = self.api.work.try_send(work);
        let mut taken = false;
        loop {
            tokio::select! {
                biased;
                report = self.api.reports.recv() => match report {
                    Some(Report::Taken) => taken = true,
                    Some(Report::Returned(result)) => return Ending::Returned(result),
                    Some(Report::InitFailed(reason)) => return Ending::InitFailed(reason),
                    // The server does not end before this does.
                    None => return Ending::TooSlow { taken },
                },
                status = self.child.wait() => {
                    // Its last report may have come at the same moment.
                    while let Ok(report) = self.api.reports.try_recv() {
                        match report {
                            Report::Taken => taken = true,
                            Report::Returned(result) => return Ending::Returned(result),
                            Report::InitFailed(reason) => return Ending::InitFailed(reason),
                        }
                    }
                    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                    return Ending::Exited { taken, status };
                }
                () = sleep_until(deadline.at) => return Ending::TooSlow { taken },
                () = self.pipes.more(output) => {}
            }
        }
    }

    /// Ends it, and returns when it is gone.
    pub(super) async fn end(mut self, output: &mut Output) {
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

/// The pipes into which the process prints.
struct Pipes {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    out: PartialLine,
    err: PartialLine,
}

impl Pipes {
    /// Waits for more output; forever, once both streams have ended.
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
        // More than a pipe holds; bounded, for a process that never stops printing.
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
