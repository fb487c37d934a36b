//! The C programs of `ffi-tests/c`, each under every standard, each under the sanitizers and under valgrind.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ffi_tests::compiler::{Language, output_of};
use ffi_tests::{archive, header, memcheck, source};

/// A test for each program in each language.
macro_rules! programs {
    ($($program:ident)*) => {
        $(mod $program {
            use super::{Language, passes, passes_under_valgrind};

            #[test]
            fn in_c99() {
                passes(stringify!($program), Language::C99);
            }

            #[test]
            fn in_c11() {
                passes(stringify!($program), Language::C11);
            }

            #[test]
            fn in_cpp17() {
                passes(stringify!($program), Language::Cpp17);
            }

            #[test]
            fn under_valgrind() {
                passes_under_valgrind(stringify!($program));
            }
        })*

        const PROGRAMS: &[&str] = &[$(stringify!($program)),*];
    };
}

programs! { batch compose credentials encode exchange faults misuse outbox refusals response token transport }

fn passes(program: &str, language: Language) {
    let name = format!("{program}-{language:?}");
    if language.is_here(&name) {
        let path = language.sanitized(&path_of(program), &name, &[archive().path.as_os_str()]);
        show_table(&succeed(path.and_then(|program| output_of(&program))));
    }
}

fn passes_under_valgrind(program: &str) {
    let name = format!("{program}-valgrind");
    if memcheck::is_here(&name) {
        let path = Language::C11.plain(&path_of(program), &name, &[archive().path.as_os_str()]);
        let output = path.and_then(|program| memcheck::output_under_memcheck(&program, &[]));
        show_table(&succeed(output));
    }
}

/// What a program prints besides the statuses that it reached.
fn show_table(output: &str) {
    for line in output.lines().filter(|line| !line.starts_with("reached ")) {
        println!("{line}");
    }
}

fn path_of(program: &str) -> PathBuf {
    source(&format!("{program}.c"))
}

fn succeed<T>(result: Result<T, String>) -> T {
    result.unwrap_or_else(|reason| panic!("{reason}"))
}

#[test]
fn no_program_is_left_out_of_the_list() {
    let dir = source("").read_dir().expect("the sources are there");
    let mut found: Vec<String> = dir
        .map(|entry| entry.expect("it can be read").file_name())
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".c")?.to_owned()))
        .collect();
    found.sort();
    assert_eq!(found, PROGRAMS);
}

/// The programs print each status that a call gave as it should. Together they have to reach them all.
#[test]
fn every_status_every_field_and_every_reason_is_reached_from_c() {
    let reached: BTreeSet<i64> = PROGRAMS
        .iter()
        .flat_map(|program| statuses(program))
        .collect();
    for (name, number) in header::constants() {
        let is_reached = if name == "MOTEPOST_E_REFUSED" {
            continue;
        } else if name.starts_with("MOTEPOST_FIELD_") {
            reached
                .iter()
                .any(|status| *status < -100 && -status / 100 == number)
        } else if name.starts_with("MOTEPOST_REASON_") {
            reached
                .iter()
                .any(|status| *status < -100 && -status % 100 == number)
        } else if name.starts_with("MOTEPOST_E_")
            || ["MOTEPOST_OK", "MOTEPOST_AGAIN"].contains(&&*name)
        {
            reached.contains(&number)
        } else {
            continue;
        };
        assert!(is_reached, "{name}");
    }
}

fn statuses(program: &str) -> Vec<i64> {
    let name = format!("{program}-plain");
    let path = Language::C11.plain(&path_of(program), &name, &[archive().path.as_os_str()]);
    let output = succeed(path.and_then(|program| output_of(&program)));
    let statuses = output
        .lines()
        .filter_map(|line| line.strip_prefix("reached "));
    statuses
        .map(|status| status.parse().expect("it is a number"))
        .collect()
}
