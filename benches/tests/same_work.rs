//! A comparison says something only while everybody does the same work.

use motepost_benches::{BUILDERS, PARSERS, Parsed, answer, request};

/// Lines in order of their bytes, names in lower case, without the space behind the colon; and the body.
fn normal(request: &[u8]) -> (String, Vec<String>, String) {
    let text = String::from_utf8(request.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap().to_owned();
    let mut fields: Vec<String> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            format!("{}:{}", name.to_ascii_lowercase(), value.trim())
        })
        // edge-http adds it whether asked or not.
        .filter(|field| field != "connection:Keep-Alive")
        .collect();
    fields.sort();
    (first, fields, body.to_owned())
}

#[test]
fn everybody_builds_the_same_request() {
    let built = BUILDERS.map(|(name, build)| {
        let mut buffer = request();
        let len = build(&mut buffer);
        (name, normal(&buffer[..len]))
    });
    for (name, request) in &built {
        assert_eq!(request, &built[0].1, "{name}");
    }
}

#[test]
fn everybody_finds_the_same_answer() {
    for (name, parse) in PARSERS {
        let expected = Parsed {
            status: 200,
            body_len: 65,
        };
        assert_eq!(parse(&mut answer()), expected, "{name}");
    }
}
