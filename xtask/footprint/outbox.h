// An outbox over flash that costs nothing: what is measured is the library's.
#ifndef OUTBOX_H
#define OUTBOX_H

#include "motepost.h"

#define NOT_THE_LIBRARY_S __attribute__((section(".noinit")))
static uint8_t region[3 * 128] NOT_THE_LIBRARY_S;
static motepost_outbox_t outbox NOT_THE_LIBRARY_S;
static motepost_outbox_cursor_t cursor;
static uint8_t reading[20];
static size_t reading_len;

static int32_t read_region(void *ctx, uint32_t offset, void *to, size_t len) {
    size_t i;
    (void)ctx;
    for (i = 0; i < len; i++) {
        ((uint8_t *)to)[i] = region[offset + i];
    }
    return 0;
}

static int32_t program_region(void *ctx, uint32_t offset, const void *bytes, size_t len) {
    size_t i;
    (void)ctx;
    for (i = 0; i < len; i++) {
        region[offset + i] = ((const uint8_t *)bytes)[i];
    }
    return 0;
}

static int32_t erase_region(void *ctx, uint32_t offset, uint32_t len) {
    uint32_t i;
    (void)ctx;
    for (i = 0; i < len; i++) {
        region[offset + i] = 0xff;
    }
    return 0;
}

static const motepost_flash_t FLASH = {read_region, program_region, erase_region, NULL, 128, 3, 8, 0};

#endif
