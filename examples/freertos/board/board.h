// What the board has besides its Ethernet. Under QEMU the host stands in for what a product has in its chip: a clock that is
// set, a source of random numbers, and somewhere for a report to go.
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

// The emulator's exit status when the firmware could not end by itself. Those below are main.c's.
enum {
    BOARD_ASSERT = 64,
    BOARD_FAULT = 65,
    BOARD_NO_MEMORY = 66,
    BOARD_STACK_OVERFLOW = 67,
};

// The end of the emulation, with this exit status.
void board_end(int status) __attribute__((noreturn));

// Adds to the report.
void board_report(const char *text);

// Seconds since 1970.
uint32_t board_time(void);

// Fills `len` bytes with random numbers that nobody can guess.
void board_entropy(void *bytes, size_t len);

uint32_t board_random(void);

#endif
