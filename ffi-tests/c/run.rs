//! Each C program of this folder as a function of this one.

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

include!(concat!(env!("OUT_DIR"), "/programs.rs"));

// What the C programs call is in there.
use motepost as _;
