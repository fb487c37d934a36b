// Arm MPS2 with the image AN386 (Cortex-M4), in QEMU. Its host stands in for what a product has in its chip: a source of random
// numbers, a clock with a battery where there is one, a word that outlasts a reset, and somewhere for a report to go.
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

// The emulator's exit status when the firmware could not end by itself. Those below are main.c's.
enum { BOARD_FAULT = 65, BOARD_STACK_OVERFLOW = 67 };

// Starts the tick.
void board_start(void);

// Milliseconds, which wrap.
uint32_t board_now_ms(void);

// Sleeps until an interrupt: the next tick at the latest.
void board_wait(void);

// How many milliseconds were slept in all.
uint32_t board_waited_ms(void);

// For device_t.entropy: random numbers that nobody can guess.
int board_entropy(void *bytes, size_t len);

// For device_t.real_time.
uint32_t board_real_time(void);

// The stored word; all ones until one was stored.
uint32_t board_load_time(void);
void board_store_time(uint32_t seconds);

// Only firmware that talks to a modem has it.
void board_uart_start(void);

// One byte out, and up to `len` bytes of what came in.
void board_uart_send(uint8_t byte);
size_t board_uart_receive(void *bytes, size_t len);

// Adds to the report.
void board_report(const char *text);

// The end of the emulation, with this exit status.
void board_end(int status) __attribute__((noreturn));

#endif
