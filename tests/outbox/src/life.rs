//! Workloads, and lives that cuts of power end.

use embedded_storage::nor_flash::NorFlash;
use motepost::outbox::{Outbox, OutboxCursor, OutboxError};

use crate::chip::{Chip, Dice, Fault, Tear, TornErase};
use crate::image;
use crate::ledger::Ledger;

const EPOCH: u32 = 7;

/// One thing that firmware does.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Push a reading of this length.
    Push(usize),
    /// Read so many, push one more of this length in the middle, drop what was read.
    Batch(usize, usize),
    /// Read all, drop all.
    Drain,
    /// A reset.
    Reset,
}

/// Firmware, its chip and what it is owed.
#[derive(Clone, Debug)]
pub struct Life<const U: usize, const S: usize> {
    /// The chip.
    pub chip: Chip<U, S>,
    ledger: Ledger,
    made: usize,
    dice: Dice,
}

/// As `Outbox` opens it here.
type Open<'a, const U: usize, const S: usize> = Outbox<&'a mut Chip<U, S>>;

/// Power failed.
struct Cut;

impl<const U: usize, const S: usize> Life<U, S> {
    /// A new device.
    #[must_use]
    pub fn new(sectors: usize, tear: Tear, torn_erase: TornErase, seed: u64) -> Self {
        let flickers = matches!(tear, Tear::FlickersAtStart | Tear::FlickersAtRead)
            || torn_erase == TornErase::Flickers;
        Self {
            chip: Chip::new(sectors, tear, torn_erase, seed),
            ledger: Ledger::new(flickers, 0),
            made: 0,
            dice: Dice(seed ^ 0xabcd),
        }
    }

    /// A device that has lived long: its newest sector is the first of the ring, empty, and begins with this number.
    ///
    /// # Panics
    /// If the chip is in use.
    #[must_use]
    pub fn aged(mut self, first: u32) -> Self {
        let sectors = self.chip.erases.len() as u16;
        let header = image::header(first, EPOCH, S as u32, sectors, U as u8);
        self.chip.write(0, &header).expect("power is on");
        self.ledger = Ledger::new(self.ledger.flickers, first);
        self
    }

    /// Does all of it, however often power fails. `cut_again` says after how many steps it fails once more.
    pub fn live(&mut self, acts: &[Act], cut_again: impl IntoIterator<Item = usize>) {
        let mut cuts = cut_again.into_iter();
        let mut acts = acts.iter();
        loop {
            let done = self.session(&mut acts);
            let was_off = self.chip.is_off();
            self.chip.start();
            if done.is_ok() && !was_off {
                return;
            }
            if was_off && let Some(cut) = cuts.next() {
                self.chip.cut_after(cut);
            }
        }
    }

    /// Until the acts are done, a reset, or a cut.
    fn session<'a>(&mut self, acts: &mut impl Iterator<Item = &'a Act>) -> Result<(), Cut> {
        let size = self.chip.bytes().len() as u32;
        let before = self.chip.steps;
        let mut outbox =
            Outbox::open(&mut self.chip, 0..size, EPOCH).map_err(|error| is_cut(&error))?;
        self.ledger.check(&all(&mut outbox)?);
        assert_eq!(outbox.driver().steps, before, "open and next write nothing");
        for act in acts {
            match *act {
                Act::Push(len) => {
                    let reading = reading(&mut self.made, &mut self.dice, len);
                    push(&mut outbox, &mut self.ledger, &reading)?;
                }
                Act::Batch(most, len) => {
                    let mut cursor = OutboxCursor::default();
                    let mut buffer = [0; S];
                    let mut is_any = false;
                    for number in 0..most {
                        let next = outbox.next(&mut cursor, &mut buffer);
                        if next.map_err(|error| is_cut(&error))?.is_none() {
                            break;
                        }
                        is_any = true;
                        if number == most / 2 {
                            let reading = reading(&mut self.made, &mut self.dice, len);
                            push(&mut outbox, &mut self.ledger, &reading)?;
                        }
                    }
                    drop_to(&mut outbox, &mut self.ledger, cursor, is_any)?;
                }
                Act::Drain => {
                    let mut cursor = OutboxCursor::default();
                    let mut buffer = [0; S];
                    let mut is_any = false;
                    while outbox
                        .next(&mut cursor, &mut buffer)
                        .map_err(|error| is_cut(&error))?
                        .is_some()
                    {
                        is_any = true;
                    }
                    drop_to(&mut outbox, &mut self.ledger, cursor, is_any)?;
                }
                Act::Reset => return Err(Cut),
            }
        }
        Ok(())
    }

    /// Whatever happened: drains it, and a round of readings goes in and out again.
    pub fn is_not_stuck(&mut self) {
        self.chip.cut_no_more();
        self.live(&[Act::Drain], []);
        let owed = self.ledger.owed();
        assert_eq!(owed, 0);
        let room = S / 2;
        let sectors = self.chip.erases.len();
        let mut acts = vec![Act::Push(room), Act::Reset, Act::Push(8)];
        acts.extend([Act::Push(room), Act::Drain].repeat(sectors));
        self.live(&acts, []);
        let size = self.chip.bytes().len() as u32;
        let mut outbox = Outbox::open(&mut self.chip, 0..size, EPOCH).expect("it opens");
        // A reading whose push was cut may look whole at one read and not at the next: one more to drain, and to drop again.
        let flickers = self.ledger.flickers;
        let mut tries = 0..if flickers { 20 } else { 0 };
        while outbox.push(b"room") == Err(OutboxError::Full) {
            assert!(tries.next().is_some(), "it is full of nothing");
            let mut cursor = OutboxCursor::default();
            while outbox
                .next(&mut cursor, &mut [0; S])
                .expect("it reads")
                .is_some()
            {}
            outbox.drop(&cursor).expect("it drops");
        }
        let count = outbox.count().expect("it reads");
        assert!(count == 1 || flickers && count == 2, "{count}");
    }
}

fn is_cut(error: &OutboxError<Fault>) -> Cut {
    assert_eq!(*error, OutboxError::Flash(Fault::Off));
    Cut
}

fn all<const U: usize, const S: usize>(
    outbox: &mut Open<'_, U, S>,
) -> Result<Vec<(u32, Vec<u8>)>, Cut> {
    let mut there = Vec::new();
    let mut cursor = OutboxCursor::default();
    let mut buffer = [0; S];
    loop {
        let next = outbox.next(&mut cursor, &mut buffer);
        match next.map_err(|error| is_cut(&error))? {
            Some(reading) => {
                let reading = reading.to_vec();
                let number = cursor.number();
                there.push((number, reading));
                assert!(there.len() < S, "{number} comes again");
            }
            None => return Ok(there),
        }
    }
}

/// What looks erased, what looks unreadable, what looks like a record, and others.
fn reading(made: &mut usize, dice: &mut Dice, len: usize) -> Vec<u8> {
    *made += 1;
    let kind = *made % 4;
    let mut reading: Vec<u8> = (0..len)
        .map(|at| match kind {
            0 => 0xff,
            1 => 0,
            2 => [4, 0, 0xfb, 0xff][at % 4],
            _ => dice.roll() as u8,
        })
        .collect();
    if len > 4 && kind > 1 {
        reading[0] = *made as u8;
    }
    reading
}

fn push<const U: usize, const S: usize>(
    outbox: &mut Open<'_, U, S>,
    ledger: &mut Ledger,
    reading: &[u8],
) -> Result<(), Cut> {
    match outbox.push(reading) {
        Ok(number) => ledger.pushed(number, reading),
        Err(OutboxError::Full) => {}
        Err(error) => {
            ledger.push_cut(reading);
            return Err(is_cut(&error));
        }
    }
    Ok(())
}

fn drop_to<const U: usize, const S: usize>(
    outbox: &mut Open<'_, U, S>,
    ledger: &mut Ledger,
    cursor: OutboxCursor,
    is_any: bool,
) -> Result<(), Cut> {
    let dropped = outbox.drop(&cursor);
    if is_any {
        ledger.dropped(cursor.number(), dropped.is_ok());
    }
    match dropped {
        Ok(()) | Err(OutboxError::NotKept) => Ok(()),
        Err(error) => Err(is_cut(&error)),
    }
}
