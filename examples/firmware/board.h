// What a board has to bring along. A new board is one file with these five functions, and a linker
// script where its toolchain has none.
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stdint.h>

// Switches the UART on, beyond which the modem or the gateway is.
void board_start(void);

// Sends a byte over the UART, as soon as it takes one.
void board_send(uint8_t byte);

// Takes a byte that the UART has received; false when there is none yet.
bool board_receive(uint8_t *byte);

// Writes a character of the report. Never to the UART, where it would land in the request.
void board_report(char character);

// The end, on a board in an emulator.
void board_end(void) __attribute__((noreturn));

// The program's own: a board with fault handlers calls it from them.
void board_fault(void) __attribute__((noreturn));

#endif
