//! The state file after the process that writes it was killed: whole, and with all that was acknowledged.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};

use serde_json::Value;

use crate::process::{Process, refusal};
use crate::support::*;

const ROUNDS: usize = 25;
const ARGUMENTS: [&str; 3] = ["--quiet", "--state", "state.json"];

/// The number stands in the name of the authorizer's token key.
fn update(number: usize) -> String {
    let (sigv4, body) = (sigv4("iot"), format!("{{\"tokenKeyName\":\"t{number}\"}}"));
    let length = body.len();
    format!(
        "PUT /authorizer/unsignedAuthorizer HTTP/1.1\r\nhost:localhost\r\n{sigv4}content-length:{length}\r\n\r\n{body}"
    )
}

/// The number stands in the topic, so that the file grows.
fn retain(number: usize) -> String {
    let target = format!("/topics/kept/{number}?retain=true");
    request("POST", &target, &sigv4("iotdata"))
}

/// Whether it was acknowledged, or the process is gone.
fn acknowledged(address: SocketAddr, request: &str) -> bool {
    let served = || {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(TIMEOUT)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).ok()?;
        Some(start)
    };
    match served() {
        Some(start) => {
            assert_eq!(&start, b"HTTP/1.1 200");
            true
        }
        None => false,
    }
}

/// Counts up, one request after the other, until the process is gone; returns the last number that was acknowledged.
fn write(
    address: SocketAddr,
    request: fn(usize) -> String,
    mut last: usize,
    progress: &Sender<()>,
) -> usize {
    while acknowledged(address, &request(last + 1)) {
        last += 1;
        // After the kill nobody listens.
        let _ = progress.send(());
    }
    last
}

fn state(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("state.json")).unwrap()).unwrap()
}

fn updated(state: &Value) -> usize {
    let key = state["authorizers"][0]["token_key_name"].as_str().unwrap();
    key.strip_prefix('t').unwrap().parse().unwrap_or(0)
}

fn retained(state: &Value) -> usize {
    let topics = state["retained"].as_array().unwrap().iter();
    let numbers = topics.map(|message| message["topic"].as_str().unwrap()[5..].parse().unwrap());
    let mut numbers: Vec<usize> = numbers.collect();
    numbers.sort_unstable();
    // One after the other, none left out.
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    numbers.len()
}

#[test]
fn killed_in_the_middle_of_writing_it_comes_back_with_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (mut updates, mut retains) = (0, 0);
    for round in 0..ROUNDS {
        let process = Process::start(folder.path(), &ARGUMENTS);
        let (control, http) = (process.control, process.http);
        let (progress, progressed) = channel();
        let (last_update, last_retain) = std::thread::scope(|scope| {
            let other = progress.clone();
            let updating = scope.spawn(move || write(control, update, updates, &other));
            let retaining = scope.spawn(move || write(http, retain, retains, &progress));
            // A different moment each time, with both at work.
            for _ in 0..=round {
                progressed.recv().unwrap();
            }
            process.kill();
            (updating.join().unwrap(), retaining.join().unwrap())
        });
        let state = state(folder.path());
        (updates, retains) = (updated(&state), retained(&state));
        // The one more was written and its response lost.
        assert!((last_update..=last_update + 1).contains(&updates));
        assert!((last_retain..=last_retain + 1).contains(&retains));
    }
    assert!(updates + retains >= ROUNDS, "{updates} {retains}");

    let process = Process::start(folder.path(), &ARGUMENTS);
    assert!(acknowledged(process.control, &update(updates + 1)));
    drop(process);
    // However often it was killed, one unfinished file is left at most.
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = ["state.json", "state.json.lock", ".~motepost-new-state.json"];
        assert!(
            known.contains(&name.as_str()) || name.ends_with(".pem"),
            "{name}"
        );
    }
}

#[test]
fn a_second_process_on_the_same_file_is_told_whose_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let first = Process::start(folder.path(), &ARGUMENTS);
    let said = refusal(folder.path(), &ARGUMENTS);
    let holder = format!("another local emulator uses it (process {})", first.id());
    assert!(
        said.contains("state.json") && said.contains(&holder),
        "{said}"
    );
    // The first has noticed nothing.
    assert!(acknowledged(first.control, &update(1)));
    first.kill();
    drop(Process::start(folder.path(), &ARGUMENTS));
}
