//! The command as a process of its own.

// The tests and the benchmark use a part each.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub struct Process {
    child: Child,
    pub https: SocketAddr,
    pub http: SocketAddr,
    pub mqtt: SocketAddr,
    pub control: SocketAddr,
    pub ca: PathBuf,
}

impl Process {
    /// Returns once its ports are open. Its trace goes nowhere.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = command(folder, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let mut line = || lines.next().expect("a line").unwrap();
        let ports = line();
        let port = |scheme: &str| {
            let of = |text: &str| text.strip_prefix(scheme)?.parse().ok();
            ports.split_whitespace().find_map(of).unwrap()
        };
        let ca = line().split_once(": ").unwrap().1.into();
        let control = line().rsplit_once("http://").unwrap().1.parse().unwrap();
        Self {
            https: port("https://"),
            http: port("http://"),
            mqtt: port("mqtt://"),
            control,
            ca: folder.join::<PathBuf>(ca),
            child,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most that it ever had in memory, where the system says so.
    pub fn peak_memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    /// Without a chance to put anything in order.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What it says of why it does not start.
pub fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let mut child = command(folder, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{said}");
    said
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-iot-core"));
    for port in ["https", "http", "mqtt", "control"] {
        command.args([format!("--{port}-port"), "0".to_owned()]);
    }
    command.args(arguments).current_dir(folder);
    command
}

/// Raises the number of files that this process may open, and those it starts; whether it is enough.
#[cfg(unix)]
pub fn may_open(files: u64) -> bool {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= files);
    enough(current) || (enough(maximum) && setrlimit(Resource::Nofile, raised).is_ok())
}
