//! What a released binary is made of, as CycloneDX 1.5 (<https://cyclonedx.org/docs/1.5/json/>): each crate with its licence, its
//! checksum and what it depends on. Without a serial number and a time, so that the same sources give the same bytes.
//!
//! cargo-cyclonedx lists what a package may depend on, in every set of features of the workspace. `cargo tree` resolves the one that
//! is built.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use crate::archive::shut_out_the_outer_cargo;
use crate::{Result, capture, read, workspace_root, xtensa};

/// What is built of which package.
#[derive(Clone, Copy, Debug)]
pub struct Built<'a> {
    /// The package.
    pub package: &'a str,
    /// Its features, with commas between them.
    pub features: &'a str,
    /// The Rust target.
    pub target: &'a str,
    /// What comes with the compiler: `core` or `std`.
    pub standard_library: &'a str,
    /// What `rustc --version` says.
    pub rustc: &'a str,
}

/// The file for a release folder: its name there, and what is in it.
pub(crate) fn file(name: &str, built: &Built<'_>) -> Result<(String, Vec<u8>)> {
    let text = of(built)?;
    Ok((format!("sbom/{name}.cdx.json"), text.into_bytes()))
}

/// The bill of materials of what is built.
///
/// # Errors
/// When cargo cannot resolve the package's dependencies, or `Cargo.lock` cannot be read.
pub fn of(built: &Built<'_>) -> Result<String> {
    let tree = Tree::parse(&capture(&mut tree(built))?)?;
    let lock = read(&workspace_root().join("Cargo.lock"))?;
    let text = String::from_utf8_lossy(&lock);
    let lock = toml::from_str(&text).map_err(|e| format!("Cargo.lock: {e}"))?;
    let bom = tree.bom(&checksums(&lock), built);
    let text = serde_json::to_string_pretty(&bom).map_err(|e| e.to_string())?;
    Ok(text + "\n")
}

/// What is linked: no tests, build scripts and macros, nor what these alone depend on.
fn tree(built: &Built<'_>) -> Command {
    // A chip that rustc has no target for is described to it in a file, which cargo-tree does not take. No crate tells the
    // chips of one core apart.
    let target = match xtensa::chip(built.target) {
        Some(_) => xtensa::ESP32.triple,
        None => built.target,
    };
    let mut command = Command::new("cargo");
    shut_out_the_outer_cargo(&mut command);
    command
        .current_dir(workspace_root())
        .args(["tree", "--locked", "--edges", "normal,no-proc-macro"])
        .args(["--package", built.package, "--features", built.features])
        .args(["--target", target, "--prefix", "depth"])
        .args(["--format", "|{p}|{l}|"]);
    command
}

/// A name and a version.
type Crate = (String, String);

#[derive(Debug, Default, PartialEq)]
struct Tree {
    root: Crate,
    licences: BTreeMap<Crate, String>,
    needs: BTreeMap<Crate, BTreeSet<Crate>>,
}

impl Tree {
    /// Lines of `depth|name v1.2.3 (where)|licence|`; what a crate needs stands behind its first line.
    fn parse(text: &str) -> Result<Self> {
        let mut tree = Self::default();
        let mut path: Vec<Crate> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let parts: Vec<_> = line.split('|').collect();
            let wrong = || format!("cargo tree says {line:?}");
            let [depth, package, licence, ..] = parts[..] else {
                return Err(wrong());
            };
            let depth: usize = depth.parse().map_err(|_| wrong())?;
            let mut words = package.split(' ');
            let (name, version) = (words.next(), words.next());
            let version = version.and_then(|version| version.strip_prefix('v'));
            let (name, version) = name.zip(version).ok_or_else(wrong)?;
            let found = (name.to_owned(), version.to_owned());
            path.truncate(depth);
            match path.last() {
                Some(parent) => {
                    let needs = tree.needs.entry(parent.clone()).or_default();
                    needs.insert(found.clone());
                }
                None => tree.root = found.clone(),
            }
            // Cargo took a slash for "or" before it took SPDX expressions.
            let licence = licence.replace('/', " OR ").replace("  ", " ");
            tree.licences.insert(found.clone(), licence);
            path.push(found);
        }
        Ok(tree)
    }

    fn bom(&self, checksums: &BTreeMap<Crate, String>, built: &Built<'_>) -> Value {
        let component = |(found, licence): (&Crate, &String)| {
            let (name, version) = found;
            let mut component = json!({
                "type": "library",
                "bom-ref": purl(found),
                "name": name,
                "version": version,
                "licenses": [{"expression": licence}],
                "purl": purl(found),
            });
            if let Some(checksum) = checksums.get(found) {
                component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
            }
            component
        };
        let others = self
            .licences
            .iter()
            .filter(|(found, _)| **found != self.root);
        let mut components: Vec<_> = others.map(component).collect();
        let release = built.rustc.split(' ').nth(1).unwrap_or(built.rustc);
        let standard = format!("pkg:generic/rust-{}@{release}", built.standard_library);
        components.push(json!({
            "type": "library",
            "bom-ref": standard,
            "name": built.standard_library,
            "version": release,
            "description": built.rustc,
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
            "purl": standard,
        }));
        let dependency = |found: &Crate| {
            let needs = self.needs.get(found).into_iter().flatten().map(purl);
            let needs: Vec<_> = needs.chain([standard.clone()]).collect();
            json!({"ref": purl(found), "dependsOn": needs})
        };
        let dependencies: Vec<_> = self.licences.keys().map(dependency).collect();
        let root = self.licences.get_key_value(&self.root).map(component);
        json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {
                "component": root,
                "properties": [
                    {"name": "motepost:target", "value": built.target},
                    {"name": "motepost:features", "value": built.features},
                ],
            },
            "components": components,
            "dependencies": dependencies,
        })
    }
}

fn purl((name, version): &Crate) -> String {
    format!("pkg:cargo/{name}@{version}")
}

/// The SHA-256 of each package that comes from a registry, as `Cargo.lock` has it.
fn checksums(lock: &toml::Table) -> BTreeMap<Crate, String> {
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let checksum = |package: &toml::Value| {
        let text = |key| Some(package.get(key)?.as_str()?.to_owned());
        Some(((text("name")?, text("version")?), text("checksum")?))
    };
    packages
        .into_iter()
        .flatten()
        .filter_map(checksum)
        .collect()
}

#[cfg(test)]
mod tests {
    use cyclonedx_bom::models::bom::SpecVersion;
    use cyclonedx_bom::prelude::{Bom, Validate};

    use super::*;

    const AUTHORIZER: Built<'_> = Built {
        package: "motepost-authorizer",
        features: "aws",
        target: "aarch64-unknown-linux-gnu",
        standard_library: "std",
        rustc: "rustc 1.95.0 (0 2026-04-14)",
    };

    fn crates(tree: &Tree) -> BTreeSet<String> {
        let name = |(name, version): &Crate| format!("{name}@{version}");
        tree.licences.keys().map(name).collect()
    }

    /// Cargo's own plan of a build, which nothing is built of here. Its format is unstable: hence the variable.
    fn planned(built: &Built<'_>) -> BTreeSet<String> {
        let mut command = Command::new("cargo");
        shut_out_the_outer_cargo(&mut command);
        command
            .current_dir(workspace_root())
            .args([
                "build",
                "--unit-graph",
                "-Zunstable-options",
                "--bins",
                "--locked",
            ])
            .args(["--package", built.package, "--features", built.features])
            .args(["--target", built.target])
            .env("RUSTC_BOOTSTRAP", "1");
        let graph: Value = serde_json::from_str(&capture(&mut command).unwrap()).unwrap();
        let units = graph["units"].as_array().unwrap().iter();
        let of_target = units.filter(|unit| unit["platform"] == built.target);
        of_target
            .map(|unit| {
                let id = unit["pkg_id"].as_str().unwrap();
                let (place, id) = id.split_once('#').unwrap();
                let folder = place.rsplit('/').next().unwrap();
                match id.contains('@') {
                    true => id.to_owned(),
                    false => format!("{folder}@{id}"),
                }
            })
            .collect()
    }

    #[test]
    fn a_lambda_s_crates_are_those_that_cargo_would_compile_for_it() {
        for package in ["motepost-authorizer", "motepost-splitter"] {
            let built = Built {
                package,
                ..AUTHORIZER
            };
            let found = crates(&Tree::parse(&capture(&mut tree(&built)).unwrap()).unwrap());
            assert!(found.len() > 50, "{found:?}");
            assert_eq!(found, planned(&built), "{package}");
        }
    }

    #[test]
    fn the_tree_is_read_with_its_edges() {
        let text = "0|a v1.0.0 (/here)|MIT OR Apache-2.0|\n\
                    1|b v0.2.0|MIT/Apache-2.0|\n\
                    2|c v3.0.0|Zlib|\n\
                    1|c v3.0.0|Zlib| (*)\n";
        let tree = Tree::parse(text).unwrap();
        let named = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let (a, b, c) = (
            named("a", "1.0.0"),
            named("b", "0.2.0"),
            named("c", "3.0.0"),
        );
        assert_eq!(tree.root, a);
        assert_eq!(tree.licences[&b], "MIT OR Apache-2.0");
        assert_eq!(tree.needs[&a], [b.clone(), c.clone()].into());
        assert_eq!(tree.needs[&b], [c].into());
        assert!(Tree::parse("what is this").is_err());
    }

    #[test]
    fn it_is_valid_and_the_same_each_time() {
        let text = of(&AUTHORIZER).unwrap();
        assert_eq!(of(&AUTHORIZER).unwrap(), text);
        let bom = Bom::parse_from_json_v1_5(text.as_bytes()).unwrap();
        let validated = bom.validate_version(SpecVersion::V1_5);
        assert!(validated.passed(), "{validated:?}");
        let components = bom.components.unwrap().0;
        let hashed = components
            .iter()
            .filter(|component| component.hashes.is_some());
        assert!(hashed.count() > 50, "checksums of Cargo.lock");
        for secret in [
            "serialNumber",
            "timestamp",
            &*workspace_root().display().to_string(),
        ] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
