// QEMU's RISC-V virt: an ns16550 (PC16550D data sheet), and the way from reset to main.
#include "../board.h"
#include "../semihosting.h"

#define UART(offset) (*(volatile uint8_t *)(0x10000000 + (offset)))

enum { DATA = 0, FIFO_CONTROL = 2, LINE_CONTROL = 3, LINE_STATUS = 5 };
enum { FIFO_ENABLE = 1, EIGHT_BITS = 3, DATA_READY = 0x01, TX_EMPTY = 0x20 };

// From the linker script.
extern uint32_t _data_start[], _data_end[], _data_load[], _bss_start[], _bss_end[];

int main(void);

__attribute__((section(".start"), naked, used)) void start(void) {
    __asm__ volatile(".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
                     "la sp, _stack_top\n"
                     ".option push\n.option arch, +zicsr\nla t0, fault\ncsrw mtvec, t0\n.option pop\n"
                     "j prepare");
}

__attribute__((used)) static void prepare(void) {
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

__attribute__((used, aligned(4))) static void fault(void) {
    board_fault();
}

void board_start(void) {
    UART(LINE_CONTROL) = EIGHT_BITS;
    UART(FIFO_CONTROL) = FIFO_ENABLE;
}

void board_send(uint8_t byte) {
    while (!(UART(LINE_STATUS) & TX_EMPTY)) {
    }
    UART(DATA) = byte;
}

bool board_receive(uint8_t *byte) {
    if (!(UART(LINE_STATUS) & DATA_READY)) {
        return false;
    }
    *byte = UART(DATA);
    return true;
}

void board_report(char character) {
    semihosting_write(character);
}

void board_end(void) {
    semihosting_end();
}
