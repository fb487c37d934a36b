// The CMSDK's APB UART (Cortex-M System Design Kit reference manual, 4.3). It keeps one byte, so an interrupt collects what comes
// in while the processor is busy with TLS: the modem's lines that nobody asked for, since its data waits to be asked for.
#include "board.h"

#define UART(offset) (*(volatile uint32_t *)(0x40004000 + (offset)))
#define INTERRUPT_ENABLE (*(volatile uint32_t *)0xE000E100)
#define INTERRUPT_DISABLE (*(volatile uint32_t *)0xE000E180)

enum { DATA = 0x00, STATE = 0x04, CONTROL = 0x08, INTERRUPT_CLEAR = 0x0C, BAUD_DIVIDER = 0x10 };
enum { TX_FULL = 1, RX_FULL = 2 };
enum { TX_ENABLE = 1, RX_ENABLE = 2, RX_INTERRUPT_ENABLE = 8 };
enum { RX_INTERRUPT = 2, RX_INTERRUPT_NUMBER = 0 }; // AN386, table "Interrupts"
enum { ROOM = 128 };                                // a power of two

static volatile uint8_t received[ROOM];
static volatile uint8_t head;
static volatile uint8_t tail;

void board_uart_start(void) {
    UART(BAUD_DIVIDER) = 217; // 25 MHz / 115,200
    UART(CONTROL) = TX_ENABLE | RX_ENABLE | RX_INTERRUPT_ENABLE;
    INTERRUPT_ENABLE = 1 << RX_INTERRUPT_NUMBER;
}

// Without room, the byte waits in the UART.
void uart_interrupt(void) {
    const uint8_t next = (head + 1) % ROOM;
    UART(INTERRUPT_CLEAR) = RX_INTERRUPT;
    if ((UART(STATE) & RX_FULL) && next != tail) {
        received[head] = (uint8_t)UART(DATA);
        head = next;
    }
}

void board_uart_send(uint8_t byte) {
    while (UART(STATE) & TX_FULL) {
    }
    UART(DATA) = byte;
}

size_t board_uart_receive(void *bytes, size_t len) {
    uint8_t *to = bytes;
    size_t count;
    for (count = 0; count < len && tail != head; count++) {
        *to++ = received[tail];
        tail = (tail + 1) % ROOM;
    }
    if (UART(STATE) & RX_FULL) { // it had to wait
        INTERRUPT_DISABLE = 1 << RX_INTERRUPT_NUMBER;
        uart_interrupt();
        INTERRUPT_ENABLE = 1 << RX_INTERRUPT_NUMBER;
    }
    return count;
}
