//! What the help texts show runs.

use std::path::Path;
use std::process::Command;

use crate::support::Directory;

/// All subcommands, from the command's own list.
fn help_texts(directory: &Directory) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let mut open = vec![String::new()];
    while let Some(command) = open.pop() {
        let text = directory.run(&format!("{command} --help")).exits(0).out;
        let list = text.split_once("Commands:\n").map_or("", |(_, list)| list);
        let list = list.split("\n\n").next().unwrap();
        for line in list.lines() {
            // The next line of a description begins further to the right.
            let name = line
                .strip_prefix("  ")
                .filter(|rest| !rest.starts_with(' '));
            let name = name.and_then(|rest| rest.split_whitespace().next());
            if let Some(name) = name.filter(|name| *name != "help") {
                open.push(format!("{command} {name}"));
            }
        }
        texts.push((command, text));
    }
    texts
}

#[test]
fn every_session_that_a_help_text_shows_runs() {
    let directory = Directory::new();
    let texts = help_texts(&directory);
    for command in [
        "",
        " keygen signing",
        " keygen fleet",
        " verify minted",
        " publish",
        " explain",
    ] {
        assert!(texts.iter().any(|(name, _)| name == command), "{command}");
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_motepost")).parent().unwrap();
    let rest = std::env::var_os("PATH").unwrap();
    let paths = [bin.to_owned()]
        .into_iter()
        .chain(std::env::split_paths(&rest));
    let paths = std::env::join_paths(paths).unwrap();
    let mut lines = 0;
    for (name, text) in texts {
        let session = Directory::new();
        // A line that goes on does so further to the right.
        let text = text.replace("\\\n      ", " ").replace("|\n      ", "| ");
        for line in text
            .lines()
            .map(str::trim_start)
            .filter(|line| line.starts_with("motepost "))
        {
            lines += 1;
            let output = Command::new("sh")
                .args(["-ec", line])
                .current_dir(session.path())
                .env("PATH", &paths)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "motepost{name} --help: {line}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    assert!(lines >= 4, "{lines}");
}

/// `--id`, `--token-file` and their like: a name stands for one thing in every command, and a file's option takes `-file`.
#[test]
fn an_option_s_other_name_is_taken() {
    let directory = crate::support::with_keys();
    let sign = |option: &str| {
        directory
            .run(&format!(
                "sign-token {option} signing.key --id a --expires 4000000000"
            ))
            .exits(0)
            .out
    };
    assert_eq!(sign("--signing-key"), sign("--signing-key-file"));
    directory.write("token", "a.4000000000");
    directory.write("signature", sign("--signing-key"));
    for option in ["--public-key", "--public-key-file"] {
        directory
            .run(&format!(
                "explain {option} signing.pub --token-file token --signature-file signature"
            ))
            .exits(0);
    }
}
