//! A piece of text out of a stream of bytes: a line, or a field's name or value.

/// As much as any rule of ours reads: the longest value that matters, and blanks to spare.
const KEPT: usize = 64;

#[repr(C)]
pub(crate) struct Text {
    /// How long the text is so far, kept or not.
    len: u16,
    kept: [u8; KEPT],
}

impl Text {
    pub(crate) const fn new() -> Self {
        Self {
            len: 0,
            kept: [0; KEPT],
        }
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// The head's length bounds that of a text, so the length cannot wrap.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let room = self.kept.get_mut(usize::from(self.len)..);
        for (slot, byte) in room.unwrap_or_default().iter_mut().zip(bytes) {
            *slot = *byte;
        }
        self.len = self.len.wrapping_add(bytes.len() as u16);
    }

    /// The text, or its beginning.
    pub(crate) fn kept(&self) -> &[u8] {
        self.kept.get(..usize::from(self.len)).unwrap_or(&self.kept)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether all of it is kept.
    pub(crate) const fn is_whole(&self) -> bool {
        self.len as usize <= KEPT
    }
}
