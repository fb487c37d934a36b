// Paints the stack around each call of an outbox, and prints what it saw.
#include "outbox.h"
#include "board.h"

// Instructions depend on the readings: they are not counted.
#undef COUNTER
#include "measuring.h"

#define STACK_OF(name, call)                               \
    static __attribute__((noinline)) uint32_t name(void) { \
        int32_t status;                                    \
        const uint32_t used = STACK_USED_BY(status, call); \
        must_be_done(#name, status);                       \
        return used;                                       \
    }

STACK_OF(stack_of_open, motepost_outbox_open(&outbox, &FLASH, 1))
STACK_OF(stack_of_push, motepost_outbox_push(&outbox, reading, sizeof reading, NULL))
STACK_OF(stack_of_next,
         motepost_outbox_next(&outbox, &cursor, reading, sizeof reading, &reading_len))
STACK_OF(stack_of_drop, motepost_outbox_drop(&outbox, &cursor))

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

int main(void) {
    uint32_t push = 0, next = 0, most, round;
    most = stack_of_open();
    // Through new sectors and starts with a cold end.
    for (round = 0; round < 20; round++) {
        push = larger(push, stack_of_push());
        next = larger(next, stack_of_next());
        most = larger(most, stack_of_drop());
        most = larger(most, stack_of_open());
    }
    put_number("stack_build", push);
    put_number("stack_parse", next);
    put_number("stack_publish", larger(most, larger(push, next)));
    put("end\n");
    for (;;) {
    }
}
