//! What `include/motepost.h` declares, so that no list in a test can fall behind it.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The header as text, read from the tree that is tested.
///
/// # Panics
/// When it cannot be read.
pub fn text() -> String {
    let path = path();
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()))
}

/// Where the header lies.
pub fn path() -> PathBuf {
    xtask::workspace_root().join("include/motepost.h")
}

/// The functions, sorted.
pub fn functions() -> Vec<String> {
    let mut names: Vec<String> = declarations()
        .filter_map(|line| {
            // A function type has its name in parentheses, so that its first one follows no name of ours.
            let (before, _) = line.split_once('(')?;
            let name = before.rsplit([' ', '*']).next()?;
            let is_exported = !line.starts_with("typedef") && !line.starts_with("static");
            (name.starts_with("motepost_") && is_exported).then(|| name.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// What each function takes and returns, as written, with its name.
///
/// # Panics
/// When a declaration does not end.
pub fn prototypes() -> Vec<(String, Vec<String>)> {
    let text = declarations().collect::<Vec<_>>().join(" ");
    functions()
        .into_iter()
        .map(|name| {
            let start = text.find(&format!("{name}(")).expect("declared");
            let (_, after) = text[start..].split_once('(').expect("declared");
            let (parameters, _) = after.split_once(");").expect("a declaration that ends");
            let result = text[..start].rsplit([';', '{']).next().unwrap_or_default();
            let types = parameters
                .split(',')
                .chain([result])
                .map(|part| part.trim().to_owned());
            (name, types.collect())
        })
        .collect()
}

/// The macros that are numbers.
pub fn constants() -> BTreeMap<String, i64> {
    declarations()
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
            let value = value.trim_end_matches("UL");
            let number = match value.strip_prefix("0x") {
                Some(digits) => i64::from_str_radix(digits, 16),
                None => value.parse(),
            };
            Some((name.to_owned(), number.ok()?))
        })
        .collect()
}

/// The structs and their members, in order.
pub fn structs() -> Vec<(String, Vec<String>)> {
    let mut structs = Vec::new();
    let mut members = None;
    for line in declarations() {
        if line == "typedef struct {" {
            members = Some(Vec::new());
        } else if let Some(name) = line.strip_prefix("} ").filter(|_| members.is_some()) {
            let name = name.trim_end_matches(';').to_owned();
            structs.push((name, members.take().unwrap_or_default()));
        } else if let Some(members) = &mut members {
            members.push(member(&line));
        }
    }
    structs
}

/// The example in the comment at the top, if it is there.
pub fn example() -> Option<String> {
    let text = text();
    let comment: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//"))
        .collect();
    blocks(&comment.join("\n")).pop()
}

/// The C in a text in Markdown.
pub fn blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in markdown.lines() {
        match (&mut block, line.trim()) {
            (None, "```c") => block = Some(String::new()),
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(block), _) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

/// The lines that are neither comments nor empty.
fn declarations() -> impl Iterator<Item = String> {
    let lines: Vec<String> = text()
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    lines.into_iter()
}

fn member(line: &str) -> String {
    let declarator = match line.split_once("(*") {
        Some((_, function)) => function.split(')').next(),
        None => line.split(['[', ';']).next(),
    };
    let name = declarator.unwrap_or_default().rsplit([' ', '*']).next();
    name.unwrap_or_default().to_owned()
}
