// examples/firmware/publish.c on this machine, at a line that never falls silent: its board is a byte at each look.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Its stack is not painted here.
#define STACK_H
#define stack_paint() ((void)0)
#define stack_used() 0u
#define stack_overflowed() 0

#define main firmware
#include "../../examples/firmware/publish.c"
#undef main

// More than the deadline and the silence after it together, so that a program without a deadline ends as well.
enum { LOOKS = 10000000 };

static unsigned long looks, sent;

void board_start(void) {}

void board_send(uint8_t byte) {
    (void)byte;
    sent++;
}

bool board_receive(uint8_t *byte) {
    if (++looks > LOOKS) {
        printf("the line keeps the device\n");
        exit(1);
    }
    *byte = 'x';
    return true;
}

void board_report(char character) {
    putchar(character);
}

void board_end(void) {
    printf("sent %lu\n", sent);
    exit(0);
}

int main(void) {
    return firmware();
}
