//! The header is the manual: up to date with `src/ffi`, and every example that is shown compiles as it is shown.

use std::path::PathBuf;
use std::process::Command;

use ffi_tests::compiler::Language;
use ffi_tests::tools::succeed;
use ffi_tests::{archive, header, out_dir};

#[test]
fn the_header_is_the_one_that_the_sources_make() {
    xtask::header::check().unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn the_header_can_stand_alone_and_be_included_twice() {
    for language in [Language::C99, Language::C11, Language::Cpp17] {
        if language.is_here("the header in C++") {
            compiles(
                "alone",
                language,
                "#include \"motepost.h\"\n#include \"motepost.h\"\nint main(void) { return 0; }\n",
            );
        }
    }
}

#[test]
fn the_header_s_example_compiles() {
    let example = header::example().expect("the comment at the top holds a block of C");
    in_both_c("header-example", &complete(&example));
}

#[test]
fn the_readme_s_examples_compile() {
    let readme = xtask::workspace_root().join("README.md");
    let blocks = header::blocks(&std::fs::read_to_string(readme).expect("there is a README"));
    assert!(!blocks.is_empty(), "the README shows no C");
    for (number, block) in blocks.iter().enumerate() {
        in_both_c(&format!("readme-example-{number}"), &complete(block));
    }
}

#[test]
fn the_manual_s_examples_compile() {
    let blocks = header::blocks(&manual());
    assert_eq!(blocks.len(), manual().matches("```c\n").count());
    assert!(!blocks.is_empty(), "the manual shows no C");
    for (number, block) in blocks.iter().enumerate() {
        in_both_c(&format!("manual-example-{number}"), &complete(block));
    }
}

#[test]
fn the_manual_says_what_each_status_and_verdict_asks() {
    let manual = manual();
    let (_, section) = manual
        .split_once("## What each status asks of you")
        .expect("it has the section");
    let (section, _) = section.split_once("\n## ").expect("it is not the last one");
    for name in header::constants().keys() {
        let verdicts = ["ACCEPTED", "DENIED", "REJECTED", "THROTTLED", "UNAVAILABLE"];
        let is_asked = name.starts_with("MOTEPOST_E_")
            || ["MOTEPOST_OK", "MOTEPOST_AGAIN", "MOTEPOST_NO_MORE"].contains(&&**name)
            || verdicts.iter().any(|verdict| name.ends_with(verdict));
        assert!(
            !is_asked || section.contains(&format!("`{name}`")),
            "{name}"
        );
    }
}

#[test]
fn a_literal_makes_text_and_nothing_else_does() {
    for (kind, text, is_text) in [
        ("literal", "MOTEPOST_STR(\"x\")", true),
        ("empty", "MOTEPOST_STR(\"\")", true),
        ("two-literals", "MOTEPOST_STR(\"x\" \"y\")", true),
        ("pointer", "MOTEPOST_STR(pointer)", false),
        ("array", "MOTEPOST_STR(array)", false),
        ("null", "MOTEPOST_STR(NULL)", false),
        ("condition", "MOTEPOST_STR(*pointer ? \"x\" : \"y\")", false),
    ] {
        let program = format!(
            "#include \"motepost.h\"\nextern const char *pointer;\nextern char array[4];\n\
             motepost_str_t text(void);\n\
             motepost_str_t text(void) {{ motepost_str_t text = {text}; (void)pointer; (void)array; return text; }}\n"
        );
        for language in [Language::C99, Language::C11, Language::Cpp17] {
            if !language.is_here("MOTEPOST_STR in C++") {
                continue;
            }
            let source = out_dir("programs").join(format!("str-{kind}.c"));
            std::fs::write(&source, &program).expect("the source can be written");
            let checked = language.check(&source);
            assert_eq!(
                checked.is_ok(),
                is_text,
                "{language:?}, {text}: {checked:?}"
            );
        }
    }
}

#[test]
fn text_that_is_made_at_run_time_is_as_long_as_its_string() {
    let source = out_dir("programs").join("str-run-time.c");
    let text = r#"
#include <string.h>
#include "motepost.h"
int main(int count, char **arguments) {
    char array[8] = "ab";
    const char *pointer = count > 1 ? arguments[1] : "";
    motepost_str_t topic = MOTEPOST_STR("a literal");
    if (topic.len != 9 || motepost_str(array).len != 2 || motepost_str(NULL).len != 0) {
        return 1;
    }
#ifndef __cplusplus
    topic = (motepost_str_t)MOTEPOST_STR("another");
    if (topic.len != 7) {
        return 2;
    }
#endif
    topic = motepost_str(pointer);
    return topic.len != strlen("uniqueID/status") || topic.ptr != pointer;
}
"#;
    std::fs::write(&source, text).expect("the source can be written");
    for language in [Language::C99, Language::Cpp17] {
        if language.is_here("motepost_str in C++") {
            let name = format!("str-run-time-{language:?}");
            let program = language.sanitized(&source, &name, &[archive().path.as_os_str()]);
            let program = program.unwrap_or_else(|reason| panic!("{reason}"));
            succeed(
                Command::new(program)
                    .arg("uniqueID/status")
                    .env("ASAN_OPTIONS", "detect_leaks=0"),
            );
        }
    }
}

/// The manual's own loop, with a peer that says a byte a millisecond, or as many as there is room for, without an end.
#[test]
fn the_manual_s_deadline_holds_against_a_peer_that_drips_or_never_stops() {
    let program = around_example("manual-deadline", "publish_within(", DRIPPING);
    for pace in ["1", "1000"] {
        succeed(
            Command::new(&program)
                .arg(pace)
                .env("ASAN_OPTIONS", "detect_leaks=0"),
        );
    }
}

/// Exits with 0 if no call of the modem began after the 200 ms.
const DRIPPING: &str = r#"
#include <stdlib.h>
#include <string.h>
#include "motepost.h"
int32_t modem_recv(void *ctx, void *buffer, size_t len);
int32_t modem_send(void *ctx, const void *buffer, size_t len);
@BLOCK@
static uint32_t now, last_call;

uint32_t millis(void) {
    return now;
}

int32_t modem_send(void *ctx, const void *buffer, size_t len) {
    (void)ctx;
    (void)buffer;
    last_call = now++;
    return (int32_t)len;
}

int32_t modem_recv(void *ctx, void *buffer, size_t len) {
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
    static size_t said;
    const size_t pace = *(const size_t *)ctx;
    char *to = (char *)buffer;
    size_t count = 0;
    if (now > 1000) {
        exit(2); // a loop that nobody ends
    }
    for (; count < len && count < pace; count++) {
        *to++ = said < sizeof head - 1 ? head[said++] : 'x';
    }
    last_call = now++;
    return (int32_t)count;
}

int main(int count, char **arguments) {
    static const motepost_publish_t publish = {.endpoint = MOTEPOST_STR("localhost"), .topic = MOTEPOST_STR("a")};
    motepost_response_t response;
    size_t pace = count > 1 ? (size_t)atol(arguments[1]) : 1;
    return publish_within(&pace, &publish, &response, 200) == MOTEPOST_OK || last_call >= 200;
}
"#;

/// The manual's own order of commands, with a modem that fails at each of them, and one that AWS denies.
#[test]
fn the_manual_s_modem_is_never_ok_without_a_status_of_2xx() {
    let program = around_example("manual-modem", "post_by_at(", MODEM);
    succeed(Command::new(&program).env("ASAN_OPTIONS", "detect_leaks=0"));
}

/// Exits with the number of the first row that is wrong.
const MODEM: &str = r#"
#include <string.h>
#include "motepost.h"
@BLOCK@
static const char *fails, *last;
static int http_status;

int at_command(const char *name, const uint8_t *argument, size_t len) {
    (void)argument;
    (void)len;
    last = name;
    return fails != NULL && strcmp(name, fails) == 0 ? -1 : 0;
}

int at_post(const uint8_t *body, size_t len) {
    (void)body;
    (void)len;
    last = "post";
    return http_status;
}

static const struct {
    const char *fails, *last;
    int http_status;
    int32_t status;
} ROWS[] = {
    {"path", "path", 200, MOTEPOST_E_IO},
    {"header", "header", 200, MOTEPOST_E_IO},
    {NULL, "post", -1, MOTEPOST_E_IO},
    {NULL, "post", 200, 200},
    {NULL, "post", 403, 403},
};

int main(void) {
    motepost_publish_t publish = {.endpoint = MOTEPOST_STR("localhost"), .topic = MOTEPOST_STR("a")};
    size_t row;
    for (row = 0; row < sizeof ROWS / sizeof *ROWS; row++) {
        fails = ROWS[row].fails;
        http_status = ROWS[row].http_status;
        if (post_by_at(&publish) != ROWS[row].status || strcmp(last, ROWS[row].last) != 0) {
            return (int)row + 1;
        }
    }
    last = NULL;
    publish.topic.len = 0;
    return post_by_at(&publish) <= MOTEPOST_E_REFUSED && last == NULL ? 0 : 100;
}
"#;

/// What was read counts, however the exchange ended.
#[test]
fn its_retry_goes_by_what_was_read() {
    let program = around_example("manual-retry", "seconds_until_retry(", RETRIES);
    succeed(Command::new(&program).env("ASAN_OPTIONS", "detect_leaks=0"));
}

/// Exits with the number of the first row that is wrong.
const RETRIES: &str = r#"
#include <stdio.h>
#include <string.h>
#include "motepost.h"
@BLOCK@
#define SILENCE 0
#define BODY "content-length: 9\r\n\r\n"

static const struct {
    const char *heard;
    int32_t then; // what the transport returns behind it
    unsigned tries;
    uint32_t seconds;
} ROWS[] = {
    {"", SILENCE, 1, 15},
    {"", MOTEPOST_IO_CLOSED, 1, 15},
    {"", -7, 1, 15},
    {"garbage\r\n", SILENCE, 1, 15},
    {"HTTP/1.1 200 OK\r\n" BODY, SILENCE, 1, 0},
    {"HTTP/1.1 200 OK\r\n" BODY, MOTEPOST_IO_CLOSED, 1, 0},
    {"HTTP/1.1 400 Bad Request\r\n" BODY, MOTEPOST_IO_CLOSED, 1, 0},
    {"HTTP/1.1 403 Forbidden\r\n" BODY, MOTEPOST_IO_CLOSED, 1, 3600},
    {"HTTP/1.1 403 Forbidden\r\n" BODY, SILENCE, 2, 0},
    {"HTTP/1.1 408 Request Timeout\r\n" BODY, MOTEPOST_IO_CLOSED, 1, 15},
    {"HTTP/1.1 425 Too Early\r\n" BODY, -7, 1, 15},
    {"HTTP/1.1 429 Too Many Requests\r\n" BODY, MOTEPOST_IO_CLOSED, 1, 15},
    {"HTTP/1.1 503 Service Unavailable\r\n" BODY, SILENCE, 1, 15},
    {"HTTP/1.1 503 Service Unavailable\r\ntransfer-encoding: chunked\r\n\r\nz\r\n", SILENCE, 1, 15},
    {"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", SILENCE, 9, 0},
    {"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n", SILENCE, 3, 60},
};

typedef struct {
    const char *heard;
    int32_t then;
} peer_t;

static int32_t peer_recv(void *ctx, void *buffer, size_t len) {
    peer_t *peer = (peer_t *)ctx;
    const size_t count = strlen(peer->heard) < len ? strlen(peer->heard) : len;
    memcpy(buffer, peer->heard, count);
    peer->heard += count;
    return count > 0 ? (int32_t)count : peer->then;
}

static int32_t peer_send(void *ctx, const void *buffer, size_t len) {
    (void)ctx;
    (void)buffer;
    return (int32_t)len;
}

int main(void) {
    motepost_publish_t publish = {.endpoint = MOTEPOST_STR("localhost"), .topic = MOTEPOST_STR("a")};
    motepost_response_t response;
    motepost_exchange_t exchange;
    uint8_t buffer[320];
    size_t row;
    for (row = 0; row < sizeof ROWS / sizeof *ROWS; row++) {
        peer_t peer = {ROWS[row].heard, ROWS[row].then};
        motepost_transport_t transport = {peer_recv, peer_send, NULL};
        transport.ctx = &peer;
        if (motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer) != MOTEPOST_OK) {
            return 100;
        }
        (void)motepost_exchange_run(&exchange, &transport, &response);
        if (seconds_until_retry(&exchange, ROWS[row].tries, 0) != ROWS[row].seconds) {
            fprintf(stderr, "row %d\n", (int)row);
            return (int)row + 1;
        }
    }
    // A request that was refused is refused again.
    publish.topic.len = 0;
    (void)motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    return seconds_until_retry(&exchange, 1, 0) == 0 ? 0 : 101;
}
"#;

/// A program: this text with the manual's block that holds `part` in it.
fn around_example(name: &str, part: &str, text: &str) -> PathBuf {
    let blocks = header::blocks(&manual());
    let block = blocks.iter().find(|block| block.contains(part));
    sanitized(
        name,
        &text.replace("@BLOCK@", block.expect("the manual shows it")),
    )
}

/// The program of this text, with the library and the sanitizers in it.
pub(crate) fn sanitized(name: &str, text: &str) -> PathBuf {
    let source = out_dir("programs").join(format!("{name}.c"));
    std::fs::write(&source, text).expect("the source can be written");
    let objects = [archive().path.as_os_str()];
    let program = Language::C99.sanitized(&source, name, &objects);
    program.unwrap_or_else(|reason| panic!("{reason}"))
}

fn manual() -> String {
    let path = xtask::workspace_root().join("docs/manual.md");
    std::fs::read_to_string(path).expect("there is a manual")
}

/// The block, and what it leaves to the reader: the header, and the two functions of their own transport.
fn complete(block: &str) -> String {
    let body = "{ (void)ctx; (void)buffer; return (int32_t)(len & 0x7fff); }";
    let (mut declarations, mut functions) = (String::new(), String::new());
    for (name, buffer) in [
        ("modem_recv", "void *buffer"),
        ("modem_send", "const void *buffer"),
    ] {
        let linkage = if block.contains(&format!("static int32_t {name}(")) {
            "static "
        } else {
            ""
        };
        let function = format!("{linkage}int32_t {name}(void *ctx, {buffer}, size_t len)");
        if !block.contains(&format!("int32_t {name}(")) {
            // A block that only uses it: the declaration is the reader's too.
            declarations += &format!("{function};\n");
        }
        functions += &format!("{function} {body}\n");
    }
    format!("#include \"motepost.h\"\n{declarations}{block}\n{functions}")
}

pub(crate) fn in_both_c(name: &str, text: &str) {
    compiles(name, Language::C99, text);
    compiles(name, Language::C11, text);
}

fn compiles(name: &str, language: Language, text: &str) {
    let source = out_dir("programs").join(format!("{name}.c"));
    std::fs::write(&source, text).expect("the source can be written");
    language
        .check(&source)
        .unwrap_or_else(|reason| panic!("{reason}"));
}
