//! The pages' commands, run as they stand there.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::emulator;
use crate::support::Directory;

#[test]
fn the_commands_of_the_page_on_provisioning_work() {
    run("docs/provisioning.md");
}

#[test]
fn the_commands_of_the_page_on_cost_work() {
    run("docs/cost.md");
}

#[test]
fn the_commands_of_the_page_on_threats_work() {
    run("docs/threats.md");
}

#[test]
fn the_commands_of_the_crate_s_readme_work() {
    run("cloud/provision/README.md");
}

/// Block after block in one directory, each by a shell that stops at the first failure. `EMULATOR` is the port of a
/// local emulator that is started when a block first names it, with the keys that the page has made by then.
fn run(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let blocks = blocks(&text);
    assert!(!blocks.is_empty());

    let directory = Directory::new();
    let paths = paths_with(built());
    let mut emulator = None;
    for (line, block) in blocks {
        if emulator.is_none() && block.contains("EMULATOR") {
            emulator = Some(emulator::start(&directory));
        }
        let port = emulator
            .as_ref()
            .map_or(0, |emulator| emulator.https_addr().port());
        let output = Command::new("sh")
            .args(["-euc", block])
            .current_dir(directory.path())
            .env("PATH", &paths)
            .env("EMULATOR", port.to_string())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{page}, line {line}:\n{block}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Where the build has put the programs.
fn built() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_motepost")).parent().unwrap()
}

fn paths_with(first: &Path) -> OsString {
    let rest = std::env::var_os("PATH").unwrap();
    let paths = [first.to_owned()].into_iter();
    std::env::join_paths(paths.chain(std::env::split_paths(&rest))).unwrap()
}

/// The two terminals of the page, in a checkout that holds what was built and the repository's `.gitignore`. Only the ports
/// are others than there, for another emulator may be at work on this machine.
#[cfg(unix)]
#[test]
fn the_page_on_deployment_works_on_this_machine_and_leaves_nothing_in_the_checkout() {
    for program in ["local-iot-core", "authorizer"] {
        if !built().join(program).exists() {
            let message = format!(
                "LEFT OUT: {program} is not built (cargo build -p motepost-authorizer -p local-iot-core)"
            );
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{message}");
            let _ = writeln!(std::io::stderr(), "{message}");
            return;
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/deploy.md")).unwrap();
    let (_, section) = page.split_once("## On this machine\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let blocks: Vec<_> = section
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split_once("\n```").unwrap().0)
        .collect();
    let [first, second] = blocks[..] else {
        panic!("{} blocks", blocks.len())
    };
    // This test's own build has done it.
    let (build, first) = first.split_once('\n').unwrap();
    assert!(build.starts_with("cargo build "), "{build}");
    assert!(first.contains("\nlocal-iot-core --"));

    let checkout = Directory::new();
    std::fs::create_dir(checkout.join("target")).unwrap();
    std::os::unix::fs::symlink(built(), checkout.join("target/debug")).unwrap();
    std::fs::copy(root.join(".gitignore"), checkout.join(".gitignore")).unwrap();
    let shell = |text: &str| {
        let mut command = Command::new("sh");
        command.args(["-euc", text]).current_dir(checkout.path());
        command
    };
    let free_ports =
        "exec local-iot-core --https-port 0 --http-port 0 --mqtt-port 0 --control-port 0 --";
    let mut terminal = Terminal(
        shell(&first.replace("\nlocal-iot-core --", &format!("\n{free_ports}")))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut shown = BufReader::new(terminal.0.stdout.take().unwrap()).lines();
    let address = shown.next().expect("the ports").unwrap();
    let (_, port) = address.split_once("https://127.0.0.1:").unwrap();
    let port = port.split_whitespace().next().unwrap();
    // The CA is there once the emulator says so.
    assert!(shown.any(|line| line.unwrap().contains("ca.pem")));

    assert_eq!(second.matches("--port 8443").count(), 1);
    let second = second.replace("--port 8443", &format!("--port {port}"));
    let output = shell(&second).output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(out.starts_with("accepted: 200\n"), "{second}\n{out}{err}");
    drop(terminal);

    let git = "git init -q . && git add .gitignore && git status --porcelain --untracked-files=all";
    let output = shell(git).output().unwrap();
    let left = String::from_utf8_lossy(&output.stdout);
    assert_eq!(left, "A  .gitignore\n", "{left}");
    for secret in ["fleet.key", "uniqueID.json"] {
        assert_eq!(checkout.mode(&format!("fleet/{secret}")), 0o600, "{secret}");
    }
    assert_eq!(checkout.mode("fleet"), 0o700);
}

struct Terminal(Child);

impl Drop for Terminal {
    fn drop(&mut self) {
        // It fails only if the emulator has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn deploy() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy.md");
    std::fs::read_to_string(page).unwrap()
}

/// The page is followed from top to bottom in one folder. `motepost` writes over no file, and stops; a shell does, and says nothing.
#[test]
fn the_page_on_deployment_writes_no_file_twice() {
    let page = deploy();
    let mut written = std::collections::BTreeSet::new();
    let words: Vec<_> = page.split_whitespace().collect();
    for pair in words.windows(2) {
        if ["--out", "--private", "--public", ">"].contains(&pair[0]) {
            let name = pair[1].trim_matches(['`', ',', '.', ')']);
            assert!(written.insert(name), "{name} is written twice");
        }
    }
    for name in ["fleet.key", "aws-fleet.key", "signing.key", "devices.json"] {
        assert!(written.contains(name), "{name} is not among {written:?}");
    }
    assert!(written.len() > 10, "{written:?}");
}

/// With the shell's own at 077, `cargo lambda build` makes a function that Lambda may not run.
#[test]
fn the_page_on_deployment_leaves_the_shell_its_umask() {
    let page = deploy();
    assert!(page.matches("(umask 077; ").count() > 3);
    for line in page.lines().filter(|line| line.contains("umask 077")) {
        assert!(line.contains("(umask 077; "), "{line}");
    }
    for function in ["authorizer", "splitter"] {
        let command = format!(
            "chmod 755 ../target/lambda/{function} ../target/lambda/{function}/bootstrap\naws cloudformation package"
        );
        assert!(page.contains(&command), "{command}");
    }
}

/// A row with an end that an earlier update has set is deleted by DynamoDB, and with it a revocation or a generation.
#[test]
fn what_the_page_on_deployment_writes_into_a_row_stays() {
    let page = deploy();
    let updates: Vec<_> = page
        .split("--update-expression '")
        .skip(1)
        .map(|rest| rest.split_once('\'').unwrap())
        .collect();
    assert_eq!(updates.len(), 5, "{updates:?}");
    let (ending, lasting): (Vec<_>, Vec<_>) = updates
        .into_iter()
        .partition(|(update, _)| update.contains("expires_at = "));
    let [(update, after)] = ending[..] else {
        panic!("{ending:?}")
    };
    // What a minting device has would be forgotten.
    let condition = ["generation", "#counter", "last_time"]
        .map(|name| format!("attribute_not_exists({name})"))
        .join(" AND ");
    let command = after.split_once("```").unwrap().0;
    assert!(command.contains(&condition), "{update}");
    assert!(page.contains("With `Schemes=signed` alone, a revocation may end"));
    for (update, _) in lasting {
        let (_, removed) = update.split_once("REMOVE ").unwrap_or_default();
        assert!(
            removed.split(", ").any(|name| name == "expires_at"),
            "{update}"
        );
    }
}

/// No page has a token, a key or a signature on a command line, where other users of the machine see it.
#[test]
fn no_page_puts_a_secret_on_a_command_line() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for page in ["deploy.md", "provisioning.md", "threats.md"] {
        let text = std::fs::read_to_string(docs.join(page)).unwrap();
        for block in text.split("```sh").skip(1) {
            let block = block.split("\n```").next().unwrap().replace("\\\n", " ");
            // What the shell writes for its owner alone is no command line.
            let lines = block.lines().map(str::trim_start).map(|line| {
                let inner = line.strip_prefix("(umask 077; ");
                let inner = inner.and_then(|line| line.strip_suffix(')'));
                inner.unwrap_or(line)
            });
            for line in lines.filter(|line| !line.starts_with("printf ")) {
                for secret in [
                    "$token",
                    "$(motepost mint",
                    "$(motepost sign-token",
                    "$(cat fleet",
                    ".key)",
                ] {
                    assert!(!line.contains(secret), "{page}: {line}");
                }
            }
        }
    }
}

/// The blocks of shell, each with its line. One that is not marked as run would be one that nobody has tried.
fn blocks(text: &str) -> Vec<(usize, &str)> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("```sh") {
        let (info, after) = rest[at..].split_once('\n').unwrap();
        let line = text.len() - after.len();
        let line = text[..line].matches('\n').count();
        assert_eq!(info, "```sh run", "line {line}");
        let (block, after) = after.split_once("\n```").unwrap();
        blocks.push((line, block));
        rest = after;
    }
    blocks
}
