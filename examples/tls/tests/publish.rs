//! Both programs, to the stand-in.

use std::net::TcpListener;
use std::process::{Command, Output};

use local_iot_core::{Config, LocalIotCore};
use tempfile::NamedTempFile;

const PROGRAMS: [&str; 2] = [
    env!("CARGO_BIN_EXE_embedded_tls"),
    env!("CARGO_BIN_EXE_async_embassy"),
];

struct Server {
    stand_in: LocalIotCore,
    ca: NamedTempFile,
}

impl Server {
    fn start() -> Self {
        let stand_in = LocalIotCore::start(Config::default()).expect("it starts");
        let ca = NamedTempFile::new().expect("a file can be made");
        std::fs::write(ca.path(), stand_in.ca_pem()).expect("it can be written");
        Self { stand_in, ca }
    }

    fn publish(&self, program: &str, changes: &[&str]) -> Output {
        let to = self.stand_in.https_addr().to_string();
        self.publish_to(&to, program, changes)
    }

    fn publish_to(&self, to: &str, program: &str, changes: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(["--connect", to]);
        if !changes.contains(&"--ca") {
            command.arg("--ca").arg(self.ca.path());
        }
        command.args(changes).output().expect("it runs")
    }

    /// The topics of what was taken.
    fn accepted(&self) -> usize {
        let trace = self.stand_in.trace();
        trace.iter().filter(|entry| entry.accepted).count()
    }

    /// Nothing came that is HTTP.
    fn was_asked_nothing(&self) -> bool {
        let trace = self.stand_in.trace();
        trace.iter().all(|entry| entry.status.is_none())
    }
}

#[track_caller]
fn fails(output: &Output, words: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains(words), "{words:?} in {text}");
}

#[test]
fn a_reading_is_accepted() {
    for program in PROGRAMS {
        let server = Server::start();
        let output = server.publish(program, &[]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(text.contains("answer: 200 Accepted"), "{text}");
        assert_eq!(server.accepted(), 1);
    }
}

#[test]
fn without_arguments_there_is_a_stand_in_of_its_own() {
    for program in PROGRAMS {
        let output = Command::new(program).output().expect("it runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_no_is_a_no() {
    for program in PROGRAMS {
        let server = Server::start();
        let output = server.publish(program, &["--token", "deny"]);
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("answer: 403 Denied"), "{text}");
    }
}

#[test]
fn a_server_under_another_ca_is_given_no_request() {
    for program in PROGRAMS {
        let (server, other) = (Server::start(), Server::start());
        let another_ca = other.ca.path().to_string_lossy();
        let output = server.publish(program, &["--ca", &another_ca]);
        fails(&output, "TLS: InvalidCertificate");
        assert!(server.was_asked_nothing());
    }
}

#[test]
fn a_server_of_another_name_is_given_no_request() {
    for program in PROGRAMS {
        let server = Server::start();
        let output = server.publish(program, &["--name", "elsewhere.example"]);
        fails(&output, "TLS: InvalidCertificate");
        assert!(server.was_asked_nothing());
    }
}

#[test]
fn a_server_that_never_answers_costs_no_more_than_the_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = silent.local_addr().expect("it has an address").to_string();
    let server = Server::start();
    for (program, words) in PROGRAMS
        .into_iter()
        .zip(["TLS: Io", "no answer within 200 ms"])
    {
        let output = server.publish_to(&address, program, &["--milliseconds", "200"]);
        fails(&output, words);
    }
}
