//! The examples of docs/outbox.md: they compile as they are shown, and send what they keep.

use std::process::Command;

use ffi_tests::compiler::Language;
use ffi_tests::tools::succeed;
use ffi_tests::{archive, header, out_dir};

use crate::manual::in_both_c;

/// The block of the page that holds this text. One more is a chip's interrupt handler, and says so.
fn outbox_example(text: &str) -> String {
    let page = xtask::workspace_root().join("docs/outbox.md");
    let blocks = header::blocks(&std::fs::read_to_string(page).expect("there is a page"));
    let block = blocks.into_iter().find(|block| block.contains(text));
    block.expect("the page shows it")
}

#[test]
fn they_compile() {
    in_both_c("outbox-example", &outbox_example("motepost_outbox_open"));
    in_both_c("littlefs-example", &outbox_example("FOLDER"));
}

/// What is kept is sent, what comes meanwhile is sent later, and what is too long for any batch is refused.
#[test]
fn they_send_what_they_keep() {
    for (name, text, rest) in [
        ("outbox", "motepost_outbox_open", KEPT_IN_RAM),
        ("littlefs", "FOLDER", KEPT_IN_FILES),
    ] {
        let folder = out_dir("programs").join(format!("{name}-files"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("lfs")).expect("a folder for the files");
        let block = outbox_example(text).replace("\"/lfs\"", "\"lfs\"");
        let source = out_dir("programs").join(format!("{name}-run.c"));
        std::fs::write(&source, format!("{block}{rest}{SENDING}"))
            .expect("the source can be written");
        let objects = [archive().path.as_os_str()];
        let program = Language::C99.sanitized(&source, &format!("{name}-run"), &objects);
        let program = program.unwrap_or_else(|reason| panic!("{reason}"));
        succeed(
            Command::new(&program)
                .current_dir(&folder)
                .env("ASAN_OPTIONS", "detect_leaks=0"),
        );
    }
}

const KEPT_IN_RAM: &str = r#"
static uint8_t flash[8 * 2048];

int32_t flash_read(void *ctx, uint32_t offset, void *buffer, size_t len) {
    (void)ctx;
    return motepost_ram_read(flash, offset, buffer, len);
}

int32_t flash_program(void *ctx, uint32_t offset, const void *bytes, size_t len) {
    (void)ctx;
    return motepost_ram_program(flash, offset, bytes, len);
}

int32_t flash_erase(void *ctx, uint32_t offset, uint32_t len) {
    (void)ctx;
    return motepost_ram_erase(flash, offset, len);
}

uint32_t random_number(void) { return 7; }

#include <string.h>
static int32_t begin(void) {
    memset(flash, 0xff, sizeof flash);
    return start();
}
static int32_t keep_text(const char *reading) { return keep((const uint8_t *)reading, strlen(reading)); }
static int32_t send_some(void) {
    static uint8_t room[200];
    return send_batch(room, sizeof room);
}
"#;

const KEPT_IN_FILES: &str = r#"
static int32_t begin(void) { return 0; }
static int32_t keep_text(const char *reading) { return keep(reading); }
static int32_t send_some(void) {
    static uint8_t room[BATCH];
    return send_batch(room);
}
"#;

/// The line that failed is the program's exit code.
const SENDING: &str = r#"
static int32_t verdict;
static char sent[4000];
static const char *meanwhile;

int32_t publish(const uint8_t *payload, size_t len) {
    const char *reading = meanwhile;
    meanwhile = NULL;
    memcpy(sent, payload, len);
    sent[len] = '\0';
    if (reading != NULL && keep_text(reading) != 0) {
        return -1;
    }
    return verdict;
}

#define IS(condition) if (!(condition)) return __LINE__ % 256

int main(void) {
    char longest[LONGEST + 2];
    int at;
    memset(longest, '7', sizeof longest);
    longest[LONGEST + 1] = '\0';
    IS(begin() == 0);
    IS(send_some() == MOTEPOST_NO_MORE);
    IS(keep_text(longest) != 0);
    IS(keep_text("{\"c\":1}") == 0 && keep_text("{\"c\":2}") == 0);
    verdict = MOTEPOST_UNAVAILABLE;
    meanwhile = "{\"c\":3}";
    IS(send_some() == MOTEPOST_UNAVAILABLE && strcmp(sent, "[{\"c\":1},{\"c\":2}]") == 0);
    verdict = MOTEPOST_ACCEPTED;
    meanwhile = "{\"c\":4}";
    IS(send_some() == 0 && strstr(sent, "[{\"c\":1},{\"c\":2}") == sent);
    IS(strstr(sent, "\"c\":4") == NULL);
    sent[0] = '\0';
    for (at = 0; at < 9 && strstr(sent, "{\"c\":4}]") == NULL; at++) {
        IS(send_some() == 0 && strstr(sent, "\"c\":1") == NULL);
    }
    IS(at < 3);
    IS(send_some() == MOTEPOST_NO_MORE);
    longest[LONGEST] = '\0';
    for (at = 0; at < 40; at++) { // more than one batch holds
        IS(keep_text(longest) == 0);
    }
    for (at = 0; send_some() == 0; at++) {
        IS(at < 40 && strstr(sent, longest) != NULL);
    }
    IS(at > 1);
    return 0;
}
"#;
