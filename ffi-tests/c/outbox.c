// Readings in flash through C callbacks: what is promised, power cuts at every program and erase, faults of
// the flash, and pointers that are wrong. The flash and the buffers end where a page begins that nobody may touch.
#include "guarded.h"

#include "check.h"

#include "motepost.h"

#define SECTOR 256u
#define SECTORS 4u
#define UNIT 8u
#define SIZE (SECTOR * SECTORS)

static uint8_t *flash_bytes;
static uint8_t programmed[SIZE / UNIT];
// Programs of units and erases until power fails, and reads until one fails.
static long until_cut, until_read_fails;
static long erases[SECTORS];

static void new_flash(void) {
    if (flash_bytes == NULL) {
        flash_bytes = guarded(SIZE);
    }
    memset(flash_bytes, 0xff, SIZE);
    memset(programmed, 0, sizeof programmed);
    memset(erases, 0, sizeof erases);
    until_cut = until_read_fails = -1;
}

static int32_t read_flash(void *ctx, uint32_t offset, void *buffer, size_t len) {
    CHECK(ctx == &flash_bytes && len <= 32 && len % UNIT == 0 && offset % UNIT == 0 && offset + len <= SIZE);
    CHECK((uintptr_t)buffer % 4 == 0);
    if (until_cut == 0 || until_read_fails == 0) {
        return -5;
    }
    until_read_fails -= until_read_fails > 0;
    memcpy(buffer, flash_bytes + offset, len);
    return 0;
}

static int32_t program_flash(void *ctx, uint32_t offset, const void *bytes, size_t len) {
    size_t at;
    CHECK(ctx == &flash_bytes && len <= 32 && len % UNIT == 0 && offset % UNIT == 0 && offset + len <= SIZE);
    CHECK((uintptr_t)bytes % 4 == 0);
    for (at = 0; at < len; at += UNIT) {
        if (until_cut == 0) {
            return -5;
        }
        CHECK(!programmed[(offset + at) / UNIT]);
        programmed[(offset + at) / UNIT] = 1;
        if (until_cut > 0 && --until_cut == 0) {
            // Torn: half of it.
            memcpy(flash_bytes + offset + at, (const uint8_t *)bytes + at, UNIT / 2);
            return -5;
        }
        memcpy(flash_bytes + offset + at, (const uint8_t *)bytes + at, UNIT);
    }
    return 0;
}

static int32_t erase_flash(void *ctx, uint32_t offset, uint32_t len) {
    CHECK(ctx == &flash_bytes && len == SECTOR && offset % SECTOR == 0 && offset < SIZE);
    if (until_cut == 0) {
        return -5;
    }
    erases[offset / SECTOR]++;
    memset(programmed + offset / UNIT, 0, len / UNIT);
    if (until_cut > 0 && --until_cut == 0) {
        memset(flash_bytes + offset, 0x5a, len / 2);
        return -5;
    }
    memset(flash_bytes + offset, 0xff, len);
    return 0;
}

static const motepost_flash_t FLASH = {read_flash,   program_flash, erase_flash, &flash_bytes,
                                       SECTOR, SECTORS, UNIT, 0};

static motepost_outbox_t outbox;

static int32_t push(const char *text) {
    return motepost_outbox_push(&outbox, guarded_copy(text, strlen(text)), strlen(text), NULL);
}

// Reads on from the cursor what should be there, and then nothing.
static void reads(motepost_outbox_cursor_t *cursor, const char *const *texts, size_t count) {
    uint8_t *buffer = guarded(16);
    size_t len, at;
    for (at = 0; at < count; at++) {
        GIVES(MOTEPOST_OK, motepost_outbox_next(&outbox, cursor, buffer, 16, &len));
        BYTES(buffer, len, texts[at]);
    }
    GIVES(MOTEPOST_NO_MORE, motepost_outbox_next(&outbox, cursor, buffer, 16, &len));
}

static void readings_come_in_order_and_dropped_ones_never_again(void) {
    static const char *const texts[] = {"one", "two", "three"};
    motepost_outbox_cursor_t cursor = {0, 0}, again = {0, 0};
    uint32_t count, first, second;
    new_flash();
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 77));
    EQUAL(motepost_outbox_epoch(&outbox), 77);
    GIVES(MOTEPOST_OK, motepost_outbox_push(&outbox, (const uint8_t *)"one", 3, &first));
    GIVES(MOTEPOST_OK, motepost_outbox_push(&outbox, (const uint8_t *)"two", 3, &second));
    CHECK(first < second);
    reads(&cursor, texts, 2);
    EQUAL(cursor.number, second);
    // While the batch is under way.
    GIVES(MOTEPOST_OK, push("three"));
    GIVES(MOTEPOST_OK, motepost_outbox_drop(&outbox, &cursor));
    GIVES(MOTEPOST_OK, motepost_outbox_count(&outbox, &count));
    EQUAL(count, 1);
    memset(&outbox, 0xee, sizeof outbox);
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 78));
    EQUAL(motepost_outbox_epoch(&outbox), 77);
    reads(&again, texts + 2, 1);
    GIVES(MOTEPOST_OK, motepost_outbox_drop(&outbox, &again));
    GIVES(MOTEPOST_OK, motepost_outbox_count(&outbox, &count));
    EQUAL(count, 0);
}

static void a_full_outbox_refuses_and_keeps_all(void) {
    motepost_outbox_cursor_t cursor = {0, 0};
    uint32_t pushed = 0, count;
    size_t len;
    uint8_t buffer[64];
    new_flash();
    memset(buffer, 'a', sizeof buffer);
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
    while (motepost_outbox_push(&outbox, buffer, sizeof buffer, NULL) == MOTEPOST_OK) {
        pushed++;
    }
    GIVES(MOTEPOST_E_OUTBOX_FULL, motepost_outbox_push(&outbox, buffer, sizeof buffer, NULL));
    GIVES(MOTEPOST_OK, motepost_outbox_count(&outbox, &count));
    EQUAL(count, pushed);
    while (motepost_outbox_next(&outbox, &cursor, buffer, sizeof buffer, &len) == MOTEPOST_OK) {
    }
    GIVES(MOTEPOST_OK, motepost_outbox_drop(&outbox, &cursor));
    GIVES(MOTEPOST_OK, push("room"));
}

// One reading a batch and a reset after each: the marks fill the free sector before the oldest one is free.
static void a_drop_that_cannot_be_written_down_says_so(void) {
    uint8_t buffer[16];
    size_t len;
    int32_t status = MOTEPOST_OK;
    int round;
    new_flash();
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
    while (push("x") == MOTEPOST_OK) {
    }
    for (round = 0; round < 100 && status == MOTEPOST_OK; round++) {
        motepost_outbox_cursor_t cursor = {0, 0};
        GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
        GIVES(MOTEPOST_OK, motepost_outbox_next(&outbox, &cursor, buffer, sizeof buffer, &len));
        status = motepost_outbox_drop(&outbox, &cursor);
    }
    GIVES(MOTEPOST_E_NOT_KEPT, status);
    {
        motepost_outbox_cursor_t cursor = {0, 0};
        while (motepost_outbox_next(&outbox, &cursor, buffer, sizeof buffer, &len) == MOTEPOST_OK) {
        }
        GIVES(MOTEPOST_OK, motepost_outbox_drop(&outbox, &cursor));
    }
    GIVES(MOTEPOST_OK, push("room"));
}

static void a_power_cut_anywhere_touches_only_the_call_under_way(void) {
    long cut;
    int done = 0;
    for (cut = 1; !done; cut++) {
        uint32_t numbers[40];
        size_t pushed = 0, dropped = 0, maybe_dropped = 0, at = 0, round;
        motepost_outbox_cursor_t cursor = {0, 0};
        uint8_t reading[33];
        size_t len;
        int32_t status;
        new_flash();
        GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
        until_cut = cut;
        status = MOTEPOST_OK;
        for (round = 0; round < 40 && status == MOTEPOST_OK; round++) {
            memset(reading, (int)round, sizeof reading);
            status = motepost_outbox_push(&outbox, reading, sizeof reading, &numbers[pushed]);
            pushed += status == MOTEPOST_OK;
            if (status == MOTEPOST_OK && round % 3 == 2) {
                while (motepost_outbox_next(&outbox, &cursor, reading, sizeof reading, &len) == MOTEPOST_OK) {
                    maybe_dropped++;
                }
                status = motepost_outbox_drop(&outbox, &cursor);
                dropped = status == MOTEPOST_OK ? maybe_dropped : dropped;
            }
        }
        done = until_cut > 0;
        until_cut = -1;
        GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
        cursor.position = cursor.number = 0;
        at = dropped;
        while ((status = motepost_outbox_next(&outbox, &cursor, reading, sizeof reading, &len)) == MOTEPOST_OK) {
            while (at < maybe_dropped && numbers[at] != cursor.number) {
                at++;
            }
            EQUAL(len, sizeof reading);
            EQUAL(reading[0], at);
            EQUAL(reading[32], at);
            CHECK(at >= pushed || numbers[at] == cursor.number);
            at++;
        }
        EQUAL(status, MOTEPOST_NO_MORE);
        CHECK(at >= pushed || (at <= maybe_dropped && maybe_dropped == pushed));
        CHECK(at <= pushed + 1);
        GIVES(MOTEPOST_OK, motepost_outbox_drop(&outbox, &cursor));
        GIVES(MOTEPOST_OK, push("room"));
    }
    CHECK(cut > 200);
}

static void a_read_that_fails_is_an_error_and_changes_nothing(void) {
    static const char *const texts[] = {"kept"};
    static uint8_t before[SIZE];
    long reads_left;
    int32_t status = MOTEPOST_E_FLASH;
    new_flash();
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
    GIVES(MOTEPOST_OK, push("kept"));
    memcpy(before, flash_bytes, SIZE);
    for (reads_left = 0; status != MOTEPOST_OK; reads_left++) {
        until_read_fails = reads_left;
        status = motepost_outbox_open(&outbox, &FLASH, 1);
        if (status != MOTEPOST_OK) {
            GIVES(MOTEPOST_E_FLASH, status);
            GIVES(MOTEPOST_E_STATE, push("not open"));
        }
        EQUAL(memcmp(before, flash_bytes, SIZE), 0);
    }
    for (reads_left = 0, status = MOTEPOST_E_FLASH; status != MOTEPOST_OK; reads_left++) {
        until_read_fails = reads_left;
        status = push("kept");
        CHECK(status == MOTEPOST_OK || status == MOTEPOST_E_FLASH);
        until_read_fails = -1;
    }
    {
        motepost_outbox_cursor_t cursor = {0, 0};
        uint8_t buffer[16];
        size_t len;
        GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
        GIVES(MOTEPOST_OK, motepost_outbox_next(&outbox, &cursor, buffer, sizeof buffer, &len));
        BYTES(buffer, len, texts[0]);
    }
}

static void all_sectors_wear_alike(void) {
    int round;
    long least, most;
    size_t at;
    new_flash();
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
    for (round = 0; round < 1000; round++) {
        motepost_outbox_cursor_t cursor = {0, 0};
        uint8_t buffer[16];
        size_t len;
        if (round % 7 == 0) {
            GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
        }
        EQUAL(push("a reading"), MOTEPOST_OK);
        while (round % 3 == 0 &&
               motepost_outbox_next(&outbox, &cursor, buffer, sizeof buffer, &len) == MOTEPOST_OK) {
        }
        EQUAL(motepost_outbox_drop(&outbox, &cursor), MOTEPOST_OK);
    }
    least = most = erases[0];
    for (at = 1; at < SECTORS; at++) {
        least = erases[at] < least ? erases[at] : least;
        most = erases[at] > most ? erases[at] : most;
    }
    REPORT("wear: %ld to %ld erases a sector\n", least, most);
    CHECK(least > 20 && most <= 2 * least);
}

static void ram_that_survives_sleep_is_flash_too(void) {
    static const char *const texts[] = {"one"};
    uint8_t *ram = guarded(4 * 128);
    motepost_flash_t flash = {motepost_ram_read, motepost_ram_program, motepost_ram_erase, NULL, 128, 4, 1, 0};
    motepost_outbox_cursor_t cursor = {0, 0};
    flash.ctx = ram;
    memset(ram, 0x5a, 4 * 128);
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &flash, 1));
    GIVES(MOTEPOST_OK, push("one"));
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &flash, 1));
    reads(&cursor, texts, 1);
}

static void what_is_wrong_is_refused(void) {
    static const struct {
        const char *name;
        uint32_t sector_size;
        uint16_t sectors;
        uint8_t unit, reserved;
    } shapes[] = {
        {"two sectors", SECTOR, 2, UNIT, 0},       {"no unit", SECTOR, SECTORS, 0, 0},
        {"a unit of 3", SECTOR, SECTORS, 3, 0},    {"a unit of 64", SECTOR, SECTORS, 64, 0},
        {"a small sector", 64, SECTORS, UNIT, 0},  {"no multiple of the unit", 260, SECTORS, UNIT, 0},
        {"a reserved byte", SECTOR, SECTORS, UNIT, 1}, {"a large sector", 1u << 20, SECTORS, UNIT, 0},
        {"many sectors", SECTOR, 5000, UNIT, 0},
    };
    motepost_flash_t flash = FLASH;
    motepost_outbox_cursor_t cursor = {0, 0};
    uint8_t buffer[16];
    uint32_t count;
    size_t len, row;
    new_flash();
    for (row = 0; row < sizeof shapes / sizeof shapes[0]; row++) {
        check_row = shapes[row].name;
        flash.sector_size = shapes[row].sector_size;
        flash.sectors = shapes[row].sectors;
        flash.unit = shapes[row].unit;
        flash.reserved = shapes[row].reserved;
        GIVES(MOTEPOST_E_FLASH_SHAPE, motepost_outbox_open(&outbox, &flash, 1));
        GIVES(MOTEPOST_E_STATE, push("not open"));
    }
    check_row = "";
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
    GIVES(MOTEPOST_OK, push("here"));
    flash = FLASH;
    flash.sectors = 3;
    GIVES(MOTEPOST_E_FLASH_FORMAT, motepost_outbox_open(&outbox, &flash, 1));
    flash = FLASH;
    flash.erase = NULL;
    GIVES(MOTEPOST_E_NULL, motepost_outbox_open(&outbox, &flash, 1));
    flash = FLASH;
    flash.program = NULL;
    GIVES(MOTEPOST_E_NULL, motepost_outbox_open(&outbox, &flash, 1));
    flash = FLASH;
    flash.read = NULL;
    GIVES(MOTEPOST_E_NULL, motepost_outbox_open(&outbox, &flash, 1));
    GIVES(MOTEPOST_E_NULL, motepost_outbox_open(NULL, &FLASH, 1));
    memset(&outbox, 0xa5, sizeof outbox);
    GIVES(MOTEPOST_E_NULL, motepost_outbox_open(&outbox, NULL, 1));
    GIVES(MOTEPOST_E_STATE, push("not open"));
    GIVES(MOTEPOST_OK, motepost_outbox_open(&outbox, &FLASH, 1));
    GIVES(MOTEPOST_E_READING, push(""));
    GIVES(MOTEPOST_E_READING, motepost_outbox_push(&outbox, flash_bytes, SECTOR - 43, NULL));
    GIVES(MOTEPOST_OK, motepost_outbox_push(&outbox, flash_bytes, SECTOR - 44, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_outbox_push(&outbox, NULL, 1, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_outbox_push(NULL, buffer, 1, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_outbox_next(&outbox, NULL, buffer, 16, &len));
    GIVES(MOTEPOST_E_NULL, motepost_outbox_next(&outbox, &cursor, NULL, 16, &len));
    GIVES(MOTEPOST_E_NULL, motepost_outbox_next(&outbox, &cursor, buffer, 16, NULL));
    GIVES(MOTEPOST_E_BUFFER, motepost_outbox_next(&outbox, &cursor, NULL, 0, &len));
    EQUAL(len, 4);
    EQUAL(cursor.position, 0);
    GIVES(MOTEPOST_E_NULL, motepost_outbox_drop(&outbox, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_outbox_count(&outbox, NULL));
    cursor.position = 1000000;
    GIVES(MOTEPOST_E_STATE, motepost_outbox_drop(&outbox, &cursor));
    GIVES(MOTEPOST_OK, motepost_outbox_count(&outbox, &count));
    EQUAL(count, 2);
    memset(&outbox, 0, sizeof outbox);
    GIVES(MOTEPOST_E_STATE, motepost_outbox_count(&outbox, &count));
    EQUAL(motepost_outbox_epoch(&outbox), 0);
    EQUAL(motepost_outbox_epoch(NULL), 0);
}

int main(void) {
    readings_come_in_order_and_dropped_ones_never_again();
    a_full_outbox_refuses_and_keeps_all();
    a_drop_that_cannot_be_written_down_says_so();
    a_power_cut_anywhere_touches_only_the_call_under_way();
    a_read_that_fails_is_an_error_and_changes_nothing();
    all_sectors_wear_alike();
    ram_that_survives_sleep_is_flash_too();
    what_is_wrong_is_refused();
    return failures();
}
