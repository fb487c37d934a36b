//! What may be logged holds no secret: errors, and whatever `defmt` can write. `Debug` is in `injection.rs` and `token.rs`.

#[path = "common/root.rs"]
mod root;

use std::fs;
use std::path::{Path, PathBuf};

use motepost::token::{DeviceKey, Freshness};
use motepost::{CustomAuthorizer, EncodeError, Error, Exchange, Field, Properties, Publish};
use root::root;

const HOST: &str = "host.example";
const MARK: &str = "S3CRET";

/// Each text that may be a secret, with something in it for which it is refused.
fn refused() -> [(Field, Publish<'static>); 7] {
    static BAD_CORRELATION: [u8; 7000] = [b'S'; 7000];
    static PROPERTIES: [Properties<'static>; 2] = [
        Properties::new().correlation_data(&BAD_CORRELATION),
        Properties::new().user_properties(&[("sensor", "S3CRET\n")]),
    ];
    let publish = Publish::new(HOST, "t", b"S3CRET");
    let authorizer = CustomAuthorizer::named("named");
    [
        (
            Field::Token,
            publish.authorizer(authorizer.token("token", "S3CRET\r\nx:y")),
        ),
        (
            Field::TokenKey,
            publish.authorizer(authorizer.token("S3CRET:", "allow")),
        ),
        (
            Field::Signature,
            publish.authorizer(authorizer.token("token", "allow").signature("S3CRET\n")),
        ),
        (
            Field::HeaderValue,
            publish.headers(&[("authorization", "Bearer S3CRET\n")]),
        ),
        (
            Field::Topic,
            Publish::new(HOST, "S3CRET/#", b"").authorizer(authorizer),
        ),
        (Field::CorrelationData, publish.properties(&PROPERTIES[0])),
        (Field::UserProperty, publish.properties(&PROPERTIES[1])),
    ]
}

#[test]
fn an_error_names_the_field_and_does_not_quote_it() {
    for (field, publish) in refused() {
        let error = publish.head_len().expect_err(field.name());
        assert!(
            matches!(error, EncodeError::Refused { field: named, .. } if named == field),
            "{error:?}"
        );
        let of_transport = Error::<core::convert::Infallible>::from(error);
        for text in [
            format!("{error} {error:?} {error:#?}"),
            format!("{of_transport} {of_transport:?}"),
        ] {
            assert!(!text.contains(MARK), "{text}");
            assert!(!text.contains("83, 51, 67"), "{text}");
        }
    }
}

#[test]
fn a_step_shows_no_bytes() {
    let authorizer = CustomAuthorizer::named("named").token("token", MARK);
    let publish = Publish::new(HOST, "t", b"").authorizer(authorizer);
    let mut buffer = [0; 256];
    let mut exchange = Exchange::new(&publish, &mut buffer).expect("room enough");
    let step = format!("{:?}", exchange.step());
    assert!(!step.contains("83, 51, 67"), "{step}");
}

#[test]
fn an_error_does_not_quote_the_token_that_it_refuses() {
    let key = DeviceKey::new([0x53; 32]);
    let minted = key
        .mint("uniqueID", Freshness::Time(0))
        .expect("a sound id");
    for token in [
        MARK,
        "S3CRETS3CRETS3CRETS3CRETS3CR",
        &minted.replace(&minted[20..24], MARK)[..28],
    ] {
        let error = key.check("uniqueID", token).expect_err(token);
        let text = format!("{error} {error:?}");
        assert!(!text.contains(MARK), "{text}");
        assert!(!text.contains("SSS") && !text.contains("83, 83"), "{text}");
    }
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("the sources are there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// What the variants of an error may hold: numbers, other such enums, and the transport's own error.
const HARMLESS: [&str; 7] = [
    "u32",
    "usize",
    "Field",
    "Reason",
    "EncodeError",
    "ExchangeError",
    "E",
];

/// `defmt` writes what has its `Format`, and the compiler refuses the rest. So it is enough that nothing has it which could
/// hold a text or bytes.
#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn what_defmt_can_write_are_enums_without_text() {
    let mut found = 0;
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).expect("it can be read");
        let code = text.lines().filter(|line| !line.starts_with("//!"));
        let text = code.collect::<Vec<_>>().join("\n");
        let place = path.display();
        // No way but the derived one.
        let derived = r#"#[cfg_attr(feature = "defmt", derive(defmt::Format))]"#;
        assert_eq!(
            text.matches("defmt").count(),
            2 * text.matches(derived).count(),
            "{place} names defmt in another way"
        );
        for item in text.split(derived).skip(1) {
            let (head, rest) = item.split_once('{').expect("an item with a body");
            let (body, _) = rest.split_once("\n}").expect("the end of its body");
            let name = head.lines().last().unwrap_or_default();
            assert!(name.starts_with("pub enum "), "{place}: {name}");
            for line in body.lines().map(str::trim) {
                let is_code = !line.starts_with("//") && !line.starts_with('#');
                let held = line.split_once('(').or_else(|| line.split_once(": "));
                if let (true, Some((_, held))) = (is_code, held) {
                    let held = held.trim_end_matches([')', ',']);
                    assert!(HARMLESS.contains(&held), "{place}: {name}: {line}");
                }
            }
            found += 1;
        }
    }
    assert!(found >= 10, "only {found} types were found");
}
