//! What programs of random C calls begin with.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use motepost::ffi::*;

/// Numerical Recipes' generator.
pub struct Random(pub u32);

impl Random {
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % bound
    }

    pub fn chance(&mut self) -> bool {
        self.below(2) == 0
    }
}

pub fn text(text: &str) -> motepost_str_t {
    motepost_str_t {
        ptr: text.as_ptr().cast::<c_char>(),
        len: text.len(),
    }
}

/// Makes some message, for as long as `work` takes.
fn with_some_message(random: &mut Random, work: impl Fn(&mut Random, *const motepost_publish_t)) {
    let payload = [b'p'; 150];
    let headers = [motepost_pair_t {
        name: text("id"),
        value: text("uniqueID"),
    }];
    // SAFETY: zeros are what the header tells C to start from.
    let properties = motepost_properties_t {
        content_type: text("application/json"),
        user: headers.as_ptr(),
        user_count: 1,
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };
    let signed = random.chance();
    let with_properties = random.chance();
    // SAFETY: the same.
    let publish = motepost_publish_t {
        endpoint: text("host.example"),
        topic: text("uniqueID/status"),
        payload: motepost_bytes_t {
            ptr: payload.as_ptr(),
            len: random.below(150) as usize,
        },
        authorizer: text("unsignedAuthorizer"),
        token_key: text("token"),
        token: text("allow"),
        signature: text(if signed { "QUJD" } else { "" }),
        encode_signature: if random.chance() {
            Some(motepost_encode_signature)
        } else {
            Some(motepost_copy_signature)
        },
        encode_properties: with_properties.then_some(motepost_encode_properties),
        properties: if with_properties {
            &properties
        } else {
            ptr::null()
        },
        credentials_in_query: random.chance().then_some(motepost_credentials_in_query),
        headers: headers.as_ptr(),
        header_count: 1,
        qos: u8::try_from(random.below(2)).unwrap(),
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };
    work(random, &publish);
}

/// Runs so many programs, each with some message. Miri draws the first one's number from its own seed: -Zmiri-many-seeds tries others, and -Zmiri-seed
/// one of them again.
pub fn programs(count: usize, run: impl Fn(&mut Random, *const motepost_publish_t)) {
    use std::hash::{BuildHasher, RandomState};
    let first = if cfg!(miri) {
        RandomState::new().hash_one(()) as u32
    } else {
        0
    };
    for at in 0..count as u32 {
        with_some_message(&mut Random(first.wrapping_add(at)), &run);
    }
}

/// A status is one of the header's.
pub fn check_status(status: i32) {
    let is_known =
        (MOTEPOST_E_NOT_KEPT..=MOTEPOST_NO_MORE).contains(&status) || status <= MOTEPOST_E_REFUSED;
    assert!(is_known, "{status}");
}
