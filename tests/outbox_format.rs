//! The format on flash, which firmware of another version must find again (`docs/outbox-format.md`). The bytes are from a program that
//! was written from that page alone.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use motepost::outbox::{Outbox, OutboxCursor, OutboxError};

/// Added to a number, it differs from what `^`, `-` or another order of bytes would give.
const EPOCH: u32 = 0xa5a5_0f0f;

/// Flash with units of `U` bytes and sectors of `S`.
struct Flash<'a, const U: usize, const S: usize>(&'a mut [u8]);

impl<const U: usize, const S: usize> ErrorType for Flash<'_, U, S> {
    type Error = NorFlashErrorKind;
}

impl<const U: usize, const S: usize> ReadNorFlash for Flash<'_, U, S> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl<const U: usize, const S: usize> NorFlash for Flash<'_, U, S> {
    const WRITE_SIZE: usize = U;
    const ERASE_SIZE: usize = S;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        self.0[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}

type Open<'a, const U: usize, const S: usize> = Outbox<Flash<'a, U, S>>;

fn open<const U: usize, const S: usize>(bytes: &mut [u8], epoch: u32) -> Open<'_, U, S> {
    let end = bytes.len() as u32;
    Outbox::open(Flash(bytes), 0..end, epoch).unwrap()
}

/// Erased but for these parts.
fn image(len: usize, parts: &[(usize, &str)]) -> Vec<u8> {
    let mut image = vec![0xff; len];
    for (offset, hex) in parts {
        for (at, digits) in hex.as_bytes().chunks(2).enumerate() {
            let digits = std::str::from_utf8(digits).unwrap();
            image[offset + at] = u8::from_str_radix(digits, 16).unwrap();
        }
    }
    image
}

/// Numbers and readings, from the oldest on.
fn all<const U: usize, const S: usize>(outbox: &mut Open<'_, U, S>) -> Vec<(u32, Vec<u8>)> {
    let mut cursor = OutboxCursor::default();
    let mut buffer = [0; S];
    let mut all = Vec::new();
    while let Some(reading) = outbox.next(&mut cursor, &mut buffer).unwrap() {
        let reading = reading.to_vec();
        all.push((cursor.number(), reading));
    }
    all
}

/// Two readings, of which the first is dropped; after a reset one more, and one in the next sector.
fn is_fixed<const U: usize, const S: usize>(numbers: [u32; 4], parts: &[(usize, &str)]) {
    let expected = image(3 * S, parts);
    let [first, second, third, fourth] = numbers;

    let mut written = vec![0xff; 3 * S];
    let mut outbox = open::<U, S>(&mut written, EPOCH);
    assert_eq!(outbox.push(b"first"), Ok(first));
    assert_eq!(outbox.push(b"second"), Ok(second));
    let mut cursor = OutboxCursor::default();
    outbox.next(&mut cursor, &mut [0; 8]).unwrap();
    outbox.drop(&cursor).unwrap();
    let mut outbox = open::<U, S>(&mut written, 1);
    assert_eq!(outbox.push(b"third"), Ok(third));
    assert_eq!(outbox.push(b"fourth"), Ok(fourth));
    assert_eq!(written, expected, "unit {U}");

    let mut stored = expected;
    let mut outbox = open::<U, S>(&mut stored, 1);
    assert_eq!(outbox.epoch(), EPOCH);
    let readings = [
        (second, b"second".to_vec()),
        (third, b"third".to_vec()),
        (fourth, b"fourth".to_vec()),
    ];
    assert_eq!(all(&mut outbox), readings, "unit {U}");
}

#[test]
fn bytes_are_fixed_with_unit_1() {
    is_fixed::<1, 128>(
        [40, 45, 56, 72],
        &[
            (
                0,
                "1400ebff20000000dd173ea14d504f31200000000f0fa5a58000000003000100",
            ),
            (32, "0500faff20000000b408b2206669727374ffffff"),
            (52, "0600f9ff2000000008e586797365636f6e64ffff"),
            // The mark, and after a gap the traces.
            (72, "0000ffff2d000000a3d451de"),
            (88, "0000000000000000"),
            (96, "0500faff2d000000a3ef0a037468697264ffffff"),
            (
                128,
                "1400ebff2d0000009c5d51a24d504f31400000000f0fa5a58000000003000100",
            ),
            (160, "0600f9ff2d0000009fd0d857666f75727468ffff"),
        ],
    );
}

#[test]
fn bytes_are_fixed_with_unit_8() {
    is_fixed::<8, 160>(
        [24, 27, 35, 44],
        &[
            (
                0,
                "1400ebff14000000bed818444d504f31140000000f0fa5a5a000000003000800",
            ),
            (32, "0500faff1400000017003e446669727374ffffffffffffff"),
            (56, "0600f9ff14000000d72741387365636f6e64ffffffffffff"),
            (80, "0000ffff1b00000057524926ffffffff"),
            (104, "00000000000000000000000000000000"),
            (120, "0500faff1b00000004743bce7468697264ffffffffffffff"),
            (
                160,
                "1400ebff1b0000005c4537f14d504f31280000000f0fa5a5a000000003000800",
            ),
            (192, "0600f9ff1b000000ba9307c9666f75727468ffffffffffff"),
        ],
    );
}

#[test]
fn bytes_are_fixed_with_unit_32() {
    is_fixed::<32, 256>(
        [9, 10, 15, 17],
        &[
            (
                0,
                "1400ebff08000000a6aa1a904d504f31080000000f0fa5a50001000003002000",
            ),
            (32, "0500faff080000002029baf16669727374"),
            (64, "0600f9ff08000000fb7fb09c7365636f6e64"),
            (96, "0000ffff0a00000026bd5dae"),
            (
                160,
                "0000000000000000000000000000000000000000000000000000000000000000",
            ),
            (
                192,
                "0000000000000000000000000000000000000000000000000000000000000000",
            ),
            (224, "0500faff0a0000009d783bce7468697264"),
            (
                256,
                "1400ebff0a00000078c715dc4d504f31100000000f0fa5a50001000003002000",
            ),
            (288, "0600f9ff0a0000001a561fd2666f75727468"),
        ],
    );
}

const HEADER: &str = "1400ebff20000000dd173ea14d504f31200000000f0fa5a58000000003000100";
const RECORD: &str = "0500faff20000000b408b2206669727374";

#[test]
fn a_record_of_another_place_or_life_is_no_reading() {
    for (name, header, offset, record, is_there) in [
        ("unchanged", HEADER, 32, RECORD, true),
        (
            "another epoch",
            "1400ebff200000005065b2df4d504f3120000000100fa5a58000000003000100",
            32,
            RECORD,
            false,
        ),
        ("another offset", HEADER, 36, RECORD, false),
        (
            "another first number",
            "1400ebff200000005481fcea4d504f31800000000f0fa5a58000000003000100",
            32,
            RECORD,
            false,
        ),
        (
            "a bit of the head",
            HEADER,
            32,
            "0500faff21000000b408b2206669727374",
            false,
        ),
        (
            "length and inverse",
            HEADER,
            32,
            "0400fbff20000000b408b2206669727374",
            false,
        ),
        (
            "length alone",
            HEADER,
            32,
            "0400faff20000000b408b2206669727374",
            false,
        ),
        (
            "a bit of the check",
            HEADER,
            32,
            "0500faff20000000b408b2216669727374",
            false,
        ),
        (
            "a bit of the data",
            HEADER,
            32,
            "0500faff20000000b408b2206669727375",
            false,
        ),
    ] {
        let mut bytes = image(3 * 128, &[(0, header), (offset, record)]);
        let mut outbox = open::<1, 128>(&mut bytes, 1);
        assert_ne!(outbox.epoch(), 1, "{name}: the header is whole");
        assert_eq!(!all(&mut outbox).is_empty(), is_there, "{name}");
    }
}

/// Tries to open the start of a region.
fn error_of<const U: usize, const S: usize>(
    bytes: &mut [u8],
    sectors: usize,
) -> Option<OutboxError<NorFlashErrorKind>> {
    Outbox::open(Flash::<U, S>(bytes), 0..(sectors * S) as u32, 1).err()
}

#[test]
fn another_shape_is_another_format_and_changes_nothing() {
    let mut bytes = vec![0xff; 8 * 256];
    open::<1, 256>(&mut bytes[..4 * 256], EPOCH)
        .push(b"kept")
        .unwrap();
    let before = bytes.clone();
    assert_eq!(error_of::<1, 256>(&mut bytes, 4), None);
    for (name, error) in [
        ("unit 2", error_of::<2, 256>(&mut bytes, 4)),
        ("unit 4", error_of::<4, 256>(&mut bytes, 4)),
        ("unit 8", error_of::<8, 256>(&mut bytes, 4)),
        ("3 sectors", error_of::<1, 256>(&mut bytes, 3)),
        ("5 sectors", error_of::<1, 256>(&mut bytes, 5)),
        ("sectors of 512", error_of::<1, 512>(&mut bytes, 4)),
    ] {
        assert_eq!(error, Some(OutboxError::Format), "{name}");
    }
    assert_eq!(bytes, before);
}

#[test]
fn another_version_is_another_format_and_what_is_no_outbox_is_blank() {
    for (name, header, error) in [
        (
            "version 2",
            "1400ebff20000000594ca4f24d504f32200000000f0fa5a58000000003000100",
            Some(OutboxError::Format),
        ),
        (
            "the last byte",
            "1400ebff200000004b2739d64d504f31200000000f0fa5a58000000003000101",
            Some(OutboxError::Format),
        ),
        (
            "other letters",
            "1400ebff20000000e76c726a58504f31200000000f0fa5a58000000003000100",
            None,
        ),
    ] {
        let mut bytes = image(3 * 128, &[(0, header)]);
        let before = bytes.clone();
        assert_eq!(error_of::<1, 128>(&mut bytes, 3), error, "{name}");
        assert_eq!(bytes, before, "{name}");
    }
}

/// Erased flash of any size, which needs no memory.
struct Blank<const U: usize, const S: usize, const R: usize>;

impl<const U: usize, const S: usize, const R: usize> ErrorType for Blank<U, S, R> {
    type Error = NorFlashErrorKind;
}

impl<const U: usize, const S: usize, const R: usize> ReadNorFlash for Blank<U, S, R> {
    const READ_SIZE: usize = R;

    fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        bytes.fill(0xff);
        Ok(())
    }

    fn capacity(&self) -> usize {
        u32::MAX as usize
    }
}

impl<const U: usize, const S: usize, const R: usize> NorFlash for Blank<U, S, R> {
    const WRITE_SIZE: usize = U;
    const ERASE_SIZE: usize = S;

    fn erase(&mut self, _: u32, _: u32) -> Result<(), NorFlashErrorKind> {
        Ok(())
    }

    fn write(&mut self, _: u32, _: &[u8]) -> Result<(), NorFlashErrorKind> {
        Ok(())
    }
}

fn opens<const U: usize, const S: usize>(sectors: usize) -> bool {
    opens_with::<U, S, 1>(sectors)
}

fn opens_with<const U: usize, const S: usize, const R: usize>(sectors: usize) -> bool {
    match Outbox::open(Blank::<U, S, R>, 0..(sectors * S) as u32, 1) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, OutboxError::Shape);
            false
        }
    }
}

#[test]
fn shapes_that_are_usable() {
    for (name, opens, is_usable) in [
        ("unit 0", opens::<0, 256>(3), false),
        ("unit 1", opens::<1, 256>(3), true),
        ("unit 2", opens::<2, 256>(3), true),
        ("unit 3", opens::<3, 768>(3), false),
        ("unit 4", opens::<4, 256>(3), true),
        ("unit 8", opens::<8, 256>(3), true),
        ("unit 16", opens::<16, 256>(3), true),
        ("unit 32", opens::<32, 256>(3), true),
        ("unit 64", opens::<64, 256>(3), false),
        ("no sector", opens::<1, 256>(0), false),
        ("2 sectors", opens::<1, 256>(2), false),
        ("3 sectors", opens::<1, 256>(3), true),
        ("4,096 sectors", opens::<1, 256>(4096), true),
        ("4,097 sectors", opens::<1, 256>(4097), false),
        ("124 bytes", opens::<1, 124>(3), false),
        ("128 bytes", opens::<1, 128>(3), true),
        ("130 bytes, unit 1", opens::<1, 130>(3), false),
        ("130 bytes, unit 2", opens::<2, 130>(3), false),
        ("132 bytes, unit 1", opens::<1, 132>(3), true),
        ("132 bytes, unit 8", opens::<8, 132>(3), false),
        ("524,288 bytes", opens::<32, 524_288>(3), true),
        ("524,320 bytes", opens::<32, 524_320>(3), false),
        ("reads of 0", opens_with::<1, 256, 0>(3), false),
        ("reads of 3", opens_with::<1, 768, 3>(3), false),
        ("reads of 4, unit 1", opens_with::<1, 256, 4>(3), true),
        ("reads of 8, unit 4", opens_with::<4, 256, 8>(3), false),
        ("reads of 8, unit 8", opens_with::<8, 256, 8>(3), true),
        ("reads of 64, unit 32", opens_with::<32, 256, 64>(3), false),
        (
            "the largest of all but a sector",
            opens::<32, 524_288>(4095),
            true,
        ),
    ] {
        assert_eq!(opens, is_usable, "{name}");
    }
}
