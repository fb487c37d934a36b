// Reset to main, and the interrupts: the kernel's three and the Ethernet's.
#include "board.h"

// From the linker script.
extern uint32_t _stack_top[], _data_start[], _data_end[], _data_load[], _bss_start[], _bss_end[];

int main(void);

// The kernel's (portable/GCC/ARM_CM3).
void vPortSVCHandler(void);
void xPortPendSVHandler(void);
void xPortSysTickHandler(void);

// A firmware without a network has none.
void ethernet_interrupt(void) __attribute__((weak));

static void reset(void) {
    uint32_t *to;
    const uint32_t *from = _data_load;
    for (to = _data_start; to < _data_end; to++) {
        *to = *from++;
    }
    for (to = _bss_start; to < _bss_end; to++) {
        *to = 0;
    }
    main();
    board_end(BOARD_ASSERT); // the scheduler has no reason to return
}

static void fault(void) {
    board_end(BOARD_FAULT);
}

enum { ETHERNET = 13 }; // AN385, table "Interrupts"

__attribute__((section(".vectors"), used)) const struct {
    uint32_t *stack_top;
    void (*handlers[15])(void);
    void (*interrupts[ETHERNET + 1])(void);
} vectors = {
    _stack_top,
    {
        reset, fault, fault, fault, fault, fault, fault, fault, fault, fault,
        vPortSVCHandler, fault, fault, xPortPendSVHandler, xPortSysTickHandler,
    },
    {[0 ... ETHERNET - 1] = fault, [ETHERNET] = ethernet_interrupt},
};
