// How much stack was used: free memory is painted before, and looked at afterwards.
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stdint.h>

// The end of static memory, below which the stack must not come. The linker script has it.
extern uint8_t _end[];

enum { PAINT = 0xA5 };

// Where the stack is in the caller.
#define STACK_HERE() ((volatile uint8_t *)__builtin_frame_address(0))

static volatile uint8_t *stack_base;

static inline __attribute__((always_inline)) void stack_paint(void) {
    volatile uint8_t *at;
    stack_base = STACK_HERE();
    // The caller's own frame lies below that, and stays as it is.
    for (at = _end; at < stack_base - 64; at++) {
        *at = PAINT;
    }
}

// Whether it came down to static memory: then nothing else that is reported can be believed.
static inline bool stack_overflowed(void) {
    return *(volatile uint8_t *)_end != PAINT;
}

// The caller's own frame included.
static inline __attribute__((always_inline)) unsigned stack_used(void) {
    volatile uint8_t *at = _end;
    while (at < stack_base && *at == PAINT) {
        at++;
    }
    return (unsigned)(stack_base - at);
}

#endif
