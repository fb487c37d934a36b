//! A model of NOR flash that loses power.
//!
//! A unit may be programmed once between two erases; the model panics at a second time, and at a program in a
//! sector whose erase was cut short. One exception: zeros may go over a torn unit, which stays torn.
//!
//! Power that fails in a program tears one unit, as flash inside a microcontroller does, or all that the call was to program, as
//! SPI NOR does: there a call is one command.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Small, seeded, good enough: splitmix64.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }
}

/// What a unit reads as whose program was cut short.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tear {
    /// Random bits, the same ever after.
    Random,
    /// Some of the bits that were to become 0 are.
    Partial,
    /// Unreadable: zeros, as the driver must give.
    Unreadable,
    /// As if nothing had happened.
    LooksErased,
    /// As if it were complete.
    LooksWhole,
    /// One of the above, another at every start.
    FlickersAtStart,
    /// One of the above, another at every read.
    FlickersAtRead,
}

/// All of them.
pub const TEARS: [Tear; 7] = [
    Tear::Random,
    Tear::Partial,
    Tear::Unreadable,
    Tear::LooksErased,
    Tear::LooksWhole,
    Tear::FlickersAtStart,
    Tear::FlickersAtRead,
];

/// What a sector reads as whose erase was cut short. None of its units may be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TornErase {
    /// Some sectors' worth of units erased, the others as they were.
    Some,
    /// Random bits, the same ever after.
    Random,
    /// As if it were complete, or as if nothing had happened, another at every start.
    Flickers,
}

/// All of them.
pub const TORN_ERASES: [TornErase; 3] = [TornErase::Some, TornErase::Random, TornErase::Flickers];

#[derive(Clone, Debug, Eq, PartialEq)]
enum Unit {
    Erased,
    Written,
    /// With what it was to become.
    Torn(Vec<u8>),
}

/// Why the chip fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Power is off.
    Off,
    /// A read failed.
    Read,
    /// A program failed: the chip said so, and power is on.
    Write,
    /// The driver was called as it must not be.
    Misuse,
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Units of `U` bytes in sectors of `S`.
#[derive(Clone, Debug)]
pub struct Chip<const U: usize, const S: usize> {
    bytes: Vec<u8>,
    units: Vec<Unit>,
    /// The units that are torn, or were since their last erase.
    torn: Vec<usize>,
    /// By sector: what it was, if its erase was cut short.
    torn_erases: Vec<Option<Vec<u8>>>,
    tear: Tear,
    torn_erase: TornErase,
    dice: Dice,
    tears_calls: bool,
    refuses_torn: bool,
    /// Programs of units, or of calls, and erases until the power fails.
    left: Option<usize>,
    off: bool,
    /// Reads until one fails.
    pub reads_left: Option<usize>,
    failing_writes: usize,
    /// Programs of units, or of calls, and erases so far.
    pub steps: usize,
    /// Erases by sector.
    pub erases: Vec<usize>,
}

impl<const U: usize, const S: usize> Chip<U, S> {
    /// As it leaves the factory.
    #[must_use]
    pub fn new(sectors: usize, tear: Tear, torn_erase: TornErase, seed: u64) -> Self {
        Self {
            bytes: vec![0xff; sectors * S],
            units: vec![Unit::Erased; sectors * S / U],
            torn: Vec::new(),
            torn_erases: vec![None; sectors],
            tear,
            torn_erase,
            dice: Dice(seed),
            tears_calls: false,
            refuses_torn: false,
            left: None,
            off: false,
            reads_left: None,
            failing_writes: 0,
            steps: 0,
            erases: vec![0; sectors],
        }
    }

    /// So many programs fail, and program nothing.
    pub const fn writes_fail(&mut self, count: usize) {
        self.failing_writes = count;
    }

    /// A cut tears the complete call from now on.
    pub const fn tear_calls(&mut self) {
        self.tears_calls = true;
    }

    /// A program of a torn unit fails, even of zeros, as on STM32 U5 and H5.
    pub const fn refuse_torn(&mut self) {
        self.refuses_torn = true;
    }

    /// Power fails in the program or erase number `after`, counted from 0.
    pub fn cut_after(&mut self, after: usize) {
        self.left = Some(after);
    }

    /// Power stays.
    pub fn cut_no_more(&mut self) {
        self.left = None;
    }

    /// Whether power has failed.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// Power comes back.
    pub fn start(&mut self) {
        if self.off {
            self.left = None;
        }
        self.off = false;
        if self.tear == Tear::FlickersAtStart {
            self.flicker();
        }
        if self.torn_erase == TornErase::Flickers {
            for sector in 0..self.torn_erases.len() {
                if let Some(before) = self.torn_erases[sector].clone() {
                    self.tear_erase(sector, &before);
                }
            }
        }
    }

    /// All bytes, as they are now.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The power fails now?
    fn fails(&mut self) -> bool {
        self.steps += 1;
        match &mut self.left {
            Some(0) => {
                self.off = true;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    /// What torn units read as now. Those of one call read alike: all of them may look erased.
    fn flicker(&mut self) {
        let mut way = self.way();
        for at in 0..self.torn.len() {
            let unit = self.torn[at];
            if !self.tears_calls {
                way = self.way();
            }
            if let Unit::Torn(target) = self.units[unit].clone() {
                self.show(unit, &target, way);
            }
        }
    }

    /// One of the steady ones.
    fn way(&mut self) -> Tear {
        let steady = [
            Tear::Random,
            Tear::Partial,
            Tear::Unreadable,
            Tear::LooksErased,
            Tear::LooksWhole,
        ];
        match self.tear {
            Tear::FlickersAtStart | Tear::FlickersAtRead => steady[self.dice.below(steady.len())],
            tear => tear,
        }
    }

    fn tear_unit(&mut self, unit: usize, target: &[u8]) {
        let way = self.way();
        self.show(unit, target, way);
    }

    fn show(&mut self, unit: usize, target: &[u8], way: Tear) {
        for (at, target) in target.iter().enumerate() {
            let random = self.dice.roll() as u8;
            self.bytes[unit * U + at] = match way {
                Tear::Random => random,
                Tear::Partial => target | random,
                Tear::Unreadable => 0,
                Tear::LooksErased => 0xff,
                _ => *target,
            };
        }
    }

    fn tear_erase(&mut self, sector: usize, before: &[u8]) {
        let half = self.dice.below(S / U) * U;
        let way = self.dice.below(4);
        for (at, before) in before.iter().enumerate() {
            let random = self.dice.roll() as u8;
            self.bytes[sector * S + at] = match (self.torn_erase, way) {
                (TornErase::Random, _) => random,
                (TornErase::Some, 0 | 1) if at < half => 0xff,
                (TornErase::Some, 2) if at >= half => 0xff,
                (TornErase::Some, 3) if random & 1 == 0 => 0xff,
                (TornErase::Some, _) => *before,
                (TornErase::Flickers, 0 | 1) => 0xff,
                (TornErase::Flickers, 2) => *before,
                (TornErase::Flickers, _) => before | random,
            };
        }
    }
}

impl<const U: usize, const S: usize> ErrorType for Chip<U, S> {
    type Error = Fault;
}

impl<const U: usize, const S: usize> ReadNorFlash for Chip<U, S> {
    const READ_SIZE: usize = if U < 4 { 1 } else { 4 };

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        if self.off {
            return Err(Fault::Off);
        }
        match &mut self.reads_left {
            Some(0) => return Err(Fault::Read),
            Some(left) => *left -= 1,
            None => {}
        }
        let offset = offset as usize;
        let misaligned = |number: usize| !number.is_multiple_of(Self::READ_SIZE);
        if misaligned(offset) || misaligned(bytes.len()) || offset + bytes.len() > self.bytes.len()
        {
            return Err(Fault::Misuse);
        }
        if self.tear == Tear::FlickersAtRead {
            self.flicker();
        }
        bytes.copy_from_slice(&self.bytes[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const U: usize, const S: usize> NorFlash for Chip<U, S> {
    const WRITE_SIZE: usize = U;
    const ERASE_SIZE: usize = S;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        if self.off {
            return Err(Fault::Off);
        }
        let (from, to) = (from as usize, to as usize);
        assert!(from.is_multiple_of(S) && to == from + S && to <= self.bytes.len());
        let sector = from / S;
        self.erases[sector] += 1;
        let before = self.bytes[from..to].to_vec();
        self.units[from / U..to / U].fill(Unit::Erased);
        self.torn.retain(|unit| unit * U / S != sector);
        if self.fails() {
            self.tear_erase(sector, &before);
            self.torn_erases[sector] = Some(before);
            return Err(Fault::Off);
        }
        self.torn_erases[sector] = None;
        self.bytes[from..to].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        if self.off {
            return Err(Fault::Off);
        }
        if let Some(left) = self.failing_writes.checked_sub(1) {
            self.failing_writes = left;
            return Err(Fault::Write);
        }
        let offset = offset as usize;
        assert!(offset.is_multiple_of(U) && bytes.len().is_multiple_of(U) && !bytes.is_empty());
        assert!(bytes.len() <= 32 && offset + bytes.len() <= self.bytes.len());
        assert!(
            self.torn_erases[offset / S].is_none(),
            "a program at {offset} in a sector whose erase was cut short"
        );
        if self.tears_calls {
            self.fails();
        }
        for (unit, target) in (offset / U..).zip(bytes.chunks(U)) {
            if !self.tears_calls {
                self.fails();
            }
            match &self.units[unit] {
                Unit::Erased if self.off => {
                    self.units[unit] = Unit::Torn(target.to_vec());
                    self.torn.push(unit);
                    self.tear_unit(unit, target);
                }
                Unit::Erased => {
                    self.units[unit] = Unit::Written;
                    self.bytes[unit * U..(unit + 1) * U].copy_from_slice(target);
                }
                Unit::Torn(_) if self.refuses_torn => return Err(Fault::Write),
                Unit::Torn(_) if target.iter().all(|byte| *byte == 0) => {
                    self.units[unit] = Unit::Torn(target.to_vec());
                    self.tear_unit(unit, target);
                }
                other => panic!("the unit {unit} is programmed twice, and was {other:?}"),
            }
            if self.off && !self.tears_calls {
                break;
            }
        }
        if self.off { Err(Fault::Off) } else { Ok(()) }
    }
}
