// A deadline for the example programs, which the library has none of, and waiting that keeps it. On
// firmware, this is your tick. POSIX: define _POSIX_C_SOURCE as 200809L first.
#ifndef EXAMPLES_COMMON_DEADLINE_H
#define EXAMPLES_COMMON_DEADLINE_H

#include <errno.h>
#include <poll.h>
#include <time.h>

static long long deadline;

static long long now_in_ms(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Every recv and send asks this first. A peer that always has one byte more to say keeps
// motepost_exchange_run busy, so a deadline in the loop around it would not be looked at.
static int is_over(void) {
    return now_in_ms() >= deadline;
}

// Sleeps until the file is ready; 0 when the time is over.
static int wait_for(int file, short events) {
    struct pollfd wanted = {file, events, 0};
    for (;;) {
        const long long left = deadline - now_in_ms();
        const int ready = left > 0 ? poll(&wanted, 1, left < 1000 ? (int)left : 1000) : 0;
        if (ready > 0 || left <= 0 || (ready < 0 && errno != EINTR)) {
            return ready > 0;
        }
    }
}

#endif
