//! Runs the fuzz targets for a while, and says how far each came.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::{Result, cargo_can, target_dir, workspace_root};

/// The targets, and the words that each is given.
const TARGETS: [(&str, &str); 9] = [
    ("encode", "topic"),
    ("response", "http"),
    ("exchange", "topic"),
    ("token", "http"),
    ("c_abi", "topic"),
    ("policy", "policy"),
    ("http_request", "http"),
    ("batch", "batch"),
    ("outbox", "outbox"),
];

/// Past the longest header value, so that the limits are met.
const MAX_LEN: usize = 8300;

/// Fuzzes the targets of these names, or all, each for so many seconds; as many at once as there are cores.
///
/// # Errors
/// When a tool is missing, a name is unknown, a target does not build, or there is a finding: the message says how to repeat it.
pub fn run(names: &[String], seconds: u64) -> Result<String> {
    find_tools()?;
    let chosen = choose(names)?;
    let build_dir = target_dir().join("fuzz");
    // One build for all of them.
    let built = fuzz("build", &build_dir)
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if !built.success() {
        return Err("the fuzz targets do not build".into());
    }
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let mut reports = Vec::new();
    for some in chosen.chunks(at_once) {
        let results: Vec<Result<String>> = thread::scope(|scope| {
            let running: Vec<_> = some
                .iter()
                .map(|(name, words)| {
                    let build_dir = &build_dir;
                    scope.spawn(move || run_one(name, words, seconds, build_dir))
                })
                .collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended
                .map(|result| result.unwrap_or_else(|_| Err("a run was lost".into())))
                .collect()
        });
        for result in results {
            reports.push(result?);
        }
    }
    Ok(reports.join("\n"))
}

fn choose(names: &[String]) -> Result<Vec<(&'static str, &'static str)>> {
    let known = |name: &String| {
        let found = TARGETS.iter().find(|(known, _)| known == name);
        found.copied().ok_or_else(|| {
            let all = TARGETS.map(|(name, _)| name).join(", ");
            format!("there is no fuzz target {name:?}; there are {all}")
        })
    };
    if names.is_empty() {
        return Ok(TARGETS.to_vec());
    }
    names.iter().map(known).collect()
}

fn find_tools() -> Result<()> {
    if !cargo_can(&["+nightly", "--version"]) {
        return Err(
            "nothing was fuzzed: the sanitizer needs a nightly compiler. Install it:\n  \
                    rustup toolchain install nightly --profile minimal"
                .into(),
        );
    }
    if !cargo_can(&["fuzz", "--version"]) {
        return Err(
            "nothing was fuzzed: there is no cargo-fuzz. Install it:\n  cargo install cargo-fuzz --locked"
                .into(),
        );
    }
    Ok(())
}

fn fuzz(what: &str, build_dir: &Path) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(workspace_root())
        .args(["+nightly", "fuzz", what, "--target-dir"])
        .arg(build_dir);
    command
}

fn run_one(name: &str, words: &str, seconds: u64, build_dir: &Path) -> Result<String> {
    // What is found new goes next to the build, not among the seeds.
    let corpus = build_dir.join("corpus").join(name);
    fs::create_dir_all(&corpus).map_err(|e| format!("cannot make {}: {e}", corpus.display()))?;
    let output = fuzz("run", build_dir)
        .arg(name)
        .arg(&corpus)
        .arg(format!("fuzz/corpus/{name}"))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_LEN}"))
        .arg(format!("-dict=fuzz/dictionaries/{words}.dict"))
        .args(["-timeout=10", "-print_final_stats=1"])
        .output()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return report(name, &log).ok_or_else(|| format!("{name}: no figures in\n{log}"));
    }
    let path = keep(name, &log, build_dir)?;
    Err(finding(name, &log, &path))
}

fn keep(name: &str, log: &str, build_dir: &Path) -> Result<PathBuf> {
    let path = build_dir.join(format!("{name}.log"));
    fs::write(&path, log).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(path)
}

/// libFuzzer's figures in one line.
fn report(name: &str, log: &str) -> Option<String> {
    let after = |mark: &str| {
        let line = log.lines().rev().find(|line| line.contains(mark))?;
        line.split_once(mark)?
            .1
            .split_whitespace()
            .next()?
            .parse::<u64>()
            .ok()
    };
    Some(format!(
        "target={name} executions={} executions_per_second={} coverage={} features={}",
        after("stat::number_of_executed_units:")?,
        after("stat::average_exec_per_sec:")?,
        after(" cov: ")?,
        after(" ft: ")?,
    ))
}

/// What happened, and the command that makes it happen again.
fn finding(name: &str, log: &str, kept: &Path) -> String {
    let cause = log
        .lines()
        .skip_while(|line| !line.contains("panicked at") && !line.contains("ERROR:"))
        .take(6)
        .collect::<Vec<_>>()
        .join("\n  ");
    let input = log
        .lines()
        .find_map(|line| line.split_once("Test unit written to "))
        .map_or("<the input>", |(_, path)| path);
    format!(
        "{name} found something:\n  {cause}\nThe whole log is {}. To see it again:\n  \
         cargo +nightly fuzz run --target-dir target/fuzz {name} {input}",
        kept.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_its_program_its_seeds_and_its_words() {
        let fuzz = workspace_root().join("fuzz");
        for (name, words) in TARGETS {
            assert!(
                fuzz.join(format!("fuzz_targets/{name}.rs")).is_file(),
                "{name}"
            );
            assert!(fuzz.join("corpus").join(name).is_dir(), "{name}");
            assert!(
                fuzz.join(format!("dictionaries/{words}.dict")).is_file(),
                "{words}"
            );
        }
    }

    #[test]
    fn the_figures_are_the_last_ones() {
        let log = "#1\tINITED cov: 5 ft: 6 corp: 1/1b\n#9\tDONE   cov: 70 ft: 80 corp: 3/9b\n\
                   stat::number_of_executed_units: 900\nstat::average_exec_per_sec:     45\n";
        let line = "target=token executions=900 executions_per_second=45 coverage=70 features=80";
        assert_eq!(report("token", log).as_deref(), Some(line));
        assert_eq!(report("token", "nothing"), None);
    }

    #[test]
    fn a_finding_says_how_to_repeat_it() {
        let log = "thread panicked at src/encode.rs:1:1:\nwrong\nartifact_prefix='x'; Test unit written to /a/crash-1\n";
        let text = finding("encode", log, Path::new("encode.log"));
        assert!(text.contains("wrong"), "{text}");
        assert!(
            text.ends_with("cargo +nightly fuzz run --target-dir target/fuzz encode /a/crash-1"),
            "{text}"
        );
    }

    #[test]
    fn an_unknown_target_is_answered_with_the_known_ones() {
        let error = choose(&["tokens".into()]).unwrap_err();
        assert!(error.contains("token, c_abi"), "{error}");
    }
}
