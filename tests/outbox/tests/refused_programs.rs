//! A chip that programs nothing and still erases is not worn out by firmware that tries again.

use motepost::outbox::{Outbox, OutboxCursor, OutboxError};
use outbox_tests::chip::{Chip, Fault, Tear, TornErase};

const SECTOR: usize = 2048;
const SIZE: u32 = 8 * SECTOR as u32;
const CALLS: usize = 1000;

type Memory = Chip<8, SECTOR>;
type Operation = fn(&mut Outbox<&mut Memory>) -> Result<(), OutboxError<Fault>>;

const OPERATIONS: [(&str, Operation); 2] = [
    ("push", |outbox| outbox.push(&[2; 20]).map(drop)),
    ("drop", |outbox| {
        let mut cursor = OutboxCursor::default();
        outbox.next(&mut cursor, &mut [0; 32])?;
        outbox.drop(&cursor)
    }),
];

fn open(chip: &mut Memory) -> Outbox<&mut Memory> {
    Outbox::open(chip, 0..SIZE, 7).unwrap()
}

#[test]
fn calls_fail_and_erase_nothing() {
    for (name, operation) in OPERATIONS {
        for resets in [false, true] {
            let mut chip = Memory::new(8, Tear::Random, TornErase::Random, 1);
            let mut outbox = open(&mut chip);
            for _ in 0..5 {
                outbox.push(&[1; 20]).unwrap();
            }
            let before = outbox.driver().erases.clone();
            chip.writes_fail(usize::MAX);
            let mut outbox = open(&mut chip);
            for call in 0..CALLS {
                if resets {
                    outbox = open(outbox.into_driver());
                }
                let refused = operation(&mut outbox);
                // What is dropped stays so until a reset.
                if name == "push" || resets || call < 5 {
                    assert_eq!(refused, Err(OutboxError::Flash(Fault::Write)), "{name}");
                }
            }
            assert_eq!(outbox.driver().erases, before, "{name}, resets: {resets}");
            chip.writes_fail(0);
            open(&mut chip).push(&[3; 20]).unwrap();
        }
    }
}
