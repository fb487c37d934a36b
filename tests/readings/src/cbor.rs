//! CBOR, judged by the pseudocode of RFC 8949 appendix C, which recurses where the library does not.

/// How deep exactly one well-formed item is nested. `None` when it is not well-formed, or not one.
pub fn depth(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let depth = well_formed(&mut rest, Breakable::No)?;
    (rest.is_empty()).then_some(depth?)
}

#[derive(Clone, Copy, PartialEq)]
enum Breakable {
    Yes,
    No,
}

fn take<'b>(rest: &mut &'b [u8], count: u64) -> Option<&'b [u8]> {
    let (taken, after) = rest.split_at_checked(usize::try_from(count).ok()?)?;
    *rest = after;
    Some(taken)
}

/// The depth of the next item; within, `None` for a break.
fn well_formed(rest: &mut &[u8], breakable: Breakable) -> Option<Option<usize>> {
    let first = take(rest, 1)?[0];
    let (major, info) = (first >> 5, first & 0x1f);
    let argument = match info {
        24..=27 => {
            let bytes = take(rest, 1 << (info - 24))?;
            bytes
                .iter()
                .fold(0, |value, byte| value << 8 | u64::from(*byte))
        }
        28..=30 => return None,
        31 => return indefinite(rest, major, breakable),
        _ => u64::from(info),
    };
    let items = match major {
        2 | 3 => {
            take(rest, argument)?;
            return Some(Some(0));
        }
        4 => argument,
        5 => argument.checked_mul(2)?,
        6 => return well_formed(rest, Breakable::No),
        7 if info == 24 && argument < 32 => return None,
        _ => return Some(Some(0)),
    };
    let mut deepest = 0;
    for _ in 0..items {
        deepest = deepest.max(well_formed(rest, Breakable::No)??);
    }
    Some(Some(deepest + 1))
}

fn indefinite(rest: &mut &[u8], major: u8, breakable: Breakable) -> Option<Option<usize>> {
    let mut deepest = 0;
    match major {
        2 | 3 => loop {
            let first = *rest.first()?;
            if first == 0xff {
                take(rest, 1)?;
                return Some(Some(0));
            }
            if first >> 5 != major || first & 0x1f == 31 {
                return None;
            }
            well_formed(rest, Breakable::No)?;
        },
        4 => {
            while let Some(depth) = well_formed(rest, Breakable::Yes)? {
                deepest = deepest.max(depth);
            }
            Some(Some(deepest + 1))
        }
        5 => {
            while let Some(depth) = well_formed(rest, Breakable::Yes)? {
                let value = well_formed(rest, Breakable::No)??;
                deepest = deepest.max(depth).max(value);
            }
            Some(Some(deepest + 1))
        }
        7 if breakable == Breakable::Yes => Some(None),
        _ => None,
    }
}

/// The items of an array.
///
/// # Panics
/// When `ciborium` does not read one array and nothing else.
pub fn items(array: &[u8]) -> Vec<ciborium::Value> {
    let mut rest = array;
    let value: ciborium::Value = ciborium::from_reader(&mut rest).expect("it is CBOR");
    assert!(rest.is_empty(), "{} bytes are left", rest.len());
    value.into_array().expect("it is an array")
}
