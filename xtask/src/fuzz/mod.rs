//! Runs the fuzz targets for a while, and says how far each came.

mod minimise;
mod programs;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use crate::at_once::run_all;
use crate::{Result, workspace_root};
use minimise::{found, minimise, seeds};
use programs::{build, build_dir, program, repeat};
use targets::{Target, choose};

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After so many seconds.
    Seconds(u64),
    /// After so many executions.
    Executions(u64),
}

/// Fuzzes the targets of these names, or all differential or all fast ones, each until then; as many at once as there are cores.
///
/// # Errors
/// When a tool is missing, a name is unknown, a target does not build, or there is a finding: the message says how to repeat it.
pub fn run(names: &[String], fast: bool, until: Until) -> Result<String> {
    let chosen = choose(names, fast)?;
    build(&chosen)?;
    run_all(&chosen, |target| run_one(target, until))?;
    Ok(format!("{} targets were fuzzed: no finding", chosen.len()))
}

/// Replaces the found seeds of these targets by a smallest set of what runs have found.
///
/// # Errors
/// As [`run`].
pub fn keep_the_fewest(names: &[String], fast: bool) -> Result<String> {
    let chosen = choose(names, fast)?;
    build(&chosen)?;
    run_all(&chosen, minimise)?;
    Ok(format!("{} targets have the fewest seeds", chosen.len()))
}

fn run_one(target: &Target, until: Until) -> Result<String> {
    let name = target.name;
    let findings = workspace_root().join("fuzz/artifacts").join(name);
    fs::create_dir_all(&findings)
        .map_err(|e| format!("cannot make {}: {e}", findings.display()))?;
    let output = program(target)?
        .arg(match until {
            Until::Seconds(seconds) => format!("-max_total_time={seconds}"),
            Until::Executions(count) => format!("-runs={count}"),
        })
        .arg(format!("-max_len={}", target.most))
        .arg(format!("-dict=fuzz/dictionaries/{}.dict", target.words))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .args(["-timeout=10", "-reload=0", "-print_final_stats=1"])
        .args([found(name)?, seeds(name)])
        .args(target.more_seeds.map(seeds))
        .output()
        .map_err(|e| format!("cannot run {name}: {e}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return report(name, &log).ok_or_else(|| format!("{name}: no figures in\n{log}"));
    }
    let path = keep(name, &log)?;
    Err(finding(target, &log, &path))
}

fn keep(name: &str, log: &str) -> Result<PathBuf> {
    let path = build_dir().join(format!("{name}.log"));
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
fn finding(target: &Target, log: &str, kept: &Path) -> String {
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
    // For anyone who has this text and not the machine. libFuzzer prints it for short inputs.
    let bytes = log
        .lines()
        .find_map(|line| line.strip_prefix("Base64: "))
        .map_or(String::new(), |bytes| {
            format!("The input in Base64: {bytes}\n")
        });
    format!(
        "{} found something:\n  {cause}\n{bytes}The whole log is {}. To see it again:\n  {}",
        target.name,
        kept.display(),
        repeat(target, input),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let log = "thread panicked at src/encode.rs:1:1:\nwrong\nartifact_prefix='x'; Test unit written to /a/crash-1\nBase64: YWI=\n";
        let target = choose(&["encode".into()], false).unwrap()[0];
        let text = finding(&target, log, Path::new("encode.log"));
        assert!(text.contains("wrong"), "{text}");
        assert!(text.contains("The input in Base64: YWI=\n"), "{text}");
        assert!(
            text.ends_with("cargo +nightly fuzz run --target-dir target/fuzz encode /a/crash-1"),
            "{text}"
        );
    }
}
