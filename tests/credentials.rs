//! Credentials in two pages of flash: both versions, and every way in which a page can be half written.

#[path = "common/miri.rs"]
mod miri;

use miri::one_in;
use motepost::credentials::{Credentials, CredentialsError, Proof, newest, prepare};

const PAGE: usize = 256;
const ERASED: [u8; PAGE] = [0xff; PAGE];
const KEY: [u8; 32] = *b"0123456789abcdef0123456789abcdef";
const SIGNATURE: [u8; 64] = [0xa5; 64];

const STATIC: Credentials<'static> = Credentials {
    revision: 1,
    id: "sensor-1",
    endpoint: "a1b2-ats.iot.eu-central-1.amazonaws.com",
    authorizer: "unsignedAuthorizer",
    token_key: "token",
    proof: Proof::Static { token: "allow" },
};
const MINTED: Credentials<'static> = Credentials {
    revision: 7,
    endpoint: "",
    authorizer: "",
    proof: Proof::Minted { key: &KEY },
    ..STATIC
};
const SIGNED: Credentials<'static> = Credentials {
    revision: u32::MAX,
    proof: Proof::Signed {
        token: "sensor-1.1893456000",
        signature: &SIGNATURE,
    },
    ..STATIC
};
const EACH: [Credentials<'static>; 3] = [STATIC, MINTED, SIGNED];

fn image(credentials: &Credentials<'_>) -> Vec<u8> {
    let mut bytes = vec![0; PAGE];
    let len = credentials.write(&mut bytes).unwrap();
    bytes.truncate(len);
    bytes
}

/// In a page of flash, with what an erase leaves behind it.
fn page(image: &[u8]) -> [u8; PAGE] {
    let mut page = ERASED;
    page[..image.len()].copy_from_slice(image);
    page
}

/// As `docs/credentials-format.md` has version 1: no revision and no check.
fn version_1(scheme: u8, fields: [&[u8]; 7]) -> Vec<u8> {
    let mut image = b"MPC1\0\0\0\0".to_vec();
    image[4] = scheme;
    for field in fields {
        image.extend(u16::try_from(field.len()).unwrap().to_le_bytes());
        image.extend(field);
    }
    let length = u16::try_from(image.len()).unwrap();
    image[6..8].copy_from_slice(&length.to_le_bytes());
    image
}

fn check(bytes: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    (!crc).to_le_bytes()
}

fn version_2(revision: u32, scheme: u8, fields: [&[u8]; 7]) -> Vec<u8> {
    let mut image = version_1(scheme, fields);
    image[3] = b'2';
    image.splice(8..8, revision.to_le_bytes());
    let length = u16::try_from(image.len() + 4).unwrap();
    image[6..8].copy_from_slice(&length.to_le_bytes());
    image.extend(check(&image));
    image
}

#[test]
fn what_is_written_is_read_whatever_lies_behind_it() {
    for credentials in EACH {
        let image = image(&credentials);
        assert_eq!(Credentials::read(&image), Ok(credentials));
        assert_eq!(Credentials::read(&page(&image)), Ok(credentials));
    }
}

/// Byte for byte, so that a reader written from the page alone agrees.
#[test]
fn version_2_has_its_documented_layout() {
    let fields: [&[u8]; 7] = [
        b"sensor-1",
        b"a1b2-ats.iot.eu-central-1.amazonaws.com",
        b"unsignedAuthorizer",
        b"token",
        b"allow",
        b"",
        b"",
    ];
    assert_eq!(image(&STATIC), version_2(1, 1, fields));
}

#[test]
fn version_1_is_read_and_is_older_than_any_rotation() {
    let fields: [&[u8]; 7] = [b"sensor-1", b"", b"", b"token", b"", b"", &KEY];
    let old = version_1(2, fields);
    let expected = Credentials {
        revision: 0,
        ..MINTED
    };
    assert_eq!(Credentials::read(&page(&old)), Ok(expected));
    for new in [page(&image(&STATIC)), page(&image(&MINTED))] {
        assert_eq!(newest([&page(&old), &new]).unwrap().0, 1);
        assert_eq!(newest([&new, &page(&old)]).unwrap().0, 0);
    }
}

#[test]
fn a_version_1_whose_text_was_never_programmed_is_damaged() {
    let fields: [&[u8]; 7] = [b"sensor-1", b"", b"", b"token", b"allow", b"", b""];
    let whole = version_1(1, fields);
    for cut in (8..whole.len()).step_by(one_in(29)) {
        let mut half = ERASED;
        half[..cut].copy_from_slice(&whole[..cut]);
        assert_eq!(
            Credentials::read(&half),
            Err(CredentialsError::Damaged),
            "{cut}"
        );
    }
}

#[test]
fn every_truncation_is_refused() {
    for credentials in EACH {
        let image = image(&credentials);
        for len in (0..image.len()).step_by(one_in(29)) {
            let expected = if len < 8 {
                CredentialsError::Missing
            } else {
                CredentialsError::Damaged
            };
            assert_eq!(Credentials::read(&image[..len]), Err(expected), "{len}");
        }
    }
}

/// A page whose length is right and whose rest is not there yet: what version 1 could not see.
#[test]
fn every_half_written_page_is_refused() {
    for credentials in EACH {
        let image = image(&credentials);
        for written in (0..image.len()).step_by(one_in(29)) {
            // The check's last byte may be what an erased one is.
            if page(&image[..written]) == page(&image) {
                continue;
            }
            assert!(
                Credentials::read(&page(&image[..written])).is_err(),
                "{written}"
            );
        }
    }
}

#[test]
fn every_flipped_bit_is_refused_and_the_other_page_holds() {
    let old = page(&image(&STATIC));
    for credentials in [
        MINTED,
        Credentials {
            revision: 2,
            ..SIGNED
        },
    ] {
        let image = image(&credentials);
        let new = page(&image);
        assert_eq!(newest([&old, &new]), Ok((1, credentials)));
        for bit in (0..image.len() * 8).step_by(one_in(149)) {
            let mut flipped = new;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Credentials::read(&flipped).is_err(), "{bit}");
            assert_eq!(newest([&old, &flipped]), Ok((0, STATIC)), "{bit}");
        }
    }
}

#[test]
fn fields_that_do_not_fit_their_scheme_or_their_length_are_refused() {
    let good: [&[u8]; 7] = [b"a", b"h", b"n", b"k", b"t", b"", b""];
    let with = |field: usize, value: &'static [u8]| {
        let mut fields = good;
        fields[field] = value;
        fields
    };
    let rows: [(&str, u8, [&[u8]; 7]); 14] = [
        ("no id", 1, with(0, b"")),
        ("no token key", 1, with(3, b"")),
        ("no token", 1, with(4, b"")),
        ("a signature that nothing sends", 1, with(5, b"s")),
        ("a key that nothing uses", 1, with(6, &KEY)),
        ("no key", 2, with(4, b"")),
        ("a token where one is minted", 2, with(6, &KEY)),
        ("no signature", 3, good),
        ("scheme 0", 0, good),
        ("scheme 4", 4, good),
        ("a space", 1, with(0, b"a b")),
        ("a line end", 1, with(1, b"h\r\n")),
        ("DEL", 1, with(2, b"\x7f")),
        ("UTF-8", 1, with(4, "é".as_bytes())),
    ];
    assert!(Credentials::read(&version_2(1, 1, good)).is_ok());
    for (name, scheme, fields) in rows {
        for image in [version_1(scheme, fields), version_2(1, scheme, fields)] {
            assert_eq!(
                Credentials::read(&image),
                Err(CredentialsError::Damaged),
                "{name}"
            );
        }
    }
    let key_of_31 = version_2(1, 2, [b"a", b"", b"", b"k", b"", b"", &KEY[..31]]);
    assert_eq!(
        Credentials::read(&key_of_31),
        Err(CredentialsError::Damaged)
    );
}

/// With a check that is right, so that only the bounds are left to refuse them.
#[test]
fn a_length_that_leads_past_the_end_is_refused() {
    let sealed = |mut image: Vec<u8>| {
        let end = image.len() - 4;
        let check = check(&image[..end]);
        image[end..].copy_from_slice(&check);
        image
    };
    let good = image(&STATIC);
    let mut at = 12;
    for field in 0..7 {
        let len = u16::from_le_bytes([good[at], good[at + 1]]);
        for wrong in [len + 1, len.wrapping_sub(1), len | 0x8000, u16::MAX] {
            let mut image = good.clone();
            image[at..at + 2].copy_from_slice(&wrong.to_le_bytes());
            let read = sealed(image);
            assert_eq!(
                Credentials::read(&read),
                Err(CredentialsError::Damaged),
                "{field} {wrong}"
            );
        }
        at += 2 + usize::from(len);
    }
    let mut longer = good.clone();
    longer.push(0);
    longer[6] += 1;
    assert_eq!(
        Credentials::read(&sealed(longer)),
        Err(CredentialsError::Damaged)
    );
}

#[test]
fn a_page_whose_reserved_byte_is_not_zero_is_damaged() {
    let fields: [&[u8]; 7] = [b"a", b"", b"", b"k", b"t", b"", b""];
    for mut image in [version_1(1, fields), version_2(7, 1, fields)] {
        assert!(Credentials::read(&image).is_ok());
        image[5] = 1;
        if image[3] == b'2' {
            let end = image.len() - 4;
            let check = check(&image[..end]);
            image[end..].copy_from_slice(&check);
        }
        assert_eq!(Credentials::read(&image), Err(CredentialsError::Damaged));
    }
}

#[test]
fn the_reason_says_what_to_do() {
    let newer = {
        let mut image = image(&STATIC);
        image[3] = b'3';
        page(&image)
    };
    let damaged = {
        let mut image = image(&STATIC);
        image[20] ^= 1;
        page(&image)
    };
    let rows: [([&[u8]; 2], CredentialsError); 6] = [
        ([&ERASED, &ERASED], CredentialsError::Missing),
        ([&[0; PAGE], &[]], CredentialsError::Missing),
        ([&ERASED, &damaged], CredentialsError::Damaged),
        ([&damaged, &ERASED], CredentialsError::Damaged),
        ([&newer, &ERASED], CredentialsError::Version),
        ([&ERASED, &newer], CredentialsError::Version),
    ];
    for (pages, expected) in rows {
        assert_eq!(newest(pages), Err(expected));
    }
    for (reason, to_do) in [
        (
            CredentialsError::Missing,
            "write what `motepost credentials` made",
        ),
        (CredentialsError::Damaged, "write them again"),
        (CredentialsError::Text, "not visible ASCII without blanks"),
        (
            CredentialsError::Version,
            "make them with this version's `motepost`",
        ),
        (CredentialsError::TooLong, "a larger page or buffer"),
    ] {
        assert!(reason.to_string().contains(to_do), "{reason}");
    }
}

#[test]
fn the_newer_of_two_sound_pages_holds_also_when_the_count_has_wrapped() {
    let of = |revision| page(&image(&Credentials { revision, ..STATIC }));
    for (first, second, expected) in [
        (1, 2, 1),
        (2, 1, 0),
        (5, 5, 0),
        (u32::MAX, 0, 1),
        (0, u32::MAX, 0),
        (1, 1 << 31, 1),
        (0, 1 << 31, 0),
    ] {
        let pages = [of(first), of(second)];
        let (page, credentials) = newest([&pages[0], &pages[1]]).unwrap();
        assert_eq!(page, expected, "{first} {second}");
        assert_eq!(credentials.revision, [first, second][expected]);
    }
}

#[test]
fn what_cannot_be_read_again_is_not_written() {
    let long = "a".repeat(usize::from(u16::MAX) + 1);
    let mut buffer = vec![0; 1 << 18];
    for (credentials, expected) in [
        (Credentials { id: "", ..STATIC }, CredentialsError::Text),
        (
            Credentials {
                endpoint: "a b",
                ..STATIC
            },
            CredentialsError::Text,
        ),
        (
            Credentials {
                id: &long,
                ..STATIC
            },
            CredentialsError::TooLong,
        ),
        (
            Credentials {
                id: &long[..65_535],
                ..STATIC
            },
            CredentialsError::TooLong,
        ),
    ] {
        assert_eq!(credentials.write(&mut buffer), Err(expected));
    }
    let needed = image(&STATIC).len();
    for room in 0..needed {
        assert_eq!(
            STATIC.write(&mut buffer[..room]),
            Err(CredentialsError::TooLong)
        );
    }
    assert_eq!(STATIC.write(&mut buffer[..needed]), Ok(needed));
}

#[test]
fn a_rotation_writes_the_page_that_is_not_in_use() {
    let of = |revision| page(&image(&Credentials { revision, ..STATIC }));
    let damaged = {
        let mut page = of(9);
        page[12] ^= 1;
        page
    };
    let old = page(&version_1(1, [b"a", b"", b"", b"k", b"t", b"", b""]));
    let rows: [([&[u8]; 2], usize, u32); 7] = [
        ([&ERASED, &ERASED], 0, 1),
        ([&of(1), &ERASED], 1, 2),
        ([&of(1), &of(2)], 0, 3),
        ([&of(3), &of(2)], 1, 4),
        ([&of(3), &damaged], 1, 4),
        ([&old, &ERASED], 1, 1),
        ([&of(u32::MAX), &ERASED], 1, 0),
    ];
    for (pages, page, revision) in rows {
        let mut new = image(&MINTED);
        assert_eq!(prepare(pages, &mut new), Ok(page));
        assert_eq!(
            Credentials::read(&new),
            Ok(Credentials { revision, ..MINTED })
        );
    }
}

#[test]
fn a_page_may_be_as_long_as_the_credentials_and_no_shorter() {
    let mut new = image(&SIGNED);
    let len = new.len();
    let rows = [
        (len, Ok(0)),
        (len + 1, Ok(0)),
        (len - 1, Err(CredentialsError::TooLong)),
    ];
    for (len, expected) in rows {
        let pages: [&[u8]; 2] = [&ERASED[..len]; 2];
        assert_eq!(prepare(pages, &mut new), expected, "{len}");
    }
}

#[test]
fn a_rotation_to_unsound_credentials_writes_nothing() {
    let current = page(&image(&STATIC));
    let damaged = {
        let mut image = image(&MINTED);
        image[30] ^= 1;
        image
    };
    let old = version_1(1, [b"a", b"", b"", b"k", b"t", b"", b""]);
    let pages: [&[u8]; 2] = [&current, &ERASED];
    let small: [&[u8]; 2] = [&current, &ERASED[..180]];
    for (pages, image, expected) in [
        (pages, damaged, CredentialsError::Damaged),
        (pages, old, CredentialsError::Version),
        (pages, vec![0; 100], CredentialsError::Missing),
        (small, image(&SIGNED), CredentialsError::TooLong),
    ] {
        let mut given = image.clone();
        assert_eq!(prepare(pages, &mut given), Err(expected));
        assert_eq!(given, image);
    }
}

#[test]
fn debug_shows_no_secret() {
    for (credentials, scheme) in EACH.iter().zip(["Static", "Minted", "Signed"]) {
        let text = format!("{credentials:?}");
        assert!(text.contains(scheme) && text.contains("sensor-1"), "{text}");
        for secret in ["allow", "1893456000", "48, 49", "165, 165"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// How memory looks where the power went during an erase or a program.
#[derive(Clone, Copy, Debug)]
enum Torn {
    /// As far as it came.
    InOrder,
    /// Random bits: an erase that began everywhere, a unit that took no charge yet.
    Random,
    /// Zeros, as a handler gives them for words that an ECC calls unreadable.
    Unreadable,
}

struct Flash {
    pages: [[u8; PAGE]; 2],
    torn: Torn,
    /// Bytes until the power goes.
    left: usize,
    random: u64,
}

struct PowerCut;

impl Flash {
    fn pages(&self) -> [&[u8]; 2] {
        [&self.pages[0], &self.pages[1]]
    }

    fn erase(&mut self, page: usize) -> Result<(), PowerCut> {
        self.change(page, 0, &ERASED)
    }

    /// Unit after unit; the power may go at each byte.
    fn program(
        &mut self,
        page: usize,
        offset: usize,
        bytes: &[u8],
        unit: usize,
    ) -> Result<(), PowerCut> {
        for (number, bytes) in bytes.chunks(unit).enumerate() {
            let offset = offset + number * unit;
            let erased = self.pages[page][offset..offset + unit]
                .iter()
                .all(|byte| *byte == 0xff);
            assert!(erased, "programmed twice");
            self.change(page, offset, bytes)?;
        }
        Ok(())
    }

    fn change(&mut self, page: usize, offset: usize, bytes: &[u8]) -> Result<(), PowerCut> {
        let target = &mut self.pages[page][offset..offset + bytes.len()];
        if let Some(left) = self.left.checked_sub(bytes.len()) {
            self.left = left;
            target.copy_from_slice(bytes);
            return Ok(());
        }
        target[..self.left].copy_from_slice(&bytes[..self.left]);
        // What the power had not reached when it went is torn only if something was under way.
        let under_way = self.left > 0;
        for byte in target.iter_mut().filter(|_| under_way) {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            match self.torn {
                Torn::InOrder => {}
                Torn::Random => *byte = self.random as u8,
                Torn::Unreadable => *byte = 0,
            }
        }
        self.left = 0;
        Err(PowerCut)
    }
}

/// As the documentation of `prepare` says.
fn rotate(flash: &mut Flash, mut image: Vec<u8>, unit: usize) -> Result<(), PowerCut> {
    let page = prepare(flash.pages(), &mut image).unwrap();
    image.resize(image.len().next_multiple_of(unit), 0xff);
    flash.erase(page)?;
    flash.program(page, unit, &image[unit..], unit)?;
    flash.program(page, 0, &image[..unit], unit)
}

#[test]
#[cfg_attr(
    miri,
    ignore = "thousands of rotations in the interpreter, and no pointers"
)]
fn a_cut_at_any_byte_of_a_rotation_leaves_the_old_credentials_or_the_new_ones() {
    let mut cuts = [0, 0];
    for torn in [Torn::InOrder, Torn::Random, Torn::Unreadable] {
        for unit in [1, 8, 32] {
            for (old, new) in [(STATIC, SIGNED), (SIGNED, MINTED)] {
                // The page to write is erased, or holds the credentials before the old ones.
                for before in [
                    ERASED,
                    page(&image(&Credentials {
                        revision: 1,
                        ..MINTED
                    })),
                ] {
                    for left in 0.. {
                        let old = Credentials { revision: 2, ..old };
                        let random = 0x9e37_79b9_7f4a_7c15 + left as u64;
                        let pages = [before, page(&image(&old))];
                        let mut flash = Flash {
                            pages,
                            torn,
                            left,
                            random,
                        };
                        let done = rotate(&mut flash, image(&new), unit).is_ok();
                        let new = Credentials { revision: 3, ..new };
                        let now = newest(flash.pages()).expect("credentials").1;
                        assert!(
                            now == new || (now == old && !done),
                            "{torn:?} {unit} {left}"
                        );
                        cuts[usize::from(now == new)] += 1;

                        // And the next start completes it.
                        let revision = now.revision + 1;
                        flash.left = usize::MAX;
                        assert!(rotate(&mut flash, image(&new), unit).is_ok());
                        let again = newest(flash.pages()).expect("credentials").1;
                        assert_eq!(again, Credentials { revision, ..new });
                        if done {
                            break;
                        }
                    }
                }
            }
        }
    }
    assert!(cuts[0] > 5_000 && cuts[1] > 0, "{cuts:?}");
}
