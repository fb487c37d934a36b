// What every proof uses. A proof is a function `void prove_...(void)`; `cargo xtask prove` runs each of them in ESBMC, which takes
// each value that is not set for any value. It checks every access, every signed overflow, every shift, that what was allocated is
// freed once and not used afterwards, and, by unwinding assertions, that no loop goes on beyond the bound of the file's first line.
#ifndef PROVE_H
#define PROVE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void *malloc(size_t len);
void free(void *bytes);

// Any value of the type.
int nondet_int(void);
unsigned char nondet_uchar(void);
int8_t any_i8(void);
uint8_t any_u8(void);
int32_t any_i32(void);
uint32_t any_u32(void);
int64_t any_i64(void);
size_t any_size(void);

#define ASSUME(condition) __ESBMC_assume(condition)
#define MUST(condition, what) __ESBMC_assert(condition, what)

// At the end of each proof. A proof that never gets there shows nothing: with REACHED the prover has to say that it does.
#ifdef REACHED
#define END() MUST(0, "the end is reached")
#else
#define END() ((void)0)
#endif

static inline int any_of_two(void) { return any_u8() % 2; }

static inline size_t up_to(size_t most) {
    size_t number = any_size();
    ASSUME(number <= most);
    return number;
}

static volatile uint8_t sink;

// What reads `len` bytes there: any one of them stands for all.
static inline void reads(const void *bytes, size_t len) {
    if (len > 0) {
        size_t at = any_size();
        ASSUME(at < len);
        sink = ((const uint8_t *)bytes)[at];
    }
}

// What may write `len` bytes there.
static inline void writes(void *bytes, size_t len) {
    if (len > 0) {
        size_t at = any_size();
        ASSUME(at < len);
        ((uint8_t *)bytes)[at] = any_u8();
    }
}

#ifdef __cplusplus
}
#endif

#endif
