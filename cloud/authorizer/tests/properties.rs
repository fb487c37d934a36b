//! Whatever the event is: a policy is for one device's topics, and that device was proven.

mod support;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use motepost::token::Freshness;
use motepost_authorizer::Authorizer;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Map, Value, json};
use support::{TOKEN_SHA256, block_on, fleet_keys, minted, open_now};

const NOW: u32 = 1_790_000_000;
const PREFIX: &str = "arn:aws:iot:eu-central-1:123456789012";
/// Two with a static token, one of them revoked; two that mint; and what an attacker would like to be.
const IDS: [&str; 8] = [
    "uniqueID",
    "stolen",
    "sensor-1",
    "a",
    "sensor",
    "sensor-1/",
    "*",
    "${iot:ClientId}",
];

fn authorizer() -> &'static Authorizer {
    static AUTHORIZER: OnceLock<Authorizer> = OnceLock::new();
    AUTHORIZER.get_or_init(|| {
        open_now(&[
            ("SCHEMES", "static,minted,signed".to_owned()),
            ("IOT_ARN_PREFIX", PREFIX.to_owned()),
            ("FLEET_KEY_HEX", fleet_keys()),
            (
                "STATIC_TOKENS",
                format!("uniqueID={TOKEN_SHA256},stolen={TOKEN_SHA256}"),
            ),
            ("REVOKED_IDS", "stolen".to_owned()),
        ])
    })
}

/// A token, and the id that it proves by itself: without AWS having verified a signature.
#[derive(Clone, Debug)]
struct Token {
    text: String,
    alone: Option<String>,
}

impl Token {
    /// The id that it names as a signed token. If AWS says that the signature is right, then it proves it, whatever it was made
    /// of here.
    fn signed(&self) -> Option<String> {
        let (id, expires) = self.text.rsplit_once('.')?;
        let counts = expires
            .parse::<u64>()
            .is_ok_and(|expires| expires > NOW.into())
            && id != "stolen";
        counts.then(|| id.to_owned())
    }
}

/// Mostly of the device that the event is of.
fn a_token(of: &'static str) -> impl Strategy<Value = Token> {
    let unproven = |text: String| Token { text, alone: None };
    let id =
        prop_oneof![4 => Just(of), 1 => prop::sample::select(&IDS[..5])].prop_map(str::to_owned);
    let sound = prop_oneof![
        Just(Token {
            text: "correct horse".to_owned(),
            alone: Some("uniqueID".to_owned()),
        }),
        (
            id.clone(),
            prop::sample::select(&["mint", "mint-old", "mint-foreign", "mint-flipped"]),
            -450..450_i64
        )
            .prop_map(|(id, kind, offset)| {
                let time = NOW.saturating_add_signed(offset.try_into().expect("it is small"));
                // The window's default is five minutes either way.
                let counts =
                    ["mint", "mint-old"].contains(&kind) && offset.abs() <= 300 && id != "stolen";
                Token {
                    text: minted(kind, &id, Freshness::Time(time)),
                    alone: counts.then_some(id),
                }
            }),
        (id, -2..3_i64)
            .prop_map(move |(id, offset)| unproven(format!("{id}.{}", i64::from(NOW) + offset))),
    ];
    prop_oneof![
        8 => sound.clone(),
        1 => ".{0,60}".prop_map(unproven),
        // One character is another one.
        2 => (sound, any::<prop::sample::Index>(), any::<char>()).prop_map(move |(token, at, other)| {
            let mut characters: Vec<char> = token.text.chars().collect();
            let at = at.index(characters.len());
            let was = std::mem::replace(&mut characters[at], other);
            if was == other { token } else { unproven(characters.into_iter().collect()) }
        }),
    ]
}

/// The same name, as a proxy or a device may write it.
fn in_some_case(name: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<bool>(), name.len()).prop_map(move |upper| {
        let letters = name.chars().zip(upper);
        letters
            .map(|(letter, upper)| {
                if upper {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                }
            })
            .collect()
    })
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,6}", inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Where an event has ids and tokens: headers in any case, the query, AWS's own field.
#[derive(Clone, Debug)]
struct Event {
    value: Value,
    tokens: Vec<Token>,
}

fn an_id(of: &'static str) -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just(of), 1 => prop::sample::select(&IDS[..])]
}

fn an_event() -> impl Strategy<Value = Event> {
    prop::sample::select(&IDS[..5]).prop_flat_map(an_event_of)
}

prop_compose! {
    fn an_event_of(of: &'static str)(
        id in prop::option::weighted(0.9, (in_some_case("id"), an_id(of))),
        other_id in prop::option::weighted(0.1, (in_some_case("id"), an_id(of))),
        token in prop::option::weighted(0.5, (in_some_case("token"), a_token(of))),
        other_token in prop::option::weighted(0.1, (in_some_case("token"), a_token(of))),
        id_in_query in prop::option::weighted(0.2, an_id(of)),
        token_in_query in prop::option::weighted(0.2, a_token(of)),
        own in prop::option::weighted(0.5, a_token(of)),
        verified in prop::bool::weighted(0.2),
        wrong in prop::option::weighted(0.05, (prop::sample::select(&["token", "signatureVerified", "protocolData", "protocols"]), anything())),
    ) -> Event {
        let mut headers = Map::new();
        for (name, id) in id.into_iter().chain(other_id) {
            headers.insert(name, json!(id));
        }
        let tokens: Vec<_> = token.into_iter().chain(other_token).collect();
        for (name, token) in &tokens {
            headers.insert(name.clone(), json!(token.text));
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(id) = id_in_query {
            query.append_pair("ID", id);
        }
        if let Some(token) = &token_in_query {
            query.append_pair("token", &token.text);
        }
        let mut value = json!({
            "signatureVerified": verified,
            "protocolData": {"http": {"headers": headers, "queryString": query.finish()}},
        });
        if let Some(token) = &own {
            value["token"] = json!(token.text);
        }
        if let Some((name, anything)) = wrong {
            value[name] = anything;
        }
        let tokens = tokens.into_iter().map(|(_, token)| token).chain(token_in_query).chain(own).collect();
        Event { value, tokens }
    }
}

/// The last part of each resource's ARN, without what stands behind the id.
fn ids_in(response: &Value) -> BTreeSet<String> {
    let documents = response["policyDocuments"].as_array().expect("documents");
    let statements = documents
        .iter()
        .flat_map(|document| document["Statement"].as_array().expect("statements"));
    let id_in = |statement: &Value| {
        let resource = statement["Resource"].as_str().expect("one resource");
        let name = resource
            .strip_prefix(&format!("{PREFIX}:"))
            .expect("this account's");
        let (kind, rest) = name.split_once('/').expect("a kind and a name");
        match kind {
            "client" => rest.to_owned(),
            _ => rest.split('/').next().expect("a part").to_owned(),
        }
    };
    statements.map(id_in).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_policy_is_for_the_one_device_that_was_proven(event in an_event()) {
        let decision = block_on(authorizer().decide(&event.value, NOW.into()));
        let response = decision.response();
        if response["isAuthenticated"] == true {
            let verified = event.value["signatureVerified"] == true;
            let proven: BTreeSet<String> = event.tokens.iter()
                .filter_map(|token| if verified { token.signed() } else { token.alone.clone() })
                .collect();
            let granted = ids_in(&response);
            prop_assert_eq!(granted.len(), 1, "{}", response);
            prop_assert!(granted.iter().all(|id| proven.contains(id)), "{} for {}", response, event.value);
        } else {
            prop_assert_eq!(&response["policyDocuments"], &json!([]));
        }
    }

    #[test]
    fn anything_at_all_gets_a_well_formed_response_and_no_policy(event in anything()) {
        let decision = block_on(authorizer().decide(&event, NOW.into()));
        prop_assert_eq!(decision.response()["isAuthenticated"].clone(), json!(false));
        prop_assert!(serde_json::from_str::<Value>(&decision.log_line()).is_ok());
    }
}

/// A property that no event meets would say nothing.
#[test]
fn many_of_the_events_get_a_policy() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let allowed = (0..500).filter(|_| {
        let event = an_event()
            .new_tree(&mut runner)
            .expect("an event")
            .current();
        block_on(authorizer().decide(&event.value, NOW.into()))
            .denied()
            .is_none()
    });
    let allowed = allowed.count();
    assert!(allowed > 20, "{allowed} of 500");
}
