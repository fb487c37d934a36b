// ATmega328P: vector, reset, UART 0. No counter: QEMU 7.2 stops when an AVR program reads a timer under icount.
#include "board.h"

extern uint8_t data_start[], data_end[], data_image[], bss_start[], bss_end[];
int main(void);

__attribute__((naked, used, section(".vectors"))) void vector(void) {
    __asm__ volatile("jmp reset");
}

__attribute__((used, noreturn)) void start(void) {
    volatile uint8_t *to = data_start;
    uint16_t from = (uint16_t)data_image;
    for (; to < data_end; to++) {
        uint8_t byte;
        __asm__ volatile("lpm %0, Z" : "=r"(byte) : "z"(from++));
        *to = byte;
    }
    for (to = bss_start; to < bss_end; to++) {
        *to = 0;
    }
    main();
    for (;;) {
    }
}

__attribute__((naked, used)) void reset(void) {
    __asm__ volatile("clr r1\n"
                     "out 0x3f, r1\n"
                     "ldi r28, lo8(stack_top - 1)\n"
                     "ldi r29, hi8(stack_top - 1)\n"
                     "out 0x3e, r29\n"
                     "out 0x3d, r28\n"
                     "jmp start");
}

#define UCSR0A (*(volatile uint8_t *)0xc0)
#define UCSR0B (*(volatile uint8_t *)0xc1)
#define UDR0 (*(volatile uint8_t *)0xc6)

void put(const char *text) {
    UCSR0B = 1 << 3; // the transmitter
    for (; *text != 0; text++) {
        while ((UCSR0A & 1 << 5) == 0) {
        }
        UDR0 = (uint8_t)*text;
    }
}
