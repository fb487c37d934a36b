// What rustc calls on Arm instead of memcpy and its kin. Picolibc and newlib have them, Zephyr's minimal C library has not.
// Weak, for another library of the firmware may bring its own.
// (Run-time ABI for the Arm Architecture, 4.3.4 Memory copying, clearing, and setting)
#include <string.h>

#define WEAK __attribute__((weak))
#define ALIGNED_TOO(name, parameters)                                                                                  \
    __attribute__((weak, alias(#name))) void name##4 parameters;                                                       \
    __attribute__((weak, alias(#name))) void name##8 parameters

WEAK void __aeabi_memcpy(void *to, const void *from, size_t len) {
    (void)memcpy(to, from, len);
}

WEAK void __aeabi_memmove(void *to, const void *from, size_t len) {
    (void)memmove(to, from, len);
}

// The length comes before the byte.
WEAK void __aeabi_memset(void *to, size_t len, int byte) {
    (void)memset(to, byte, len);
}

WEAK void __aeabi_memclr(void *to, size_t len) {
    (void)memset(to, 0, len);
}

ALIGNED_TOO(__aeabi_memcpy, (void *to, const void *from, size_t len));
ALIGNED_TOO(__aeabi_memmove, (void *to, const void *from, size_t len));
ALIGNED_TOO(__aeabi_memset, (void *to, size_t len, int byte));
ALIGNED_TOO(__aeabi_memclr, (void *to, size_t len));
