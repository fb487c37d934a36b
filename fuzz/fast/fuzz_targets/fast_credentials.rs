#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| motepost_fuzz_fast::credentials::run(data));
