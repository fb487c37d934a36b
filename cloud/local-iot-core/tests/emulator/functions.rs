//! Authorizer functions that run as processes and speak the Lambda runtime API. The fixture is `function.py`, which
//! does what its event's token says.
//!
//! Without python3 nothing is tested, and a line says so; with `CI=true` that is a failure.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use local_iot_core::{Authorizer, Config, Decider, Function, Invocation, Limits, LocalIotCore};
use serde_json::json;

use crate::support::*;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulator/function.py");

fn fixture() -> Function {
    Function::process("f", FIXTURE).env("OWN", "its own")
}

fn config(function: Function) -> Config {
    Config {
        functions: vec![function],
        authorizers: vec![Authorizer::new(
            "f",
            "token",
            Decider::Function("f".to_owned()),
        )],
        limits: Limits {
            function_time: LONG,
            ..Limits::default()
        },
        ..Config::default()
    }
}

/// `None` if python3 is missing, outside CI.
fn start(function: Function) -> Option<LocalIotCore> {
    if Command::new("python3").arg("-V").output().is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no python3");
        eprintln!("NOT TESTED: there is no python3");
        return None;
    }
    Some(LocalIotCore::start(config(function)).unwrap())
}

fn publish_with(emulator: &LocalIotCore, token: &str) -> (u16, String, Invocation) {
    let fields = format!("x-amz-customauthorizer-name:f\r\ntoken:{token}\r\n");
    let (status, reason) = judge(emulator, request("POST", "/topics/a/b", &fields));
    let invocation = emulator.trace().last().unwrap().invocation.clone().unwrap();
    (status, reason, invocation)
}

#[test]
fn its_response_decides() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let (status, reason, invocation) = publish_with(&emulator, "any");
    assert_eq!(status, 200, "{reason}");
    assert_eq!(invocation.function, "f");
    assert!(invocation.succeeded && !invocation.cached && invocation.output.is_empty());
}

#[test]
fn it_finds_what_a_lambda_finds() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let (_, _, invocation) = publish_with(&emulator, "environment");
    let lines = invocation.output;
    let root = Path::new(FIXTURE).parent().unwrap().display();
    for expected in [
        "AWS_LAMBDA_FUNCTION_NAME=f",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
        "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/f",
        "AWS_REGION=eu-central-1",
        "AWS_DEFAULT_REGION=eu-central-1",
        "_HANDLER=function.py",
        &format!("LAMBDA_TASK_ROOT={root}"),
        "OWN=its own",
        "AWS_ACCESS_KEY_ID=local-iot-core",
        &format!(
            "AWS_ENDPOINT_URL_IOT_DATA_PLANE=http://{}",
            emulator.control_addr()
        ),
        "Invoked-Function-Arn arn:aws:lambda:eu-central-1:123456789012:function:f",
    ] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected}: {lines:?}"
        );
    }
    for expected in ["Aws-Request-Id ", "Deadline-Ms 1", "Trace-Id Root=1-"] {
        assert!(
            lines.iter().any(|line| line.starts_with(expected)),
            "{expected}: {lines:?}"
        );
    }
    // Nothing of the surroundings in which the emulator runs, such as cargo's variables and somebody's credentials.
    let foreign = |line: &&String| {
        line.starts_with("CARGO")
            || (line.starts_with("AWS_")
                && line.contains("_KEY")
                && !line.ends_with("=local-iot-core"))
    };
    let found: Vec<_> = lines.iter().filter(foreign).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// Sends them all at once, each on a connection of its own.
fn publish_all(emulator: &LocalIotCore, token: &str, count: usize) -> Vec<u16> {
    let fields = format!("x-amz-customauthorizer-name:f\r\ntoken:{token}\r\n");
    let mut streams: Vec<_> = (0..count)
        .map(|_| {
            let mut stream = connect(emulator.http_addr());
            stream.set_read_timeout(Some(LONG)).unwrap();
            stream
                .write_all(request("POST", "/topics/a/b", &fields).as_bytes())
                .unwrap();
            stream
        })
        .collect();
    let statuses = streams.iter_mut().map(read_response);
    statuses.map(|response| response.status).collect()
}

/// For what takes as long as it takes on a busy machine.
const LONG: Duration = Duration::from_secs(120);

fn printed(emulator: &LocalIotCore) -> Vec<String> {
    let entries = emulator.trace().into_iter();
    entries
        .flat_map(|entry| entry.invocation.unwrap().output)
        .collect()
}

#[test]
fn eight_events_at_once_are_handled_at_once() {
    if start(fixture()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Each invocation returns when eight are open.
    let together = format!("{}:8", folder.path().display());
    let limits = Limits {
        function_time: LONG,
        ..Limits::default()
    };
    let emulator = start_limited(fixture().env("TOGETHER", &together), limits);
    assert_eq!(publish_all(&emulator, "together", 8), [200; 8]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 8);
}

#[test]
fn there_are_no_more_processes_than_function_concurrency_and_the_others_wait_their_turn() {
    if start(fixture()).is_none() {
        return;
    }
    let limits = Limits {
        function_concurrency: 2,
        function_time: LONG,
        function_wait: LONG,
        ..Limits::default()
    };
    let emulator = start_limited(fixture(), limits);
    assert_eq!(publish_all(&emulator, "pid", 40), [200; 40]);
    let mut processes = printed(&emulator);
    processes.sort();
    processes.dedup();
    assert!((1..=2).contains(&processes.len()), "{processes:?}");
}

#[test]
fn the_wait_for_a_process_is_not_the_function_s_time() {
    if start(fixture()).is_none() {
        return;
    }
    let limits = Limits {
        function_concurrency: 1,
        function_time: SHORT,
        function_wait: LONG,
        ..Limits::default()
    };
    let emulator = start_limited(fixture(), limits);
    let waited_longer = || {
        let entries = emulator.trace().into_iter().filter(|entry| entry.accepted);
        let mut runs = entries.filter_map(|entry| entry.invocation);
        runs.any(|run| run.waited > SHORT)
    };
    // Each hangs for the function's complete time, and what is behind it is handled all the same; on a busy machine its
    // own process may not begin in time, and then it is tried again.
    for _ in 0..10 {
        std::thread::scope(|scope| {
            scope.spawn(|| publish_all(&emulator, "hang", 2));
            publish_all(&emulator, "any", 4);
        });
        let busy = |reason: &str| reason.contains("busy");
        assert!(!emulator.trace().iter().any(|entry| busy(&entry.reason)));
        if waited_longer() {
            return;
        }
    }
    panic!("{:?}", emulator.trace());
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_is_idle_ends_and_the_next_event_has_another() {
    if start(fixture()).is_none() {
        return;
    }
    let limits = Limits {
        function_idle_time: Duration::ZERO,
        function_time: LONG,
        ..Limits::default()
    };
    let emulator = start_limited(fixture(), limits);
    let (_, _, invocation) = publish_with(&emulator, "pid");
    let pid = invocation.output[0].strip_prefix("process ").unwrap();
    let end = Instant::now() + TIMEOUT;
    while is_alive(pid) {
        assert!(Instant::now() < end, "{pid} is still there");
        std::thread::yield_now();
    }
    let (status, _, next) = publish_with(&emulator, "pid");
    assert_eq!(status, 200);
    assert_ne!(next.output, invocation.output);
}

#[test]
fn one_process_handles_one_event_after_the_other() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let first = publish_with(&emulator, "pid").2.output;
    assert!(first[0].starts_with("process "));
    assert_eq!(publish_with(&emulator, "pid").2.output, first);
}

#[test]
fn whatever_goes_wrong_is_in_the_trace_and_the_next_event_is_handled() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let rows = [
        (
            "throw",
            "the function failed: ValueError: no such token: <redacted>",
            "",
        ),
        (
            "nonsense",
            "the function returned something other than JSON",
            "",
        ),
        (
            "crash",
            "the function's process ended instead of returning a response: exit status: 3",
            "about to end",
        ),
    ];
    for (token, expected, printed) in rows {
        let (status, reason, invocation) = publish_with(&emulator, token);
        assert_eq!((status, reason.as_str()), (403, expected));
        assert!(!invocation.succeeded);
        assert_eq!(invocation.output.concat(), printed);
        let (status, reason, _) = publish_with(&emulator, "any");
        assert_eq!(status, 200, "after {token}: {reason}");
    }
}

#[test]
fn one_that_says_too_much_is_cut_short_and_the_next_event_is_handled() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let rows = [
        (
            "huge",
            "the function asked for the next event without a response to this one",
        ),
        ("huge-error", "the function failed: ValueError: xxx"),
    ];
    for (token, expected) in rows {
        let (status, reason, _) = publish_with(&emulator, token);
        assert_eq!(status, 403);
        assert!(reason.starts_with(expected), "{reason}");
        assert!(reason.len() < 5000);
        let (status, reason, _) = publish_with(&emulator, "any");
        assert_eq!(status, 200, "after {token}: {reason}");
    }
}

#[test]
fn what_it_sends_besides_its_response_counts_for_nothing() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    for token in ["garbage", "half", "other-id", "twice", "any"] {
        let (status, reason, _) = publish_with(&emulator, token);
        assert_eq!(status, 200, "{token}: {reason}");
    }
}

/// In which an interpreter surely starts.
const SHORT: Duration = Duration::from_secs(3);

fn start_within(function: Function, function_time: Duration) -> Option<LocalIotCore> {
    drop(start(function.clone())?);
    let limits = Limits {
        function_time,
        function_wait: function_time,
        ..Limits::default()
    };
    Some(start_limited(function, limits))
}

fn start_limited(function: Function, limits: Limits) -> LocalIotCore {
    LocalIotCore::start(Config {
        limits,
        ..config(function)
    })
    .unwrap()
}

#[test]
fn one_that_does_not_listen_or_does_not_respond_fails_in_time() {
    let rows = [
        ("deaf", "any", SHORT, "did not ask for an event within 3s"),
        ("half", "any", SHORT, "did not ask for an event within 3s"),
        ("unread", "any", SHORT, "the function took longer than 3s"),
        ("", "flood", SHORT, "the function took longer than 3s"),
        ("", "hang", SHORT, "the function took longer than 3s"),
        (
            "kill",
            "any",
            LONG,
            "ended before it asked for an event: signal: 9",
        ),
    ];
    // On a busy machine it may not have begun by then.
    let unborn = "did not ask for an event within 3s";
    std::thread::scope(|scope| {
        for (how, token, time, expected) in rows {
            scope.spawn(move || {
                let Some(emulator) = start_within(fixture().env("START", how), time) else {
                    return;
                };
                for _ in 0..2 {
                    let (status, reason, invocation) = publish_with(&emulator, token);
                    assert_eq!(status, 403, "{how} {token}");
                    assert!(
                        reason.contains(expected) || reason.contains(unborn),
                        "{how} {token}: {reason}"
                    );
                    let printed: usize = invocation.output.iter().map(String::len).sum();
                    assert!(printed < 1024 * 1024);
                }
            });
        }
    });
}

/// More requests than may wait in line, or be at work.
const CROWD: usize = 150;

/// Sends them all, and then gets something else served before any of them is.
fn crowd_out(emulator: &LocalIotCore, request: &str, other: impl FnOnce()) -> Vec<u16> {
    let mut crowd: Vec<_> = (0..CROWD)
        .map(|_| {
            let mut stream = connect(emulator.http_addr());
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    other();
    assert!(emulator.trace().iter().all(|entry| entry.accepted));
    crowd
        .iter_mut()
        .map(|stream| read_response(stream).status)
        .collect()
}

#[test]
fn one_that_hangs_holds_up_no_other() {
    let Some(emulator) = start_within(fixture(), SHORT) else {
        return;
    };
    let fields = "x-amz-customauthorizer-name:f\r\ntoken:hang\r\n";
    let other = || {
        let response = ask(&emulator, publish("/topics/uniqueID/a", ""));
        assert_eq!(response.status, 200);
    };
    let statuses = crowd_out(&emulator, &request("POST", "/topics/a/b", fields), other);
    assert_eq!(statuses, [403; CROWD]);
    let reasons = [
        "took longer than 3s",
        "busy with 10 other requests for 3s",
        "did not ask for an event within 3s",
    ];
    for entry in emulator.trace().iter().filter(|entry| !entry.accepted) {
        assert!(
            reasons.iter().any(|reason| entry.reason.contains(reason)),
            "{}",
            entry.reason
        );
    }
}

#[test]
fn one_in_this_process_that_hangs_leaves_the_state_file_its_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let hanging = Arc::new(move |_: &serde_json::Value| {
        // Until the test has ended.
        let _ = held.lock().unwrap().recv();
        Err("never".to_owned())
    });
    let emulator = LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("hanging", "token", hanging)],
        state: Some(folder.path().join("state.json")),
        limits: Limits {
            function_time: SHORT,
            function_wait: SHORT,
            ..Limits::default()
        },
        ..Config::default()
    })
    .unwrap();
    let fields = "x-amz-customauthorizer-name:hanging\r\ntoken:x\r\n";
    let other = || {
        // It retains, and so writes the file.
        let bytes = request("POST", "/topics/a?retain=true", &sigv4("iotdata"));
        assert_eq!(ask(&emulator, bytes).status, 200);
    };
    let statuses = crowd_out(&emulator, &request("POST", "/topics/a/b", fields), other);
    assert_eq!(statuses, [403; CROWD]);
    drop(release);
}

#[test]
fn one_that_ended_after_its_response_has_a_successor() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    for _ in 0..3 {
        let (status, reason, _) = publish_with(&emulator, "last");
        assert_eq!(status, 200, "{reason}");
    }
}

#[test]
fn one_that_cannot_begin_says_why() {
    let rows = [
        (
            "exit",
            "the function's process ended before it asked for an event: exit status: 7",
            "nothing works today",
        ),
        (
            "error",
            "the function failed before it took an event: Config: no key",
            "",
        ),
    ];
    for (how, expected, printed) in rows {
        let Some(emulator) = start(fixture().env("START", how)) else {
            return;
        };
        for _ in 0..2 {
            let (status, reason, invocation) = publish_with(&emulator, "any");
            assert_eq!((status, reason.as_str()), (403, expected));
            assert_eq!(invocation.output.concat(), printed);
        }
    }
}

#[test]
fn what_it_prints_is_shown_without_the_request_s_credentials() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let (status, _, invocation) = publish_with(&emulator, "a-secret");
    assert_eq!(status, 200);
    let line = &invocation.output[0];
    assert!(line.starts_with("the event is {"), "{line}");
    assert!(line.contains("\"token\": \"<redacted>\""), "{line}");
    let whole = emulator.trace().last().unwrap().to_string();
    assert!(whole.contains("; printed: the event is") && !whole.contains("a-secret"));
}

#[test]
fn one_that_prints_without_measure_is_served_and_cut_short() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let (status, reason, invocation) = publish_with(&emulator, "shout");
    assert_eq!(status, 200, "{reason}");
    assert_eq!(invocation.output.len(), 201);
    assert!(invocation.output[200].ends_with("lines more)"));
}

#[test]
fn its_runtime_api_refuses_pages_of_other_sites() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let lines = publish_with(&emulator, "environment").2.output;
    let api = lines
        .iter()
        .find_map(|line| line.strip_prefix("AWS_LAMBDA_RUNTIME_API="));
    let address = api.unwrap().parse().unwrap();
    for (host, fields) in [
        ("evil.com", ""),
        ("localhost", "origin:http://evil.com\r\n"),
    ] {
        let bytes = request("POST", "/2018-06-01/runtime/init/error", fields);
        let bytes = bytes.replace("host:localhost", &format!("host:{host}"));
        assert_eq!(ask_at(address, bytes).status, 403, "{host} {fields}");
    }
    assert_eq!(publish_with(&emulator, "any").0, 200);
}

#[test]
fn it_can_be_run_with_any_event_at_all() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let (response, invocation) = emulator.invoke("f", &json!({"token": "any"}));
    assert_eq!(response.unwrap()["isAuthenticated"], true);
    assert!(invocation.succeeded);
    let (response, invocation) = emulator.invoke("f", &json!({"token": "throw"}));
    let reason = response.unwrap_err();
    assert_eq!(
        reason,
        "the function failed: ValueError: no such token: throw"
    );
    assert!(!invocation.succeeded);
    // A list has no `get`, which the fixture does not expect and ends of.
    let reason = emulator.invoke("f", &json!([])).0.unwrap_err();
    assert!(
        reason.contains("ended instead of returning a response"),
        "{reason}"
    );
    assert!(
        emulator
            .invoke("none", &json!({}))
            .0
            .unwrap_err()
            .contains("there is no function none")
    );
    assert!(emulator.trace().is_empty());
}

#[test]
fn a_function_that_does_not_exist_fails_each_request_with_the_reason() {
    let emulator = LocalIotCore::start(Config {
        functions: Vec::new(),
        ..config(fixture())
    })
    .unwrap();
    let (status, reason, invocation) = publish_with(&emulator, "any");
    assert_eq!(status, 403);
    assert_eq!(
        reason,
        "there is no function f: this local emulator was started with customAuthFunc"
    );
    assert!(!invocation.succeeded);
}

#[test]
fn a_program_that_cannot_be_run_keeps_the_emulator_from_starting() {
    for (path, expected) in [
        ("/no/such/program", "No such file"),
        (
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
            "nor an executable file",
        ),
        (env!("CARGO_MANIFEST_DIR"), "nor an executable file"),
    ] {
        let error = LocalIotCore::start(config(Function::process("f", path)))
            .err()
            .unwrap();
        let error = error.to_string();
        assert!(error.contains(expected) && error.contains(path), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_and_what_it_started_end_with_the_emulator() {
    let Some(emulator) = start(fixture()) else {
        return;
    };
    let pid = |token| {
        let line = publish_with(&emulator, token).2.output.remove(0);
        line.strip_prefix("process ").unwrap().to_owned()
    };
    let pids = [pid("pid"), pid("child")];
    assert!(pids.iter().all(|pid| is_alive(pid)));
    drop(emulator);
    let end = Instant::now() + TIMEOUT;
    while pids.iter().any(|pid| is_alive(pid)) {
        assert!(Instant::now() < end, "{pids:?} outlive the emulator");
        std::thread::yield_now();
    }
}

/// A zombie is dead; its parent only has not asked yet.
#[cfg(target_os = "linux")]
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit(") ").next().unwrap().starts_with(['Z', 'X']))
}
