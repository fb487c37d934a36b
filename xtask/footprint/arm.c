// Cortex-M: vectors, reset, SysTick, semihosting.
#include "board.h"

extern uint8_t stack_top[];
extern uint8_t data_start[], data_end[], data_image[], bss_start[], bss_end[];
int main(void);

void put(const char *text) {
    register uint32_t operation __asm__("r0") = 4; // SYS_WRITE0
    register const char *argument __asm__("r1") = text;
    __asm__ volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
}

void reset(void) {
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

static void fault(void) {
    put("failed=fault\nend\n");
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static const void *const VECTORS[16] = {
    stack_top, reset, fault, fault, fault, fault, fault,
};

#define SYST_CSR (*(volatile uint32_t *)0xe000e010)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)

void counter_start(void) {
    SYST_RVR = 0xffffff;
    SYST_CVR = 0;
    SYST_CSR = 5; // on, from the processor's clock, without its interrupt
}

uint32_t counter_read(void) { return SYST_CVR; }

uint32_t counter_steps(uint32_t from, uint32_t to) { return (from - to) & 0xffffff; }
