// BBC micro:bit: Cortex-M0, 16 KB of RAM, and the UART of its nRF51822 (reference manual 3.0,
// chapter 29).
#include "../board.h"
#include "../semihosting.h"

#define UART(offset) (*(volatile uint32_t *)(0x40002000 + (offset)))

enum {
    START_RX = 0x000,
    START_TX = 0x008,
    RX_READY = 0x108,
    TX_READY = 0x11C,
    ENABLE = 0x500,
    PIN_TX = 0x50C,
    PIN_RX = 0x514,
    RX = 0x518,
    TX = 0x51C,
    BAUD_RATE = 0x524,
};

void board_start(void) {
    UART(PIN_TX) = 24;
    UART(PIN_RX) = 25;
    UART(BAUD_RATE) = 0x01D7E000; // 115,200
    UART(ENABLE) = 4;
    UART(START_TX) = 1;
    UART(START_RX) = 1;
}

void board_send(uint8_t byte) {
    UART(TX_READY) = 0;
    UART(TX) = byte;
    while (UART(TX_READY) == 0) {
    }
}

bool board_receive(uint8_t *byte) {
    if (UART(RX_READY) == 0) {
        return false;
    }
    // Cleared first: the next byte that waits sets it again when this one is read.
    UART(RX_READY) = 0;
    *byte = (uint8_t)UART(RX);
    return true;
}

void board_report(char character) {
    semihosting_write(character);
}

void board_end(void) {
    semihosting_end();
}
