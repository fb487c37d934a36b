// Secrets that memcheck takes for undefined bytes, so that it reports each jump and each address that
// depends on them: the method of ctgrind (https://github.com/agl/ctgrind).
#ifndef UNDEFINED_H
#define UNDEFINED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/memcheck.h>

static inline void make_secret(const void *bytes, size_t len) {
    (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, len);
}

static inline void make_public(const void *bytes, size_t len) {
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, len);
}

// Whether each of the bytes depends on a secret; what does not was not computed from one.
static inline int is_secret(const void *bytes, size_t len) {
    size_t i;
    for (i = 0; i < len; i++) {
        uint8_t bits = 0;
        (void)VALGRIND_GET_VBITS((const uint8_t *)bytes + i, &bits, 1);
        if (bits == 0) {
            return 0;
        }
    }
    return 1;
}

// How often memcheck has reported something so far.
static inline int reports(void) { return (int)VALGRIND_COUNT_ERRORS; }

static inline void must_run_under_memcheck(void) {
    if (!RUNNING_ON_VALGRIND) {
        fputs("run this under valgrind: without it nothing is reported\n", stderr);
        exit(2);
    }
}

#endif
