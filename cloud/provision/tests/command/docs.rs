//! The pages' commands, run as they stand there.

use std::path::Path;
use std::process::Command;

use crate::emulator;
use crate::support::Directory;

#[test]
fn the_commands_of_the_page_on_provisioning_work() {
    run("provisioning.md");
}

#[test]
fn the_commands_of_the_page_on_threats_work() {
    run("threats.md");
}

/// Block after block in one directory, each by a shell that stops at the first failure. `$EMULATOR` is the port of a
/// local emulator that is started when a block first names it, with the keys that the page has made by then.
fn run(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let blocks = blocks(&text);
    assert!(!blocks.is_empty());

    let directory = Directory::new();
    let bin = Path::new(env!("CARGO_BIN_EXE_motepost")).parent().unwrap();
    let paths = std::env::join_paths(
        [bin.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let paths = paths.unwrap();
    let mut emulator = None;
    for (line, block) in blocks {
        if emulator.is_none() && block.contains("$EMULATOR") {
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
