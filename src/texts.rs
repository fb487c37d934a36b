//! The texts of a request: their numbers, and what each of them may hold. Both languages hand the
//! encoder their texts by number, so that one function checks and writes all of them.

use crate::ascii::{AUTHORIZER as AUTHORIZER_NAME, BASE64, HOST, TCHAR, TOKEN_KEY as KEY, VISIBLE};
use crate::error::Field;

// In the order of C's `motepost_publish_t`, whose first members are read as an array.
pub(crate) const ENDPOINT: usize = 0;
pub(crate) const TOPIC: usize = 1;
pub(crate) const PAYLOAD: usize = 2;
pub(crate) const AUTHORIZER: usize = 3;
pub(crate) const TOKEN_KEY: usize = 4;
pub(crate) const TOKEN: usize = 5;
pub(crate) const SIGNATURE: usize = 6;
/// The name of one of the caller's own headers. Its value is the next text.
pub(crate) const HEADER: usize = 7;

/// The texts of a request or of a header, from Rust or from C.
pub(crate) trait Texts: Copy {
    /// `None` where the caller gave a pointer that cannot be read.
    fn text(&self, index: usize) -> Option<&[u8]>;
}

/// What a text may hold.
pub(crate) struct Rule {
    pub(crate) field: Field,
    /// The class of its bytes.
    pub(crate) class: u8,
    pub(crate) max: u16,
}

impl Rule {
    /// Whether the text is the name of a header that the caller adds.
    pub(crate) const fn is_name(&self) -> bool {
        self.class & (TCHAR | KEY) != 0
    }
}

const RULES: [Rule; 9] = [
    rule(Field::Endpoint, HOST, 253),
    // `topic` has the rules of this one.
    rule(Field::Topic, 0, 0),
    rule(Field::Payload, 0, 0),
    rule(Field::Authorizer, AUTHORIZER_NAME, 128),
    rule(Field::TokenKey, KEY, 128),
    // `token` and `tokenSignature` of TestInvokeAuthorizer. AWS documents no limits for the data path.
    rule(Field::Token, VISIBLE, 6144),
    rule(Field::Signature, BASE64, 2560),
    // TestInvokeAuthorizer's limits for a header.
    rule(Field::HeaderName, TCHAR, 8192),
    rule(Field::HeaderValue, VISIBLE, 8192),
];

const fn rule(field: Field, class: u8, max: u16) -> Rule {
    Rule { field, class, max }
}

/// The rule of the text of this number.
pub(crate) fn rule_of(index: usize) -> &'static Rule {
    let [.., last] = &RULES;
    RULES.get(index).unwrap_or(last)
}
