//! A read that fails is an error, never a blank region: whichever of an operation's reads it is, nothing is lost and nothing
//! comes back.

use std::cell::RefCell;

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use motepost::outbox::{Outbox, OutboxCursor, OutboxError};
use outbox_tests::chip::{Chip, Fault, Tear, TornErase};

const SECTOR: usize = 256;
const SECTORS: usize = 4;
const EPOCH: u32 = 7;

type Memory = RefCell<Chip<4, SECTOR>>;

/// The chip, while the test holds it too.
struct Shared<'a>(&'a Memory);

impl ErrorType for Shared<'_> {
    type Error = Fault;
}

impl ReadNorFlash for Shared<'_> {
    const READ_SIZE: usize = <Chip<4, SECTOR> as ReadNorFlash>::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        self.0.borrow_mut().read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.borrow().capacity()
    }
}

impl NorFlash for Shared<'_> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        self.0.borrow_mut().erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        self.0.borrow_mut().write(offset, bytes)
    }
}

fn chip() -> Memory {
    RefCell::new(Chip::new(SECTORS, Tear::Random, TornErase::Random, 1))
}

fn open(memory: &Memory) -> Result<Outbox<Shared<'_>>, OutboxError<Fault>> {
    Outbox::open(Shared(memory), 0..(SECTORS * SECTOR) as u32, EPOCH)
}

/// Ten readings, numbered, the first two dropped; and a cursor behind the next three.
fn in_use(outbox: &mut Outbox<Shared<'_>>) -> OutboxCursor {
    let mut cursor = OutboxCursor::default();
    for number in 0..10_u8 {
        outbox.push(&[number; 30]).unwrap();
    }
    pass(outbox, &mut cursor, 2);
    outbox.drop(&cursor).unwrap();
    pass(outbox, &mut cursor, 3);
    cursor
}

fn pass(outbox: &mut Outbox<Shared<'_>>, cursor: &mut OutboxCursor, count: usize) {
    for _ in 0..count {
        assert!(outbox.next(cursor, &mut [0; 64]).unwrap().is_some());
    }
}

/// The first byte of each reading that is there.
fn kept(outbox: &mut Outbox<Shared<'_>>) -> Vec<u8> {
    let mut cursor = OutboxCursor::default();
    let mut buffer = [0; 64];
    let mut kept = Vec::new();
    while let Some(reading) = outbox.next(&mut cursor, &mut buffer).unwrap() {
        kept.push(reading[0]);
    }
    kept
}

type Operation = fn(&mut Outbox<Shared<'_>>, &OutboxCursor) -> Result<(), OutboxError<Fault>>;

/// What is tried, and what is there once it has worked.
const OPERATIONS: [(&str, Operation, &[u8]); 4] = [
    (
        "push",
        |outbox, _| outbox.push(&[10; 30]).map(drop),
        &[2, 3, 4, 5, 6, 7, 8, 9, 10],
    ),
    (
        "next",
        |outbox, cursor| outbox.next(&mut cursor.clone(), &mut [0; 64]).map(drop),
        &[2, 3, 4, 5, 6, 7, 8, 9],
    ),
    (
        "count",
        |outbox, _| outbox.count().map(drop),
        &[2, 3, 4, 5, 6, 7, 8, 9],
    ),
    (
        "drop",
        |outbox, cursor| outbox.drop(cursor),
        &[5, 6, 7, 8, 9],
    ),
];

#[test]
fn it_fails_and_works_when_it_is_tried_again() {
    for (name, operation, after) in OPERATIONS {
        // As it is, and where a program that failed has left the end unknown.
        for unknown_end in [false, true] {
            let mut failed = 0;
            loop {
                let memory = chip();
                let mut outbox = open(&memory).unwrap();
                let cursor = in_use(&mut outbox);
                if unknown_end {
                    memory.borrow_mut().writes_fail(1);
                    assert_eq!(
                        outbox.push(&[99; 30]),
                        Err(OutboxError::Flash(Fault::Write))
                    );
                }
                memory.borrow_mut().reads_left = Some(failed);
                let tried = operation(&mut outbox, &cursor);
                memory.borrow_mut().reads_left = None;
                if tried == Ok(()) {
                    break;
                }
                assert_eq!(tried, Err(OutboxError::Flash(Fault::Read)), "{name}");
                if name == "drop" {
                    assert_eq!(kept(&mut outbox), after, "sent again before a reset");
                }
                operation(&mut outbox, &cursor).unwrap();
                assert_eq!(kept(&mut outbox), after, "{name}, read {failed}");
                assert_eq!(
                    kept(&mut open(&memory).unwrap()),
                    after,
                    "{name}, read {failed}"
                );
                failed += 1;
            }
            // With a known end, these only write.
            let only_writes = matches!(name, "push" | "drop") && !unknown_end;
            assert_eq!(failed == 0, only_writes, "{name}");
        }
    }
}

#[test]
fn opening_fails_and_changes_nothing() {
    let memory = chip();
    in_use(&mut open(&memory).unwrap());
    let steps = memory.borrow().steps;
    for failed in 0.. {
        memory.borrow_mut().reads_left = Some(failed);
        let opened = open(&memory);
        memory.borrow_mut().reads_left = None;
        if opened.is_ok() {
            assert!(failed > SECTORS);
            break;
        }
        assert_eq!(
            opened.err(),
            Some(OutboxError::Flash(Fault::Read)),
            "read {failed}"
        );
        assert_eq!(memory.borrow().steps, steps, "something was written");
    }
    assert_eq!(kept(&mut open(&memory).unwrap()), [2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn a_drop_that_was_not_kept_is_kept_by_the_next_of_any_cursor() {
    let memory = chip();
    let mut outbox = open(&memory).unwrap();
    let newer = in_use(&mut outbox);
    let mut older = OutboxCursor::default();
    pass(&mut outbox, &mut older, 1);
    memory.borrow_mut().writes_fail(1);
    assert_eq!(outbox.drop(&newer), Err(OutboxError::Flash(Fault::Write)));
    outbox.drop(&older).unwrap();
    assert_eq!(kept(&mut open(&memory).unwrap()), [5, 6, 7, 8, 9]);
}
