//! The modules of `src/` stand in one line: each uses only modules above it, in `lib.rs` and in a
//! folder's `mod.rs`. So there is no circle, and the crate reads from top to bottom.

use std::fs;
use std::path::Path;

/// The modules in order, a folder's own before the folder, such as `response::head`, `response`.
fn order(file: &Path, prefix: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(file).expect("a file of `src/`");
    let mut modules = Vec::new();
    for line in text.lines() {
        let item = line.trim_start_matches("pub ").strip_prefix("mod ");
        let Some(name) = item.and_then(|item| item.strip_suffix(';')) else {
            continue;
        };
        let folder = file.parent().expect("a folder").join(name);
        let plain = folder.with_extension("rs");
        let path = format!("{prefix}{name}");
        if plain.exists() {
            let text = fs::read_to_string(plain).expect("a module");
            modules.push((path, text));
        } else {
            modules.extend(order(&folder.join("mod.rs"), &format!("{path}::")));
            modules.push((path, String::new()));
        }
    }
    modules
}

/// The code, without comments and the tests at its end.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn a_module_uses_only_modules_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules = order(&src.join("lib.rs"), "");
    assert!(modules.len() > 20, "{modules:?}");
    for (at, (module, text)) in modules.iter().enumerate() {
        let code = code(text);
        assert!(!code.contains("super::"), "{module}: write `crate::…`");
        for path in code.split("crate::").skip(1) {
            let is_path = |letter: &char| letter.is_alphanumeric() || "_:".contains(*letter);
            let path: String = path.chars().take_while(is_path).collect();
            let leads_to = |above: &str| path == above || path.starts_with(&format!("{above}::"));
            assert!(
                modules[..at].iter().any(|(above, _)| leads_to(above)),
                "{module} uses crate::{path}, which is not above it"
            );
        }
    }
}
