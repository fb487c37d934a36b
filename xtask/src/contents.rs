//! What release folders are made of: archives, headers and licences, by their names in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use crate::archive::{self, ArchiveOptions};
use crate::at_once::at_once;
use crate::sbom::{self, Built};
use crate::{Result, capture, read, target_dir, toolchain, workspace_root};

/// Names in a folder, and what is in them.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// Archives as they are released, by their targets.
pub(crate) type Archives = BTreeMap<String, Vec<u8>>;

/// Builds the archives for these targets, as many at once as there are cores: most of the time goes into each target's `core`,
/// which one core compiles.
pub(crate) fn archives(triples: BTreeSet<String>) -> Result<Archives> {
    let triples: Vec<_> = triples.into_iter().collect();
    let archives = at_once(&triples, |triple| archive(triple))?;
    Ok(triples.into_iter().zip(archives).collect())
}

/// The archive as it is released.
fn archive(triple: &str) -> Result<Vec<u8>> {
    let archive = archive::build(&ArchiveOptions {
        target: Some(triple.to_owned()),
        out: Some(target_dir().join("dist-build").join(triple)),
        ..ArchiveOptions::default()
    })?;
    let bytes = read(&archive.path)?;
    if let Some(path) = path_of_this_machine(&bytes) {
        return Err(format!(
            "the archive for {triple} holds the path {path}, which says who built it and where; \
             see the remapped prefixes in xtask/src/archive.rs"
        ));
    }
    Ok(bytes)
}

/// What the archive for this target is made of.
pub(crate) fn sbom(triple: &str) -> Result<(String, Vec<u8>)> {
    let built = Built {
        package: "motepost",
        features: &archive::features(&[]),
        target: triple,
        standard_library: "core",
        rustc: &toolchain::find(triple)?.version()?,
    };
    sbom::file(triple, &built)
}

/// The commit of the sources, and whether they were changed since; where there is no git, that.
pub(crate) fn commit() -> String {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(workspace_root()).args(arguments);
        capture(&mut command).map(|printed| printed.trim().to_owned())
    };
    match (git(&["rev-parse", "HEAD"]), git(&["status", "--porcelain"])) {
        (Ok(commit), Ok(changes)) if changes.is_empty() => commit,
        (Ok(commit), _) => format!("{commit} with changes"),
        (Err(_), _) => "unknown: built outside a git repository".to_owned(),
    }
}

pub(crate) fn licences() -> Result<Files> {
    ["LICENSE-APACHE", "LICENSE-MIT"]
        .into_iter()
        .map(|name| Ok((name.to_owned(), read(&workspace_root().join(name))?)))
        .collect()
}

/// The generated header and the adapters with it, in that folder.
pub(crate) fn headers(folder: &str) -> Result<Files> {
    let dir = workspace_root().join("include");
    let entries = fs::read_dir(&dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".h"))
        .map(|name| Ok((format!("{folder}/{name}"), read(&dir.join(&name))?)))
        .collect()
}

/// A directory of the person or machine that builds, if its path is among the bytes.
pub(crate) fn path_of_this_machine(bytes: &[u8]) -> Option<String> {
    let mut paths = vec![workspace_root().to_owned(), target_dir()];
    paths.extend(std::env::home_dir());
    paths.extend(archive::cargo_home());
    paths
        .iter()
        .map(|path| path.display().to_string())
        // The root directory is in every path.
        .filter(|path| path.len() > 1)
        .find(|path| holds(bytes, path.as_bytes()))
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_machine_is_found_wherever_it_stands() {
        let clean = b"/motepost/src/lib.rs\0/rust/library".to_vec();
        assert_eq!(path_of_this_machine(&clean), None);
        let root = workspace_root().display().to_string();
        let leaking = [b"\0\0", root.as_bytes(), b"/src/lib.rs"].concat();
        assert_eq!(path_of_this_machine(&leaking), Some(root));
    }
}
