//! Makes the folders that a C developer downloads.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::bundle::{self, Bundle};
use crate::contents::{self, Files};
use crate::{Result, pages, target_dir, targets, toolchain, tools, workspace_root};

/// What to release.
#[derive(Clone, Debug, Default)]
pub struct DistOptions {
    /// Triples.
    pub targets: Vec<String>,
    /// Folders for tools that want several targets' archives.
    pub bundles: Vec<Bundle>,
    /// The tools of this machine.
    pub tools: bool,
    /// Where the folders go; `None` is `dist` in the workspace's target directory.
    pub out: Option<PathBuf>,
}

/// Makes a folder `motepost-<version>-<target>` for each target, one with its name for each bundle, and gives their paths.
/// Where nothing is named it makes every small target's, this machine's and every bundle; the tools only on demand.
///
/// A folder holds the archive, the headers, a README, the manual, an example, the changelog, what CMake and pkg-config read, the
/// licences, the version with the commit, what the archive is made of, and the SHA-256 of each of them. The same sources and toolchain give the same bytes, wherever they lie.
///
/// # Errors
/// When an archive cannot be built, a file cannot be written, or a path of this machine is in the archive.
pub fn make(options: &DistOptions) -> Result<Vec<PathBuf>> {
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| target_dir().join("dist"));
    let all = options.targets.is_empty() && options.bundles.is_empty() && !options.tools;
    let triples = if all {
        let small = targets::SMALL.iter().map(|target| target.triple.to_owned());
        small.chain([toolchain::host_triple()?]).collect()
    } else {
        options.targets.clone()
    };
    let bundles = if all { Bundle::ALL } else { &options.bundles };
    let mut needed: BTreeSet<String> = triples.iter().cloned().collect();
    for bundle in bundles {
        needed.extend(bundle.archives()?.into_iter().map(|(triple, _)| triple));
    }
    let archives = contents::archives(needed)?;
    let mut made = Vec::new();
    for triple in &triples {
        made.push(folder(&out, triple, files(triple, &archives[triple])?)?);
    }
    for &bundle in bundles {
        made.push(folder(
            &out,
            bundle.name(),
            bundle::files(bundle, &archives)?,
        )?);
    }
    if options.tools {
        let host = toolchain::host_triple()?;
        made.push(folder(
            &out,
            &format!("tools-{host}"),
            tools::files(&host)?,
        )?);
    }
    Ok(made)
}

/// What is in a target's folder, but for the licences.
fn files(triple: &str, archive: &[u8]) -> Result<Files> {
    let mut files = vec![
        ("lib/libmotepost.a".to_owned(), archive.to_owned()),
        ("VERSION".to_owned(), version(triple)?.into_bytes()),
    ];
    files.extend(contents::headers("include")?);
    files.push((
        "include/motepost_core.h".to_owned(),
        targets::core_header(triple).into_bytes(),
    ));
    files.extend(packages()?);
    files.extend(pages::of_target(triple)?);
    files.push(contents::sbom(triple)?);
    Ok(files)
}

/// Writes a folder, with the licences and the sums.
fn folder(out: &Path, name: &str, mut files: Files) -> Result<PathBuf> {
    files.extend(contents::licences()?);
    files.push(("TARGETS.md".to_owned(), targets::page()?));
    files.sort();
    files.push(("SHA256SUMS".to_owned(), sums(&files).into_bytes()));

    let folder = out.join(format!("motepost-{}-{name}", env!("CARGO_PKG_VERSION")));
    // A file that an older run left must not look like part of this release.
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .map_err(|e| format!("cannot remove {}: {e}", folder.display()))?;
    }
    for (name, bytes) in &files {
        let path = folder.join(name);
        write(&path, bytes)?;
        if name.starts_with("bin/") {
            make_executable(&path)?;
        }
    }
    Ok(folder)
}

fn version(triple: &str) -> Result<String> {
    Ok(format!(
        "motepost {}\ncommit {}\n{}{}\n",
        env!("CARGO_PKG_VERSION"),
        contents::commit(),
        targets::named(triple),
        toolchain::find(triple)?.version()?
    ))
}

/// What CMake's `find_package` and pkg-config read. The top `CMakeLists.txt` installs the same files.
fn packages() -> Result<Files> {
    let files = [
        (
            "motepost-config.cmake",
            "lib/cmake/motepost/motepost-config.cmake",
        ),
        (
            "motepost-config-version.cmake.in",
            "lib/cmake/motepost/motepost-config-version.cmake",
        ),
        ("motepost.pc.in", "lib/pkgconfig/motepost.pc"),
    ];
    files
        .into_iter()
        .map(|(from, to)| {
            let path = workspace_root().join("cmake").join(from);
            let text = fs::read_to_string(&path)
                .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            let text = text.replace("@PROJECT_VERSION@", env!("CARGO_PKG_VERSION"));
            Ok((to.to_owned(), text.into_bytes()))
        })
        .collect()
}

/// As `sha256sum` writes it, for `sha256sum --check SHA256SUMS`.
fn sums(files: &[(String, Vec<u8>)]) -> String {
    let mut sums = String::new();
    for (name, bytes) in files {
        for byte in Sha256::digest(bytes) {
            let _ = write!(sums, "{byte:02x}");
        }
        let _ = writeln!(sums, "  {name}");
    }
    sums
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn make_executable(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
            .map_err(|e| format!("cannot make {} executable: {e}", path.display()))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_in_the_form_that_sha256sum_checks() {
        let files = [("VERSION".to_owned(), b"abc".to_vec())];
        assert_eq!(
            sums(&files),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  VERSION\n"
        );
    }
}
