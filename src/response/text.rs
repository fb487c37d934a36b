//! A piece of text out of a stream of bytes: a line, or a field's name or value.

use core::mem;
use core::slice::Iter;

use crate::ascii::is_text;

/// As much as any rule of ours reads: the longest value that matters, and blanks to spare.
const KEPT: usize = 64;

/// The last byte of a text that was too long to be kept. No rule allows it.
pub(crate) const CUT: u8 = 0;

#[repr(C)]
pub(crate) struct Text {
    /// How long the text is so far, kept or not.
    len: usize,
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

    /// Takes bytes up to the first that belongs in no such text, and gives that one. The head's length
    /// bounds that of a text, so the length cannot wrap.
    #[inline(always)]
    pub(crate) fn fill(&mut self, ahead: &mut Iter<'_, u8>, class: u8) -> Option<u8> {
        let mut len = self.len;
        let stop = ahead.copied().find(|byte| {
            if !is_text(*byte, class) {
                return true;
            }
            if let Some(slot) = self.kept[..KEPT].get_mut(len) {
                *slot = *byte;
            }
            len = len.wrapping_add(1);
            false
        });
        self.len = len;
        stop
    }

    /// The text, or its beginning and [`CUT`]. The next one begins.
    pub(crate) fn take(&mut self) -> &[u8] {
        let len = mem::take(&mut self.len);
        self.kept.get(..len).unwrap_or(&self.kept)
    }
}
