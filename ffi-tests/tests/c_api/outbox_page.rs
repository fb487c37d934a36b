//! The examples of docs/outbox.md: they compile as they are shown, and send what they keep.

use std::process::Command;

use ffi_tests::tools::succeed;
use ffi_tests::{header, out_dir};

use crate::manual::{in_both_c, sanitized};

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

/// Runs an example with this `main` in a folder that holds no readings.
fn run(name: &str, block: &str, main: &str) {
    let folder = out_dir("programs").join(format!("{name}-files"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("lfs")).expect("a folder for the files");
    let block = block.replace("\"/lfs\"", "\"lfs\"");
    let program = sanitized(&format!("{name}-run"), &format!("{block}{main}"));
    succeed(
        Command::new(&program)
            .current_dir(&folder)
            .env("ASAN_OPTIONS", "detect_leaks=0"),
    );
}

fn in_ram() -> String {
    outbox_example("motepost_outbox_open") + KEPT_IN_RAM
}

fn in_files() -> String {
    outbox_example("FOLDER") + KEPT_IN_FILES
}

/// What is kept is sent, what comes meanwhile is sent later, and what is too long for any batch is refused.
#[test]
fn they_send_what_they_keep() {
    for (name, block) in [("outbox", in_ram()), ("littlefs", in_files())] {
        run(name, &block, &format!("{SENDING}{EVERYTHING}"));
    }
}

/// It stays, but a device that wakes does not spend a publish on it each time.
#[test]
fn a_rejected_batch_stays_and_is_rarely_sent_again() {
    for (name, block) in [("outbox", in_ram()), ("littlefs", in_files())] {
        run(
            &format!("{name}-rejected"),
            &block,
            &format!("{SENDING}{REJECTED}"),
        );
    }
}

#[test]
fn a_full_outbox_makes_room_by_giving_up_the_oldest_readings() {
    run("outbox-full", &in_ram(), &format!("{SENDING}{FULL}"));
}

/// Neither one that `keep` was given nor one that something else wrote into a file.
#[test]
fn a_malformed_reading_does_not_block_the_others_in_littlefs() {
    run(
        "littlefs-malformed",
        &in_files(),
        &format!("{SENDING}{MALFORMED}"),
    );
}

/// What was read of it may be half of it.
#[test]
fn a_file_that_cannot_be_read_or_closed_is_not_deleted() {
    let block = in_files()
        .replace("fgets(", "failing_fgets(")
        .replace("ferror(", "failing_ferror(")
        .replace("fclose(", "failing_fclose(")
        .replace("#define FOLDER", &format!("{FAILING_FILES}#define FOLDER"));
    run(
        "littlefs-unreadable",
        &block,
        &format!("{SENDING}{UNREADABLE}"),
    );
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
static int publishes;
static char sent[4000];
static const char *meanwhile;

int32_t publish(const uint8_t *payload, size_t len) {
    const char *reading = meanwhile;
    meanwhile = NULL;
    publishes++;
    memcpy(sent, payload, len);
    sent[len] = '\0';
    if (reading != NULL && keep_text(reading) != 0) {
        return -1;
    }
    return verdict;
}

#define IS(condition) if (!(condition)) return __LINE__ % 256
"#;

const EVERYTHING: &str = r#"
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

const REJECTED: &str = r#"
int main(void) {
    int at;
    IS(begin() == 0);
    IS(keep_text("1") == 0);
    verdict = MOTEPOST_REJECTED;
    for (at = 0; at < SKIP + 1; at++) {
        IS(send_some() == MOTEPOST_REJECTED && publishes == 1);
    }
    IS(keep_text("2") == 0);
    IS(send_some() == MOTEPOST_REJECTED && publishes == 2);
    verdict = MOTEPOST_ACCEPTED;
    for (at = 0; at < SKIP; at++) {
        IS(send_some() == MOTEPOST_REJECTED && publishes == 2);
    }
    IS(send_some() == 0 && strstr(sent, "1") != NULL);
    IS(send_some() <= MOTEPOST_NO_MORE && strstr(sent, "2") != NULL);
    return 0;
}
"#;

const FULL: &str = r#"
int main(void) {
    char reading[LONGEST + 1];
    uint32_t count;
    int32_t status;
    int at;
    memset(reading, '7', sizeof reading);
    reading[LONGEST] = '\0';
    IS(begin() == 0);
    for (at = 0; at < 1000; at++) { // several times what the region holds
        reading[0] = (char)('1' + at % 9);
        status = keep_text(reading);
        if (status == MOTEPOST_E_OUTBOX_FULL) {
            IS(at > 100 && make_room() == 0 && keep_text(reading) == 0);
        }
    }
    IS(motepost_outbox_count(&outbox, &count) == 0 && count > 100 && count < 200);
    while (send_some() == 0) {
    }
    IS(strstr(sent, reading) != NULL); // the newest was not given up
    return 0;
}
"#;

/// The file's functions, until one of them fails.
const FAILING_FILES: &str = r#"
static int fails_to_read, fails_to_close;
__attribute__((unused)) static int failing_ferror(FILE *file) { return fails_to_read || ferror(file); }
static int failing_fclose(FILE *file) { return fclose(file) != 0 || fails_to_close ? EOF : 0; }
static char *failing_fgets(char *line, int len, FILE *file) {
    static int lines;
    return fails_to_read && lines++ % 2 == 1 ? NULL : fgets(line, len, file);
}
"#;

const UNREADABLE: &str = r#"
int main(void) {
    IS(begin() == 0);
    IS(keep_text("1") == 0 && keep_text("2") == 0);
    verdict = MOTEPOST_ACCEPTED;
    fails_to_read = 1;
    IS(send_some() == MOTEPOST_E_FLASH && publishes == 0);
    fails_to_read = 0;
    fails_to_close = 1;
    IS(send_some() == MOTEPOST_E_FLASH && publishes == 0);
    fails_to_close = 0;
    IS(send_some() == 0 && strcmp(sent, "[1,2]") == 0);
    IS(send_some() == MOTEPOST_NO_MORE);
    return 0;
}
"#;

const MALFORMED: &str = r#"
int main(void) {
    FILE *file;
    IS(begin() == 0);
    IS(keep_text("{\"c\":") != 0);
    IS(keep_text("[1,\n2]") != 0);
    IS(keep_text("{\"c\":1}") == 0);
    file = open_numbered(1, "a");
    IS(file != NULL && fprintf(file, "{\"c\":\n") > 0 && fclose(file) == 0);
    IS(keep_text("{\"c\":2}") == 0);
    IS(send_some() == 0 && strcmp(sent, "[{\"c\":1},{\"c\":2}]") == 0);
    IS(send_some() == MOTEPOST_NO_MORE);
    file = open_numbered(1, "a"); // nothing else is in it
    IS(file != NULL && fprintf(file, "{\"c\":\n") > 0 && fclose(file) == 0);
    IS(send_some() == 0 && publishes == 1);
    IS(send_some() == MOTEPOST_NO_MORE);
    return 0;
}
"#;
