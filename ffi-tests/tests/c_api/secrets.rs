//! What can be learned of a key by measuring time, or by reading the stack afterwards: looked for in compiled code, for a compiler may
//! make a jump of arithmetic, and drop a write that nothing reads.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use ffi_tests::compiler::Language;
use ffi_tests::memcheck::{self, output_of_provocation};
use ffi_tests::{source_of_secrets, token_check};
use sha2::block_api::compress256;

/// Compiles a program of `ffi-tests/secrets`, which calls what is in `archive`.
fn program(name: &str, archive: Option<&Path>) -> PathBuf {
    // A function's address is looked up when it is first called, with every register saved on the stack: not so here.
    let mut objects = vec![OsStr::new("-Wl,-z,now")];
    objects.extend(archive.map(Path::as_os_str));
    let source = source_of_secrets(&format!("{name}.c"));
    Language::C11
        .plain(&source, name, &objects)
        .unwrap_or_else(|reason| panic!("{reason}"))
}

fn minted() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| program("minted", Some(&ffi_tests::archive().path)))
}

fn checked() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| program("checked", Some(token_check::archive())))
}

// Time: the programs count what memcheck says of secrets that are marked as undefined.

fn passes_under_memcheck(name: &str, archive: Option<&Path>) {
    output_of_provocation(&program(name, archive), &[]).unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn code_that_leaks_is_reported() {
    if memcheck::is_here("constant time") {
        passes_under_memcheck("leaky", None);
    }
}

#[test]
fn a_check_tells_its_verdict_and_nothing_else() {
    if memcheck::is_here("constant time of a token's check") {
        passes_under_memcheck("check", Some(token_check::archive()));
    }
}

#[test]
fn minting_and_encoding_take_no_way_that_a_secret_chooses() {
    if memcheck::is_here("constant time of minting and encoding") {
        passes_under_memcheck("constant_time", Some(&ffi_tests::archive().path));
    }
}

// Memory: what a call left on its stack.

const KEY: [u8; 32] = *b"\xde\x79\x0d\xef\xb8\x52\x5b\x43\xfb\x46\xbf\xcd\x1a\xe0\x9e\x4d\
                         \x52\x21\x0a\x08\x87\xfa\x80\xc9\x4b\x1c\x46\xa6\x7f\xb5\x57\x75";

/// FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The processors' own SHA-256, and the portable one, which valgrind falls back to, for it knows no such instructions.
#[derive(Clone, Copy, Debug)]
enum Backend {
    OfThisMachine,
    Portable,
}

/// What is on the stack after `call` of the program, from its deepest byte.
fn left_by(program: &Path, call: &str, backend: Backend) -> Vec<u8> {
    let mut command = match backend {
        Backend::OfThisMachine => Command::new(program),
        Backend::Portable => {
            let mut command = Command::new("valgrind");
            command.args(["--quiet", "--tool=none"]).arg(program);
            command
        }
    };
    let digits: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let output = command.args([call, &digits]).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run {command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    assert_eq!(output.stdout.len(), 65_536);
    output.stdout
}

fn backends() -> Vec<Backend> {
    let mut backends = vec![Backend::OfThisMachine];
    if memcheck::is_here("what the portable SHA-256 leaves behind") {
        backends.push(Backend::Portable);
    }
    backends
}

/// Eight words that are as good as a key, or half of one.
struct Secret {
    name: &'static str,
    words: [u32; 8],
}

fn words(bytes: [u8; 32]) -> [u32; 8] {
    std::array::from_fn(|index| {
        let word = bytes[4 * index..][..4].try_into();
        u32::from_be_bytes(word.expect("four bytes"))
    })
}

/// The key as the hash is fed with it, and the hash behind it, from which all goes on (RFC 2104 section 4).
fn padded(name: [&'static str; 2], key: [u8; 32], pad: u8) -> [Secret; 2] {
    let key = key.map(|byte| byte ^ pad);
    let mut block = [pad; 64];
    block[..32].copy_from_slice(&key);
    let mut state = INITIAL;
    compress256(&mut state, &[block]);
    [
        Secret {
            name: name[0],
            words: words(key),
        },
        Secret {
            name: name[1],
            words: state,
        },
    ]
}

fn secrets_of(key: [u8; 32]) -> Vec<Secret> {
    let mut secrets = vec![Secret {
        name: "the key",
        words: words(key),
    }];
    secrets.extend(padded(["the inner key", "the inner state"], key, 0x36));
    secrets.extend(padded(["the outer key", "the outer state"], key, 0x5c));
    secrets
}

/// How many of the words are found, in either order of their bytes.
fn found(stack: &[u8], secret: &Secret) -> usize {
    let is_there = |word: &&u32| {
        let orders = [word.to_be_bytes(), word.to_le_bytes()];
        orders
            .iter()
            .any(|bytes| stack.windows(4).any(|window| window == bytes))
    };
    secret.words.iter().filter(is_there).count()
}

fn leaves_none(program: &Path, call: &str, names: &[&str]) {
    for backend in backends() {
        let stack = left_by(program, call, backend);
        for secret in secrets_of(KEY) {
            let found = found(&stack, &secret);
            println!(
                "call={call} backend={backend:?} secret={:?} words={found}",
                secret.name
            );
            if names.contains(&secret.name) {
                assert_eq!(found, 0, "{call}, {backend:?}: {}", secret.name);
            }
        }
    }
}

#[test]
fn a_copy_that_nobody_wipes_is_found() {
    for backend in backends() {
        let stack = left_by(minted(), "copy", backend);
        let found = secrets_of(KEY)
            .iter()
            .map(|secret| found(&stack, secret))
            .collect::<Vec<_>>();
        assert_eq!(found, [8, 0, 0, 0, 0], "{backend:?}");
    }
}

const ALL: [&str; 5] = [
    "the key",
    "the inner key",
    "the inner state",
    "the outer key",
    "the outer state",
];

#[test]
fn minting_in_c_leaves_nothing_of_the_key() {
    leaves_none(minted(), "mint", &ALL);
}

#[test]
fn minting_in_rust_leaves_nothing_of_the_key() {
    leaves_none(checked(), "mint", &ALL);
}

/// A check runs where the fleet's key lies in memory all the time: the key is not left a second time, which is all that is
/// promised. The two states behind it are.
#[test]
fn checking_leaves_no_key() {
    leaves_none(
        checked(),
        "check",
        &["the key", "the inner key", "the outer key"],
    );
}

/// Where nothing reads a key after it is wiped, a compiler may find the wiping useless.
#[test]
fn a_dropped_key_is_wiped() {
    leaves_none(checked(), "hold a device key", &["the key"]);
    leaves_none(checked(), "hold a fleet key", &["the key"]);
}
