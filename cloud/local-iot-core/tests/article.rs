//! The blog post's commands, as they stand there, with the programs they name: openssl, base64, curl,
//! and an MQTT subscriber in place of AWS's console.
//!
//! Without these programs nothing is tested, and a line says so; with `CI=true` that is a failure.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use local_iot_core::{Config, LocalIotCore, PublicKey};

const PROGRAMS: [&str; 5] = ["openssl", "base64", "curl", "mosquitto_sub", "stdbuf"];

/// The blog post's third step: the key, the token and its signature. `wrapped` is what `base64` makes on
/// Linux; `one-line` is the cure.
const KEY_AND_TOKEN: &str = r#"
openssl genrsa -out gateway_token.key 2048
openssl rsa -in gateway_token.key -outform PEM -pubout -out gateway_token.pem
echo -n Allow > token.txt
openssl dgst -sha256 -sign gateway_token.key -out token.sign token.txt
base64 -w76 token.sign > wrapped
base64 -w0 token.sign > one-line
"#;

const UNSIGNED: &str = r#"
curl -v -i -H "X-Amz-CustomAuthorizer-Name:unsignedAuthorizer" \
-H "token:allow" -H "id:uniqueID" --data '{"message":"Hello from unsigned custom auth"}' \
--cacert ca.pem https://localhost:$PORT/topics/uniqueID/status
"#;

const SIGNED: &str = r#"
curl -v -X POST -i -N \
-H "X-Amz-CustomAuthorizer-Name:signedAuthorizer" \
-H X-Amz-CustomAuthorizer-Signature:$(<one-line) -H token:$(<token.txt) \
-H "id:uniqueID" --data '{"message":"Hello from signed custom auth"}' \
--cacert ca.pem https://localhost:$PORT/topics/uniqueID/status
"#;

/// Unquoted, the blog post's command is split at the line ends: the header gets the first 76 characters, and
/// curl takes the others for addresses, which are left out here.
const SIGNED_WRAPPED: &str = r#"
curl -v -X POST -i -N \
-H "X-Amz-CustomAuthorizer-Name:signedAuthorizer" \
-H X-Amz-CustomAuthorizer-Signature:$(head -n 1 wrapped) -H token:$(<token.txt) \
-H "id:uniqueID" --data '{"message":"Hello from signed custom auth"}' \
--cacert ca.pem https://localhost:$PORT/topics/uniqueID/status
"#;

#[test]
fn the_unsigned_curl_is_accepted_and_its_message_arrives() {
    let Some(article) = Article::start("unsigned") else {
        return;
    };
    let mut subscriber = article.subscribe();
    let response = article.bash(UNSIGNED);
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert_eq!(
        subscriber.message(),
        r#"uniqueID/status {"message":"Hello from unsigned custom auth"}"#
    );
}

#[test]
fn the_signed_curl_is_accepted_and_its_message_arrives() {
    let Some(article) = Article::start("signed") else {
        return;
    };
    let mut subscriber = article.subscribe();
    let response = article.bash(SIGNED);
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert_eq!(
        subscriber.message(),
        r#"uniqueID/status {"message":"Hello from signed custom auth"}"#
    );
}

#[test]
fn a_signature_that_base64_wrapped_is_refused_and_the_trace_says_that_it_was_wrapped() {
    let Some(article) = Article::start("wrapped") else {
        return;
    };
    let response = article.bash(SIGNED_WRAPPED);
    assert!(
        response.starts_with("HTTP/1.1 403 Forbidden\r\n"),
        "{response}"
    );
    assert!(!response.contains("wrap"), "the wire is as terse as AWS");
    let trace = article.emulator.trace();
    let reason = &trace.last().expect("an entry for the request").reason;
    assert!(reason.contains("wrapped"), "{reason}");
}

struct Article {
    folder: PathBuf,
    emulator: LocalIotCore,
}

impl Article {
    fn start(name: &str) -> Option<Self> {
        let missing: Vec<_> = PROGRAMS
            .iter()
            .filter(|program| !is_there(program))
            .collect();
        if !missing.is_empty() {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI must have {missing:?}"
            );
            eprintln!("LEFT OUT: the blog post's commands, for want of {missing:?}");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("article-{name}"));
        fs::create_dir_all(&folder).expect("a folder for keys");
        run_bash(&folder, KEY_AND_TOKEN, 0);
        let pem =
            fs::read_to_string(folder.join("gateway_token.pem")).expect("openssl's public key");
        let key = PublicKey::from_pem("gateway", &pem).expect("a key that AWS would take");
        let config = Config::default().with_signed_authorizer("signedAuthorizer", vec![key]);
        let emulator = LocalIotCore::start(config).expect("free ports on loopback");
        fs::write(folder.join("ca.pem"), emulator.ca_pem()).expect("the CA's file");
        Some(Self { folder, emulator })
    }

    fn bash(&self, script: &str) -> String {
        run_bash(&self.folder, script, self.emulator.https_addr().port())
    }

    fn subscribe(&self) -> Subscriber {
        Subscriber::start(self.emulator.mqtt_addr().port())
    }
}

fn is_there(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status();
    found.is_ok_and(|status| status.success())
}

fn run_bash(folder: &Path, script: &str, port: u16) -> String {
    let output = Command::new("bash")
        .args(["-euc", script])
        .current_dir(folder)
        .env("PORT", port.to_string())
        .output()
        .expect("bash runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// `mosquitto_sub`, subscribed.
struct Subscriber {
    process: Child,
    lines: BufReader<Box<dyn Read>>,
}

impl Subscriber {
    fn start(port: u16) -> Self {
        // Into a pipe it would hold its lines back until it ends.
        let mut process = Command::new("stdbuf")
            .args(["-oL", "mosquitto_sub"])
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .args([
                "-t",
                "uniqueID/#",
                "-q",
                "1",
                "-C",
                "1",
                "-W",
                "20",
                "-v",
                "-d",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .expect("mosquitto_sub runs");
        let output = process.stdout.take().expect("its output is ours");
        let mut subscriber = Self {
            process,
            lines: BufReader::new(Box::new(output)),
        };
        subscriber.line(|line| line.starts_with("Subscribed"));
        subscriber
    }

    fn message(&mut self) -> String {
        self.line(|line| line.starts_with("uniqueID/"))
    }

    fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let mut line = String::new();
        while self.lines.read_line(&mut line).expect("lines of text") > 0 {
            if wanted(line.trim_end()) {
                return line.trim_end().to_owned();
            }
            line.clear();
        }
        panic!("mosquitto_sub ended without the line");
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        // It ends by itself after one message; this is for a test that fails before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
