//! Whether bytes are exactly one well-formed CBOR data item (RFC 8949 section 5.3.1 and appendix C), in
//! constant memory: how many items each open level still needs.

use crate::batch::depth::MAX_DEPTH;
use crate::error::Reason;

// What a level of indefinite length needs: items, or pairs of them. Every other level needs a number of
// items, which is never larger than the number of bytes.
const ITEMS: usize = usize::MAX;
const KEYS: usize = ITEMS - 1;
const VALUE: usize = KEYS - 1;

// Major types (RFC 8949 section 3.1).
#[cfg(feature = "senml")]
pub(crate) const UNSIGNED: u8 = 0;
#[cfg(feature = "senml")]
pub(crate) const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;
pub(crate) const ARRAY: u8 = 4;
pub(crate) const MAP: u8 = 5;
pub(crate) const TAG: u8 = 6;
const SIMPLE: u8 = 7;

/// The additional information of an item of indefinite length.
const INDEFINITE: u8 = 31;
const BREAK: u8 = SIMPLE << 5 | INDEFINITE;

/// Why the bytes are not one data item.
#[inline(never)]
pub(crate) fn fault(item: &[u8]) -> Option<Reason> {
    check(item).unwrap_or(Some(Reason::NotOneValue))
}

/// `None` when the bytes end early, or mean nothing.
#[inline(always)]
fn check(item: &[u8]) -> Option<Option<Reason>> {
    let mut reader = Reader { rest: item };
    // What the innermost level needs, and those around it. The outermost one needs this item.
    let mut needed: usize = 1;
    let mut around = [(); MAX_DEPTH].map(|()| 0);
    let mut depth: usize = 0;
    let mut is_tagged = false;
    loop {
        while needed == 0 {
            let Some(outer) = depth.checked_sub(1) else {
                return reader.rest.is_empty().then_some(None);
            };
            depth = outer;
            needed = *around.get(depth)?;
        }
        let head = reader.head()?;
        if head.is(BREAK) {
            if is_tagged || needed < KEYS {
                return None;
            }
            needed = 0;
            continue;
        }
        is_tagged = head.major == TAG;
        let opened = match head.major {
            ARRAY if head.is_indefinite() => Some(ITEMS),
            MAP if head.is_indefinite() => Some(KEYS),
            BYTES | TEXT if head.is_indefinite() => reader.chunks(head.major)?,
            _ if head.is_indefinite() => return None,
            ARRAY => Some(reader.at_most(head.argument)?),
            MAP => Some(reader.at_most(head.argument.saturating_mul(2))?),
            BYTES | TEXT => reader.skip(head.argument)?,
            // The item that is tagged is still needed.
            TAG => continue,
            // These have one byte (RFC 8949 section 3.3).
            SIMPLE if head.info == 24 && head.argument < 32 => return None,
            _ => None,
        };
        needed = match needed {
            ITEMS => ITEMS,
            KEYS => VALUE,
            VALUE => KEYS,
            items => items.wrapping_sub(1),
        };
        if let Some(items) = opened {
            let Some(outer) = around.get_mut(depth) else {
                return Some(Some(Reason::TooDeep));
            };
            *outer = needed;
            depth = depth.wrapping_add(1);
            needed = items;
        }
    }
}

/// The beginning of an item.
struct ItemHead {
    major: u8,
    info: u8,
    /// `usize::MAX` stands for everything that is larger.
    argument: usize,
}

impl ItemHead {
    const fn is(&self, byte: u8) -> bool {
        self.major << 5 | self.info == byte
    }

    const fn is_indefinite(&self) -> bool {
        self.info == INDEFINITE
    }
}

struct Reader<'i> {
    rest: &'i [u8],
}

impl Reader<'_> {
    fn head(&mut self) -> Option<ItemHead> {
        let (first, rest) = self.rest.split_first()?;
        let (major, info) = (first >> 5, first & 31);
        let count = match info {
            24..=27 => 1 << (info & 3),
            28..INDEFINITE => return None,
            _ => 0,
        };
        let (bytes, rest) = rest.split_at_checked(count)?;
        self.rest = rest;
        let mut argument = if count == 0 { usize::from(info) } else { 0 };
        for byte in bytes {
            argument = if argument >> (usize::BITS - 8) == 0 {
                argument << 8 | usize::from(*byte)
            } else {
                usize::MAX
            };
        }
        Some(ItemHead {
            major,
            info,
            argument,
        })
    }

    /// A number of items, unless there are fewer bytes.
    fn at_most(&self, items: usize) -> Option<usize> {
        (items <= self.rest.len()).then_some(items)
    }

    /// The content of a string, which opens no level.
    fn skip(&mut self, len: usize) -> Option<Option<usize>> {
        (_, self.rest) = self.rest.split_at_checked(len)?;
        Some(None)
    }

    /// The chunks of a string of indefinite length: strings of the same type and of definite length
    /// (RFC 8949 section 3.2.3).
    fn chunks(&mut self, major: u8) -> Option<Option<usize>> {
        loop {
            let head = self.head()?;
            if head.is(BREAK) {
                return Some(None);
            }
            if head.major != major || head.is_indefinite() {
                return None;
            }
            self.skip(head.argument)?;
        }
    }
}
