// at.h as it describes itself, for what stands on it: any modem. at_uart.c proves that at.c is so in its bytes, its wait for one, its
// sending and its numbers; that its loops over lines are so is left to the tests.
//
// Assumed: at.c reads the bytes and texts that it is given, writes as many bytes to at_raw's buffer as it is told; the first failure stays
// until the caller clears it; any line may come by itself, at any call that waits,
// so that comparing it with a text may have any result; and the number of a field is -1 to 999,999,999.
#ifndef PROVE_MODEM_H
#define PROVE_MODEM_H

#include <string.h>

#include "at.h"
#include "prove.h"

static char line[96];

// What C's strcmp may say of it.
static int any_order(const char *text, const char *other) {
    MUST(text == line && other != NULL, "a line is compared");
    return any_i32();
}

#define strcmp any_order

static void may_fail(at_t *at) {
    if (at->status == AT_OK && any_of_two()) {
        at->status = any_i32();
        at->code = any_i32();
        ASSUME(at->status <= AT_E_TIMEOUT && at->status >= AT_E_FULL);
    }
}

// Something comes, asked for or not.
static int32_t waits(at_t *at) {
    if (at->status == AT_OK && at->on_urc != NULL && any_of_two()) {
        at->on_urc(at->urc_ctx, line);
    }
    may_fail(at);
    return at->status;
}

int32_t at_fail(at_t *at, int32_t status, int32_t code) {
    if (at->status == AT_OK) {
        at->status = status;
        at->code = code;
    }
    return at->status;
}

void at_bytes(at_t *at, const void *bytes, size_t len) {
    reads(bytes, len);
    may_fail(at);
}

void at_text(at_t *at, const char *text) { at_bytes(at, text, strlen(text) + 1); }

void at_number(at_t *at, size_t number) {
    (void)number;
    may_fail(at);
}

int32_t at_begin(at_t *at) { return waits(at); }
int32_t at_ok(at_t *at) { return waits(at); }
int32_t at_poll(at_t *at) { return waits(at); }

int32_t at_command(at_t *at, const char *command) {
    at_text(at, command);
    return waits(at);
}

int32_t at_info(at_t *at, const char *info, uint32_t timeout) {
    (void)info;
    (void)timeout;
    return waits(at);
}

int32_t at_mark(at_t *at, const char *mark, uint32_t timeout) { return at_info(at, mark, timeout); }

int32_t at_final(at_t *at, const char *final, const char *info, uint32_t timeout) {
    (void)final;
    return at_info(at, info, timeout);
}

int32_t at_give(at_t *at, const char *command, const void *bytes, size_t len, const char *final) {
    at_text(at, command);
    at_bytes(at, bytes, len);
    return at_final(at, final, NULL, 0);
}

int32_t at_close(at_t *at, const char *command) { return at_command(at, command); }

int32_t at_pause(at_t *at, uint32_t milliseconds) {
    (void)milliseconds;
    return waits(at);
}

int32_t at_raw(at_t *at, void *buffer, size_t len, uint32_t timeout) {
    (void)timeout;
    writes(buffer, len);
    may_fail(at);
    return at->status;
}

int32_t at_field(const at_t *at, int index) {
    const int32_t number = any_i32();
    (void)at;
    (void)index;
    ASSUME(number >= -1 && number <= 999999999);
    return number;
}

#endif
