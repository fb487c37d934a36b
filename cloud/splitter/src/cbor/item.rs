//! Where a CBOR data item ends: the rules of RFC 8949 appendix C, with a list of what is open in place of its recursion.

const CUT: &str = "it is cut off";
const NOT_WELL_FORMED: &str = "it is not well-formed";

/// The first bytes of an item (RFC 8949 section 3).
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) major: u8,
    /// `None` where the length is indefinite, and in a break.
    pub(super) argument: Option<u64>,
}

/// What an item stands in.
enum Open {
    /// So many more of an array, a map or a tag.
    Items(u64),
    /// An array without a length.
    Array,
    /// A map without a length. It ends before a key only.
    Map { is_value_next: bool },
    /// A string without a length: its chunks are of its own major type.
    Chunks(u8),
}

impl Head {
    /// And what follows.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), &'static str> {
        let (first, rest) = bytes.split_first().ok_or(CUT)?;
        let (major, info) = (first >> 5, first & 0x1f);
        let (argument, rest) = match info {
            0..=23 => (Some(info.into()), rest),
            24..=27 => {
                let (bytes, rest) = rest.split_at_checked(1 << (info - 24)).ok_or(CUT)?;
                let fold = |argument, byte: &u8| argument << 8 | u64::from(*byte);
                (Some(bytes.iter().fold(0, fold)), rest)
            }
            31 => (None, rest),
            _ => return Err(NOT_WELL_FORMED),
        };
        // Section 3.3: a simple value below 32 in two bytes.
        if (major, info) == (7, 24) && argument < Some(32) {
            return Err(NOT_WELL_FORMED);
        }
        Ok((Self { major, argument }, rest))
    }

    const fn is_break(self) -> bool {
        self.major == 7 && self.argument.is_none()
    }
}

impl Open {
    /// Whether a break ends it.
    const fn may_end(&self) -> bool {
        !matches!(
            self,
            Self::Items(_)
                | Self::Map {
                    is_value_next: true
                }
        )
    }

    /// Takes one more item.
    fn take(&mut self, head: Head) -> Result<(), &'static str> {
        match self {
            Self::Items(left) => *left = left.saturating_sub(1),
            Self::Array => {}
            Self::Map { is_value_next } => *is_value_next = !*is_value_next,
            Self::Chunks(major) if head.major == *major && head.argument.is_some() => {}
            Self::Chunks(_) => return Err(NOT_WELL_FORMED),
        }
        Ok(())
    }
}

/// The first item, and what follows it.
pub(super) fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let mut rest = bytes;
    let mut open = vec![Open::Items(1)];
    while let Some(around) = open.last_mut() {
        if matches!(around, Open::Items(0)) {
            open.pop();
            continue;
        }
        let (head, after) = Head::read(rest)?;
        rest = after;
        if head.is_break() {
            if !around.may_end() {
                return Err(NOT_WELL_FORMED);
            }
            open.pop();
            continue;
        }
        around.take(head)?;
        match (head.major, head.argument) {
            (0 | 1 | 7, Some(_)) => {}
            (2 | 3, Some(length)) => {
                let length = usize::try_from(length).map_err(|_| CUT)?;
                rest = rest.get(length..).ok_or(CUT)?;
            }
            (2 | 3, None) => open.push(Open::Chunks(head.major)),
            (4, Some(count)) => open.push(Open::Items(count)),
            (4, None) => open.push(Open::Array),
            // No payload holds as many as the half of 2^64.
            (5, Some(count)) => open.push(Open::Items(count.checked_mul(2).ok_or(CUT)?)),
            (5, None) => open.push(Open::Map {
                is_value_next: false,
            }),
            (6, Some(_)) => open.push(Open::Items(1)),
            _ => return Err(NOT_WELL_FORMED),
        }
    }
    Ok(bytes.split_at(bytes.len() - rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of random bytes. ciborium takes a short simple value in two bytes, which section 3.3 forbids.
    #[test]
    fn what_ciborium_reads_ends_where_ciborium_ends() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut read = 0;
        for _ in 0..200_000 {
            let bytes: Vec<u8> = (0..random.usize(1..12)).map(|_| random.u8(..)).collect();
            if bytes.windows(2).any(|two| two[0] == 0xf8 && two[1] < 32) {
                continue;
            }
            let mut rest = bytes.as_slice();
            if ciborium::from_reader::<ciborium::Value, _>(&mut rest).is_ok() {
                let (_, after) =
                    split(&bytes).unwrap_or_else(|error| panic!("{bytes:02x?}: {error}"));
                assert_eq!(after, rest, "{bytes:02x?}");
                read += 1;
            }
        }
        assert!(read > 50_000, "{read}");
    }
}
