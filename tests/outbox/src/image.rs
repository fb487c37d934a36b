//! What an outbox writes, built from `docs/outbox-format.md` alone.

/// CRC-32 as zlib has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// The header of a sector in which, and before which, everything is dropped.
#[must_use]
pub fn header(first: u32, epoch: u32, sector_size: u32, sectors: u16, unit: u8) -> Vec<u8> {
    let data = [
        *b"MPO1",
        first.to_le_bytes(),
        epoch.to_le_bytes(),
        sector_size.to_le_bytes(),
        (u32::from(unit) << 16 | u32::from(sectors)).to_le_bytes(),
    ];
    let data = data.as_flattened();
    let len = data.len() as u16;
    let mut record = [len.to_le_bytes(), (!len).to_le_bytes()].concat();
    record.extend(first.to_le_bytes());
    let check = crc(&[&record, data].concat());
    record.extend(check.to_le_bytes());
    record.extend(data);
    record
}
