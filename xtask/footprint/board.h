// What a board gives to measure.c: a reset handler that calls main, a line out, most also a counter.
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifndef __AVR__
#define COUNTER
#endif

// A free-running counter whose steps are a constant number of instructions under QEMU's icount.
void counter_start(void);
uint32_t counter_read(void);
// The steps between two readings, whatever the counter's width and direction.
uint32_t counter_steps(uint32_t from, uint32_t to);

void put(const char *text);

static inline volatile uint8_t *stack_pointer(void) {
#if defined(__AVR__)
    return (volatile uint8_t *)(*(volatile uint16_t *)0x5d + 1); // SP points below the last byte
#elif defined(__riscv)
    volatile uint8_t *sp;
    __asm__ volatile("mv %0, sp" : "=r"(sp));
    return sp;
#else
    volatile uint8_t *sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
#ifdef WINDOWED
    return sp - 16; // the caller's registers are spilled to just below
#else
    return sp;
#endif
#endif
}

// The lowest address that the stack may grow to, from the linker script; and while a token is minted, when the buffer and
// the exchange are not in use yet: the smallest board needs their room to measure that.
extern uint8_t stack_limit[], stack_limit_of_mint[];

#endif
