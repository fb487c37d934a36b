//! The pages of a release folder: what a developer reads who has the folder and not the repository.

use std::fmt::Write as _;

use crate::contents::Files;
use crate::read;
use crate::{Result, targets, workspace_root};

/// How a user checks a folder; `.ci/sign` is the other end.
pub(crate) const CHECKING: &str = "
## Is it the one that was released?

The release's `SHA256SUMS` names the file that you unpacked this folder from, and `SHA256SUMS.minisig` signs it. The key,
`motepost.pub`, is in the repository:

```sh
minisign -V -p motepost.pub -m SHA256SUMS && sha256sum --check --ignore-missing SHA256SUMS
```

The `SHA256SUMS` in this folder finds files that were changed after that: `sha256sum --check --strict SHA256SUMS`.
";

/// README, manual, example and changelog of a target's folder.
pub(crate) fn of_target(triple: &str) -> Result<Files> {
    let example = example(&page("README.md")?)
        .ok_or("README.md shows no block of C, which a release folder takes as its example")?;
    let files = [
        ("README.md", readme(triple)),
        (
            "docs/manual.md",
            without_links_out(&page("docs/manual.md")?),
        ),
        ("example/publish.c", example),
    ];
    let files = files.into_iter();
    let mut files: Files = files
        .map(|(name, text)| (name.to_owned(), text.into_bytes()))
        .collect();
    files.push(changelog()?);
    Ok(files)
}

pub(crate) fn changelog() -> Result<(String, Vec<u8>)> {
    let name = "CHANGELOG.md";
    Ok((name.to_owned(), page(name)?.into_bytes()))
}

fn page(name: &str) -> Result<String> {
    let bytes = read(&workspace_root().join(name))?;
    String::from_utf8(bytes).map_err(|e| format!("{name}: {e}"))
}

fn readme(triple: &str) -> String {
    let mut text = format!("# Motepost {} for ", env!("CARGO_PKG_VERSION"));
    let (cores, flags) = match targets::small(triple) {
        Ok(target) => (target.cores, target.flags.join(" ")),
        Err(_) => (triple, String::new()),
    };
    let _ = writeln!(text, "{cores}\n");
    let _ = writeln!(
        text,
        "Publishes sensor readings to AWS IoT Core with one HTTPS request and a custom authorizer's credentials.\n\
         This folder needs no Rust.\n"
    );
    let _ = writeln!(
        text,
        "| | |\n|---|---|\n| cores | {cores} |\n| Rust target | `{triple}` |"
    );
    if !flags.is_empty() {
        let _ = writeln!(text, "| tested with the flags | `{flags}` |");
    }
    text.push_str(
        "\n1. Compile with `-Iinclude`, and link `lib/libmotepost.a` last, with `-Wl,--gc-sections`.\n\
         2. Or CMake: `find_package(motepost)` with this folder in `CMAKE_PREFIX_PATH`; or `pkg-config motepost` with\n   \
         `lib/pkgconfig` in `PKG_CONFIG_PATH`.\n\
         3. Start from `example/publish.c`. Write its two functions for your modem, socket or TLS library.\n\n\
         `include/motepost.h` is the reference, `docs/manual.md` helps you choose, `TARGETS.md` lists all\n\
         targets, `CHANGELOG.md` has the changes. `VERSION` names\n\
         the commit and the compiler, `sbom/` the crates that are in the archive (CycloneDX).\n",
    );
    text + CHECKING
}

/// The first block of C.
fn example(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("```c\n")?;
    let (block, _) = rest.split_once("```")?;
    Some(block.to_owned())
}

/// Keeps the words of a link that leads to a file outside the folder, and drops the link.
fn without_links_out(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        let link = after.split_once("](").and_then(|(label, after)| {
            let (target, after) = after.split_once(')')?;
            (!label.contains([']', '\n'])).then_some((label, target, after))
        });
        let Some((label, target, after)) = link else {
            text.push('[');
            rest = after;
            continue;
        };
        let stays =
            target.starts_with('#') || target.contains("://") || target == "../include/motepost.h";
        if stays {
            let _ = write!(text, "[{label}]({target})");
        } else {
            text.push_str(label);
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_out_of_the_folder_become_words() {
        for (page, expected) in [
            ("see [wire.md](wire.md).", "see wire.md."),
            (
                "[`motepost.h`](../include/motepost.h)",
                "[`motepost.h`](../include/motepost.h)",
            ),
            (
                "[Retry](#retry) [x](https://a.b)",
                "[Retry](#retry) [x](https://a.b)",
            ),
            (
                "uint8_t buffer[256]; at[0] = f(1);",
                "uint8_t buffer[256]; at[0] = f(1);",
            ),
        ] {
            assert_eq!(without_links_out(page), expected);
        }
    }

    #[test]
    fn the_readme_names_the_cores() {
        let text = readme("thumbv7em-none-eabihf");
        assert!(text.starts_with("# Motepost"), "{text}");
        assert!(text.contains("| cores | Cortex-M4F, M7F"), "{text}");
        assert!(text.contains("-mfloat-abi=hard"), "{text}");
    }

    #[test]
    fn the_example_is_the_block_of_c_in_the_readme() {
        let example = example(&page("README.md").unwrap()).unwrap();
        assert!(
            example.starts_with("#include \"motepost.h\"\n"),
            "{example}"
        );
    }
}
