//! `examples/firmware` on this machine, at a line that no emulated board has.

use std::ffi::OsStr;

use ffi_tests::compiler::{Language, output_of};
use ffi_tests::{archive, out_dir};

const CREDENTIALS: &str = "#define ENDPOINT \"host.example\"\n#define DEVICE_ID \"uniqueID\"\n#define TOPIC \"uniqueID/status\"\n\
    #define AUTHORIZER \"unsignedAuthorizer\"\n#define READING \"21.5\"\n#define TOKEN \"allow\"\n";

#[test]
fn a_line_that_never_falls_silent_does_not_keep_the_device() {
    let dir = out_dir("noisy");
    std::fs::write(dir.join("credentials.h"), CREDENTIALS).expect("it can be written");
    let source = xtask::workspace_root().join("ffi-tests/firmware/noisy.c");
    let arguments = [
        OsStr::new("-I"),
        dir.as_os_str(),
        OsStr::new("-DTIMEOUT=1000000"),
        OsStr::new("-DSILENCE=1000000"),
        archive().path.as_os_str(),
    ];
    let program = Language::C11.sanitized(&source, "firmware-noisy", &arguments);
    let said = program.and_then(|program| output_of(&program));
    let said = said.unwrap_or_else(|reason| panic!("{reason}"));
    let (report, sent) = said.split_once('\n').expect("two lines");
    let outcome = "motepost: outcome=no_response http=0 writes=0 ";
    assert!(report.starts_with(outcome), "{said}");
    assert_eq!(sent, "sent 0\n");
}
