//! Every short topic of the characters that matter, and every count of levels and bytes around the limits: what AWS takes, by a
//! rule that is written from its pages once more, and how it stands in the path.

#[path = "common/miri.rs"]
mod miri;
#[path = "common/percent.rs"]
mod percent;

use std::time::Instant;

use miri::one_in;
use motepost::Publish;
use percent::decoded;

/// A letter, each character that some rule names, and characters of one to four bytes.
const CHARACTERS: &[&str] = &[
    "a", ".", "/", "$", "+", "#", "%", " ", "~", "\0", "\u{7f}", "é", "€", "😀",
];

/// "AWS IoT Core message broker and protocol limits and quotas", and "Reducing messaging costs with Basic Ingest". That a dot
/// alone is refused is ours: clients and servers fold it away.
fn is_accepted(topic: &str) -> bool {
    let is_text =
        !topic.is_empty() && !topic.contains(|c: char| c.is_ascii_control() || "+#".contains(c));
    let is_reserved =
        topic.starts_with('$') && !topic.starts_with("$aws/") || topic == "$aws/rules";
    let is_within = match topic.strip_prefix("$aws/rules/") {
        Some(rest) => match rest.split_once('/') {
            Some((rule, counted)) => !rule.is_empty() && fits(counted),
            None => !rest.is_empty() && fits(topic),
        },
        None => fits(topic),
    };
    is_text && !is_reserved && is_within && topic != "." && topic != ".."
}

fn fits(counted: &str) -> bool {
    counted.len() <= 256 && counted.matches('/').count() <= 7
}

/// How many slashes stand between two levels that nobody folds.
fn plain_slashes(topic: &str) -> usize {
    let characters: Vec<_> = topic.chars().collect();
    let is_plain = |place: &&[char]| matches!(place, [before, '/', after] if !"/.".contains([*before, *after]));
    characters.windows(3).filter(is_plain).count()
}

/// The path of the request, if the topic is accepted.
fn path<'b>(topic: &str, buffer: &'b mut [u8]) -> Option<&'b str> {
    let request = Publish::new("h", topic, b"").encode(buffer).ok()?;
    let line = str::from_utf8(request)
        .expect("ASCII")
        .lines()
        .next()
        .expect("a line");
    let path = line
        .strip_prefix("POST /topics/")
        .and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
    Some(path.expect("a request line"))
}

fn check(topic: &str) {
    let mut buffer = [0; 1024];
    let path = path(topic, &mut buffer);
    assert_eq!(path.is_some(), is_accepted(topic), "{topic:?}");
    let Some(path) = path else { return };
    assert_eq!(decoded(path), topic.as_bytes(), "{path}");
    // RFC 3986 section 3.3: a path's characters, without those that begin a query or a fragment.
    let is_raw = |c: char| c.is_ascii_alphanumeric() || "-._~%/$".contains(c);
    assert!(path.chars().all(is_raw), "{path}");
    assert_eq!(path.matches('/').count(), plain_slashes(topic), "{path}");
    // What RFC 3986 section 5.2.4 and many servers fold.
    assert!(
        !path
            .split('/')
            .any(|level| matches!(level, "" | "." | "..")),
        "{path}"
    );
}

/// Every text of up to so many of the characters, after this one.
fn every_text(before: &mut String, most: usize, checked: &mut usize) {
    check(before);
    *checked += 1;
    if most == 0 {
        return;
    }
    let len = before.len();
    for character in CHARACTERS.iter().step_by(one_in(7)) {
        before.push_str(character);
        every_text(before, most - 1, checked);
        before.truncate(len);
    }
}

#[test]
fn every_short_topic_is_accepted_or_refused_by_the_rule_and_comes_out_of_the_path_again() {
    let begun = Instant::now();
    let mut checked = 0;
    every_text(
        &mut String::new(),
        if cfg!(miri) { 2 } else { 5 },
        &mut checked,
    );
    // Before, in and behind what AWS keeps for itself.
    for kept in ["$aws/rules/r/", "$aws/rulesx"] {
        for len in (1..=kept.len()).step_by(one_in(4)) {
            every_text(&mut kept[..len].to_owned(), 3, &mut checked);
        }
    }
    let seconds = begun.elapsed().as_secs_f32();
    eprintln!("{checked} topics, {seconds:.1} s");
}

#[test]
fn the_limits_count_bytes_and_levels_behind_the_prefix_of_basic_ingest() {
    for prefix in [
        "",
        "$aws/",
        "$aws/rules/",
        "$aws/rules/r",
        "$aws/rules/r/",
        "$aws/rules/a.rule/",
        "$aws/rules//",
    ] {
        for slashes in (0..=12).step_by(one_in(8)) {
            for level in ["", "a", "é"] {
                check(&format!("{prefix}{}", format!("{level}/").repeat(slashes)));
                check(&format!(
                    "{prefix}{}{level}",
                    format!("{level}/").repeat(slashes)
                ));
            }
        }
        for len in (200..=300).step_by(one_in(57)) {
            check(&format!("{prefix}{}", "a".repeat(len)));
            check(&format!("{prefix}{}é", "a".repeat(len)));
            check(&format!("{prefix}{}/a", "a".repeat(len)));
        }
    }
}
