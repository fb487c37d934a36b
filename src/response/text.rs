//! A piece of text from a stream of bytes: a line, or the name or value of a field.

use core::mem;
use core::slice::Iter;

use crate::ascii::is_text;

/// Enough for the longest value that matters, and blanks around it.
const KEPT: usize = 64;

/// Ends a text that was too long to keep. No rule allows this byte.
pub(crate) const CUT: u8 = 0;

#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub(crate) struct Text {
    /// The length of the text so far, kept or not.
    len: usize,
    /// The kept part, and [`CUT`].
    kept: [u8; KEPT + 1],
}

impl Text {
    pub(crate) const fn new() -> Self {
        Self {
            len: 0,
            kept: [CUT; KEPT + 1],
        }
    }

    /// Takes bytes up to the first that is not in the class, and returns that one. The limit on the head
    /// bounds the length, so it cannot wrap.
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

    /// Returns the text, or its start and [`CUT`], and starts the next one.
    pub(crate) fn take(&mut self) -> &[u8] {
        let len = mem::take(&mut self.len);
        self.kept.get(..len).unwrap_or(&self.kept)
    }
}
