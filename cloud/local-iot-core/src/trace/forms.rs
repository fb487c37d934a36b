//! The forms in which programs write a text, and cutting them out of another.

use std::fmt::Write;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// What stands in place of a secret.
pub(super) const CUT: &str = "<redacted>";
/// Nothing so long is a word by chance.
pub(super) const LONG: usize = 16;

/// Of some texts, the longest first: a shorter one inside would leave the rest of a longer one.
#[derive(Clone)]
pub(super) struct Forms {
    forms: Vec<Form>,
    /// By its value: whether one begins with that byte.
    begins: [bool; 256],
}

#[derive(Clone, PartialEq, Eq)]
struct Form {
    text: String,
    is_distinctive: bool,
}

impl Forms {
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a String>) -> Self {
        let mut all = Vec::new();
        for text in texts {
            all.push(text.clone());
            all.extend(in_json(text));
            all.extend(in_percent(text));
            all.extend(in_base64(text.as_bytes()));
            // A signature or a password that came in base64 can be written in base64url, as the third part of a JWT is.
            if let Ok(bytes) = Base64::decode_vec(text) {
                all.push(Base64UrlUnpadded::encode_string(&bytes));
            }
        }
        all.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.dedup();
        let mut begins = [false; 256];
        let mut forms = Vec::new();
        for text in all {
            let Some(first) = text.bytes().next() else {
                continue;
            };
            begins[usize::from(first.to_ascii_lowercase())] = true;
            begins[usize::from(first.to_ascii_uppercase())] = true;
            let is_distinctive = is_distinctive(&text);
            forms.push(Form {
                text,
                is_distinctive,
            });
        }
        Self { forms, begins }
    }

    /// The text without any of them: a distinctive one is cut out wherever it is, one that could be a word only where it is a
    /// whole word. In one pass, so that what was put in place of a secret is not searched for the next.
    pub(super) fn cut_from(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            match self.at(text, at) {
                // The bytes equal those of a text, so that they end where a character does.
                Some(len) => {
                    shown.push_str(CUT);
                    at += len;
                }
                None => {
                    shown.push(next);
                    at += next.len_utf8();
                }
            }
        }
        shown
    }

    /// The length of the longest one that begins there.
    fn at(&self, text: &str, at: usize) -> Option<usize> {
        let rest = &text.as_bytes()[at..];
        if !self.begins[usize::from(*rest.first()?)] {
            return None;
        }
        let found = self.forms.iter().find(|form| {
            let own = form.text.as_bytes();
            let Some(start) = rest.get(..own.len()) else {
                return false;
            };
            if form.is_distinctive {
                return start.eq_ignore_ascii_case(own);
            }
            start == own && is_word(text, at, at + own.len())
        });
        found.map(|form| form.text.len())
    }
}

/// Whether it cannot be a part of a text by chance.
pub(super) fn is_distinctive(text: &str) -> bool {
    let length = text.chars().count();
    length >= LONG || (length >= 8 && !text.chars().all(char::is_alphabetic))
}

/// As it is, and in ASCII alone.
fn in_json(text: &str) -> [String; 2] {
    let quoted = serde_json::Value::from(text).to_string();
    let inside = quoted[1..quoted.len() - 1].to_owned();
    let mut ascii = String::new();
    for c in inside.chars() {
        if c.is_ascii() {
            ascii.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // A String takes everything.
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    [inside, ascii]
}

/// With and without `/`, in either case, and as a form writes a space.
fn in_percent(text: &str) -> [String; 4] {
    let encode = |plain: &str, upper: bool| {
        let mut encoded = String::new();
        for byte in text.bytes() {
            let c = char::from(byte);
            let _ = if byte.is_ascii_alphanumeric() || "-._~".contains(c) || plain.contains(c) {
                write!(encoded, "{c}")
            } else if upper {
                write!(encoded, "%{byte:02X}")
            } else {
                write!(encoded, "%{byte:02x}")
            };
        }
        encoded
    };
    let upper = encode("", true);
    let form = upper.replace("%20", "+");
    [upper, encode("", false), encode("/", true), form]
}

fn in_base64(bytes: &[u8]) -> [String; 3] {
    let padded = Base64::encode_string(bytes);
    let bare = padded.trim_end_matches('=').to_owned();
    [padded, bare, Base64UrlUnpadded::encode_string(bytes)]
}

/// Whether it is there as a whole word.
pub(super) fn is_in(text: &str, word: &str) -> bool {
    text.char_indices()
        .any(|(at, _)| text[at..].starts_with(word) && is_word(text, at, at + word.len()))
}

/// Whether no letter or digit continues it on either side.
fn is_word(text: &str, from: usize, to: usize) -> bool {
    let (before, after) = (&text[..from], &text[to..]);
    let inside = &text[from..to];
    let glued = |outer: Option<char>, own: Option<char>| {
        outer.is_some_and(char::is_alphanumeric) && own.is_some_and(char::is_alphanumeric)
    };
    let left = glued(before.chars().next_back(), inside.chars().next()) && !ends_in_escape(before);
    let right = glued(after.chars().next(), inside.chars().next_back());
    !left && !right
}

/// `%20`, `\u0026` or `\n`, whose last character is no letter of the word that follows.
fn ends_in_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |mark: &[u8], count: usize| {
        let at = bytes.len().checked_sub(mark.len() + count);
        at.is_some_and(|at| {
            bytes[at..].starts_with(mark)
                && bytes[at + mark.len()..].iter().all(u8::is_ascii_hexdigit)
        })
    };
    digits(b"%", 2)
        || digits(b"\\u", 4)
        || digits(b"\\x", 2)
        || matches!(bytes, [.., b'\\', b'n' | b'r' | b't'])
}
