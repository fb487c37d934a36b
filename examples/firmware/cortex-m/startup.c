// Reset to main on any Cortex-M, without a vendor's package.
#include <stdint.h>

#include "../board.h"

// From the linker script.
extern uint32_t _stack_top[], _data_start[], _data_end[], _data_load[], _bss_start[], _bss_end[];

int main(void);

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
    board_end();
}

static void fault(void) {
    board_fault();
}

// No interrupt is ever enabled: the stack, the reset and the faults are all there is.
__attribute__((section(".vectors"), used)) const struct {
    uint32_t *stack_top;
    void (*handlers[15])(void);
} vectors = {_stack_top, {reset, fault, fault, fault, fault, fault}};
