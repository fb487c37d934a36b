// Checks that say where they failed and go on; main() ends with `return failures();`.
//
// Failures go to standard error. Each status that a call gave as it should goes to standard output,
// so that the Rust side can see that the programs together reach every one.
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a program reports, for those who read it. With CHECK_QUIET its exit status is all.
#ifdef CHECK_QUIET
#define REPORT(...) ((void)0)
#else
#define REPORT(...) ((void)printf(__VA_ARGS__))
#endif

// Which row of a table is being checked, for the message.
static const char *check_row = "";
static int check_failures;

// The status of a field that is refused for a reason.
#define REFUSED(field, reason) (-(100 * MOTEPOST_FIELD_##field + MOTEPOST_REASON_##reason))

static inline int failures(void) { return check_failures != 0; }

// A program that goes round forever must not fill the disk.
static inline void check_end(void) {
    static long lines;
    if (++lines == 1000000) {
        fprintf(stderr, "%s: and so on, forever\n", check_row);
        exit(1);
    }
}

static inline void check_failed(const char *file, int line, const char *what) {
    check_failures++;
    fprintf(stderr, "%s:%d: %s%s%s\n", file, line, check_row, *check_row ? ": " : "", what);
    check_end();
}

static inline void check_equal(const char *file, int line, const char *what, long long is,
                               long long should_be) {
    if (is != should_be) {
        check_failed(file, line, what);
        fprintf(stderr, "    is %lld, should be %lld\n", is, should_be);
    }
}

static inline void check_bytes(const char *file, int line, const char *what, const void *is,
                               size_t is_len, const char *should_be) {
    if (is_len != strlen(should_be) || (is_len != 0 && memcmp(is, should_be, is_len) != 0)) {
        check_failed(file, line, what);
        fprintf(stderr, "    is \"%.*s\", should be \"%s\"\n", (int)is_len, (const char *)is, should_be);
    }
}

static inline void check_status(const char *file, int line, const char *what, int32_t is,
                                int32_t should_be) {
    check_equal(file, line, what, is, should_be);
    if (is == should_be) {
        REPORT("reached %ld\n", (long)is);
        check_end();
    }
}

#define CHECK(what) ((what) ? (void)0 : check_failed(__FILE__, __LINE__, #what))
#define EQUAL(is, should_be) \
    check_equal(__FILE__, __LINE__, #is, (long long)(is), (long long)(should_be))
#define BYTES(is, is_len, should_be) \
    check_bytes(__FILE__, __LINE__, #is, (is), (is_len), (should_be))
#define GIVES(status, call) check_status(__FILE__, __LINE__, #call, (call), (status))

#endif
