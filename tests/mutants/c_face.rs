//! The C programs of `ffi-tests`, in one language and without sanitizers, as functions of this program.

use core::ffi::c_int;

macro_rules! programs {
    ($($program:ident $main:ident $library:literal)*) => {
        $(
            #[link(name = $library, kind = "static")]
            unsafe extern "C" {
                fn $main() -> c_int;
            }

            #[test]
            fn $program() {
                // SAFETY: a C program's `main`, which leaves nothing behind.
                assert_eq!(unsafe { $main() }, 0);
            }
        )*
    };
}

programs! {
    compose compose_main "c_compose"
    encode encode_main "c_encode"
    exchange exchange_main "c_exchange"
    faults faults_main "c_faults"
    misuse misuse_main "c_misuse"
    refusals refusals_main "c_refusals"
    response response_main "c_response"
    token token_main "c_token"
    transport transport_main "c_transport"
}

// What the C programs call is in there.
use motepost as _;
