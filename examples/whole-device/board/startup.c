// Reset to main, the tick, and the UART's interrupt where the firmware has one.
#include "board.h"

// From the linker script.
extern uint32_t _stack_top[], _data_start[], _data_end[], _data_load[], _bss_start[], _bss_end[];

int main(void);
void board_tick(void);
void uart_interrupt(void) __attribute__((weak));

static void reset(void) {
    uint32_t *to;
    const uint32_t *from = _data_load;
    for (to = _data_start; to < _data_end; to++) {
        *to = *from++;
    }
    for (to = _bss_start; to < _bss_end; to++) {
        *to = 0;
    }
    board_end(main());
}

static void fault(void) {
    board_end(BOARD_FAULT);
}

__attribute__((section(".vectors"), used)) const struct {
    uint32_t *stack_top;
    void (*handlers[15])(void);
    void (*uart)(void);
} vectors = {
    _stack_top,
    {reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, board_tick},
    uart_interrupt,
};
