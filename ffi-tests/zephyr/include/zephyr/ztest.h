// See kernel.h. Runs each ZTEST before main, which is here; the first assertion that fails ends the program.
#ifndef HOST_ZEPHYR_ZTEST_H
#define HOST_ZEPHYR_ZTEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZTEST_SUITE(suite, ...)                                                                                           \
    int main(void) {                                                                                                      \
        return 0;                                                                                                         \
    }                                                                                                                     \
    extern int suite##_is_a_suite
#define ZTEST(suite, name)                                                                                                \
    static void name(void);                                                                                               \
    __attribute__((constructor)) static void run_##name(void) {                                                           \
        name();                                                                                                           \
        printf("passed " #name "\n");                                                                                     \
        fflush(stdout);                                                                                                   \
    }                                                                                                                     \
    static void name(void)
#define zassert_true(condition)                                                                                           \
    do {                                                                                                                  \
        if (!(condition)) {                                                                                               \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                               \
            exit(1);                                                                                                      \
        }                                                                                                                 \
    } while (0)
#define zassert_equal(a, b) zassert_true((a) == (b))
#define zassert_mem_equal(a, b, len) zassert_true(memcmp(a, b, len) == 0)

#endif
