//! Which lines and branches of `src/` the tests reach: those of the package itself, and the C programs of `ffi-tests`, which
//! alone reach the C face. Lines of unit tests do not count.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;

use crate::{Result, capture, target_dir, toolchain, workspace_root};

/// Per cent of the lines of `src/` that must be reached. What is missing runs in the compiler alone (`const`), or never: the
/// panic handler.
const FLOOR: f64 = 98.0;

/// Where the instrumented tests put their counts.
const PROFILES: &str = "LLVM_PROFILE_FILE";
/// Tells this program that cargo runs it in place of rustc.
const IN_PLACE_OF_RUSTC: &str = "MOTEPOST_INSTRUMENT";

/// Runs rustc with the instruments, if cargo runs this program as its wrapper around rustc.
///
/// Only the workspace's own packages are built that way; others are taken as every other build has left them.
pub fn in_place_of_rustc() -> Option<ExitCode> {
    std::env::var_os(IN_PLACE_OF_RUSTC)?;
    let mut arguments = std::env::args_os().skip(1);
    let status = Command::new(arguments.next()?)
        .args(arguments)
        .args(["-Cinstrument-coverage", "-Zcoverage-options=branch"])
        // Branches are unstable, and the toolchain is stable.
        .env("RUSTC_BOOTSTRAP", "1")
        .status();
    let succeeds = status.is_ok_and(|status| status.success());
    Some(if succeeds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the tests with the instruments, and says of each file of `src/` what they reach.
///
/// # Errors
/// When a tool is missing, a test fails, or less than the floor is reached.
pub fn run(show_missed: bool) -> Result<String> {
    let tools = Tools::find()?;
    let dir = target_dir().join("coverage");
    fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let mut files = tools.reached(&dir.join("rust"), &tests(&dir.join("rust"))?)?;
    let from_c = tools.reached(&dir.join("c"), &c_programs(&dir)?)?;
    for (path, reached) in from_c {
        files.entry(path).or_default().add(reached);
    }
    for (path, file) in &mut files {
        file.leave_out_tests(path)?;
    }
    report(&files, show_missed)
}

/// LLVM's, of the version that rustc has.
struct Tools {
    profdata: PathBuf,
    cov: PathBuf,
}

impl Tools {
    fn find() -> Result<Self> {
        let rustc = capture(Command::new("rustc").arg("-vV"))?;
        let major = rustc
            .lines()
            .find_map(|line| line.strip_prefix("LLVM version: "))
            .and_then(|version| version.split('.').next())
            .ok_or("rustc does not say which LLVM it has")?;
        let sysroot = capture(Command::new("rustc").args(["--print", "sysroot"]))?;
        let host = toolchain::host_triple()?;
        let bin = Path::new(sysroot.trim()).join(format!("lib/rustlib/{host}/bin"));
        let find = |name: &str| {
            let candidates = [bin.join(name), format!("{name}-{major}").into()];
            let works = |path: &PathBuf| capture(Command::new(path).arg("--version")).is_ok();
            candidates.into_iter().find(works).ok_or_else(|| {
                format!(
                    "there is no {name} of LLVM {major}, which this rustc has. Do one of these:\n  \
                     rustup component add llvm-tools\n  apt-get install llvm-{major}"
                )
            })
        };
        Ok(Self {
            profdata: find("llvm-profdata")?,
            cov: find("llvm-cov")?,
        })
    }

    /// What the profiles in `dir` say of the programs that wrote them.
    fn reached(&self, dir: &Path, programs: &[PathBuf]) -> Result<BTreeMap<String, File>> {
        let merged = dir.join("merged.profdata");
        capture(
            Command::new(&self.profdata)
                .args(["merge", "--sparse", "--output"])
                .arg(&merged)
                .args(profiles_in(dir)?),
        )?;
        let mut export = Command::new(&self.cov);
        export.args(["export", "--format=lcov", "--instr-profile"]);
        export.arg(&merged);
        for (index, program) in programs.iter().enumerate() {
            if index > 0 {
                export.arg("--object");
            }
            export.arg(program);
        }
        let lcov = capture(export.arg(workspace_root().join("src")))?;
        Ok(parse(&lcov, workspace_root()))
    }
}

fn profiles_in(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = dir
        .read_dir()
        .map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    Ok(paths
        .filter(|path| path.extension().is_some_and(|is| is == "profraw"))
        .collect())
}

/// An empty directory for profiles.
fn empty(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        fs::remove_dir_all(dir).map_err(|e| format!("cannot empty {}: {e}", dir.display()))?;
    }
    fs::create_dir_all(dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))
}

/// A cargo that instruments the workspace's packages.
fn cargo(arguments: &[&str]) -> Result<Command> {
    let this = std::env::current_exe().map_err(|e| format!("cannot find this program: {e}"))?;
    let mut command = Command::new("cargo");
    command
        .current_dir(workspace_root())
        .args(arguments)
        .env("RUSTC_WORKSPACE_WRAPPER", this)
        .env(IN_PLACE_OF_RUSTC, "1")
        .env("CARGO_INCREMENTAL", "0");
    Ok(command)
}

/// Runs the package's own tests; returns their programs.
fn tests(dir: &Path) -> Result<Vec<PathBuf>> {
    const TESTS: [&str; 5] = ["test", "--package", "motepost", "--lib", "--tests"];
    let built = capture(cargo(&TESTS)?.args(["--no-run", "--quiet", "--message-format=json"]))?;
    let programs = built.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    let programs: Vec<_> = programs.collect();
    // What the build itself ran has left its counts as well.
    empty(dir)?;
    capture(
        cargo(&TESTS)?
            .arg("--quiet")
            .env(PROFILES, dir.join("%p-%m.profraw")),
    )?;
    Ok(programs)
}

/// Runs the C programs of `ffi-tests`, linked with an instrumented archive; returns them.
fn c_programs(dir: &Path) -> Result<Vec<PathBuf>> {
    let build_dir = dir.join("archive");
    capture(
        cargo(&["rustc", "--quiet", "--package", "motepost", "--lib"])?
            .args(["--crate-type", "staticlib", "--features", "ffi,token"])
            .args(["--config", "profile.dev.panic='abort'", "--target-dir"])
            .arg(&build_dir)
            .args(["--", "--cfg", "motepost_staticlib"]),
    )?;
    let dir = dir.join("c");
    empty(&dir)?;
    let sources = workspace_root().join("ffi-tests/c");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut programs = Vec::new();
    let entries = sources
        .read_dir()
        .map_err(|e| format!("cannot read {}: {e}", sources.display()))?;
    for source in entries.flatten().map(|entry| entry.path()) {
        if source.extension().is_none_or(|is| is != "c") {
            continue;
        }
        let program = dir.join(source.file_stem().unwrap_or_default());
        capture(
            Command::new(&compiler)
                .arg("-I")
                .arg(workspace_root().join("include"))
                .arg(&source)
                .arg(build_dir.join("debug/libmotepost.a"))
                // Rust's own `core` is built to unwind, which nothing here does; and nothing but rustc asks for the run-time
                // that writes the profile.
                .args([
                    "-Wl,--defsym=rust_eh_personality=0",
                    "-Wl,-u,__llvm_profile_runtime",
                ])
                .arg("-o")
                .arg(&program),
        )?;
        capture(Command::new(&program).env(PROFILES, dir.join("%p.profraw")))?;
        programs.push(program);
    }
    Ok(programs)
}

/// How often each line of a file ran, and which way each branch went.
#[derive(Debug, Default, PartialEq)]
struct File {
    lines: BTreeMap<usize, u64>,
    branches: BTreeMap<(usize, String), u64>,
}

impl File {
    fn add(&mut self, other: Self) {
        for (line, count) in other.lines {
            *self.lines.entry(line).or_default() += count;
        }
        for (branch, count) in other.branches {
            *self.branches.entry(branch).or_default() += count;
        }
    }

    fn leave_out_tests(&mut self, path: &str) -> Result<()> {
        let path = workspace_root().join(path);
        let text = fs::read_to_string(&path)
            .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let tests = text.lines().position(|line| line == "#[cfg(test)]");
        if let Some(above) = tests {
            self.lines.retain(|line, _| *line <= above);
            self.branches.retain(|(line, _), _| *line <= above);
        }
        Ok(())
    }

    fn missed(&self) -> Vec<usize> {
        let missed = self.lines.iter().filter(|(_, count)| **count == 0);
        missed.map(|(line, _)| *line).collect()
    }
}

/// Reads LLVM's tracefile (`man geninfo`): the files under `root`, by their paths there.
fn parse(lcov: &str, root: &Path) -> BTreeMap<String, File> {
    let mut files = BTreeMap::<String, File>::new();
    let mut file = &mut File::default();
    for line in lcov.lines() {
        let (kind, rest) = line.split_once(':').unwrap_or((line, ""));
        let fields: Vec<&str> = rest.split(',').collect();
        match (kind, &fields[..]) {
            ("SF", _) => {
                let path = Path::new(rest);
                let path = path.strip_prefix(root).unwrap_or(path);
                file = files.entry(path.display().to_string()).or_default();
            }
            ("DA", [line, count, ..]) => {
                if let (Ok(line), Ok(count)) = (line.parse(), count.parse::<u64>()) {
                    *file.lines.entry(line).or_default() += count;
                }
            }
            ("BRDA", [line, block, branch, count]) => {
                if let Ok(line) = line.parse() {
                    let branch = (line, format!("{block} {branch}"));
                    // `-` is a condition that was never come to.
                    *file.branches.entry(branch).or_default() += count.parse().unwrap_or(0);
                }
            }
            _ => {}
        }
    }
    files
}

fn report(files: &BTreeMap<String, File>, show_missed: bool) -> Result<String> {
    let mut text = String::new();
    let mut all = [(0, 0); 2];
    for (path, file) in files {
        let missed = file.missed();
        let branches_missed = file.branches.values().filter(|count| **count == 0).count();
        let counts = [
            (file.lines.len() - missed.len(), file.lines.len()),
            (file.branches.len() - branches_missed, file.branches.len()),
        ];
        for (sum, count) in all.iter_mut().zip(counts) {
            *sum = (sum.0 + count.0, sum.1 + count.1);
        }
        let _ = writeln!(text, "{path}: {}", figures(counts));
        if show_missed {
            for line in missed {
                let _ = writeln!(text, "  {path}:{line}");
            }
        }
    }
    let _ = write!(text, "src: {}", figures(all));
    let [lines, _] = all.map(per_cent);
    if lines < FLOOR {
        return Err(format!(
            "{text}\nthe tests reach fewer than {FLOOR} per cent of the lines; `cargo xtask coverage --missed` lists the others"
        ));
    }
    Ok(text)
}

fn figures(counts: [(usize, usize); 2]) -> String {
    let [lines, branches] = counts.map(|count| {
        let (reached, all) = count;
        format!("{reached} of {all} ({:.1} %)", per_cent(count))
    });
    format!("lines {lines}, branches {branches}")
}

fn per_cent((reached, all): (usize, usize)) -> f64 {
    if all == 0 {
        return 100.0;
    }
    100.0 * reached as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LCOV: &str = "SF:/r/src/a.rs\nFN:1,f\nDA:1,2\nDA:2,0\nBRDA:1,0,0,3\nBRDA:1,0,1,-\nend_of_record\n\
                        SF:/r/src/b.rs\nDA:7,1\nend_of_record\n";

    #[test]
    fn a_tracefile_is_read_by_file_line_and_branch() {
        let files = parse(LCOV, Path::new("/r"));
        let a = &files["src/a.rs"];
        assert_eq!(a.missed(), [2]);
        assert_eq!(a.branches.values().copied().collect::<Vec<_>>(), [3, 0]);
        assert_eq!(files["src/b.rs"].lines, BTreeMap::from([(7, 1)]));
    }

    #[test]
    fn what_either_side_reaches_is_reached() {
        let mut files = parse(LCOV, Path::new("/r"));
        let other = parse("SF:/r/src/a.rs\nDA:2,1\nBRDA:1,0,1,1\n", Path::new("/r"));
        for (path, file) in other {
            files.entry(path).or_default().add(file);
        }
        let text = report(&files, true).expect("all of it");
        assert_eq!(
            text,
            "src/a.rs: lines 2 of 2 (100.0 %), branches 2 of 2 (100.0 %)\n\
             src/b.rs: lines 1 of 1 (100.0 %), branches 0 of 0 (100.0 %)\n\
             src: lines 3 of 3 (100.0 %), branches 2 of 2 (100.0 %)"
        );
    }

    #[test]
    fn too_little_is_an_error_that_says_how_to_see_more() {
        let error = report(&parse(LCOV, Path::new("/r")), false).unwrap_err();
        assert!(error.contains("lines 2 of 3 (66.7 %)"), "{error}");
        assert!(error.contains("--missed"), "{error}");
    }
}
