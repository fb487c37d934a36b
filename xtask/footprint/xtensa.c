// QEMU's Xtensa board "sim": reset, exceptions, the simulator's calls, the cycle counter. The core lx106 is the ESP8266's and has
// the call0 ABI; dc233c and de233_fpu have register windows, as the ESP32 does.
#include "board.h"

extern uint8_t data_start[], data_end[], data_image[], bss_start[], bss_end[];
int main(void);

// LLVM's assembler does not know its name.
#define SIMCALL ".byte 0, 0x51, 0\n"
// Ends the program with code 99.
#define ANY_EXCEPTION "movi a2, 1\n movi a3, 99\n" SIMCALL

#ifdef WINDOWED
// Where the registers of a caller go when all are in use: ISA manual, "Window Overflow and Underflow". The places are dc233c's.
__asm__(".section .vectors, \"ax\", @progbits\n"
        ".p2align 10\n"
        "vectors:\n"
        "s32e a0, a5, -16\n s32e a1, a5, -12\n s32e a2, a5, -8\n s32e a3, a5, -4\n rfwo\n"
        ".org 0x40\n"
        "l32e a0, a5, -16\n l32e a1, a5, -12\n l32e a2, a5, -8\n l32e a3, a5, -4\n rfwu\n"
        ".org 0x80\n"
        "s32e a0, a9, -16\n l32e a0, a1, -12\n s32e a1, a9, -12\n s32e a2, a9, -8\n s32e a3, a9, -4\n"
        "s32e a4, a0, -32\n s32e a5, a0, -28\n s32e a6, a0, -24\n s32e a7, a0, -20\n rfwo\n"
        ".org 0xc0\n"
        "underflow8: l32e a0, a9, -16\n l32e a1, a9, -12\n l32e a2, a9, -8\n l32e a7, a1, -12\n l32e a3, a9, -4\n"
        "l32e a4, a7, -32\n l32e a5, a7, -28\n l32e a6, a7, -24\n l32e a7, a7, -20\n rfwu\n"
        ".org 0x100\n"
        "s32e a0, a13, -16\n l32e a0, a1, -12\n s32e a1, a13, -12\n s32e a2, a13, -8\n s32e a3, a13, -4\n"
        "s32e a4, a0, -48\n s32e a5, a0, -44\n s32e a6, a0, -40\n s32e a7, a0, -36\n"
        "s32e a8, a0, -32\n s32e a9, a0, -28\n s32e a10, a0, -24\n s32e a11, a0, -20\n rfwo\n"
        ".org 0x140\n"
        "l32e a0, a13, -16\n l32e a1, a13, -12\n l32e a2, a13, -8\n l32e a11, a1, -12\n l32e a3, a13, -4\n"
        "l32e a4, a11, -48\n l32e a5, a11, -44\n l32e a6, a11, -40\n l32e a7, a11, -36\n"
        "l32e a8, a11, -32\n l32e a9, a11, -28\n l32e a10, a11, -24\n l32e a11, a11, -20\n rfwu\n"
        ".org 0x300\n" ANY_EXCEPTION
        // MOVSP, where the caller's registers are spilled: they come back as on a return from a call8, the only call that LLVM
        // makes, and then it is tried again. The caller's own registers are free until then.
        ".org 0x340\n"
        "wsr.excsave1 a0\n rsr.exccause a0\n bnei a0, 5, other\n rsr.windowbase a0\n"
        "rotw -1\n rsr.ps a2\n extui a3, a2, 8, 4\n xor a3, a3, a4\n slli a3, a3, 8\n xor a2, a2, a3\n wsr.ps a2\n"
        "rsr.excsave1 a4\n rsync\n rotw -1\n j underflow8\n"
        "other: " ANY_EXCEPTION
        ".org 0x3c0\n" ANY_EXCEPTION
        ".section .reset, \"ax\", @progbits\n"
        "j reset\n"
        ".p2align 2\n"
        "top: .long stack_top\n"
        "base: .long vectors\n"
        "first: .long start\n"
        "windows: .long 0x40020\n" // PS: register windows on, user mode, no exception
        ".global reset\n"
        "reset:\n"
        "l32r a1, top\n"
        // The first spill looks for the frame of a caller below this one's stack pointer.
        "addi a2, a1, -76\n s32i a1, a2, 0\n addi a1, a1, -64\n"
        "l32r a2, base\n wsr.vecbase a2\n"
        "movi a2, 0\n wsr.windowbase a2\n rsync\n"
        "movi a2, 1\n wsr.windowstart a2\n"
        "movi a0, 0\n"
        "l32r a2, windows\n wsr.ps a2\n rsync\n"
        "l32r a4, first\n callx8 a4\n"
        ".text\n"
        ".p2align 2\n"
        ".global simulator\n"
        "simulator: entry a1, 32\n" SIMCALL "retw\n");
#else
__asm__(".section .vectors, \"ax\", @progbits\n"
        ".p2align 10\n"
        "vectors:\n"
        ".org 0x30\n" ANY_EXCEPTION
        ".org 0x50\n" ANY_EXCEPTION
        ".org 0x70\n" ANY_EXCEPTION
        ".section .reset, \"ax\", @progbits\n"
        "j reset\n"
        ".p2align 2\n"
        "top: .long stack_top\n"
        "base: .long vectors\n"
        "first: .long start\n"
        ".global reset\n"
        "reset:\n"
        "l32r a1, top\n"
        "l32r a2, base\n wsr.vecbase a2\n rsync\n"
        "l32r a2, first\n callx0 a2\n"
        ".text\n"
        ".p2align 2\n"
        ".global simulator\n"
        "simulator: " SIMCALL "ret\n");
#endif

// QEMU's target/xtensa/xtensa-semi.c has the numbers: 1 is exit, 4 is write.
int32_t simulator(int32_t call, intptr_t a, intptr_t b, intptr_t c);

__attribute__((used)) void start(void) {
    volatile uint8_t *to;
    const uint8_t *from = data_image;
    for (to = data_start; to < data_end; to++) {
        *to = *from++;
    }
    for (to = bss_start; to < bss_end; to++) {
        *to = 0;
    }
    simulator(1, main(), 0, 0);
}

void put(const char *text) {
    size_t len = 0;
    while (text[len] != 0) {
        len++;
    }
    simulator(4, 1, (intptr_t)text, (intptr_t)len);
}

void counter_start(void) {}

uint32_t counter_read(void) {
    uint32_t count;
    __asm__ volatile("rsr.ccount %0" : "=r"(count));
    return count;
}

uint32_t counter_steps(uint32_t from, uint32_t to) { return to - from; }

// Both chips have these in ROM.
void *memcpy(void *to, const void *from, size_t len) {
    size_t i;
    for (i = 0; i < len; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t len) {
    if ((uintptr_t)to <= (uintptr_t)from) {
        return memcpy(to, from, len);
    }
    while (len-- != 0) {
        ((volatile char *)to)[len] = ((const char *)from)[len];
    }
    return to;
}

void *memset(void *to, int byte, size_t len) {
    size_t i;
    for (i = 0; i < len; i++) {
        ((volatile char *)to)[i] = (char)byte;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t len) {
    size_t i;
    for (i = 0; i < len; i++) {
        const int difference = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

static uint32_t divide(uint32_t of, uint32_t by, uint32_t *rest) {
    uint32_t quotient = 0;
    int bit;
    for (bit = 31; bit >= 0; bit--) {
        if (of >> bit >= by) {
            of -= by << bit;
            quotient |= (uint32_t)1 << bit;
        }
    }
    *rest = of;
    return quotient;
}

uint32_t __udivsi3(uint32_t of, uint32_t by) {
    uint32_t rest;
    return divide(of, by, &rest);
}

uint32_t __umodsi3(uint32_t of, uint32_t by) {
    uint32_t rest;
    divide(of, by, &rest);
    return rest;
}

static uint32_t without_sign(int32_t number) { return number < 0 ? 0U - (uint32_t)number : (uint32_t)number; }

int32_t __divsi3(int32_t of, int32_t by) {
    const uint32_t quotient = __udivsi3(without_sign(of), without_sign(by));
    return (int32_t)((of < 0) != (by < 0) ? 0U - quotient : quotient);
}

int32_t __modsi3(int32_t of, int32_t by) {
    const uint32_t rest = __umodsi3(without_sign(of), without_sign(by));
    return (int32_t)(of < 0 ? 0U - rest : rest);
}
