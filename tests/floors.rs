//! The arrows between the files of `src/` go one way: the table in `lib.rs` says which floor a
//! module is on, and no file uses one above its own. `unsafe` stays in the C face.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The shells' floor, where a module may not use its neighbours either.
const SHELLS: u32 = 5;

/// A file below `src/`, such as `response/head.rs`, and its text.
type File = (String, String);

/// The code of a file: without comments, without what strings and characters hold, and without the
/// tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut code = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if letter == '"' {
            quoted(rest, '"')
        } else if letter == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else {
            code.push(letter);
            letter.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

/// How long the quoted text is that `rest` begins with, quotes and all.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Whether the quote that `rest` begins with opens a character, and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut letters = rest.chars().skip(1);
    letters.next() == Some('\\') || letters.next() == Some('\'')
}

const fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter| !is_word(letter))
        .filter(|word| !word.is_empty())
}

/// The floors, from the comments of `lib.rs`: `// Floor 1` and the modules below it.
fn floors(lib: &str) -> BTreeMap<String, u32> {
    let mut floors = BTreeMap::new();
    let mut floor = None;
    for line in lib.lines() {
        let line = line.trim();
        if let Some(number) = line.strip_prefix("// Floor ") {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            floor = digits.parse().ok();
        }
        let item = line.strip_prefix("pub ").unwrap_or(line);
        if let Some(module) = item
            .strip_prefix("mod ")
            .and_then(|item| item.strip_suffix(';'))
        {
            let floor = floor.unwrap_or_else(|| panic!("`{module}` has no floor"));
            floors.insert(module.to_owned(), floor);
        }
    }
    floors
}

/// Which module an item at the crate's root comes from: `pub use exchange::{Exchange, Step};`.
fn re_exports(lib: &str) -> BTreeMap<String, String> {
    let mut origins = BTreeMap::new();
    for statement in code(lib).split(';') {
        let Some((_, path)) = statement.split_once("pub use ") else {
            continue;
        };
        let mut names = words(path);
        let module = names.next().unwrap_or_default().to_owned();
        origins.extend(names.map(|name| (name.to_owned(), module.clone())));
    }
    origins
}

/// The names that stand directly behind each `prefix` in the code, through braces too.
fn behind(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(is_word) || code[..at].ends_with("::") {
            continue; // The end of a longer word or path.
        }
        let path = &code[at + prefix.len()..];
        if let Some(group) = path.strip_prefix('{') {
            let mut depth = 0;
            let mut fresh = true;
            let mut name = String::new();
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => fresh = true,
                    _ if depth == 0 && fresh && (is_word(letter) || letter == '*') => {
                        name.push(letter);
                    }
                    _ if !letter.is_whitespace() => fresh &= name.is_empty(),
                    _ => {}
                }
                if (!fresh || letter == ',') && !name.is_empty() {
                    names.push(core::mem::take(&mut name));
                }
            }
            if !name.is_empty() {
                names.push(name);
            }
        } else {
            let end = path.find(|letter| !is_word(letter) && letter != '*');
            names.push(path[..end.unwrap_or(path.len())].to_owned());
        }
    }
    names
}

/// The module of a file at the crate's root, and whether it lies below that module in a folder.
fn module_of(path: &str) -> (&str, bool) {
    match path.split_once('/') {
        Some((folder, file)) => (folder, file != "mod.rs"),
        None => (path.trim_end_matches(".rs"), false),
    }
}

/// What is wrong with the arrows.
fn climbs(files: &[File]) -> Vec<String> {
    let lib = files
        .iter()
        .find(|(path, _)| path == "lib.rs")
        .map_or("", |(_, text)| text);
    let floors = floors(lib);
    let origins = re_exports(lib);
    let mut wrong = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path != "lib.rs") {
        let (module, is_child) = module_of(path);
        let Some(floor) = floors.get(module) else {
            wrong.push(format!("{path}: `{module}` is on no floor"));
            continue;
        };
        let code = code(text);
        let mut used = behind(&code, "crate::");
        used.extend(behind(
            &code,
            if is_child {
                "super::super::"
            } else {
                "super::"
            },
        ));
        for name in &used {
            let origin = origins.get(name).unwrap_or(name);
            match floors.get(origin) {
                None => wrong.push(format!("{path}: `crate::{name}` is on no floor")),
                Some(other) if other > floor => {
                    wrong.push(format!(
                        "{path}: `crate::{name}` climbs from {floor} to {other}"
                    ));
                }
                Some(&SHELLS) if origin != module => {
                    wrong.push(format!("{path}: `crate::{name}` is a neighbouring shell"));
                }
                Some(_) => {}
            }
        }
        if is_child && module == "response" {
            let siblings: Vec<&str> = files
                .iter()
                .filter_map(|(path, _)| path.strip_prefix("response/")?.strip_suffix(".rs"))
                .collect();
            let mut parents = behind(&code, "crate::response::");
            parents.extend(behind(&code, "super::"));
            for name in parents
                .iter()
                .filter(|name| !siblings.contains(&name.as_str()))
            {
                wrong.push(format!("{path}: `{name}` belongs to response/mod.rs"));
            }
            // Without a path behind it, the name could only be all of the parent.
            for whole in ["crate::response;", "crate::response as", "crate::{response"] {
                if code.contains(whole) {
                    wrong.push(format!("{path}: `{whole}` is response/mod.rs"));
                }
            }
        }
    }
    wrong
}

/// Where `unsafe` stands that should not.
fn unsafe_outside_the_c_face(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files {
        let code = code(text);
        let suspect = match path.as_str() {
            // Only behind the panic handler's attribute.
            "lib.rs" => code.split("#[panic_handler]").next().unwrap_or_default(),
            path if path.starts_with("ffi/") => "",
            _ => &code,
        };
        if words(suspect).any(|word| word == "unsafe") {
            wrong.push(path.clone());
        }
    }
    wrong
}

fn read_all(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a plain name");
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            read_all(&entry.path(), &format!("{path}/"), files);
        } else if name.ends_with(".rs") {
            files.push((path, fs::read_to_string(entry.path()).expect("text")));
        }
    }
}

fn sources() -> Vec<File> {
    let mut files = Vec::new();
    read_all(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        "",
        &mut files,
    );
    files
}

#[test]
fn no_file_uses_one_above_it() {
    let wrong = climbs(&sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_stays_in_the_c_face_and_the_panic_handler() {
    assert_eq!(unsafe_outside_the_c_face(&sources()), [""; 0]);
}

#[test]
fn every_file_was_looked_at_and_the_table_is_the_designs() {
    let files = sources();
    let lib = &files
        .iter()
        .find(|(path, _)| path == "lib.rs")
        .expect("a root")
        .1;
    let floors = floors(lib);
    for (module, floor) in [
        ("error", 0),
        ("ascii", 0),
        ("cursor", 1),
        ("topic", 2),
        ("request", 3),
        ("response", 3),
        ("exchange", 4),
        ("blocking", 5),
        ("asynch", 5),
        ("ffi", 5),
    ] {
        assert_eq!(floors.get(module), Some(&floor), "{module}");
        let file = format!("{module}.rs");
        let folder = format!("{module}/mod.rs");
        assert!(
            files
                .iter()
                .any(|(path, _)| *path == file || *path == folder)
        );
    }
    assert_eq!(
        re_exports(lib).get("Exchange").map(String::as_str),
        Some("exchange")
    );
    // The paths are found: the top uses the bottom.
    let (_, exchange) = files
        .iter()
        .find(|(path, _)| path == "exchange.rs")
        .expect("a file");
    let used = behind(&code(exchange), "crate::");
    assert!(used.iter().any(|name| name == "response"), "{used:?}");
}

// The checker can fail.

const LIB: &str = "
// Floor 0: no file below uses one above it.
mod low;
// Floor 3
mod middle;
mod response;
// Floor 5
#[cfg(feature = \"x\")]
pub mod one;
pub mod two;
pub use low::{Low, Lower};
pub use middle::Middle;
";

fn checked(path: &str, text: &str) -> Vec<String> {
    let mut files: Vec<File> = [
        ("lib.rs", LIB),
        ("response/mod.rs", "mod head; mod line; use head::Head;"),
        ("response/line.rs", "use crate::low::Low;"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    files.push((path.to_owned(), text.to_owned()));
    climbs(&files)
}

#[test]
fn the_checker_lets_the_right_arrows_pass() {
    let table = [
        ("middle.rs", "use crate::low::Low;"),
        ("middle.rs", "use crate::{low::{self, Low}, response};"),
        (
            "middle.rs",
            "use crate::response::Response; use super::low;",
        ),
        ("middle.rs", "fn f() -> crate::Lower { crate::low::f() }"),
        ("one.rs", "use crate::{Middle, low}; use crate::one::x;"),
        (
            "one/child.rs",
            "use super::sibling; use super::super::low; use crate::one;",
        ),
        (
            "response/head.rs",
            "use crate::response::line::Line; use super::line;",
        ),
        // Comments, strings and tests are no arrows.
        (
            "low.rs",
            "/// [`crate::Middle`]\n// use crate::middle;\n/* crate::one */ fn f() {}",
        ),
        (
            "low.rs",
            "const A: &str = \"crate::middle \\\" crate::one\"; const B: u8 = b'\"';",
        ),
        (
            "low.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests { use crate::middle; }",
        ),
        ("low.rs", "fn f<'a>(x: &'a str) {} use mycrate::middle;"),
    ];
    for (path, text) in table {
        assert_eq!(checked(path, text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn the_checker_finds_the_wrong_ones() {
    let table = [
        ("low.rs", "use crate::middle::Middle;"),
        ("low.rs", "use crate::Middle;"),
        ("low.rs", "use crate::{low, middle};"),
        ("low.rs", "use crate::{low::{a, b}, middle::c};"),
        ("low.rs", "use crate::{\n    one,\n};"),
        ("low.rs", "fn f() { crate::middle::f() }"),
        ("low.rs", "fn f(x: &crate::middle::X) {}"),
        ("low.rs", "use super::middle;"),
        ("low.rs", "use crate::*;"),
        ("low.rs", "use crate::unheard_of;"),
        (
            "low.rs",
            "const A: u8 = b'\"'; use crate::middle; const B: u8 = b'\"';",
        ),
        ("middle.rs", "use crate::one;"),
        ("one.rs", "use crate::two;"),
        ("two.rs", "use crate::{low, one::x};"),
        ("one/child.rs", "use crate::two::x;"),
        ("one/child.rs", "use super::super::two;"),
        ("one/mod.rs", "use super::two;"),
        ("nowhere.rs", ""),
        ("response/head.rs", "use crate::response::Response;"),
        ("response/head.rs", "use crate::response::{line, Response};"),
        ("response/head.rs", "use super::Response;"),
        ("response/head.rs", "use super::*;"),
        ("response/head.rs", "use crate::response;"),
        ("response/head.rs", "use crate::one;"),
        ("response/mod.rs", "use crate::one;"),
    ];
    for (path, text) in table {
        assert_eq!(
            checked(path, text).len(),
            1,
            "{path}: {text}: {:?}",
            checked(path, text)
        );
    }
}

#[test]
fn a_module_without_a_floor_is_found() {
    let found = std::panic::catch_unwind(|| floors("mod stray;\n// Floor 0\nmod low;"));
    assert!(found.is_err());
}

#[test]
fn unsafe_is_found_where_it_should_not_be() {
    let table = [
        ("cursor.rs", "unsafe { x() }", true),
        ("cursor.rs", "pub unsafe fn x() {}", true),
        ("response/head.rs", "unsafe impl X for Y {}", true),
        (
            "lib.rs",
            "unsafe { x() }\n#[panic_handler]\nfn f() {}",
            true,
        ),
        (
            "lib.rs",
            "#![deny(unsafe_code)]\n#[panic_handler]\nfn f() { unsafe {} }",
            false,
        ),
        ("ffi/mod.rs", "unsafe { x() }", false),
        (
            "cursor.rs",
            "// unsafe\nconst A: &str = \"unsafe\"; fn not_unsafe() {}",
            false,
        ),
    ];
    for (path, text, expected) in table {
        let files = [(path.to_owned(), text.to_owned())];
        let found = unsafe_outside_the_c_face(&files);
        assert_eq!(!found.is_empty(), expected, "{path}: {text}");
    }
}
