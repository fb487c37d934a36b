//! The console page, in a real Chromium.
//!
//! Without `chromium` and `chromedriver` the page is not opened, and a line says so; with `CI=true` that is a failure.
//!
//! The picture in the docs is what one of these tests saw, on a machine with the fonts Inter and JetBrains Mono:
//! `cargo test -p local-iot-core --test console && cp target/tmp/desk-light.png docs/console.png`

#[path = "emulator/support.rs"]
#[allow(dead_code)]
mod support;

#[path = "console/browser.rs"]
mod browser;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use browser::{DESK, View, drive, with_browser};
use fantoccini::key::Key;
use local_iot_core::{Config, LocalIotCore, PublicKey};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::rand_core::UnwrapErr;
use serde_json::json;
use support::{ALLOWED, ask, connect, field, publish, read_response, request, start};

#[test]
fn a_message_is_seen_after_subscribing_with_the_keyboard_alone() {
    drive(start(), async |page, emulator| {
        // Past the two skip links and the clients stands the filter.
        page.press(&[Key::Tab, Key::Tab, Key::Tab, Key::Tab]).await;
        assert_eq!(page.focused().await, "filter");
        page.type_over("uniqueID/+").await;
        page.press(&[Key::Enter]).await;
        page.wait_for("messages-count", "0 messages under uniqueID/+")
            .await;
        page.wait_for("connection", "Live").await;
        ask(emulator, publish("/topics/uniqueID/status/deep", ""));
        ask(emulator, publish("/topics/uniqueID/status", ""));
        page.wait_for("messages-count", "1 message under uniqueID/+")
            .await;
        let shown = page.text("message-list").await;
        assert!(
            shown.contains("uniqueID/status\n") && shown.contains("{}\n2 bytes"),
            "{shown}"
        );
    });
}

#[test]
fn a_refused_publish_is_shown_with_the_reason_that_the_device_is_not_told() {
    drive(start(), async |page, emulator| {
        let denied = request(
            "POST",
            "/topics/uniqueID/status",
            "x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:deny\r\nid:uniqueID\r\n",
        );
        assert!(!ask(emulator, denied).body.contains("iot:Publish"));
        page.wait_for("requests-count", "1 request, 1 refused")
            .await;
        let shown = page.text("request-list").await;
        for part in [
            "403 refused",
            "uniqueID/status",
            "denies iot:Publish on arn:aws:iot:eu-central-1:123456789012:topic/uniqueID/status",
            "Authorizer\nunsignedAuthorizer",
            "returned after",
            "refuses, for the reason above",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    });
}

#[test]
fn a_token_is_nowhere_on_the_page() {
    let fields = ALLOWED.replace("token:allow", "token:Xk3_secret");
    drive(start(), async |page, emulator| {
        ask(
            emulator,
            request("POST", "/topics/uniqueID/status", &fields),
        );
        page.wait_for("requests-count", "1 request, 1 refused")
            .await;
        assert!(page.text("request-list").await.contains("Invalid token"));
        let markup = page.run("return document.documentElement.outerHTML").await;
        assert!(!markup.to_string().contains("Xk3_secret"));
    });
}

#[test]
fn what_came_before_the_page_was_opened_is_there() {
    let emulator = start();
    let retained = "/topics/uniqueID/kept?retain=true";
    assert_eq!(ask(&emulator, publish(retained, "")).status, 200);
    drive(emulator, async |page, _| {
        page.wait_for("messages-count", "1 message under #").await;
        page.wait_for("requests-count", "1 request, 0 refused")
            .await;
        assert!(page.text("message-list").await.contains("retained"));
    });
}

#[test]
fn a_hostile_payload_and_topic_are_text() {
    drive(start(), async |page, emulator| {
        let payload = "<script>window.hit=1</script><img src=x onerror=window.hit=1>";
        let topic = "/topics/uniqueID%2F%3Cimg%20src%3Dx%20onerror%3Dwindow.hit%3D1%3E";
        let head = publish(topic, "").replace(
            "content-length:2\r\n\r\n{}",
            &format!("content-length:{}\r\n\r\n{payload}", payload.len()),
        );
        assert_eq!(ask(emulator, head).status, 200);
        page.wait_for("messages-count", "1 message under #").await;
        let shown = page.text("message-list").await;
        assert!(shown.contains(payload), "{shown}");
        assert!(
            shown.contains("uniqueID/<img src=x onerror=window.hit=1>"),
            "{shown}"
        );
        let inside = "return document.querySelectorAll('ol img, ol script').length + Number('hit' in window)";
        assert_eq!(page.run(inside).await, 0);
        // Should the page's own script ever try, the policy of the page forbids it.
        let markup = "try { document.body.innerHTML = '<b>' } catch (error) { return error.name }";
        assert_eq!(page.run(markup).await, "TypeError");
    });
}

#[test]
fn a_payload_that_is_not_text_is_shown_in_hex_and_text_can_be() {
    drive(start(), async |page, emulator| {
        let mut bytes = publish("/topics/uniqueID/status", "").into_bytes();
        bytes.truncate(bytes.len() - 2);
        bytes.extend([0x00, 0xff]);
        assert_eq!(ask(emulator, bytes).status, 200);
        ask(emulator, publish("/topics/uniqueID/status", ""));
        page.wait_for("messages-count", "2 messages under #").await;
        let shown = page.text("message-list").await;
        assert!(shown.contains("{}\n2 bytes"), "{shown}");
        assert!(
            shown.contains("00 ff\n2 bytes · not UTF-8, so in hex"),
            "{shown}"
        );
        page.click("input[value=hex]").await;
        let shown = page.text("message-list").await;
        assert!(shown.contains("7b 7d\n2 bytes"), "{shown}");
    });
}

#[test]
fn a_filter_that_mqtt_does_not_know_is_explained() {
    drive(start(), async |page, emulator| {
        page.click("#filter").await;
        page.type_over("a/#/b").await;
        page.press(&[Key::Enter]).await;
        page.wait_for(
            "filter-problem",
            "\"a/#/b\" is not a topic filter: + stands alone between slashes, and # alone at the end.",
        )
        .await;
        ask(emulator, publish("/topics/uniqueID/status", ""));
        page.wait_for("requests-count", "1 request, 0 refused")
            .await;
    });
}

#[test]
fn long_lists_forget_the_oldest() {
    drive(start(), async |page, emulator| {
        let mut connection = connect(emulator.http_addr());
        for number in 1..=1005 {
            let target = format!("/topics/uniqueID/{number}");
            connection
                .write_all(publish(&target, "").as_bytes())
                .unwrap();
            read_response(&mut connection);
        }
        page.wait_for("requests-count", "1000 requests, 0 refused")
            .await;
        page.wait_for("messages-count", "200 messages under #")
            .await;
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desk-thousand.png");
        fs::write(picture, page.picture().await).unwrap();
        let shown = page.text("message-list").await;
        assert!(shown.starts_with("uniqueID/1005\n"), "{shown}");
        assert!(!shown.contains("uniqueID/805\n"), "{shown}");
    });
}

#[test]
fn the_page_says_so_when_the_emulator_is_gone_and_goes_on_when_it_is_back() {
    let first = start();
    let control_port = first.control_addr().port();
    with_browser(async |browser| {
        let page = browser.open(first.control_addr(), DESK).await;
        drop(first);
        page.wait_for("connection", "Connection lost, trying again")
            .await;
        let config = Config {
            control_port,
            ..Config::default()
        };
        let second = LocalIotCore::start(config).unwrap();
        page.wait_for("connection", "Live").await;
        ask(&second, publish("/topics/uniqueID/status", ""));
        page.wait_for("messages-count", "1 message under #").await;
    });
}

#[test]
fn the_keyboard_reaches_every_control_in_reading_order() {
    drive(start(), async |page, _| {
        let mut order = Vec::new();
        for _ in 0..12 {
            page.press(&[Key::Tab]).await;
            order.push(page.focused().await);
        }
        assert_eq!(
            order,
            [
                "Skip to the messages",
                "Skip to the requests",
                "clients-open",
                "filter",
                "Subscribe",
                "text",
                "clear",
                "publish-open",
                "search",
                "refused-only",
                "pause",
                "clear-requests"
            ]
        );
        let named = "return [...document.querySelectorAll('input, textarea')].filter(i => !i.labels.length).length";
        assert_eq!(page.run(named).await, 0, "inputs without a label");
    });
}

#[test]
fn the_first_links_skip_to_the_lists() {
    drive(start(), async |page, _| {
        page.press(&[Key::Tab, Key::Tab, Key::Enter]).await;
        assert_eq!(page.focused().await, "requests");
    });
}

#[test]
fn only_the_refused_can_be_shown() {
    drive(start(), async |page, emulator| {
        ask(emulator, publish("/topics/uniqueID/status", ""));
        ask(emulator, publish("/topics/other/status", ""));
        page.wait_for("requests-count", "2 requests, 1 refused")
            .await;
        page.click("#refused-only").await;
        let shown = page.text("request-list").await;
        assert!(
            shown.contains("✕ 403 refused") && !shown.contains("✓ 200 accepted"),
            "{shown}"
        );
    });
}

#[test]
fn an_accepted_request_is_one_line_that_opens_and_a_refused_one_is_open() {
    drive(start(), async |page, emulator| {
        ask(emulator, publish("/topics/uniqueID/status", ""));
        ask(emulator, publish("/topics/other/status", ""));
        page.wait_for("requests-count", "2 requests, 1 refused")
            .await;
        let shown = page.text("request-list").await;
        assert_eq!(shown.matches("Authorizer\nunsignedAuthorizer").count(), 1);
        page.click(".accepted summary").await;
        let shown = page.text("request-list").await;
        assert_eq!(shown.matches("Authorizer\nunsignedAuthorizer").count(), 2);
        for entry in emulator.trace() {
            let id = format!("Request id\n{} (and trace id)", entry.request_id.unwrap());
            assert!(shown.contains(&id), "{shown}");
        }
    });
}

#[test]
fn the_stage_that_refused_is_marked() {
    let rows = [
        ("POST", "/topics/uniqueID/a", "", "Authorizer"),
        (
            "POST",
            "/topics/uniqueID/a",
            "x-amz-customauthorizer-name:signedAuthorizer\r\n",
            "Authorizer",
        ),
        (
            "POST",
            "/topics/uniqueID/a",
            "x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:other\r\n",
            "Function",
        ),
        ("POST", "/topics/other/a", ALLOWED, "Policy"),
        ("GET", "/topics/other/a", ALLOWED, "Request"),
    ];
    drive(signed_and_unsigned(), async |page, emulator| {
        for (number, (method, target, fields, stage)) in rows.into_iter().enumerate() {
            ask(emulator, request(method, target, fields));
            let count = number + 1;
            let noun = if count == 1 { "request" } else { "requests" };
            page.wait_for(
                "requests-count",
                &format!("{count} {noun}, {count} refused"),
            )
            .await;
            let marked = "return [...document.querySelector('.refused').querySelectorAll('.failed')].map(e => e.getAttribute('aria-label'))";
            assert_eq!(
                page.run(marked).await,
                json!([format!("{stage}: refused here")])
            );
        }
    });
}

#[test]
fn requests_are_searched_paused_and_cleared() {
    drive(start(), async |page, emulator| {
        ask(emulator, publish("/topics/uniqueID/first", ""));
        ask(emulator, publish("/topics/other/second", ""));
        page.wait_for("requests-count", "2 requests, 1 refused")
            .await;
        page.click("#search").await;
        page.type_over("no statement").await;
        let shown = page.text("request-list").await;
        assert!(
            shown.contains("second") && !shown.contains("first"),
            "{shown}"
        );
        page.type_over("nowhere").await;
        assert_eq!(
            page.text("requests-none").await,
            "None of the requests fits."
        );
        page.type_over(" ").await;
        page.click("#pause").await;
        ask(emulator, publish("/topics/uniqueID/third", ""));
        page.wait_for("requests-count", "2 requests, 1 refused, 1 waiting")
            .await;
        page.click("#pause").await;
        page.wait_for("requests-count", "3 requests, 1 refused")
            .await;
        page.click("#clear-requests").await;
        page.wait_for("requests-count", "0 requests, 0 refused")
            .await;
    });
}

#[test]
fn a_message_is_published_as_the_owner_and_shown_with_its_properties() {
    drive(start(), async |page, emulator| {
        page.click("#publish-open").await;
        page.click("#publish-topic").await;
        page.type_over("a/b c").await;
        page.press(&[Key::Enter]).await;
        page.wait_for("publish-result", "✓ published").await;
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desk-publish.png");
        fs::write(picture, page.picture().await).unwrap();
        page.wait_for("messages-count", "1 message under #").await;
        let shown = page.text("message-list").await;
        assert!(
            shown.contains("a/b c\n")
                && shown.contains("{\n  \"message\": \"hello\"\n}\n19 bytes · QoS 1"),
            "{shown}"
        );
        let entry = emulator.trace().pop().unwrap();
        assert!(
            entry.reason.starts_with("published from the console"),
            "{entry}"
        );
        page.click("#publish-topic").await;
        page.type_over("a/#").await;
        page.press(&[Key::Enter]).await;
        page.wait_for(
            "publish-result",
            "✕ 400: the topic holds + or #, which are for subscribing only",
        )
        .await;
    });
}

#[test]
fn a_message_has_its_mqtt_5_properties_and_its_numbers_as_they_were_sent() {
    drive(start(), async |page, emulator| {
        let body = r#"{"n":12345678901234567890,"e":{},"l":[1,"a,b"]}"#;
        let fields = "x-amz-mqtt5-user-properties:W3siYSI6ImIifV0=\r\nx-amz-mqtt5-payload-format-indicator:UTF8_DATA\r\n";
        let target =
            "/topics/uniqueID/a?contentType=application%2Fjson&messageExpiry=60&responseTopic=r";
        let bytes = publish(target, fields).replace(
            "content-length:2\r\n\r\n{}",
            &format!("content-length:{}\r\n\r\n{body}", body.len()),
        );
        assert_eq!(ask(emulator, bytes).status, 200);
        page.wait_for("messages-count", "1 message under #").await;
        let shown = page.text("message-list").await;
        for part in [
            "{\n  \"n\": 12345678901234567890,\n  \"e\": {},\n  \"l\": [\n    1,\n    \"a,b\"\n  ]\n}",
            "QoS 0",
            "Content type\napplication/json",
            "Response topic\nr",
            "Expires after\n60 s",
            "Announced as\nUTF-8 text",
            "User property a\nb",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        page.click("input[value=sent]").await;
        assert!(page.text("message-list").await.contains(body));
    });
}

#[test]
fn mqtt_clients_and_a_command_that_sends_a_request_again_are_shown() {
    drive(start(), async |page, emulator| {
        let mut client = connect(emulator.mqtt_addr());
        let read = |client: &mut std::net::TcpStream, count| {
            std::io::Read::read_exact(client, &mut vec![0; count]).unwrap();
        };
        client
            .write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a")
            .unwrap();
        read(&mut client, 4);
        client
            .write_all(b"\x82\x08\x00\x01\x00\x03x/#\x01")
            .unwrap();
        page.wait_for("clients-count", "1 client connected").await;
        read(&mut client, 5);
        page.click("#clients-open").await;
        let subscribed =
            "return [...document.querySelectorAll('.filter-of')].map(e => e.textContent)";
        page.until(subscribed, json!(["x/#"])).await;
        ask(emulator, publish("/topics/other/status", ""));
        page.wait_for("requests-count", "2 requests, 1 refused")
            .await;
        page.click(".repeat summary").await;
        let shown = page.text("request-list").await;
        assert!(shown.contains("-H \"token: $TOKEN\""), "{shown}");
        assert!(
            shown.contains("No secret is kept: set $TOKEN first."),
            "{shown}"
        );
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desk-clients.png");
        fs::write(picture, page.picture().await).unwrap();
        drop(client);
        page.wait_for("clients-count", "none is connected").await;
    });
}

#[test]
fn another_site_s_page_cannot_publish_as_the_owner() {
    let emulator = start();
    for fields in ["origin:https://evil.example\r\n", "origin:null\r\n"] {
        let host = emulator.control_addr();
        let bytes = format!(
            "POST /console/topics/a HTTP/1.1\r\nhost:{host}\r\n{fields}content-length:0\r\n\r\n"
        );
        let mut stream = connect(host);
        stream.write_all(bytes.as_bytes()).unwrap();
        assert_eq!(read_response(&mut stream).status, 403, "{fields}");
    }
    assert!(emulator.trace().is_empty());
}

#[test]
fn tabs_choose_what_a_narrow_screen_shows() {
    let view = View {
        dark: false,
        width: 390,
        height: 844,
    };
    with_browser(async |browser| {
        let emulator = start();
        let page = browser.open(emulator.control_addr(), view).await;
        let shown = "return [...document.querySelectorAll('main > section')].filter(e => e.checkVisibility()).map(e => e.id)";
        assert_eq!(page.run(shown).await, json!(["messages"]));
        page.click("#tab-requests").await;
        assert_eq!(page.run(shown).await, json!(["requests"]));
        page.press(&[Key::Right]).await;
        assert_eq!(page.run(shown).await, json!(["clients"]));
        assert_eq!(page.focused().await, "tab-clients");
    });
}

#[test]
fn light_and_dark_are_readable_on_a_desk_and_on_a_phone() {
    let desk = |dark| ("desk", View { dark, ..DESK });
    let phone = |dark| {
        let (width, height) = (390, 844);
        (
            "phone",
            View {
                dark,
                width,
                height,
            },
        )
    };
    with_browser(async |browser| {
        let mut grounds = Vec::new();
        for (name, view) in [desk(false), desk(true), phone(false), phone(true)] {
            let scheme = if view.dark { "dark" } else { "light" };
            let emulator = signed_and_unsigned();
            let page = browser.open(emulator.control_addr(), view).await;
            a_day_of_trials(&emulator);
            page.wait_for("requests-count", "5 requests, 3 refused")
                .await;
            page.wait_for("messages-count", "2 messages under #").await;
            let tabs: &[&str] = if name == "phone" {
                &["messages", "requests", "clients"]
            } else {
                &[""]
            };
            for tab in tabs {
                if !tab.is_empty() {
                    page.click(&format!("#tab-{tab}")).await;
                }
                let sideways = "return document.documentElement.scrollWidth > innerWidth";
                assert_eq!(page.run(sideways).await, false, "{view:?} scrolls sideways");
                let faint = page.run(include_str!("console/contrast.js")).await;
                assert_eq!(faint, json!([]), "{view:?} has faint texts");
                let picture = format!("{name}-{scheme}{tab}.png");
                let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(picture);
                fs::write(picture, page.picture().await).unwrap();
            }
            let ground = "return getComputedStyle(document.body).backgroundColor";
            grounds.push(page.run(ground).await);
        }
        assert_ne!(grounds[0], grounds[1], "the dark scheme is the light one");
    });
}

fn signed_and_unsigned() -> LocalIotCore {
    static PEM: LazyLock<String> = LazyLock::new(|| {
        let key = rsa::PrivateKey::new(&mut UnwrapErr(getrandom::SysRng), 2048).unwrap();
        let public = key.to_public_key();
        public.to_public_key_pem(LineEnding::LF).unwrap()
    });
    let key = PublicKey::from_pem("gateway", &PEM).unwrap();
    let config = Config::default().with_signed_authorizer("signedAuthorizer", vec![key]);
    LocalIotCore::start(config).unwrap()
}

/// Two accepted, and three refused for reasons that people really meet.
fn a_day_of_trials(emulator: &LocalIotCore) {
    let publish = |topic: &str, fields: &str, body: &str| {
        let length = body.len();
        let bytes = format!(
            "POST /topics/{topic}?qos=1 HTTP/1.1\r\nhost:localhost\r\n{fields}content-length:{length}\r\n\r\n{body}"
        );
        ask(emulator, bytes).status
    };
    let hello = r#"{"message":"Hello from unsigned custom auth"}"#;
    let deny = ALLOWED.replace("allow", "deny");
    let first_line = "x".repeat(76);
    let wrapped = ALLOWED.replace("unsigned", "signed")
        + &format!("x-amz-customauthorizer-signature:{first_line}\r\n");
    let statuses = [
        publish("uniqueID/status", &deny, hello),
        publish("uniqueID/status", ALLOWED, hello),
        publish("otherID/status", ALLOWED, hello),
        publish("uniqueID/temperature", ALLOWED, r#"{"celsius":21.5}"#),
        publish("uniqueID/status", &wrapped, hello),
    ];
    assert_eq!(statuses, [403, 200, 403, 200, 403]);
}

#[test]
fn the_page_may_load_nothing_from_elsewhere_and_nobody_may_read_it() {
    let emulator = start();
    let mut stream = connect(emulator.control_addr());
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost:localhost\r\n\r\n")
        .unwrap();
    let page = read_response(&mut stream);
    assert_eq!(page.status, 200);
    let policy = field(&page.head, "content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'; "));
    assert!(!policy.contains("unsafe") && !policy.contains('*'));
    assert!(policy.contains("frame-ancestors 'none'"));
    assert!(!page.head.contains("access-control-"), "{}", page.head);
    assert!(!page.body.contains("://") || !page.body.contains("src="));
}

#[test]
fn a_name_that_was_pointed_at_this_machine_gets_nothing() {
    let emulator = start();
    for target in ["/", "/console/events?filter=%23"] {
        let mut stream = connect(emulator.control_addr());
        let bytes = format!("GET {target} HTTP/1.1\r\nhost:evil.example\r\n\r\n");
        stream.write_all(bytes.as_bytes()).unwrap();
        assert_eq!(read_response(&mut stream).status, 403, "{target}");
    }
}
