#include "board.h"

#include "../../firmware/semihosting.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)

enum { CLOCK_HZ = 25000000, TICK_HZ = 1000 };
enum { SYST_ENABLE_WITH_INTERRUPT_FROM_PROCESSOR_CLOCK = 7 };

static volatile uint32_t ticks;
static uint32_t waited;

void board_tick(void) {
    ticks++;
}

void board_start(void) {
    SYST_RVR = CLOCK_HZ / TICK_HZ - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_ENABLE_WITH_INTERRUPT_FROM_PROCESSOR_CLOCK;
}

uint32_t board_now_ms(void) {
    return ticks;
}

void board_wait(void) {
    const uint32_t before = ticks;
    __asm__ volatile("wfi" ::: "memory");
    waited += ticks - before;
}

uint32_t board_waited_ms(void) {
    return waited;
}

static uint32_t host_open(const char *name, size_t len, uint32_t mode) {
    const uintptr_t block[] = {(uintptr_t)name, mode, len};
    return semihosting(SYS_OPEN, (uintptr_t)block);
}

// Returns how many bytes are missing; of a file that is not open, all.
static uint32_t host_move(uint32_t operation, uint32_t file, const void *bytes, size_t len) {
    const uintptr_t block[] = {file, (uintptr_t)bytes, len};
    return semihosting(operation, (uintptr_t)block);
}

static void host_close(uint32_t file) {
    const uintptr_t block[] = {file};
    semihosting(SYS_CLOSE, (uintptr_t)block);
}

int board_entropy(void *bytes, size_t len) {
    static const char NAME[] = "/dev/urandom";
    const uint32_t file = host_open(NAME, sizeof NAME - 1, OPEN_READ_BINARY);
    const int filled = host_move(SYS_READ, file, bytes, len) == 0;
    host_close(file);
    return filled;
}

uint32_t board_real_time(void) {
    return semihosting(SYS_TIME, 0);
}

static const char STORED_TIME[] = "stored-time";

uint32_t board_load_time(void) {
    uint32_t seconds;
    const uint32_t file = host_open(STORED_TIME, sizeof STORED_TIME - 1, OPEN_READ_BINARY);
    if (host_move(SYS_READ, file, &seconds, sizeof seconds) != 0) {
        seconds = UINT32_MAX;
    }
    host_close(file);
    return seconds;
}

void board_store_time(uint32_t seconds) {
    const uint32_t file = host_open(STORED_TIME, sizeof STORED_TIME - 1, OPEN_WRITE_BINARY);
    host_move(SYS_WRITE, file, &seconds, sizeof seconds);
    host_close(file);
}

void board_report(const char *text) {
    semihosting(SYS_WRITE0, (uintptr_t)text);
}

void board_end(int status) {
    semihosting_exit(status);
}
