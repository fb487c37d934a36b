// Arm MPS2 with the images AN385 (Cortex-M3) and AN386 (Cortex-M4): the CMSDK's APB UART (Cortex-M
// System Design Kit reference manual, 4.3).
#include "../board.h"
#include "../semihosting.h"

#define UART(offset) (*(volatile uint32_t *)(0x40004000 + (offset)))

enum {
    DATA = 0x0,
    STATE = 0x4,
    CONTROL = 0x8,
    BAUD_DIVIDER = 0x10,
};

enum { TX_FULL = 1, RX_FULL = 2 };
enum { TX_ENABLE = 1, RX_ENABLE = 2 };

void board_start(void) {
    UART(BAUD_DIVIDER) = 217; // 25 MHz / 115,200
    UART(CONTROL) = TX_ENABLE | RX_ENABLE;
}

void board_send(uint8_t byte) {
    while (UART(STATE) & TX_FULL) {
    }
    UART(DATA) = byte;
}

bool board_receive(uint8_t *byte) {
    if (!(UART(STATE) & RX_FULL)) {
        return false;
    }
    *byte = (uint8_t)UART(DATA);
    return true;
}

void board_report(char character) {
    semihosting_write(character);
}

void board_end(void) {
    semihosting_end();
}
