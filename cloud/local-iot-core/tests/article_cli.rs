//! `docs/article.md`, run from top to bottom: its commands are taken from the page and given to the real AWS CLI, openssl,
//! base64, curl, mosquitto_sub and node, against the local emulator as a process. What the page says they print is compared.
//!
//! Before each block of the page stands what it is:
//!
//! | mark | the block |
//! |---|---|
//! | `file: NAME` | is saved |
//! | `start` | starts the local emulator, here on free ports |
//! | `watch` | starts a subscriber |
//! | `setup`, `run` | is run, and succeeds |
//! | `fails` | is run, and does not do what it is for |
//! | `prints` | is in what the block before printed; JSON is all of it |
//! | `trace` | is in the trace of the request before, as a reason for its refusal |
//! | `arrives` | is the next line from the subscriber |
//! | `aws` | needs an account: the AWS CLI checks its form |
//!
//! Without the programs nothing is tested, and a line says so; with `CI=true` that is a failure.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/article.md");

const PROGRAMS: [&str; 9] = [
    "aws",
    "base64",
    "bash",
    "curl",
    "mosquitto_sub",
    "node",
    "openssl",
    "python3",
    "stdbuf",
];

#[test]
fn each_command_of_the_page_does_what_the_page_says() {
    let Some(mut reader) = Reader::new("local emulator") else {
        return;
    };
    for block in blocks(PAGE).iter().filter(|block| block.mark != "aws") {
        reader.follow(block);
    }
}

#[test]
fn the_commands_for_aws_alone_are_well_formed() {
    let Some(mut reader) = Reader::new("aws") else {
        return;
    };
    let wanted = |block: &&Block| block.mark == "aws" || block.mark == "file: index.js";
    for block in blocks(PAGE).iter().filter(wanted) {
        reader.follow(block);
    }
}

#[test]
fn no_block_of_the_page_is_left_untested() {
    let blocks = blocks(PAGE);
    assert!(blocks.iter().all(|block| !block.mark.is_empty()));
    let fences = PAGE.lines().filter(|line| line.starts_with("```"));
    assert_eq!(fences.count(), 2 * blocks.len());
}

/// With the policy documents read as well: they are JSON in strings, in which the order of the fields is free.
fn json(text: &str) -> Value {
    let mut value: Value = serde_json::from_str(text).expect("JSON");
    let documents = value["policyDocuments"].as_array_mut();
    for document in documents.into_iter().flatten() {
        *document = json(document.as_str().expect("a document in a string"));
    }
    value
}

struct Block {
    line: usize,
    mark: String,
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut mark = String::new();
    let mut lines = page.lines().zip(1..);
    while let Some((text, line)) = lines.next() {
        if let Some(language) = text.strip_prefix("```") {
            let inside = lines.by_ref().map(|(text, _)| text);
            found.push(Block {
                line,
                mark: std::mem::take(&mut mark),
                language: language.to_owned(),
                text: inside
                    .take_while(|text| *text != "```")
                    .map(|text| format!("{text}\n"))
                    .collect(),
            });
        } else if let Some(comment) = text.strip_prefix("<!-- ") {
            mark = comment.trim_end_matches(" -->").to_owned();
        }
    }
    found
}

/// Somebody who reads the page and does as it says.
struct Reader {
    folder: PathBuf,
    emulator: Option<EmulatorProcess>,
    subscriber: Option<Subscriber>,
    printed: String,
    said: String,
}

impl Reader {
    fn new(name: &str) -> Option<Self> {
        let missing: Vec<_> = PROGRAMS
            .into_iter()
            .filter(|program| {
                let found = Command::new("sh")
                    .args(["-c", &format!("command -v {program}")])
                    .output();
                !found.is_ok_and(|found| found.status.success())
            })
            .collect();
        if !missing.is_empty() {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI must have {missing:?}"
            );
            eprintln!("LEFT OUT: the commands of docs/article.md, for want of {missing:?}");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("article-cli-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder of its own");
        Some(Self {
            folder,
            emulator: None,
            subscriber: None,
            printed: String::new(),
            said: String::new(),
        })
    }

    fn follow(&mut self, block: &Block) {
        let place = format!("docs/article.md:{}", block.line);
        let text = &block.text;
        match block.mark.as_str() {
            "start" => self.emulator = Some(EmulatorProcess::start(&self.folder, text)),
            "watch" => self.subscriber = Some(Subscriber::start(&self.here(text))),
            "setup" | "run" => {
                let status = self.bash(text);
                assert!(status, "{place}\n{}{}", self.printed, self.said);
            }
            "fails" => {
                self.bash(text);
            }
            "aws" => {
                let status = self.bash(&format!("{FORM_ONLY}{text}"));
                assert!(status, "{place}\n{}{}", self.printed, self.said);
            }
            "prints" if block.language == "json" => {
                assert_eq!(json(&self.printed), json(text), "{place}");
            }
            "prints" => {
                let all = format!("{}{}", self.printed, self.said);
                assert!(all.contains(text.trim_end()), "{place}\n{all}");
            }
            "trace" => {
                let trace = fs::read_to_string(self.folder.join("trace")).expect("its trace");
                let last = trace.lines().rfind(|line| line.contains(" GMT "));
                let last = last.expect("a line for the request");
                assert!(last.contains(" GMT REFUSED  403 "), "{place}\n{last}");
                assert!(last.contains(text.trim_end()), "{place}\n{last}");
            }
            "arrives" => {
                let subscriber = self.subscriber.as_mut().expect("somebody who watches");
                assert_eq!(subscriber.next(), text.trim_end(), "{place}");
            }
            mark => {
                let name = mark.strip_prefix("file: ").expect(&place);
                fs::write(self.folder.join(name), text).expect("room for a file");
            }
        }
    }

    /// The page's ports are the usual ones; these are free.
    fn here(&self, text: &str) -> String {
        let Some(emulator) = &self.emulator else {
            return text.to_owned();
        };
        text.replace("127.0.0.1:8081", &emulator.control)
            .replace("-p 1883", &format!("-p {}", emulator.mqtt_port))
    }

    /// Runs a block as in a shell that stays open: what it sets is there for the next.
    fn bash(&mut self, text: &str) -> bool {
        let script = format!(
            "{KEEP}set -a\n[ ! -e kept ] || source ./kept\ntrap 'export -p > kept' EXIT\nset -euo pipefail\n{}",
            self.here(text)
        );
        let mut command = Command::new("bash");
        command
            .args(["-c", &script])
            .current_dir(&self.folder)
            // The person who runs the test may have an account, and a proxy.
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_CA_BUNDLE")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("NO_PROXY", "*");
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().expect("bash runs");
        self.printed = String::from_utf8_lossy(&stdout).into_owned();
        self.said = String::from_utf8_lossy(&stderr).into_owned();
        status.success()
    }
}

/// The words of a wrapped signature, which curl takes for hosts, go no farther than this machine.
const KEEP: &str = "curl() { command curl --resolve '*:80:127.0.0.1' \"$@\"; }\n";

/// The AWS CLI checks its arguments before it connects, which it cannot here. What it would return is an ARN here.
const FORM_ONLY: &str = r#"
export AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_MAX_ATTEMPTS=1 AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none
aws() {
    said=$(command aws "$@" 2>&1) || true
    [[ $said == *"Could not connect to the endpoint URL"* ]] || { echo "$said" >&2; return 1; }
    echo arn:aws:iam::123456789012:role/customAuthFunc
}
zip() { python3 -m zipfile -c "$@"; }
"#;

/// The emulator's process, its trace in a file.
struct EmulatorProcess {
    process: Child,
    /// It would not live long with nobody to print to.
    _output: Lines<BufReader<ChildStdout>>,
    control: String,
    mqtt_port: String,
}

impl EmulatorProcess {
    fn start(folder: &Path, block: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_local-iot-core");
        let ports = "--https-port 0 --http-port 0 --mqtt-port 0 --control-port 0";
        let block = block.replace("local-iot-core ", &format!("exec '{program}' {ports} "));
        let trace = fs::File::create(folder.join("trace")).expect("a file for the trace");
        let mut process = Command::new("bash")
            .args(["-euc", &block])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(trace)
            .spawn()
            .expect("bash runs");
        let output = process.stdout.take().expect("its output is ours");
        let mut lines = BufReader::new(output).lines();
        let mut after = |name: &str| {
            let mut read = lines.by_ref().map_while(Result::ok);
            let line = read.find_map(|line| Some(line.split_once(name)?.1.to_owned()));
            line.expect("its addresses")
        };
        let mqtt = after("mqtt://");
        let control = after("control plane: http://");
        let (_, mqtt_port) = mqtt.split_once(':').expect("a port");
        Self {
            process,
            _output: lines,
            control,
            mqtt_port: mqtt_port.to_owned(),
        }
    }
}

impl Drop for EmulatorProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `mosquitto_sub`, subscribed.
struct Subscriber {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Subscriber {
    fn start(block: &str) -> Self {
        // Into a pipe it would hold its lines back, and -d says when it is subscribed.
        let block = block.replace("mosquitto_sub ", "exec stdbuf -oL mosquitto_sub -d -W 600 ");
        let mut process = Command::new("bash")
            .args(["-euc", &block])
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let output = process.stdout.take().expect("its output is ours");
        let mut subscriber = Self {
            process,
            lines: BufReader::new(output).lines(),
        };
        subscriber.line(|line| line.starts_with("Subscribed"));
        subscriber
    }

    fn next(&mut self) -> String {
        self.line(|line| line.starts_with("uniqueID/"))
    }

    fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        self.lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| wanted(line))
            .expect("mosquitto_sub ended without the line")
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
