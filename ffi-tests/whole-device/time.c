// The device's clock and what it reads of a certificate, without TLS.
#include <string.h>

#include "../c/check.h"
#include "board.h"
#include "clock.h"
#include "validity.h"

static uint32_t now;
static uint32_t word = UINT32_MAX;
static int writes;

uint32_t board_now_ms(void) {
    return now;
}

uint32_t board_load_time(void) {
    return word;
}

void board_store_time(uint32_t seconds) {
    word = seconds;
    writes++;
}

enum { BUILD = 1790000000, DAY = 86400 };

static void at_the_first_start_the_build_date_is_a_floor(void) {
    word = UINT32_MAX;
    clock_start(BUILD, 0);
    CHECK(clock_now() == BUILD && !clock_is_set());
    now += 2500;
    CHECK(clock_now() == BUILD + 2);
    now += 500;
    CHECK(clock_now() == BUILD + 3);
}

static void a_date_sets_it_and_is_stored_once_a_day(void) {
    word = UINT32_MAX;
    writes = 0;
    clock_start(BUILD, 0);
    clock_learn(BUILD + 10 * DAY);
    CHECK(clock_is_set() && clock_now() == BUILD + 10 * DAY && word == BUILD + 10 * DAY && writes == 1);
    clock_learn(BUILD + 10 * DAY + 100);
    CHECK(clock_now() == BUILD + 10 * DAY + 100 && writes == 1);
    clock_learn(BUILD + 11 * DAY);
    CHECK(writes == 2);
}

static void it_never_goes_back(void) {
    word = BUILD + 10 * DAY;
    clock_start(BUILD, 0);
    CHECK(clock_now() == BUILD + 10 * DAY && !clock_is_set());
    clock_learn(BUILD + 9 * DAY);
    CHECK(clock_now() == BUILD + 10 * DAY && !clock_is_set());
    clock_start(BUILD + 20 * DAY, 0); // a newer build
    CHECK(clock_now() == BUILD + 20 * DAY);
}

static void a_clock_with_a_battery_is_believed_from_the_floor_on(void) {
    word = BUILD + 10 * DAY;
    clock_start(BUILD, BUILD + 11 * DAY);
    CHECK(clock_is_set() && clock_now() == BUILD + 11 * DAY);
    clock_start(BUILD, 946684800); // its battery was out: it says 2000
    CHECK(!clock_is_set() && clock_now() == BUILD + 10 * DAY);
}

static void milliseconds_may_wrap(void) {
    word = UINT32_MAX;
    now = UINT32_MAX - 500;
    clock_start(BUILD, 0);
    now += 1500;
    CHECK(clock_now() == BUILD + 1);
}

// A certificate up to its notBefore; what follows does not matter.
static uint32_t read_in_pieces(const char *bytes, size_t len, size_t piece) {
    validity_t validity = {0};
    size_t at;
    for (at = 0; at < len; at += piece) {
        validity_append(&validity, (const uint8_t *)bytes + at, piece < len - at ? piece : len - at);
    }
    return validity.not_before;
}

#define BEFORE_VERSION "\x30\x82\x01\x00\x30\x81\x80"
#define VERSION "\xA0\x03\x02\x01\x02"
#define SERIAL_TO_ISSUER "\x02\x01\x07" "\x30\x03\x06\x01\x2A" "\x30\x81\x02\x31\x00"
#define UTC_TIME "\x30\x1E\x17\x0D" "260921132640Z" "\x17\x0D" "260922132640Z"
#define GENERALIZED_TIME "\x30\x22\x18\x0F" "21000301000000Z" "\x18\x0F" "21010301000000Z"

static void not_before_is_read_whatever_the_pieces(void) {
    static const char USUAL[] = BEFORE_VERSION VERSION SERIAL_TO_ISSUER UTC_TIME;
    static const char OLD[] = BEFORE_VERSION SERIAL_TO_ISSUER UTC_TIME;
    static const char LATE[] = BEFORE_VERSION VERSION SERIAL_TO_ISSUER GENERALIZED_TIME;
    size_t piece;
    for (piece = 1; piece < sizeof USUAL; piece++) {
        CHECK(read_in_pieces(USUAL, sizeof USUAL - 1, piece) == 1789997200);
        CHECK(read_in_pieces(OLD, sizeof OLD - 1, piece) == 1789997200);
        CHECK(read_in_pieces(LATE, sizeof LATE - 1, piece) == 4107542400);
    }
}

static void whatever_else_is_read_as_nothing(void) {
    static const char MONTH_13[] = BEFORE_VERSION SERIAL_TO_ISSUER "\x30\x1E\x17\x0D" "261321132640Z";
    static const char LONG_TIME[] = BEFORE_VERSION SERIAL_TO_ISSUER "\x30\x1E\x17\x40" "2609211326402609211326402609211326402609211326402609211326402609211326402";
    char bytes[256];
    size_t at;
    CHECK(read_in_pieces(MONTH_13, sizeof MONTH_13 - 1, 1) == 0);
    CHECK(read_in_pieces(LONG_TIME, sizeof LONG_TIME - 1, 1) == 0);
    memset(bytes, 0xFF, sizeof bytes);
    CHECK(read_in_pieces(bytes, sizeof bytes, 7) == 0);
    for (at = 0; at < sizeof bytes; at++) { // none of these runs over
        memset(bytes, (int)at, sizeof bytes);
        (void)read_in_pieces(bytes, sizeof bytes, 3);
    }
}

int main(void) {
    at_the_first_start_the_build_date_is_a_floor();
    a_date_sets_it_and_is_stored_once_a_day();
    it_never_goes_back();
    a_clock_with_a_battery_is_believed_from_the_floor_on();
    milliseconds_may_wrap();
    not_before_is_read_whatever_the_pieces();
    whatever_else_is_read_as_nothing();
    return failures();
}
