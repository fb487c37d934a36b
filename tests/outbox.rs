//! The outbox from Rust, in RAM that survives sleep. `tests/outbox` cuts its power.

use embedded_storage::nor_flash::{NorFlash, NorFlashErrorKind, ReadNorFlash};
use motepost::outbox::{Outbox, OutboxCursor, OutboxError, RetainedRam};

const SECTOR: usize = 256;
const SIZE: usize = 4 * SECTOR;
const EPOCH: u32 = 0x5eed_0001;

type Error = OutboxError<NorFlashErrorKind>;

fn open(ram: &mut [u8]) -> Result<Outbox<RetainedRam<'_, SECTOR>>, Error> {
    Outbox::open(RetainedRam::new(ram), 0..SIZE as u32, EPOCH)
}

/// Everything that is not dropped, and the cursor behind it.
fn all(outbox: &mut Outbox<RetainedRam<'_, SECTOR>>) -> (Vec<Vec<u8>>, OutboxCursor) {
    let mut cursor = OutboxCursor::default();
    let mut readings = Vec::new();
    let mut buffer = [0; SECTOR];
    while let Some(reading) = outbox.next(&mut cursor, &mut buffer).unwrap() {
        readings.push(reading.to_vec());
    }
    (readings, cursor)
}

#[test]
fn readings_come_in_order_and_survive_a_reset() {
    let mut ram = [0xff; SIZE];
    let mut outbox = open(&mut ram).unwrap();
    let numbers =
        [b"one".as_slice(), b"two", b"three"].map(|reading| outbox.push(reading).unwrap());
    assert!(numbers.is_sorted() && numbers[0] != numbers[1]);
    let mut outbox = open(&mut ram).unwrap();
    assert_eq!(all(&mut outbox).0, [&b"one"[..], b"two", b"three"]);
    assert_eq!(outbox.count().unwrap(), 3);
}

#[test]
fn what_is_dropped_never_comes_back_and_what_was_pushed_meanwhile_stays() {
    let mut ram = [0xff; SIZE];
    let mut outbox = open(&mut ram).unwrap();
    outbox.push(b"sent").unwrap();
    let (_, batch) = all(&mut outbox);
    outbox.push(b"later").unwrap();
    outbox.drop(&batch).unwrap();
    let mut outbox = open(&mut ram).unwrap();
    assert_eq!(all(&mut outbox).0, [b"later"]);
}

#[test]
fn the_ring_goes_round_and_keeps_its_epoch() {
    let mut ram = [0xff; SIZE];
    for round in 0..200_u32 {
        let mut outbox = Outbox::open(
            RetainedRam::<SECTOR>::new(&mut ram),
            0..SIZE as u32,
            EPOCH + round,
        )
        .unwrap();
        outbox.push(&round.to_le_bytes()).unwrap();
        let (readings, cursor) = all(&mut outbox);
        assert_eq!(readings, [round.to_le_bytes()]);
        assert_eq!(outbox.epoch(), EPOCH);
        outbox.drop(&cursor).unwrap();
    }
}

#[test]
fn a_full_outbox_refuses_and_loses_nothing() {
    let mut ram = [0xff; SIZE];
    let mut outbox = open(&mut ram).unwrap();
    let mut kept = Vec::new();
    let refused = loop {
        let reading = vec![kept.len() as u8; 20];
        match outbox.push(&reading) {
            Ok(_) => kept.push(reading),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, OutboxError::Full);
    assert!(kept.len() > 10);
    let (readings, cursor) = all(&mut outbox);
    assert_eq!(readings, kept);
    outbox.drop(&cursor).unwrap();
    outbox.push(b"there is room again").unwrap();
    assert_eq!(outbox.count().unwrap(), 1);
}

#[test]
fn what_cannot_be_kept_or_read_is_refused_and_changes_nothing() {
    let mut ram = [0xff; SIZE];
    let mut outbox = open(&mut ram).unwrap();
    let too_long = vec![b'x'; outbox.max_len() + 1];
    for reading in [&b""[..], &too_long] {
        assert_eq!(outbox.push(reading), Err(OutboxError::Length));
    }
    outbox.push(&too_long[1..]).unwrap();
    let mut cursor = OutboxCursor::default();
    assert_eq!(
        outbox.next(&mut cursor, &mut [0; 3]),
        Err(OutboxError::Buffer)
    );
    assert_eq!(cursor, OutboxCursor::default());
    assert_eq!(all(&mut outbox).0, [&too_long[1..]]);
}

#[test]
fn a_region_is_whole_sectors_of_the_flash_and_three_at_least() {
    let mut ram = [0xff; SIZE];
    for range in [
        0..SECTOR as u32 * 2,
        0..SIZE as u32 - 1,
        1..SIZE as u32 + 1,
        0..SIZE as u32 * 2,
        SIZE as u32..0,
    ] {
        let opened = Outbox::open(RetainedRam::<SECTOR>::new(&mut ram), range.clone(), EPOCH);
        assert_eq!(opened.err(), Some(OutboxError::Shape), "{range:?}");
    }
}

#[test]
fn an_outbox_of_another_size_is_not_formatted() {
    let mut ram = [0xff; SIZE];
    open(&mut ram).unwrap().push(b"kept").unwrap();
    let before = ram;
    let smaller = Outbox::open(
        RetainedRam::<SECTOR>::new(&mut ram),
        0..SIZE as u32 - SECTOR as u32,
        EPOCH,
    );
    assert_eq!(smaller.err(), Some(OutboxError::Format));
    assert_eq!(ram, before);
}

#[test]
fn the_driver_comes_back_and_is_flash_within_its_bounds() {
    let mut ram = [0xff; SIZE];
    let mut outbox = open(&mut ram).unwrap();
    outbox.push(b"one").unwrap();
    assert_eq!(outbox.driver().capacity(), SIZE);
    let mut driver = outbox.into_driver();
    let end = SIZE as u32;
    assert_eq!(
        driver.read(end, &mut [0]),
        Err(NorFlashErrorKind::OutOfBounds)
    );
    assert_eq!(driver.write(end, &[0]), Err(NorFlashErrorKind::OutOfBounds));
    assert_eq!(driver.erase(1, end), Err(NorFlashErrorKind::NotAligned));
}

#[test]
fn each_error_says_what_to_do_or_what_is_wrong() {
    for (error, words) in [
        (
            Error::Flash(NorFlashErrorKind::Other),
            "the flash driver failed: Other",
        ),
        (Error::Shape, "not usable"),
        (Error::Format, "another version or of other sizes"),
        (Error::Length, "empty or longer"),
        (Error::Full, "send and drop readings first"),
        (Error::NotKept, "a reset may bring them back"),
        (Error::Buffer, "shorter than the reading"),
        (Error::Cursor, "not from this outbox"),
    ] {
        assert!(error.to_string().contains(words), "{error}");
    }
}
