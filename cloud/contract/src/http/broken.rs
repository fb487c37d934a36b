//! Lines of a head that are no fields, and how they came about.

/// What has put a newline before this line, by the field before it and what stands here. No value is quoted: it may be a
/// secret.
pub fn why_broken(before: Option<(&[u8], &[u8])>, line: &[u8]) -> String {
    let Some((name, value)) = before else {
        return "after the first line come fields, `name:value`".to_owned();
    };
    let name = name.escape_ascii();
    let is_base64 = |text: &[u8]| {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte);
        text.iter().all(allowed)
    };
    if value.is_empty() {
        format!(
            "the value of {name} stands on a line of its own, as a println after the name leaves it (cure: print for all but the end of a line)"
        )
    } else if [64, 76].contains(&value.len()) && is_base64(value) && is_base64(line) {
        format!(
            "the value of {name} was broken in two, as `base64` does at 76 columns and openssl at 64 (cure: base64 -w0, openssl base64 -A)"
        )
    } else {
        format!(
            "the value of {name} was broken in two by a newline, or a part of the payload stands here without an empty line before it"
        )
    }
}

/// The first line of a head that is no field, and why.
pub(super) fn first_broken(head: &[u8]) -> Option<String> {
    let mut before = None;
    let lines = head.split(|byte| *byte == b'\n').enumerate().skip(1);
    for (index, line) in lines {
        let line = line.trim_ascii_end();
        if line.is_empty() {
            return None;
        }
        let number = index + 1;
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Some(format!(
                "line {number} begins with a blank: a folded line, which RFC 9112 section 5.2 forbids"
            ));
        }
        let Some(at) = line.iter().position(|byte| *byte == b':') else {
            return Some(format!(
                "line {number} has no colon: {}",
                why_broken(before, line)
            ));
        };
        before = Some((&line[..at], line[at + 1..].trim_ascii()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_named_with_what_has_broken_it() {
        let wrapped = format!("s: {}", "A".repeat(76));
        let rows = [
            (
                "Host: ",
                "localhost",
                "line 3 has no colon: the value of Host stands on a line of its own",
            ),
            (wrapped.as_str(), "AAAA", "base64 -w0"),
            ("token: a", "b", "the value of token was broken in two"),
            ("id: a", " b", "line 3 begins with a blank"),
        ];
        for (field, line, expected) in rows {
            let head = format!("POST / HTTP/1.1\r\n{field}\r\n{line}\r\n\r\n");
            let found = first_broken(head.as_bytes()).unwrap();
            assert!(found.contains(expected), "{found}");
        }
        assert_eq!(
            first_broken(b"POST / HTTP/1.1\r\nhost: x\r\n\r\nno field"),
            None
        );
    }
}
