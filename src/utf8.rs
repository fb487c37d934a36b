//! UTF-8 (RFC 3629), as it comes.

/// A character in UTF-8, byte by byte, by the table of RFC 3629 section 4. `core::str::from_utf8` is
/// several times larger. Bytes are held in words, which Thumb does not have to narrow again.
pub(crate) struct Utf8 {
    /// A lead byte starts with a one for itself and one for each byte that follows. It is shifted left
    /// once for each of them: while its top bit is set, another is due.
    lead: isize,
}

impl Utf8 {
    pub(crate) const fn new() -> Self {
        Self { lead: 0 }
    }

    #[inline(always)]
    pub(crate) fn may_go_on(&mut self, before: usize, byte: usize) -> bool {
        if self.is_open() {
            self.lead <<= 1;
            byte & 0xc0 == 0x80 && (before < 0xc0 || may_begin(before, byte))
        } else if byte < 0x80 {
            true
        } else {
            // The one for the lead itself falls off.
            self.lead = (byte << (usize::BITS - 7)) as isize;
            byte >= 0xc0
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.lead < 0
    }
}

/// Whether a character may start with these two bytes: no overlong form, no surrogate, nothing beyond
/// U+10FFFF.
#[inline(always)]
const fn may_begin(lead: usize, second: usize) -> bool {
    const LAST: usize = pair(0xf4, 0x80);
    const LONG_OF_THREE: usize = pair(0xe0, 0x80);
    const SURROGATE: usize = pair(0xed, 0xa0);
    const LONG_OF_FOUR: usize = pair(0xf0, 0x80);
    let pair = pair(lead, second);
    // Two of these pairs are below U+0800, two are surrogates, and one is below U+10000.
    pair <= LAST
        && pair >> 1 != LONG_OF_THREE >> 1
        && pair >> 1 != SURROGATE >> 1
        && pair != LONG_OF_FOUR
}

/// Numbers the first two bytes of a character: one number for sixteen second bytes, from the lowest lead.
const fn pair(lead: usize, second: usize) -> usize {
    (lead << 2)
        .wrapping_add(second >> 4)
        .wrapping_sub((0xc2 << 2) + (0x80 >> 4))
}
