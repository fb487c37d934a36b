// esbmc: --32 --unwind 4 --unwindsetname strlen:0:20,at.c@take:0:8,at.c@number_at:0:6,at.c@number_at:1:12,at_number:0:22,at_bytes:0:7
//
// examples/at-modem/c/at.c over any UART, any modem and any clock.
//
// Assumed:
// - the UART's functions return at most what they were offered, 0, or any negative number;
// - the clock goes on by one to four milliseconds with each look at it, and by up to 255 in idle. It may wrap. `idle` may be missing;
// - what waits has 2 milliseconds at most, and what sends 4, so few bytes come in one wait. But each wait begins in every state that at_t can have: any
//   line, of any length, may have begun to come before. So what is shown of a byte and of a line holds for every later one;
// - the state of at_t: len is 95 at most, and line and answer end in NUL. Each proof ends by asserting that this is still so;
// - a comparison of texts may have any result, and a search any that C allows: both are asked of what ends in NUL alone;
// - at most two carriage returns came in a row before, and at most three spaces come before a number: each costs one turn of a loop
//   that counts towards the end of its array;
//
// Not proven: at_poll, at_final and at_begin as a whole, whose loops over lines are beyond the prover, and at_ok, at_command, at_info,
// at_mark, at_give, at_close and at_pause, which call them. The byte (`take`), the wait for one
// (`raw`), sending, silence and numbers, which they are made of, are.
#include "prove.h"

#include <string.h>

static char *found(const char *text, int character);
static int any_order(const char *text, const char *other);
#define strchr found
#define strcmp any_order
#define strncmp(text, other, len) ((void)(len), any_order(text, other))
#include "at.c"

static uint32_t clock;
static uint8_t context;

static uint32_t now_ms(void *ctx) {
    MUST(ctx == &context, "the context is the port's");
    clock += 1 + any_u8() % 4u;
    return clock;
}

static void idle(void *ctx) {
    MUST(ctx == &context, "the context is the port's");
    clock += any_u8();
}

static int32_t any_count(size_t len) {
    const int32_t count = any_i32();
    ASSUME(count <= 0 || (size_t)count <= len);
    return count;
}

static int32_t uart_recv(void *ctx, void *buffer, size_t len) {
    MUST(ctx == &context, "the context is the port's");
    writes(buffer, len);
    return any_count(len);
}

static int32_t uart_send(void *ctx, const void *buffer, size_t len) {
    MUST(ctx == &context, "the context is the port's");
    MUST(len > 0, "nothing is not sent");
    reads(buffer, len);
    return any_count(len);
}

static at_port_t port;
static at_t at;

static int is_sound(void) {
    return at.len < sizeof at.line && at.line[sizeof at.line - 1] == '\0' && at.answer[sizeof at.answer - 1] == '\0';
}

// What C's strcmp and strncmp may say of a line, which ends in NUL, and of what it is compared with.
static int any_order(const char *text, const char *other) {
    MUST(text == at.line && is_sound() && other != NULL, "what is compared ends in NUL");
    return any_i32();
}

// Where C's strchr may point to: any such character in the rest of the answer, or nowhere.
static char *found(const char *text, int character) {
    const size_t from = (size_t)(text - at.answer);
    size_t where = any_size();
    MUST(from < sizeof at.answer && is_sound(), "what is searched ends in NUL");
    ASSUME(where >= from && where < sizeof at.answer && at.answer[where] == (char)character);
    ASSUME(where + 4 >= sizeof at.answer || at.answer[where + 4] != ' ');
    return any_of_two() ? &at.answer[where] : NULL;
}

static void any_state(uint32_t timeout) {
    at_t any;
    at = any;
    port.recv = uart_recv;
    port.send = uart_send;
    port.now_ms = now_ms;
    port.idle = any_of_two() ? idle : NULL;
    port.ctx = &context;
    at.port = &port;
    at.on_urc = NULL;
    at.urc_ctx = &context;
    at.raw_after = NULL;
    at.timeout = timeout;
    at.network_timeout = timeout;
    at.publish_timeout = any_u32();
    at.silence = timeout;
    clock = any_u32();
    ASSUME(is_sound() && (at.len < 3 || at.line[at.len - 3] != '\r'));
}

void prove_take(void) {
    static const char *const marks[] = {NULL, ">", "CONNECT", "+QIRD:"};
    any_state(0);
    at.raw_after = marks[up_to(3)];
    (void)take(&at, (char)any_u8());
    MUST(is_sound(), "the state is sound");
    END();
}

void prove_field(void) {
    int32_t number;
    any_state(0);
    number = at_field(&at, (int)up_to(2));
    MUST(number >= -1 && number <= 999999999, "a number has nine digits at most");
    END();
}

void prove_number(void) {
    any_state(2);
    at_number(&at, any_size());
    MUST(is_sound(), "the state is sound");
    END();
}

void prove_send(void) {
    const size_t len = up_to(70000);
    uint8_t *bytes = (uint8_t *)malloc(len + 1);
    any_state(4);
    at_bytes(&at, bytes, len);
    free(bytes);
    END();
}

void prove_raw(void) {
    const size_t len = up_to(4);
    uint8_t *bytes = (uint8_t *)malloc(len + 1);
    any_state(2);
    at_raw(&at, bytes, len, 2);
    MUST(is_sound(), "the state is sound");
    free(bytes);
    END();
}

void prove_resync(void) {
    any_state(2);
    (void)at_resync(&at);
    MUST(is_sound(), "the state is sound");
    END();
}
