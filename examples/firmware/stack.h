// How much stack was used: free memory is painted before, and looked at afterwards.
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

// The end of static memory, below which the stack must not come. The linker script has it.
extern uint8_t _end[];

enum { PAINT = 0xA5 };

// Where the stack is in the caller.
#define STACK_HERE() ((volatile uint8_t *)__builtin_frame_address(0))

static volatile uint8_t *stack_base;

static inline __attribute__((always_inline)) void stack_paint(void) {
    volatile uint8_t *at;
    // The caller's own frame lies below the address that it has, so a margin stays as it is.
    stack_base = STACK_HERE() - 64;
    for (at = _end; at < stack_base; at++) {
        *at = PAINT;
    }
}

static inline __attribute__((always_inline)) unsigned stack_used(void) {
    volatile uint8_t *at = _end;
    while (at < stack_base && *at == PAINT) {
        at++;
    }
    return (unsigned)(stack_base - at);
}

#endif
