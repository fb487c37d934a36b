//! Whole exchanges over a transport that does what the fuzzer says: short counts, faults, closes, lies. As the fast target, with any
//! request, and each region an allocation of its own under the address sanitizer.
//!
//! Input: the fields of a request (see `fields.rs`); behind `Z` the script of an exchange.

use motepost::Publish;
use motepost_fuzz_fast::exchange::{Script, over_a_transport, stepwise};
use motepost_fuzz_fast::fields::Fields;
use motepost_fuzz_fast::request::with_publish;

/// `run` is what the target calls.
pub fn run(data: &[u8]) {
    let fields = Fields::of(data);
    let Some(script) = Script::of(fields.script, 2048) else {
        return;
    };
    with_publish(&fields, |publish| {
        let request = request(publish);
        let room = || vec![0; script.capacity].into_boxed_slice();
        let by_hand = fields.flag(b'p');
        stepwise(
            publish,
            &request,
            &script,
            by_hand,
            [&mut room(), &mut room()],
        );
        over_a_transport(publish, &request, &script, [&mut room(), &mut room()]);
    });
}

/// None where it is refused.
fn request(publish: &Publish<'_>) -> Vec<u8> {
    let room = publish.head_len().unwrap_or_default() + 200_000;
    let mut buffer = vec![0; room];
    publish
        .encode(&mut buffer)
        .map_or_else(|_| Vec::new(), |request| request.to_vec())
}
