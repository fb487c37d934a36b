//! Keeps of what runs have found what reaches new code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fuzz::programs::{build_dir, program};
use crate::fuzz::targets::Target;
use crate::{Result, capture, read, workspace_root};

/// Replaces the found inputs among a target's seeds by a smallest set of those that reach code which its named seeds do not, of
/// all that runs have found. They are called by their SHA-1, as libFuzzer does; named seeds are left alone.
pub(super) fn minimise(target: &Target) -> Result<String> {
    let seeds = seeds(target.name);
    let merged = build_dir().join("minimised").join(target.name);
    let _ = fs::remove_dir_all(&merged);
    let named: Vec<_> = [Some(target.name), target.more_seeds]
        .into_iter()
        .flatten()
        .flat_map(|name| files(&self::seeds(name)))
        .filter(|path| !is_found(path))
        .collect();
    copy(&named, &merged)?;
    let found = found(target.name)?;
    let mut merge = program(target)?;
    merge
        // By the code that is reached, and not by how often.
        .args(["-set_cover_merge=1", "-use_counters=0"])
        .arg(format!("-max_len={}", target.most))
        .args([&merged, &seeds, &found]);
    capture(&mut merge)?;

    let before: BTreeSet<_> = files(&seeds)
        .into_iter()
        .filter(|path| is_found(path))
        .collect();
    for path in &before {
        fs::remove_file(path).map_err(|e| format!("cannot remove {}: {e}", path.display()))?;
    }
    let mut kept = files(&merged);
    kept.retain(|path| is_found(path));
    copy(&kept, &seeds)?;
    Ok(format!(
        "target={} named={} found={} kept={} before={}",
        target.name,
        named.len(),
        files(&found).len(),
        kept.len(),
        before.len()
    ))
}

/// The seeds of this name.
pub(super) fn seeds(name: &str) -> PathBuf {
    workspace_root().join("fuzz/corpus").join(name)
}

/// What runs have found is next to the build, not among the seeds.
pub(super) fn found(name: &str) -> Result<PathBuf> {
    let folder = build_dir().join("corpus").join(name);
    fs::create_dir_all(&folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    Ok(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Whether a run found it: its name is 40 hexadecimal digits.
fn is_found(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn copy(files: &[PathBuf], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    for file in files {
        let to = folder.join(file.file_name().unwrap_or_default());
        fs::write(&to, read(file)?).map_err(|e| format!("cannot write {}: {e}", to.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_told_by_its_name() {
        for (name, expected) in [
            ("da39a3ee5e6b4b0d3255bfef95601890afd80709", true),
            ("closes-while-sending", false),
            ("aa", false),
        ] {
            assert_eq!(is_found(Path::new(name)), expected, "{name}");
        }
    }
}
