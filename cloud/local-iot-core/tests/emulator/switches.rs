//! Switches for what AWS leaves undocumented, beyond those that have their place elsewhere.

use local_iot_core::{AuthorizerOverride, Behaviour, Config, LocalIotCore, Unauthenticated};

use crate::support::*;

#[test]
fn a_device_that_nobody_vouches_for_may_get_a_401() {
    let behaviour = Behaviour {
        unauthenticated: Unauthenticated::Unauthorized,
        ..Behaviour::default()
    };
    let named = "x-amz-customauthorizer-name:unsignedAuthorizer\r\n";
    let rows = [
        ("no authorizer", String::new(), 401),
        (
            "unknown",
            "x-amz-customauthorizer-name:none\r\n".to_owned(),
            401,
        ),
        ("not authenticated", format!("{named}token:allow\r\n"), 401),
        (
            "the function failed",
            format!("{named}token:other\r\nid:uniqueID\r\n"),
            403,
        ),
        (
            "the policy denies",
            format!("{named}token:deny\r\nid:uniqueID\r\n"),
            403,
        ),
    ];
    let emulator = start_with(behaviour);
    for (what, fields, status) in rows {
        let response = ask(&emulator, request("POST", "/topics/uniqueID/a", &fields));
        assert_eq!(response.status, status, "{what}");
    }
}

#[test]
fn how_a_raw_path_is_read() {
    let default = Behaviour::default();
    let collapse = Behaviour {
        collapse_slashes: true,
        ..default.clone()
    };
    let space = Behaviour {
        plus_is_space: true,
        ..default.clone()
    };
    let rows = [
        (&default, "/topics/uniqueID//a", Some("uniqueID//a")),
        (&collapse, "/topics/uniqueID///a", Some("uniqueID/a")),
        (&collapse, "/topics/uniqueID/%2Fa", Some("uniqueID//a")),
        (&default, "/topics/uniqueID/a+b", None),
        (&space, "/topics/uniqueID/a+b", Some("uniqueID/a b")),
        (&space, "/topics/uniqueID/a%2Bb", None),
    ];
    for (behaviour, target, topic) in rows {
        let emulator = start_with(behaviour.clone());
        let response = ask(&emulator, publish(target, ""));
        assert_eq!(
            response.status,
            if topic.is_some() { 200 } else { 400 },
            "{target}"
        );
        assert_eq!(emulator.trace()[0].topic.as_deref(), topic, "{target}");
    }
}

#[test]
fn whether_a_request_may_name_another_authorizer_than_the_default() {
    let rows = [
        (
            AuthorizerOverride::Allowed,
            403,
            "no authorizer of that name",
        ),
        (AuthorizerOverride::Ignored, 200, "allows iot:Publish"),
        (AuthorizerOverride::Refused, 403, "allowAuthorizerOverride"),
    ];
    for (authorizer_override, status, expected) in rows {
        let emulator = LocalIotCore::start(Config {
            default_authorizer: Some("unsignedAuthorizer".to_owned()),
            behaviour: Behaviour {
                authorizer_override,
                ..Behaviour::default()
            },
            ..Config::default()
        })
        .unwrap();
        let fields = "x-amz-customauthorizer-name:other\r\ntoken:allow\r\nid:uniqueID\r\n";
        let found = judge(&emulator, request("POST", "/topics/uniqueID/a", fields));
        assert_eq!(found.0, status);
        assert!(found.1.contains(expected), "{}", found.1);
    }
}
