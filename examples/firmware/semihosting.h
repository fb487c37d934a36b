// Calls to the emulator or the debugger, on Arm and on RISC-V (the same numbers: "Semihosting for
// AArch32 and AArch64"; RISC-V Semihosting 1.0).
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_TIME = 0x11,
    SYS_EXIT = 0x18,
    SYS_EXIT_EXTENDED = 0x20,
};
enum { OPEN_READ_BINARY = 1, OPEN_WRITE_BINARY = 5, APPLICATION_EXIT = 0x20026 };

static inline uint32_t semihosting(uint32_t operation, uintptr_t argument) {
#ifdef __riscv
    register uint32_t a0 __asm__("a0") = operation;
    register uintptr_t a1 __asm__("a1") = argument;
    // The three instructions in a row are the call; compressed ones would not count.
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(a0) : "r"(a1) : "memory");
    return a0;
#else
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
#endif
}

static inline void semihosting_write(char character) {
    semihosting(SYS_WRITEC, (uintptr_t)&character);
}

static inline __attribute__((noreturn)) void semihosting_end(void) {
    for (;;) {
        semihosting(SYS_EXIT, APPLICATION_EXIT);
    }
}

// With an exit status, for the program that started the emulator.
static inline __attribute__((noreturn)) void semihosting_exit(int status) {
    const uintptr_t block[] = {APPLICATION_EXIT, (uintptr_t)status};
    for (;;) {
        semihosting(SYS_EXIT_EXTENDED, (uintptr_t)block);
    }
}

#endif
