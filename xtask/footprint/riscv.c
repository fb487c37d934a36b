// QEMU's RISC-V board "virt": reset, the counter of retired instructions, its UART.
#include "board.h"

extern uint8_t data_start[], data_end[], data_image[], bss_start[], bss_end[];
int main(void);

__attribute__((naked, used, section(".vectors"))) void reset(void) {
    __asm__ volatile("la sp, stack_top\n"
                     "j start");
}

__attribute__((used)) void start(void) {
    volatile uint8_t *to;
    const uint8_t *from = data_image;
    for (to = data_start; to < data_end; to++) {
        *to = *from++;
    }
    for (to = bss_start; to < bss_end; to++) {
        *to = 0;
    }
    main();
    for (;;) {
    }
}

void put(const char *text) {
    for (; *text != 0; text++) {
        *(volatile char *)0x10000000 = *text;
    }
}

void counter_start(void) {}

uint32_t counter_read(void) {
    uint32_t count;
    __asm__ volatile(".option push\n"
                     ".option arch, +zicsr\n"
                     "csrr %0, minstret\n"
                     ".option pop"
                     : "=r"(count));
    return count;
}

uint32_t counter_steps(uint32_t from, uint32_t to) { return to - from; }
