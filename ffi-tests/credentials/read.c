// Reads pairs of pages and a new image from standard input, and prints what motepost_credentials.h makes of
// them: ffi-tests/tests compares it with Rust's reader.
//
// Each pair is a length of 2 bytes, little-endian, and two pages of as many bytes; then an image in the same
// way. Each lies in memory of exactly its length, so that the sanitizers see a byte too many.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "motepost_credentials.h"

static int take(uint8_t *bytes, size_t len) { return fread(bytes, 1, len, stdin) == len; }

static uint8_t *room(size_t len) {
    uint8_t *bytes = (uint8_t *)malloc(len > 0 ? len : 1);
    if (bytes == NULL) {
        abort();
    }
    return bytes;
}

static uint8_t *take_all(size_t len) {
    uint8_t *bytes = room(len);
    if (!take(bytes, len)) {
        abort();
    }
    return bytes;
}

static int take_len(size_t *len) {
    uint8_t bytes[2];
    if (!take(bytes, 2)) {
        return 0;
    }
    *len = bytes[0] | (size_t)bytes[1] << 8;
    return 1;
}

static void put_text(motepost_str_t text) { printf(" %.*s", (int)text.len, text.ptr); }

static void put_bytes(motepost_bytes_t bytes) {
    putchar(' ');
    for (size_t at = 0; at < bytes.len; at++) {
        printf("%02x", bytes.ptr[at]);
    }
}

static void put(int32_t status, const motepost_credentials_t *is) {
    printf("%ld", (long)status);
    if (status >= 0) {
        printf(" %lu %u", (unsigned long)is->revision, is->scheme);
        put_text(is->id);
        put_text(is->endpoint);
        put_text(is->authorizer);
        put_text(is->token_key);
        put_text(is->token);
        put_bytes(is->signature);
        put_bytes(is->key);
    }
    putchar('\n');
}

int main(void) {
    size_t len, image_len;
    while (take_len(&len)) {
        motepost_credentials_t credentials;
        uint8_t *page0 = take_all(len);
        uint8_t *page1 = take_all(len);
        if (!take_len(&image_len)) {
            abort();
        }
        uint8_t *image = take_all(image_len);
        const motepost_bytes_t all = {image, image_len};
        put(motepost_credentials_read(page0, len, &credentials), &credentials);
        put(motepost_credentials_newest(page0, page1, len, &credentials), &credentials);
        printf("%ld", (long)motepost_credentials_prepare(page0, page1, len, image, image_len));
        put_bytes(all);
        putchar('\n');
        free(page0);
        free(page1);
        free(image);
    }
    return 0;
}
