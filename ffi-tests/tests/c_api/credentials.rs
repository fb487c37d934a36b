//! The readers of credentials in C and in Rust agree, also on pages that no program has written.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use ffi_tests::compiler::Language;
use ffi_tests::{header, out_dir};
use motepost::credentials::{Credentials, CredentialsError, Proof, newest, prepare};

const ROUNDS: usize = 20_000;

#[test]
fn c_and_rust_agree_on_random_pages() {
    let source = xtask::workspace_root().join("ffi-tests/credentials/read.c");
    for language in [Language::C99, Language::Cpp17] {
        let name = format!("credentials-read-{language:?}");
        if !language.is_here(&name) {
            continue;
        }
        let program = language
            .sanitized(&source, &name, &[])
            .expect("it compiles");
        let mut random = Random(0x5eed_0000_0000_0001);
        let mut input = Vec::new();
        let mut expected = String::new();
        let mut tally = [0_usize; 2];
        for _ in 0..ROUNDS {
            let pages = [random.page(), random.page()];
            let len = pages[0].len().max(pages[1].len()) + random.below(3);
            let pages = pages.map(|mut page| {
                page.resize(len, 0xff);
                page
            });
            let image = random.page();
            append(&mut input, len, &pages[0]);
            input.extend(&pages[1]);
            append(&mut input, image.len(), &image);
            let found = expect(&mut expected, [&pages[0], &pages[1]], image);
            tally[usize::from(found)] += 1;
        }
        assert!(
            tally[0] > ROUNDS / 10 && tally[1] > ROUNDS / 10,
            "{tally:?}"
        );
        let given = run(&program, input);
        for (line, (given, expected)) in given.lines().zip(expected.lines()).enumerate() {
            assert_eq!(given, expected, "round {}", line / 3);
        }
        assert_eq!(given.len(), expected.len());
    }
}

fn append(input: &mut Vec<u8>, len: usize, bytes: &[u8]) {
    input.extend(u16::try_from(len).expect("pages are short").to_le_bytes());
    input.extend(bytes);
}

fn run(program: &std::path::Path, input: Vec<u8>) -> String {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writer
        .join()
        .expect("no panic")
        .expect("it reads everything");
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).expect("it prints text")
}

/// What `read.c` prints, by Rust's reader; whether the pages held anything.
fn expect(text: &mut String, pages: [&[u8]; 2], mut image: Vec<u8>) -> bool {
    let read = Credentials::read(pages[0]).map(|credentials| (0, credentials));
    let newest = newest(pages);
    for result in [read, newest] {
        match result {
            Ok((page, is)) => {
                let (scheme, token, signature, key): (u8, &str, &[u8], &[u8]) = match is.proof {
                    Proof::Static { token } => (1, token, &[], &[]),
                    Proof::Minted { key } => (2, "", &[], key),
                    Proof::Signed { token, signature } => (3, token, signature, &[]),
                };
                write!(
                    text,
                    "{page} {} {scheme} {} {} {} {} {token} ",
                    is.revision, is.id, is.endpoint, is.authorizer, is.token_key
                )
                .and_then(|()| write!(text, "{} {}", hex(signature), hex(key)))
                .expect("a string has room");
            }
            Err(error) => text.push_str(&number(error).to_string()),
        }
        text.push('\n');
    }
    let status = match prepare(pages, &mut image) {
        Ok(page) => i32::try_from(page).expect("0 or 1"),
        Err(error) => number(error),
    };
    writeln!(text, "{status} {}", hex(&image)).expect("a string has room");
    newest.is_ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As `motepost_credentials.h` has them.
fn number(error: CredentialsError) -> i32 {
    match error {
        CredentialsError::Missing => -60,
        CredentialsError::Damaged => -61,
        CredentialsError::Version => -62,
        CredentialsError::TooLong => -63,
        other => panic!("{other:?} has no number in C"),
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// Mostly credentials, of which some have a field, a byte or a length that is wrong, with a check that is
    /// right or not.
    fn page(&mut self) -> Vec<u8> {
        if self.one_in(10) {
            let len = self.below(40);
            return (0..len).map(|_| self.next() as u8).collect();
        }
        let version = *b"12223".get(self.below(5)).expect("below 5");
        let scheme = 1 + self.below(3);
        let mut image = vec![b'M', b'P', b'C', version, scheme as u8, 0, 0, 0];
        if version != b'1' {
            // Often neighbours, or the ends of the count.
            let revision = [self.next() as u32, 0, 1, 2, u32::MAX, 1 << 31];
            image.extend(revision[self.below(revision.len())].to_le_bytes());
        }
        for field in 0..7 {
            let mut len = self.below(6);
            let is_there = match field {
                0 | 3 => !self.one_in(50),
                1 | 2 => true,
                4 => scheme != 2,
                5 => scheme == 3,
                _ => scheme == 2,
            };
            if field == 6 {
                len = 32;
            }
            if !(is_there || self.one_in(30)) {
                len = 0;
            } else if matches!(field, 0 | 3 | 4) {
                len += 1;
            }
            image.extend((len as u16).to_le_bytes());
            for _ in 0..len {
                let letter = b'!' + self.below(94) as u8;
                image.push(if self.one_in(400) {
                    self.next() as u8
                } else {
                    letter
                });
            }
        }
        if version != b'1' {
            image.extend([0; 4]);
        }
        let len = image.len() as u16;
        image[6..8].copy_from_slice(&len.to_le_bytes());
        let is_mutated_before = self.one_in(8);
        if is_mutated_before {
            self.mutate(&mut image);
        }
        if version != b'1' && !self.one_in(12) {
            let end = image.len() - 4;
            let check = crc(&image[..end]).to_le_bytes();
            image[end..].copy_from_slice(&check);
        }
        if self.one_in(8) {
            self.mutate(&mut image);
        }
        if self.one_in(16) {
            let len = self.below(image.len());
            image.truncate(len);
        }
        image
    }

    fn mutate(&mut self, image: &mut [u8]) {
        let at = self.below(image.len());
        image[at] = match self.below(3) {
            0 => self.next() as u8,
            1 => image[at] ^ (1 << self.below(8)),
            _ => 0xff,
        };
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// The loader and the rotation at the header's top, with the flash driver that it leaves to the reader.
#[test]
fn the_header_s_example_compiles() {
    const DRIVER: &str = "#include \"motepost_credentials.h\"\n#include \"motepost_credentials.h\"\n\
        #define UNIT 8u\n\
        void flash_erase(int32_t page);\n\
        void flash_program(int32_t page, size_t offset, const uint8_t *bytes, size_t len);\n";
    let path = xtask::workspace_root().join("include/motepost_credentials.h");
    let text = std::fs::read_to_string(path).expect("the header is there");
    let manual: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let blocks = header::blocks(&manual.join("\n"));
    assert_eq!(blocks.len(), 1);
    let source = out_dir("programs").join("credentials-example.c");
    let example = blocks[0].replace("\nint32_t ", "\nstatic inline int32_t ");
    std::fs::write(&source, format!("{DRIVER}{example}")).expect("it can be written");
    for language in [Language::C99, Language::C11, Language::Cpp17] {
        if language.is_here("the example of motepost_credentials.h") {
            language.check(&source).expect("it compiles");
        }
    }
}
