//! A piece of text out of a stream of bytes: a line, or a field's name or value.

use core::mem;

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

    /// The head's length bounds that of a text, so the length cannot wrap.
    #[inline(never)]
    pub(crate) fn push(&mut self, run: &[u8]) {
        for byte in run {
            if let Some(slot) = self.kept[..KEPT].get_mut(self.len) {
                *slot = *byte;
            }
            self.len = self.len.wrapping_add(1);
        }
    }

    /// The text with its last run, or its beginning and [`CUT`]. The next one begins.
    pub(crate) fn take<'t>(&'t mut self, run: &'t [u8]) -> &'t [u8] {
        if self.len == 0 && run.len() <= KEPT {
            return run;
        }
        self.push(run);
        let len = mem::take(&mut self.len);
        self.kept.get(..len).unwrap_or(&self.kept)
    }
}
