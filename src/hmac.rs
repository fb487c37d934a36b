//! HMAC-SHA256 (RFC 2104) with padding by FIPS 180-4 section 5.1.1, around `sha2`'s compression.
//!
//! The `hmac` crate keeps two hashes with a buffer each and moves them: on a Cortex-M4 that takes 306
//! bytes more of flash and 304 more of stack. It checks this code, in `DeviceKey::check` and in the tests.

use core::hint::black_box;

use sha2::block_api::compress256;

/// FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const BLOCK: usize = 64;
const DIGEST: usize = 32;

/// The MAC of the pieces, one after another: as many of its bytes as fit in `mac`, in fours.
pub(crate) fn hmac_sha256(key: &[u8; DIGEST], pieces: &[&[u8]], mac: &mut [u8]) {
    // Filled in loops and never moved: the compiler would call the firmware's memset and memcpy. `[0; 8]`
    // costs 60 bytes that way.
    let mut state = [(); 8].map(|()| 0);
    let mut block = [(); BLOCK].map(|()| 0);
    let mut digest = [(); DIGEST].map(|()| 0);
    let mut hash = Sha256 {
        state: &mut state,
        block: &mut block,
        len: 0,
    };
    hash.begin(key, 0x36);
    for piece in pieces {
        hash.update(piece);
    }
    hash.finish();
    hash.digest(&mut digest);
    hash.begin(key, 0x5c);
    hash.update(&digest);
    hash.finish();
    hash.digest(mac);
    // Hashes zeros, to overwrite what the compressions left of the key in the state and on the stack.
    digest.iter_mut().for_each(|byte| *byte = 0);
    hash.begin(&digest, 0);
    hash.finish();
    black_box(&state);
}

struct Sha256<'s> {
    state: &'s mut [u32; 8],
    block: &'s mut [u8; BLOCK],
    /// The number of bytes hashed.
    len: u32,
}

impl Sha256<'_> {
    /// Starts with the padded key.
    #[inline(never)]
    fn begin(&mut self, key: &[u8; DIGEST], pad: u8) {
        for (word, initial) in self.state.iter_mut().zip(&INITIAL) {
            *word = *initial;
        }
        self.len = 0;
        for byte in key {
            self.byte(byte ^ pad);
        }
        for _ in DIGEST..BLOCK {
            self.byte(pad);
        }
    }

    #[inline(never)]
    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    #[inline(never)]
    fn byte(&mut self, byte: u8) {
        let at = self.len as usize % BLOCK;
        if let Some(slot) = self.block.get_mut(at) {
            *slot = byte;
        }
        self.len = self.len.wrapping_add(1);
        if at == BLOCK - 1 {
            compress256(self.state, core::slice::from_ref(self.block));
        }
    }

    #[inline(never)]
    fn finish(&mut self) {
        let len = self.len;
        self.byte(0x80);
        while self.len as usize % BLOCK != BLOCK - 8 {
            self.byte(0);
        }
        // The length in bits, as a number of 64 bits.
        for word in [len >> 29, len << 3] {
            self.update(&word.to_be_bytes());
        }
    }

    /// The first bytes of the finished hash.
    #[inline(never)]
    fn digest(&self, bytes: &mut [u8]) {
        for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(&*self.state) {
            *bytes = word.to_be_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use hmac::{Hmac, KeyInit, Mac};

    use super::hmac_sha256;

    /// One in so many: Miri is some thousand times slower.
    const STEP: usize = if cfg!(miri) { 97 } else { 1 };

    #[test]
    fn is_what_the_hmac_crate_says_for_every_length_over_several_blocks() {
        let bytes: Vec<u8> = (0..300_u32)
            .map(|at| (at.wrapping_mul(151) >> 3) as u8)
            .collect();
        for len in (0..bytes.len()).step_by(STEP) {
            let (text, _) = bytes.split_at(len);
            let key = [len as u8; 32];
            let mut block = [0; 64];
            for (slot, byte) in block.iter_mut().zip(key) {
                *slot = byte;
            }
            let mut expected = Hmac::<sha2::Sha256>::new(&block.into());
            expected.update(text);
            let (first, second) = text.split_at(len / 3);
            let expected = expected.finalize().into_bytes();
            let mut mac = [0; 32];
            hmac_sha256(&key, &[first, second], &mut mac);
            assert_eq!(mac[..], expected[..], "{len}");
        }
    }
}
