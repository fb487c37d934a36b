// Two calls to the emulator or the debugger, on Arm and on RISC-V (the same numbers: "Semihosting
// for AArch32 and AArch64"; RISC-V Semihosting 1.0).
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

enum { SYS_WRITEC = 0x03, SYS_EXIT = 0x18, APPLICATION_EXIT = 0x20026 };

static inline void semihosting(uint32_t operation, uintptr_t argument) {
#ifdef __riscv
    register uint32_t a0 __asm__("a0") = operation;
    register uintptr_t a1 __asm__("a1") = argument;
    // The three instructions in a row are the call; compressed ones would not count.
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(a0) : "r"(a1) : "memory");
#else
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
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

#endif
