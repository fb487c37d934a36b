//! What the pages say is true: sizes, paths and links.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use motepost::{CustomAuthorizer, Publish, QoS};

const PAYLOAD: &[u8] = br#"{"message":"Hello from unsigned custom auth"}"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn typical(authorizer: CustomAuthorizer<'_>) -> Publish<'_> {
    Publish::new(
        "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com",
        "uniqueID/status",
        PAYLOAD,
    )
    .qos(QoS::AtLeastOnce)
    .authorizer(authorizer)
    .headers(&[("id", "uniqueID")])
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn the_manual_s_table_of_buffer_sizes_is_what_the_encoder_says() {
    let manual = read(&root().join("docs/manual.md"));
    let unsigned = CustomAuthorizer::named("unsignedAuthorizer").token("token", "allow");
    let signed = CustomAuthorizer::named("signedAuthorizer").token("token", "allow");
    let default = CustomAuthorizer::endpoint_default().token("token", "allow");
    let token = "m".repeat(28);
    let minted = CustomAuthorizer::named("unsignedAuthorizer").token("token", &token);
    // A JWT ends in a dot and the 342 characters of its RS256 signature, which travel as 344 of base64.
    let jwt = |characters: usize| "j".repeat(characters - 343);
    let (shortest, longest) = (jwt(850), jwt(3000));
    let with_jwt = |token| CustomAuthorizer::named("signedAuthorizer").token("token", token);
    let table = [
        ("unsigned", unsigned),
        ("unsigned, in the query", unsigned.in_query()),
        ("unsigned, the endpoint's default authorizer", default),
        ("minted", minted),
        ("signed with RSA-2048", signed.signature_bytes(&[0; 256])),
        ("signed with RSA-4096", signed.signature_bytes(&[0; 512])),
        (
            "JWT of 850 characters",
            with_jwt(&shortest).signature_bytes(&[0; 256]),
        ),
        (
            "JWT of 3,000 characters",
            with_jwt(&longest).signature_bytes(&[0; 256]),
        ),
    ];
    for (credentials, authorizer) in table {
        let head = typical(authorizer).head_len().expect("a valid request");
        let both = head + PAYLOAD.len();
        let row = format!("| {credentials} | {} | {} |", grouped(head), grouped(both));
        assert!(manual.contains(&row), "the manual needs the row {row}");
    }
}

fn grouped(value: usize) -> String {
    match value {
        0..1000 => value.to_string(),
        _ => format!("{},{:03}", value / 1000, value % 1000),
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn every_path_that_the_architecture_page_names_exists() {
    let page = read(&root().join("docs/architecture.md"));
    let top: BTreeSet<String> = fs::read_dir(root())
        .expect("the repository")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let paths: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| {
            let first = code.split_once('/').map(|(first, _)| first);
            first.is_some_and(|first| top.contains(first) || code.ends_with(".rs"))
        })
        .collect();
    assert!(paths.len() > 50, "{paths:?}");
    let missing: Vec<_> = paths
        .into_iter()
        .filter(|path| !root().join(path).exists())
        .collect();
    assert!(missing.is_empty(), "docs/architecture.md names {missing:?}");
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn every_link_inside_the_repository_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages(root()) {
        let text = read(&page);
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = page.parent().expect("a page lies in a folder");
            let target = if path.is_empty() {
                page.clone()
            } else {
                folder.join(path)
            };
            let leads =
                target.exists() && (anchor.is_empty() || headings(&read(&target)).contains(anchor));
            if !leads {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What is to be trusted stands in the manual. A page that names one of Amazon's roots names the other too, and links there.
#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn a_page_that_names_one_root_names_both_and_links_to_the_manual() {
    let mut named = 0;
    for page in pages(root()) {
        let text = read(&page).split_whitespace().collect::<Vec<_>>().join(" ");
        if page.ends_with("CHANGELOG.md")
            || !["Root CA", "RootCA"].iter().any(|name| text.contains(name))
        {
            continue;
        }
        named += 1;
        for word in ["Amazon Root CA 1", "Amazon Root CA 3"] {
            assert!(text.contains(word), "{}: {word}", page.display());
        }
        let links = text.contains("manual.md#trust-aws)") || text.contains("## Trust AWS");
        assert!(links, "{} has no link to the manual", page.display());
    }
    assert!(named >= 9, "{named}");
}

/// The Markdown pages of the repository, without what was built or downloaded.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !["target", ".git", "build"].iter().any(|skip| name == *skip) {
                found.extend(pages(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// What follows `](`, but for other sites.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|part| part.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains(':'))
}

/// The anchors of a page's headings, as GitHub makes them.
fn headings(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| {
            line.trim_start_matches('#')
                .strip_prefix(' ')
                .filter(|_| line.starts_with('#'))
        })
        .map(|heading| {
            heading
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}
