// What all rounds share: random numbers and texts, and a digest of what came of them.
#ifndef MOTEPOST_ROUNDS_RANDOM_H
#define MOTEPOST_ROUNDS_RANDOM_H
#include "board.h"
#include "motepost.h"

static uint32_t state;

static uint32_t any(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

// Below `n`, which has 16 bits. One call in an expression: C does not say which of two comes first.
static uint32_t below(uint32_t n) { return ((any() >> 16) * n) >> 16; }

static int one_in(uint32_t n) { return below(n) == 0; }

// Two digests at once: one alone would now and then be the same for different bytes.
static uint32_t first, second;

static void put_hex(uint32_t value, int digits) {
    char text[9];
    text[digits] = 0;
    while (digits-- != 0) {
        text[digits] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    put(text);
}

static void add(const char *what, const void *bytes, size_t len) {
    size_t i;
#ifdef SHOW
    put(what);
    put(" ");
#else
    (void)what;
#endif
    for (i = 0; i < len; i++) {
        const uint8_t byte = ((const uint8_t *)bytes)[i];
        first = (first ^ byte) * 16777619U;
        second = (second + byte) * 2654435761U;
        second ^= second >> 15;
#ifdef SHOW
        put_hex(byte, 2);
#endif
    }
#ifdef SHOW
    put("\n");
#endif
}

static void add_number(const char *what, uint32_t number) {
    uint8_t bytes[4];
    int i;
    for (i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(number >> (24 - 8 * i));
    }
    add(what, bytes, sizeof bytes);
}

static size_t length_of(const char *text) {
    size_t len = 0;
    while (text[len] != 0) {
        len++;
    }
    return len;
}

static void add_status(const char *what, int32_t status) {
    const char *reason = motepost_strerror(status), *field = motepost_field_name(status);
    add_number(what, (uint32_t)status);
    add("reason", reason, length_of(reason));
    add("field", field, length_of(field));
}

// What this round's texts lie in.
static uint8_t pool[12288];
static size_t used;

static uint8_t *room(size_t len) {
    uint8_t *at = pool + used;
    used += len;
    return at;
}

static const char HOST[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
static const char TOPIC[] = "abcXYZ019/_-. %&?=$@:";
static const char NAME[] = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_";
static const char VALUE[] = "abcXYZ019 !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~";
static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char *const ODD[] = {"+", "#", "\r\n", "\x7f", "\t", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc3", "\xff"};

static size_t letters(uint8_t *to, size_t len, const char *alphabet) {
    const uint32_t count = (uint32_t)length_of(alphabet);
    size_t i;
    for (i = 0; i < len; i++) {
        to[i] = (uint8_t)alphabet[below(count)];
    }
    return len;
}

// Text of that alphabet, mostly; what a field refuses, now and then.
static motepost_str_t text(uint32_t most, const char *alphabet) {
    motepost_str_t made;
    const uint32_t kind = below(24);
    const size_t len = kind == 0 ? 0 : kind == 1 ? most + below(most) : 1 + below(most);
    uint8_t *at = room(len);
    letters(at, len, alphabet);
    if (kind == 2) {
        const char *odd = ODD[below(sizeof ODD / sizeof *ODD)];
        size_t i, from = below((uint32_t)len);
        for (i = 0; odd[i] != 0 && from + i < len; i++) {
            at[from + i] = (uint8_t)odd[i];
        }
    }
    if (kind == 3) {
        const uint32_t where = below((uint32_t)len);
        at[where] = (uint8_t)any();
    }
    made.ptr = (const char *)at;
    made.len = len;
    return made;
}

static motepost_bytes_t bytes(uint32_t most) {
    motepost_bytes_t made;
    size_t i;
    made.len = below(most);
    made.ptr = room(made.len);
    for (i = 0; i < made.len; i++) {
        ((uint8_t *)made.ptr)[i] = (uint8_t)any();
    }
    return made;
}

#endif
