//! A drop that power cut short, made again in an outbox that is full: its mark finds a place, whatever the cut left there.

use motepost::outbox::{Outbox, OutboxCursor, OutboxError};
use outbox_tests::chip::{Chip, Fault, TEARS, Tear, TornErase};

const SECTOR: usize = 256;
const SECTORS: usize = 4;
const EPOCH: u32 = 7;

type Flash = Chip<4, SECTOR>;

fn open(chip: &mut Flash) -> Outbox<&mut Flash> {
    Outbox::open(chip, 0..(SECTORS * SECTOR) as u32, EPOCH).expect("it opens")
}

/// Drops the oldest reading.
fn drop_one(outbox: &mut Outbox<&mut Flash>) -> Result<(), OutboxError<Fault>> {
    let mut cursor = OutboxCursor::default();
    outbox.next(&mut cursor, &mut [0; SECTOR])?;
    outbox.drop(&cursor)
}

/// Whether the cut came before the end of the drop.
fn is_cut(tear: Tear, len: usize, cut: usize) -> bool {
    let mut chip = Flash::new(SECTORS, tear, TornErase::Random, cut as u64);
    let mut outbox = open(&mut chip);
    let refused = std::iter::repeat_with(|| outbox.push(&vec![b'r'; len])).find_map(Result::err);
    assert_eq!(refused, Some(OutboxError::Full));
    let stored = outbox.count().expect("it reads");
    chip.cut_after(cut);
    let was_cut = drop_one(&mut open(&mut chip)).is_err();
    chip.start();
    chip.cut_no_more();
    let row = format!("{tear:?}, {len} bytes, cut at {cut}");
    assert_eq!(drop_one(&mut open(&mut chip)), Ok(()), "{row}");
    let left = open(&mut chip).count().expect("it reads");
    assert!(left == stored - 1 || left == stored - 2, "{row}");
    was_cut
}

/// Of these lengths, some leave room for a mark in the newest sector, and some do not.
#[test]
fn the_mark_of_a_full_outbox_finds_a_place_after_a_cut_anywhere() {
    for tear in TEARS {
        for len in 30..90 {
            let cuts = (0..).find(|cut| !is_cut(tear, len, *cut));
            assert!(cuts >= Some(3), "a mark is three units: {cuts:?}");
        }
    }
}
