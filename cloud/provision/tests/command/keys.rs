//! `keygen`, `sign-token`, `device-key`, `mint` and `verify`.

use std::process::Command;

use crate::support::{Directory, with_keys};

#[test]
fn keygen_signing_makes_a_pair_that_openssl_reads() {
    let directory = Directory::new();
    directory
        .run("keygen signing --bits 3072 --private a.key --public a.pub")
        .exits(0);
    let openssl = Command::new("openssl")
        .args(["rsa", "-in", "a.key", "-pubout"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(openssl.status.success());
    assert_eq!(
        String::from_utf8(openssl.stdout).unwrap(),
        directory.read("a.pub")
    );
    assert!(
        directory
            .read("a.pub")
            .starts_with("-----BEGIN PUBLIC KEY-----\n")
    );
}

#[test]
fn keygen_fleet_makes_another_64_hexadecimal_digits_each_time() {
    let directory = Directory::new();
    directory.run("keygen fleet --out a").exits(0);
    directory.run("keygen fleet --out b").exits(0);
    let (a, b) = (directory.read("a"), directory.read("b"));
    assert_ne!(a, b);
    assert!(a.trim_end().len() == 64 && a.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[test]
fn keygen_fleet_prints_the_key_where_it_is_asked_to() {
    let directory = Directory::new();
    let key = directory.run("keygen fleet --out -").exits(0).out;
    assert!(
        key.len() == 65 && key.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{key}"
    );
    assert_eq!(directory.names("."), [""; 0]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_secret() {
    let directory = with_keys();
    directory
        .run("device-key --fleet-key-file fleet.key --id a --out a.key")
        .exits(0);
    directory
        .run("credentials --scheme static --id a --out a.json")
        .exits(0);
    directory
        .run("keygen signing --private new.key --public new.pub")
        .exits(0);
    directory.run("keygen fleet --out new-fleet.key").exits(0);
    for name in ["a.key", "a.json", "new.key", "new-fleet.key"] {
        assert_eq!(directory.mode(name), 0o600, "{name}");
    }
}

#[test]
fn no_command_overwrites_a_file() {
    let directory = with_keys();
    directory.write("there", "precious");
    for arguments in [
        "keygen fleet --out there",
        "keygen signing --private there --public new",
        "keygen signing --private new --public there",
        "device-key --fleet-key-file fleet.key --id a --out there",
        "credentials --scheme static --id a --out there",
    ] {
        let ran = directory.run(arguments).exits(2);
        assert!(ran.err.contains("there exists already"), "{}", ran.err);
        assert_eq!(directory.read("there"), "precious", "{arguments}");
        assert!(!directory.join("new").exists(), "{arguments}");
    }
}

/// A key without its other half would be found years later.
#[test]
fn keygen_signing_leaves_both_keys_or_none() {
    let directory = Directory::new();
    for (private, public, expected) in [
        ("a.key", "none/a.pub", "none/a.pub: "),
        ("b.key", "b.key", "are one file"),
        ("./c.key", "c.key", "c.key exists already"),
        ("-", "d.pub", "--private - "),
        ("d.key", "-", "--public - "),
        ("-", "-", "are one file"),
    ] {
        let ran = directory
            .run(&format!(
                "keygen signing --private {private} --public {public}"
            ))
            .exits(2);
        assert!(ran.err.contains(expected), "{}", ran.err);
        assert_eq!(directory.names("."), [""; 0], "{private} {public}");
    }
}

#[test]
fn a_token_that_is_made_ends_in_the_future_and_in_this_century() {
    let directory = with_keys();
    directory.write("devices.csv", "id\na\n");
    for command in [
        "sign-token --id a",
        "credentials --scheme signed --id a --out new",
        "fleet --scheme signed devices.csv --out new",
    ] {
        for (end, expected) in [
            ("1700000000", "is in the past"),
            ("2023-11-14T22:13:20Z", "is in the past"),
            (
                "1798761600000",
                "this looks like milliseconds: give seconds",
            ),
            ("9999-12-31T23:59:59Z", "more than 100 years ahead"),
        ] {
            let arguments = format!("{command} --signing-key signing.key --expires {end}");
            let ran = directory.run(&arguments).exits(2);
            assert!(ran.err.contains(expected), "{arguments}: {}", ran.err);
            assert!(ran.out.is_empty() && !directory.join("new").exists());
        }
    }
}

#[test]
fn a_key_that_a_flag_names_counts_before_any_variable() {
    let directory = with_keys();
    directory.run("keygen fleet --out elsewhere.key").exits(0);
    directory
        .run("device-key --fleet-key-file fleet.key --id a --out a.key")
        .exits(0);
    let mint = "mint --id a --counter 7";
    let expected = directory
        .run(&format!("{mint} --fleet-key-file fleet.key"))
        .exits(0)
        .out;
    for (flag, variable, value) in [
        (
            "--device-key-file a.key",
            "MOTEPOST_FLEET_KEY_FILE",
            "elsewhere.key",
        ),
        (
            "--fleet-key-file fleet.key",
            "MOTEPOST_DEVICE_KEY_FILE",
            "elsewhere.key",
        ),
        (
            "--fleet-key-file fleet.key",
            "MOTEPOST_FLEET_KEY_FILE",
            "elsewhere.key",
        ),
        (
            "--fleet-key-file fleet.key",
            "MOTEPOST_DEVICE_KEY",
            "07".repeat(32).as_str(),
        ),
        ("", "MOTEPOST_FLEET_KEY_FILE", "fleet.key"),
        ("", "MOTEPOST_DEVICE_KEY_FILE", "a.key"),
    ] {
        let ran = directory.run_with_variable(&format!("{mint} {flag}"), variable, value);
        assert_eq!(ran.exits(0).out, expected, "{flag} {variable}");
    }
    let both = format!("{mint} --device-key-file a.key --fleet-key-file fleet.key");
    assert!(directory.run(&both).exits(2).err.contains("cannot be used"));
}

#[test]
fn a_device_s_own_key_is_of_no_other_generation() {
    let directory = with_keys();
    directory
        .run("device-key --fleet-key-file fleet.key --id a --out a.key")
        .exits(0);
    let ran = directory
        .run("mint --id a --device-key-file a.key --key-generation 3")
        .exits(2);
    assert!(ran.err.contains("is for a fleet key"), "{}", ran.err);
}

/// The authorizer takes no other id.
#[test]
fn a_signed_token_of_what_is_no_device_is_not_valid() {
    let directory = with_keys();
    let token = "a/b.4000000000";
    let signed = directory.run_with_input("sign-token --signing-key signing.key", token);
    directory.write("token", token);
    directory.write("signature", signed.exits(0).out);
    let verify =
        "verify signed --public-key signing.pub --token-file token --signature-file signature";
    let ran = directory.run(verify).exits(1);
    assert!(
        ran.out.starts_with("not valid: ") && ran.out.contains("is no device id"),
        "{}",
        ran.out
    );
    directory.run(&format!("{verify} --any-form")).exits(0);
}

#[test]
fn openssl_verifies_what_sign_token_signs() {
    let directory = with_keys();
    directory.write("token", "sensor-1.4102444800");
    let ran = directory
        .run("sign-token --signing-key signing.key --id sensor-1 --expires 2100-01-01T00:00:00Z")
        .exits(0);
    assert_eq!((ran.out.len(), ran.out.lines().count()), (345, 1));
    directory.write("signature.b64", &ran.out);
    let openssl = Command::new("sh")
        .arg("-c")
        .arg("openssl base64 -A -d -in signature.b64 -out signature && openssl dgst -sha256 -verify signing.pub -signature signature token")
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(openssl.stdout).unwrap(), "Verified OK\n");
}

#[test]
fn sign_token_signs_what_openssl_signs() {
    let directory = with_keys();
    let made = Command::new("sh")
        .arg("-c")
        .arg("openssl genrsa -traditional -out old.key 2048 && printf %s Allow | openssl dgst -sha256 -sign old.key | openssl base64 -A")
        .current_dir(directory.path())
        .output()
        .unwrap();
    let ran = directory
        .run_with_input("sign-token --signing-key old.key", "Allow")
        .exits(0);
    assert_eq!(ran.out.trim_end().as_bytes(), made.stdout);
}

#[test]
fn sign_token_refuses_what_would_not_arrive_as_it_is() {
    let directory = with_keys();
    for (token, expected) in [
        ("allow\n", "ends in a newline"),
        ("allow\r\n", "ends in a newline"),
        ("al\nlow", "control character"),
        ("al\0low", "control character"),
        (" allow", "white space"),
        ("", "is empty"),
    ] {
        let ran = directory
            .run_with_input("sign-token --signing-key signing.key", token)
            .exits(2);
        assert!(ran.err.contains(expected), "{token:?}: {}", ran.err);
        assert_eq!(ran.out, "");
    }
}

#[test]
fn a_signing_key_can_come_from_the_environment_and_never_shows() {
    let directory = with_keys();
    let pem = directory.read("signing.key");
    directory
        .run_with_variable(
            "sign-token --id a --expires 4000000000",
            "MOTEPOST_SIGNING_KEY",
            &pem,
        )
        .exits(0);
    let broken = pem.replace("BEGIN", "BEGAN");
    let ran = directory
        .run_with_variable(
            "sign-token --id a --expires 4000000000",
            "MOTEPOST_SIGNING_KEY",
            &broken,
        )
        .exits(2);
    assert!(
        ran.err.contains("not an unencrypted RSA private key"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains(&pem[40..80]));
}

#[test]
fn a_device_mints_with_its_own_key_what_it_would_with_the_fleet_s() {
    let directory = with_keys();
    directory
        .run("device-key --fleet-key-file fleet.key --id a --out a.key")
        .exits(0);
    for kind in ["--time 1790000000", "--counter 7"] {
        let of_fleet = directory
            .run(&format!("mint --fleet-key-file fleet.key --id a {kind}"))
            .exits(0);
        let of_device = directory
            .run(&format!("mint --device-key-file a.key --id a {kind}"))
            .exits(0);
        assert_eq!(of_fleet.out, of_device.out);
        assert_eq!(of_fleet.out.trim_end().len(), 28);
    }
}

#[test]
fn a_key_that_is_none_is_refused_and_not_repeated() {
    let directory = Directory::new();
    let secret = "00112233445566778899aabbccddeeff-secret";
    for (arguments, variable) in [
        ("mint --id a", "MOTEPOST_FLEET_KEY"),
        ("mint --id a", "MOTEPOST_DEVICE_KEY"),
        ("device-key --id a --out -", "MOTEPOST_FLEET_KEY"),
    ] {
        let ran = directory
            .run_with_variable(arguments, variable, secret)
            .exits(2);
        assert!(ran.err.contains("64 hexadecimal digits"), "{}", ran.err);
        assert!(!ran.err.contains("001122"), "{}", ran.err);
    }
    let ran = directory.run("mint --id a").exits(2);
    assert!(ran.err.contains("--fleet-key-file"), "{}", ran.err);
}

/// The reason of each refusal of a minted token.
#[test]
fn verify_minted_says_what_is_wrong() {
    let directory = with_keys();
    let mint = |arguments: &str| {
        let arguments = format!("mint --fleet-key-file fleet.key {arguments}");
        directory.run(&arguments).exits(0).out
    };
    let timed = mint("--id a --time 1790000000");
    let counted = mint("--id a --counter 7");
    let mut flipped = timed.clone();
    let other = if &timed[10..11] == "A" { "B" } else { "A" };
    flipped.replace_range(10..11, other);
    directory.run("keygen fleet --out new.key").exits(0);
    directory.write(
        "both.key",
        directory.read("new.key") + &directory.read("fleet.key"),
    );

    for (token, arguments, expected) in [
        (
            &timed,
            "--id a --now 1790000300",
            "valid: minted by a at 1790000000, 300 s ago",
        ),
        (&timed, "--id a --now 1789999940", "valid: "),
        (
            &timed,
            "--id a --now 1790000301",
            "not valid: the token is too old",
        ),
        (
            &timed,
            "--id a --now 1789999939",
            "not valid: the token is from the future",
        ),
        (&timed, "--id a --now 1790003600 --past 3600", "valid: "),
        (
            &timed,
            "--id b --now 1790000000",
            "not valid: the token's MAC is not this device's",
        ),
        (
            &flipped,
            "--id a --now 1790000000",
            "not valid: the token's MAC is not this device's",
        ),
        (&counted, "--id a", "valid: minted by a with the counter 7"),
        (&counted, "--id a --last-counter 6", "valid: "),
        (
            &counted,
            "--id a --last-counter 7",
            "not valid: the counter 7 is not greater than 7",
        ),
        (
            &"allow".to_owned(),
            "--id a",
            "not valid: the token is not 28 characters",
        ),
    ] {
        directory.write("token", token);
        for keys in ["fleet.key", "both.key"] {
            let ran = directory.run(&format!(
                "verify minted --fleet-key-file {keys} --token-file token {arguments}"
            ));
            assert!(
                ran.out.starts_with(expected),
                "{arguments}: {}{}",
                ran.out,
                ran.err
            );
            assert_eq!(ran.code, Some(i32::from(expected.starts_with("not"))));
        }
    }
}

/// The reason of each refusal of a signed token.
#[test]
fn verify_signed_says_what_is_wrong() {
    let directory = with_keys();
    // As a text, for one that has expired is signed in no other way.
    let signed = directory
        .run_with_input("sign-token --signing-key signing.key", "a.1800000000")
        .exits(0);
    let good = signed.out.trim_end().to_owned();
    let wrapped = format!("{}\n{}", &good[..76], &good[76..]);
    let url_safe = good.replace('+', "-").replace('/', "_");
    let unpadded = good.trim_end_matches('=').to_owned();
    let escaped = good.replace('+', "%2B").replace('=', "%3D");
    let of_newline = String::from_utf8(
        Command::new("sh")
            .arg("-c")
            .arg("echo a.1800000000 | openssl dgst -sha256 -sign signing.key | openssl base64 -A")
            .current_dir(directory.path())
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    let key = "signing.pub";
    let before = "--now 1799999999";
    for (token, signature, key, arguments, expected) in [
        (
            "a.1800000000",
            &good,
            key,
            before,
            "valid: signed by the private key of signing.pub for a",
        ),
        ("a.1800000000", &good, key, "--id a --now 1", "valid: "),
        (
            "a.1800000000",
            &good,
            key,
            "--id b --now 1",
            "not valid: the token is another device's",
        ),
        (
            "a.1800000000",
            &good,
            key,
            "--now 1800000000",
            "not valid: the token ended at",
        ),
        (
            "b.1800000000",
            &good,
            key,
            before,
            "not valid: the signature does not verify",
        ),
        (
            "a.1800000001",
            &good,
            key,
            before,
            "not valid: the signature does not verify",
        ),
        (
            "a.1800000000",
            &good,
            "other.pub",
            before,
            "not valid: the signature does not verify",
        ),
        (
            "a.1800000000\n",
            &good,
            key,
            before,
            "not valid: the signature is over the token WITHOUT the newline",
        ),
        (
            "a.1800000000",
            &of_newline,
            key,
            before,
            "not valid: the signature is over the token AND a newline",
        ),
        (
            "a.1800000000",
            &wrapped,
            key,
            before,
            "not valid: the signature is not one line of base64: `base64` wrapped it at 76",
        ),
        (
            "a.1800000000",
            &good[..76].to_owned(),
            key,
            before,
            "not valid: the signature is not one line of base64",
        ),
        (
            "a.1800000000",
            &url_safe,
            key,
            before,
            "not valid: the signature is base64url",
        ),
        (
            "a.1800000000",
            &unpadded,
            key,
            before,
            "not valid: the signature is cut off",
        ),
        (
            "a.1800000000",
            &escaped,
            key,
            before,
            "not valid: the signature is percent-encoded",
        ),
        (
            "a.1800000000",
            &good[..100].to_owned(),
            key,
            before,
            "not valid: the signature has 75 bytes where the key makes 256",
        ),
    ] {
        directory.write("token", token);
        directory.write("signature", signature);
        let ran = directory.run(&format!(
            "verify signed --public-key {key} --token-file token --signature-file signature {arguments}"
        ));
        assert!(
            ran.out.starts_with(expected),
            "{token:?} {arguments}: {}{}",
            ran.out,
            ran.err
        );
        assert_eq!(ran.code, Some(i32::from(expected.starts_with("not"))));
    }
}

#[test]
fn any_of_several_public_keys_may_verify() {
    let directory = with_keys();
    directory.write("token", "allow");
    let signed = directory
        .run("sign-token --signing-key other.key --token-file token")
        .exits(0);
    directory.write("signature", &signed.out);
    let arguments = "verify signed --public-key signing.pub --public-key other.pub --token-file token --signature-file signature";
    let ran = directory.run(&format!("{arguments} --any-form")).exits(0);
    assert_eq!(ran.out, "valid: signed by the private key of other.pub\n");
    let ran = directory.run(arguments).exits(1);
    assert!(ran.out.contains("not <id>.<expiry"), "{}", ran.out);
}

#[test]
fn every_shell_has_its_completions() {
    let directory = Directory::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = directory.run(&format!("completions {shell}")).exits(0);
        assert!(ran.out.contains("sign-token"), "{shell}");
    }
}

/// As ssh does.
#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_refused() {
    let directory = with_keys();
    directory
        .run("device-key --fleet-key-file fleet.key --id a --out device.key")
        .exits(0);
    directory.write("token", "x");
    for (key, arguments) in [
        ("fleet.key", "mint --fleet-key-file fleet.key --id a"),
        (
            "fleet.key",
            "device-key --fleet-key-file fleet.key --id a --out b.key",
        ),
        (
            "fleet.key",
            "verify minted --fleet-key-file fleet.key --id a --token-file token",
        ),
        ("device.key", "mint --device-key-file device.key --id a"),
        (
            "signing.key",
            "sign-token --signing-key signing.key --id a --expires 4000000000",
        ),
    ] {
        for mode in [0o640, 0o604, 0o620] {
            directory.set_mode(key, mode);
            let ran = directory.run(arguments).exits(2);
            assert!(
                ran.err.contains(&format!(
                    "{key}: is a key that others may read or write (mode 0{mode:o}): chmod 600"
                )),
                "{arguments}: {}",
                ran.err
            );
            assert_eq!(ran.out, "");
        }
        directory.set_mode(key, 0o400);
        let code = directory.run(arguments).code;
        assert_ne!(code, Some(2), "{arguments}");
        directory.set_mode(key, 0o600);
    }
    // A public key and a token may be read by anybody.
    directory.set_mode("signing.pub", 0o644);
    directory.set_mode("token", 0o644);
    directory.write("signature", "x");
    directory
        .run("verify signed --public-key signing.pub --token-file token --signature-file signature")
        .exits(1);
}

#[test]
fn a_key_of_zeros_is_refused() {
    let directory = Directory::new();
    directory.write("zeros.key", "0".repeat(64));
    for arguments in [
        "mint --fleet-key-file zeros.key --id a",
        "mint --device-key-file zeros.key --id a",
        "device-key --fleet-key-file zeros.key --id a --out a.key",
        "credentials --scheme minted --fleet-key-file zeros.key --id a --out a.json",
    ] {
        let ran = directory.run(arguments).exits(2);
        assert!(
            ran.err.contains("is zeros alone"),
            "{arguments}: {}",
            ran.err
        );
    }
}

#[test]
fn a_device_that_lost_its_key_gets_the_next_one() {
    let directory = with_keys();
    let key = |generation: &str| {
        let name = format!("of{}.key", generation.replace([' ', '-'], ""));
        directory
            .run(&format!(
                "device-key --fleet-key-file fleet.key --id a {generation} --out {name}"
            ))
            .exits(0);
        directory.read(&name)
    };
    let keys = [
        "",
        "--key-generation 1",
        "--key-generation 2",
        "--key-generation 15",
    ]
    .map(key);
    assert_eq!(
        keys.iter().collect::<std::collections::HashSet<_>>().len(),
        4
    );
    assert_eq!(key("--key-generation 0"), keys[0]);
    let minted = directory
        .run("mint --fleet-key-file fleet.key --id a --key-generation 1")
        .exits(0);
    directory.write("token", &minted.out);
    let verify = "verify minted --fleet-key-file fleet.key --id a --token-file token";
    directory.run(verify).exits(1);
    directory
        .run(&format!("{verify} --key-generation 2"))
        .exits(1);
    directory
        .run(&format!("{verify} --key-generation 1"))
        .exits(0);
    let ran = directory
        .run("mint --fleet-key-file fleet.key --id a --key-generation 16")
        .exits(2);
    assert!(ran.err.contains("0..=15"), "{}", ran.err);
    let ran = directory
        .run("credentials --scheme static --key-generation 1 --id a --out a.json")
        .exits(2);
    assert!(ran.err.contains("--key-generation is for"), "{}", ran.err);
}
