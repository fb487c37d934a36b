// Memory whose end touches a page that nobody may read or write. The archive is not instrumented by
// the sanitizers, so this is what catches it one byte outside the caller's memory.
//
// Include first: it asks the C library for more than ISO C.
#ifndef GUARDED_H
#define GUARDED_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// `len` bytes that end where the forbidden page begins. Never freed: the programs are short.
static inline uint8_t *guarded(size_t len) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t room = (len / page + 1) * page;
    void *memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect((uint8_t *)memory + room, page, PROT_NONE) != 0) {
        abort();
    }
    return (uint8_t *)memory + room - len;
}

// A copy of `bytes` at such an end.
static inline const uint8_t *guarded_copy(const void *bytes, size_t len) {
    uint8_t *copy = guarded(len);
    memcpy(copy, bytes, len);
    return copy;
}

#endif
