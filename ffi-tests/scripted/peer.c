// A peer whose every word is known, and a clock on which each look takes a millisecond, in place of this host's (ld's --wrap): so that
// a deadline is counted and not waited for. The connection is a real one, and nothing moves over it.
//
//     PEER_SAYS   comes a byte a call, the last one again and again
//     PEER_TAKES  how many sends succeed before the peer is gone
//
// At the end, standard error gets how many calls have moved something.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

static long clock_ms, moves, sends;

static void report(void) {
    fprintf(stderr, "moves %ld\n", moves);
}

static void move(void) {
    if (moves++ == 0) {
        atexit(report);
    }
}

static ssize_t hear(char *to) {
    static const char *at;
    at = at == NULL ? getenv("PEER_SAYS") : at[1] != '\0' ? at + 1 : at;
    *to = *at;
    move();
    return 1;
}

static ssize_t say(size_t len) {
    if (sends++ >= atol(getenv("PEER_TAKES"))) {
        errno = EPIPE;
        return -1;
    }
    move();
    return (ssize_t)len;
}

ssize_t __wrap_read(int file, void *buffer, size_t len) {
    (void)file, (void)len;
    return hear(buffer);
}

ssize_t __wrap_recv(int file, void *buffer, size_t len, int flags) {
    (void)file, (void)len, (void)flags;
    return hear(buffer);
}

ssize_t __wrap_write(int file, const void *buffer, size_t len) {
    (void)file, (void)buffer;
    return say(len);
}

ssize_t __wrap_send(int file, const void *buffer, size_t len, int flags) {
    (void)file, (void)buffer, (void)flags;
    return say(len);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    (void)clock;
    clock_ms++;
    now->tv_sec = clock_ms / 1000;
    now->tv_nsec = clock_ms % 1000 * 1000000;
    return 0;
}
