// Arm MPS2 with the image AN385, in QEMU, by semihosting.
#include "board.h"

#include "../../firmware/semihosting.h"
#include "FreeRTOS.h"
#include "task.h"

void board_end(int status) {
    semihosting_exit(status);
}

void board_report(const char *text) {
    while (*text != '\0') {
        semihosting_write(*text++);
    }
}

uint32_t board_time(void) {
    return semihosting(SYS_TIME, 0);
}

void board_entropy(void *bytes, size_t len) {
    static const char name[] = "/dev/urandom";
    const uintptr_t open[] = {(uintptr_t)name, OPEN_READ_BINARY, sizeof name - 1};
    static uint32_t file;
    if (file == 0) {
        file = semihosting(SYS_OPEN, (uintptr_t)open);
    }
    const uintptr_t read[] = {file, (uintptr_t)bytes, len};
    // It returns how many bytes are missing, and a file that is not open is missing them all.
    if (semihosting(SYS_READ, (uintptr_t)read) != 0) {
        board_end(BOARD_ASSERT);
    }
}

uint32_t board_random(void) {
    uint32_t number;
    board_entropy(&number, sizeof number);
    return number;
}

void vApplicationMallocFailedHook(void) {
    board_end(BOARD_NO_MEMORY);
}

void vApplicationStackOverflowHook(TaskHandle_t task, char *name) {
    (void)task;
    (void)name;
    board_end(BOARD_STACK_OVERFLOW);
}
