//! Tokens: HMAC by hand says what the fast target's checks cannot; and renewal.
//!
//! Input: as the fast target's.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use motepost::ResponseReader;
use motepost::token::{DeviceKey, FleetKey, Freshness, TokenError};
use motepost_fuzz_fast::token::{Input, minted};
use sha2::Sha256;

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let Some(input) = Input::of(data) else {
        return;
    };
    let Some(token) = minted(&input) else {
        return;
    };
    let Input {
        key,
        kind,
        value,
        clock,
        id,
        forged,
    } = input;
    assert_eq!(token.as_str(), by_hand(&key, id, input.freshness()));

    let device = DeviceKey::new(key);
    match device.check(id, forged) {
        Ok(claimed) => assert_eq!(
            forged,
            by_hand(&key, id, claimed),
            "accepted and not minted"
        ),
        Err(TokenError::Malformed) => assert!(raw(forged).is_none(), "21 bytes, called malformed"),
        Err(TokenError::UnknownKind) => {
            assert!(raw(forged).is_some_and(|raw| !matches!(raw[0], 1 | 2)))
        }
        Err(error) => {
            assert_eq!(error, TokenError::WrongMac);
            assert!(raw(forged).is_some_and(|raw| matches!(raw[0], 1 | 2)));
        }
    }
    let of_fleet = FleetKey::new(key).device_key(id);
    assert_eq!(of_fleet.as_bytes(), &hkdf(&key, id));

    renew(&device, id, value, clock, kind);
}

/// An answer with this clock's date gives a token of that time, if it denies and the clocks differ.
fn renew(device: &DeviceKey, id: &str, minted: u32, clock: u32, kind: u8) {
    let status = [403, 401, 200, 429, 500][usize::from(kind) % 5];
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(clock.into()));
    let answer = format!("HTTP/1.1 {status} x\r\ndate: {date}\r\ncontent-length: 0\r\n\r\n");
    let mut buffer = answer.clone().into_bytes();
    let mut reader = ResponseReader::new();
    reader
        .received(&mut buffer, answer.len())
        .expect("a sound answer");
    let response = reader.into_response(&buffer).expect("a whole answer");
    let in_2106 = 4_291_747_200;
    let told = (clock < in_2106).then_some(clock);
    assert_eq!(response.date(), told, "{date}");
    let expected = told.filter(|told| matches!(status, 401 | 403) && told.abs_diff(minted) > 30);
    match (response.renew(device, id, minted), expected) {
        (None, None) => {}
        (Some(renewed), Some(time)) => {
            assert_eq!(renewed.time, time);
            assert_eq!(Ok(renewed.token), device.mint(id, Freshness::Time(time)));
        }
        (renewed, expected) => panic!("{:?} and {expected:?}", renewed.map(|renewed| renewed.time)),
    }
}

fn raw(token: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .filter(|raw| raw.len() == 21)
}

fn hmac(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    for part in message {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn by_hand(key: &[u8; 32], id: &str, freshness: Freshness) -> String {
    let (kind, value) = match freshness {
        Freshness::Time(value) => (1, value),
        Freshness::Counter(value) => (2, value),
    };
    let head = [&[kind][..], &value.to_be_bytes()].concat();
    let mac = hmac(key, &[b"motepost-token-v1", &head, id.as_bytes()]);
    URL_SAFE_NO_PAD.encode([&head[..], &mac[..16]].concat())
}

/// RFC 5869: one block, without a salt.
fn hkdf(key: &[u8; 32], id: &str) -> [u8; 32] {
    let extracted = hmac(&[0; 32], &[key]);
    hmac(
        &extracted,
        &[b"motepost-device-key-v1", id.as_bytes(), &[1]],
    )
}
