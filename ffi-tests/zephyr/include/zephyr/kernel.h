// Not Zephyr: the few declarations that include/motepost_zephyr.h and examples/zephyr use of it, over this host's own calls,
// so that both can be compiled and run without a Zephyr tree.
#ifndef HOST_ZEPHYR_KERNEL_H
#define HOST_ZEPHYR_KERNEL_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define printk printf

static inline int64_t k_uptime_get(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
