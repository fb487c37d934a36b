//! Flash that erases to 0x00, as STM32 L0 and L1 have: a driver that inverts every byte makes it fit for an outbox.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use motepost::outbox::{Outbox, OutboxCursor, OutboxError};

const SECTOR: usize = 256;
const SECTORS: usize = 4;
const UNIT: usize = 4;

/// The chip: its words are programmed once, from zeros.
struct Chip(Vec<u8>);

impl Chip {
    fn program(&mut self, at: usize, bytes: &[u8]) {
        let part = &mut self.0[at..][..bytes.len()];
        assert!(part.iter().all(|byte| *byte == 0), "programmed twice");
        part.copy_from_slice(bytes);
    }
}

/// The driver.
struct Inverting<'a>(&'a mut Chip);

impl ErrorType for Inverting<'_> {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Inverting<'_> {
    const READ_SIZE: usize = UNIT;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        for (to, from) in bytes.iter_mut().zip(&self.0.0[offset as usize..]) {
            *to = !from;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.0.len()
    }
}

impl NorFlash for Inverting<'_> {
    const WRITE_SIZE: usize = UNIT;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.0.0[from as usize..to as usize].fill(0);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let bytes: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
        self.0.program(offset as usize, &bytes);
        Ok(())
    }
}

#[test]
fn an_inverting_driver_fills_the_sectors() {
    let mut chip = Chip(vec![0; SECTOR * SECTORS]);
    let mut pushed = 0_u8;
    let refused = loop {
        // A reset before each.
        let mut outbox = Outbox::open(Inverting(&mut chip), 0..1024, 7).unwrap();
        match outbox.push(&[pushed; 20]) {
            Ok(_) => pushed += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, OutboxError::Full);
    // Five in each sector's 224 bytes: 32 bytes each, and 12 for each start but the sector's first. One sector stays free.
    assert_eq!(pushed, 15);
    let mut outbox = Outbox::open(Inverting(&mut chip), 0..1024, 7).unwrap();
    let mut cursor = OutboxCursor::default();
    let mut buffer = [0; 32];
    for number in 0..pushed {
        assert_eq!(
            outbox.next(&mut cursor, &mut buffer).unwrap(),
            Some(&[number; 20][..])
        );
    }
    assert_eq!(outbox.next(&mut cursor, &mut buffer).unwrap(), None);
}
