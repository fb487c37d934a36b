//! CRC-32 as Ethernet, zlib and PNG have it, bit by bit: a table would take 1,024 bytes of flash.

pub(crate) struct Crc(u32);

impl Crc {
    pub(crate) const fn new() -> Self {
        Self(u32::MAX)
    }

    #[inline]
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u32::from(*byte);
            for _ in 0..8 {
                let low = self.0 & 1;
                self.0 = (self.0 >> 1) ^ (0xedb8_8320 & low.wrapping_neg());
            }
        }
    }

    /// The check of what was added, in the order in which it is stored.
    pub(crate) const fn check(&self) -> [u8; 4] {
        (!self.0).to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value that catalogues of CRCs give.
    #[test]
    fn nine_digits_have_the_published_check() {
        let mut crc = Crc::new();
        crc.add(b"1234");
        crc.add(b"56789");
        assert_eq!(crc.check(), 0xcbf4_3926_u32.to_le_bytes());
    }
}
