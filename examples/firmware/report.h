// What the firmware reports, without printf.
#ifndef REPORT_H
#define REPORT_H

#include "board.h"

static void report(const char *text) {
    while (*text != '\0') {
        board_report(*text++);
    }
}

static void report_number(const char *name, unsigned number) {
    char digits[sizeof number * 3];
    unsigned count = 0;
    report(name);
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) {
        board_report(digits[--count]);
    }
}

#endif
