// What measure.c and peer.c measure with: painted stacks, and instructions counted by the board.
#ifndef MEASURING_H
#define MEASURING_H

#include "board.h"

#define PAINT 0xa5
#define TIMES 100

static inline void put_number(const char *name, uint32_t value) {
    char digits[12];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put(name);
    put("=");
    put(at);
    put("\n");
}

static inline void failed(const char *step, int32_t status) {
    put("failed=");
    put(step);
    put_number(" minus_status", (uint32_t)-status);
    put("end\n");
    for (;;) {
    }
}

// The bytes of stack that a statement writes to below this function's frame. Nothing lives below
// the stack pointer here: no interrupt is on, and none of these boards has a red zone.
#define STACK_USED_BY(status, call) STACK_ABOVE(stack_limit, status, call)

#define STACK_ABOVE(limit, status, call)                                  \
    ({                                                                    \
        volatile uint8_t *const top = stack_pointer();                    \
        volatile uint8_t *at;                                             \
        for (at = limit; at < top; at++) {                                \
            *at = PAINT;                                                  \
        }                                                                 \
        status = (call);                                                  \
        for (at = limit; at < top && *at == PAINT; at++) {                \
        }                                                                 \
        if (at == limit) {                                                \
            failed("stack", 0); /* it went further, who knows where */    \
        }                                                                 \
        (uint32_t)(top - at);                                             \
    })

static inline void must_be_done(const char *step, int32_t status) {
    if (status != 0) {
        failed(step, status);
    }
}

#ifdef COUNTER
static int32_t nothing(void) {
    __asm__ volatile("");
    return 0;
}

static int32_t thousand_nops(void) {
    __asm__ volatile(".rept 1000\n nop\n .endr");
    return 0;
}

// Through a pointer that the compiler cannot see through, so that every step pays for one call.
typedef int32_t (*volatile step_t)(void);

static __attribute__((noinline)) uint32_t steps_of(step_t preparation, step_t step) {
    uint32_t from;
    int i;
    from = counter_read();
    for (i = 0; i < TIMES; i++) {
        if (preparation() != 0 || step() != 0) {
            failed("count", 0);
        }
    }
    return counter_steps(from, counter_read());
}
#endif

#endif
