//! A piece of text out of a stream of bytes: a line, or a field's name or value.

use core::mem;

/// As much as any rule of ours reads: the longest value that matters, and blanks to spare.
const KEPT: usize = 64;

/// The last byte of a text that was too long to be kept. No rule allows it.
pub(crate) const CUT: u8 = 0;

#[repr(C)]
pub(crate) struct Text {
    /// How long the text is so far, kept or not.
    len: u16,
    /// What is kept of it, and [`CUT`].
    kept: [u8; KEPT + 1],
}

impl Text {
    pub(crate) const fn new() -> Self {
        Self {
            len: 0,
            kept: [CUT; KEPT + 1],
        }
    }

    /// The head's length bounds that of a text, so the length cannot wrap.
    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(slot) = self.kept[..KEPT].get_mut(usize::from(self.len)) {
            *slot = byte;
        }
        self.len = self.len.wrapping_add(1);
    }

    /// The text, or its beginning and [`CUT`]. The next one begins.
    pub(crate) fn take(&mut self) -> &[u8] {
        let len = mem::take(&mut self.len);
        self.kept.get(..usize::from(len)).unwrap_or(&self.kept)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }
}
