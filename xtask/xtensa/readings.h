// Batches, and an outbox in RAM that takes the place of flash.
#ifndef MOTEPOST_ROUNDS_READINGS_H
#define MOTEPOST_ROUNDS_READINGS_H
#include "random.h"

// The room of a batch, and RAM that survives sleep.
static uint8_t kept[4 * 256];

static const char *const JSON[] = {"1", "-0.5e+7", "true", "null", "\"a\\u00e9\\n\"", "[1,[2,{}]]", " {\"a\" : [ ] } ",
                                   "01", "1.", "tru", "\"\\ud800\"", "[1,]", "{\"a\":}", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "1 2"};
static const char *const CBOR[] = {"\x01", "\x82\x01\x20", "\x9f\xff", "\xa1\x61\x61\xf5", "\x7f\x61\x61\xff", "\xfb\x3f\xf0\x01\x02\x03\x04\x05\x06",
                                   "\xc4\x82\x20\x18\x64", "\x82\x01", "\xff", "\x1c", "\x62\xc3\x28", "\x5f\x61\x61\xff", "\xf8\x1f"};

// One of the values, now and then with another byte or cut off.
static motepost_bytes_t value(const char *const *from, uint32_t count) {
    const char *chosen = from[below(count)];
    motepost_bytes_t made;
    uint8_t *at;
    size_t i;
    made.len = length_of(chosen);
    at = room(made.len);
    for (i = 0; i < made.len; i++) {
        at[i] = (uint8_t)chosen[i];
    }
    if (one_in(6)) {
        const uint32_t where = below((uint32_t)made.len);
        at[where] = (uint8_t)any();
    }
    made.len -= one_in(12);
    made.ptr = one_in(40) ? NULL : at;
    return made;
}

// Small ones as often as large ones.
static int32_t signed_number(void) {
    uint32_t number = any();
    number >>= below(32);
    return (int32_t)(one_in(2) ? number : 0U - number);
}

static motepost_senml_record_t record(void) {
    motepost_senml_record_t made = {0};
    if (!one_in(6)) {
        made.name = text(20, NAME);
    }
    if (one_in(2)) {
        made.unit = text(6, VALUE);
    }
    made.value = signed_number();
    made.value_places = (uint8_t)below(11);
    made.time = signed_number();
    made.time_places = (uint8_t)below(11);
    made.reserved[1] = (uint8_t)one_in(40);
    return made;
}

static int32_t push_one(motepost_batch_t *grown, int in_json, const motepost_senml_base_t *base) {
    if (one_in(2)) {
        const motepost_senml_record_t made = record();
        return in_json ? motepost_senml_json(grown, base, &made) : motepost_senml_cbor(grown, base, &made);
    } else {
        const motepost_bytes_t made = in_json ? value(JSON, sizeof JSON / sizeof *JSON) : value(CBOR, sizeof CBOR / sizeof *CBOR);
        return motepost_batch_push(grown, made.ptr, made.len);
    }
}

static void batch(void) {
    motepost_batch_t grown = {0};
    motepost_senml_base_t base = {0};
    const int in_json = one_in(2), checked = !one_in(8);
    const size_t chosen = one_in(8) ? below(4) : below(400);
    uint32_t readings = below(8);
    size_t len = 0;
    if (one_in(2)) {
        base.name = text(20, NAME);
        base.time = any();
    }
    if (in_json) {
        add_status("batch", motepost_batch_json(&grown, kept, chosen, checked ? motepost_batch_check_json : NULL));
    } else {
        add_status("batch", motepost_batch_cbor(&grown, kept, chosen, checked ? motepost_batch_check_cbor : NULL));
    }
    while (readings-- != 0) {
        add_status("push", push_one(&grown, in_json, one_in(6) ? NULL : &base));
    }
    add_status("finish", motepost_batch_finish(&grown, &len));
    add("array", kept, len);
}

// Where power fails: so many programs and erases are still done.
static uint32_t power;

static int32_t read_kept(void *ctx, uint32_t offset, void *to, size_t len) {
    return motepost_ram_read(ctx, offset, to, len);
}

static int32_t program_kept(void *ctx, uint32_t offset, const void *from, size_t len) {
    if (power == 0) {
        return -1;
    }
    if (--power == 0) {
        len = below((uint32_t)len);
    }
    motepost_ram_program(ctx, offset, from, len);
    return power == 0 ? -1 : 0;
}

static int32_t erase_kept(void *ctx, uint32_t offset, uint32_t len) {
    if (power == 0) {
        return -1;
    }
    if (--power == 0) {
        len = below(len);
    }
    motepost_ram_erase(ctx, offset, len);
    return power == 0 ? -1 : 0;
}

static void take(motepost_outbox_t *opened) {
    static uint8_t taken[200];
    motepost_outbox_cursor_t cursor = {0};
    uint32_t readings = below(6), count = 0;
    while (readings-- != 0) {
        const size_t room_for = one_in(8) ? below(20) : sizeof taken;
        size_t len = 0;
        const int32_t status = motepost_outbox_next(opened, &cursor, taken, room_for, &len);
        add_status("next", status);
        add_number("len", (uint32_t)len);
        if (status == MOTEPOST_OK) {
            add_number("number", cursor.number);
            add("reading", taken, len);
        }
    }
    add_status("drop", motepost_outbox_drop(opened, &cursor));
    add_status("count", motepost_outbox_count(opened, &count));
    add_number("count", count);
}

static void outbox(void) {
    const motepost_flash_t flash = {read_kept, program_kept, erase_kept, kept, 256, 4, 1, 0};
    uint32_t lives = 1 + below(3);
    size_t i;
    for (i = 0; i < sizeof kept; i++) {
        kept[i] = 0xff;
    }
    while (lives-- != 0) {
        motepost_outbox_t opened = {0};
        uint32_t steps = below(12);
        power = one_in(2) ? 1 + below(24) : 0xffffffff;
        add_status("open", motepost_outbox_open(&opened, &flash, any()));
        while (steps-- != 0) {
            if (one_in(4)) {
                take(&opened);
            } else {
                const motepost_bytes_t reading = bytes(120);
                uint32_t number = 0;
                used -= reading.len;
                add_status("keep", motepost_outbox_push(&opened, reading.ptr, reading.len, &number));
                add_number("number", number);
            }
        }
        add_number("epoch", motepost_outbox_epoch(&opened));
    }
    add("kept", kept, sizeof kept);
}

#endif
