// Goes wrong in one way, which the emulator's exit status must name: nothing else may pass for a publish, and nothing may hang.
#include "FreeRTOS.h"
#include "board.h"
#include "task.h"

// What would pass for success.
enum { NOT_NOTICED = 0 };

static void assertion(void) {
    (void)xTaskCheckForTimeOut(NULL, NULL); // NULL is for others
}

static void fault(void) {
    *(volatile uint32_t *)0xF0000000 = 0; // nothing is there
}

static void memory(void) {
    (void)pvPortMalloc(configTOTAL_HEAP_SIZE);
}

// Until the last bytes of the stack are used, and hardly further: beyond them lies memory of others.
static __attribute__((noinline)) UBaseType_t deeper(void) {
    volatile char frame[8] = {0};
    return uxTaskGetStackHighWaterMark(NULL) >= 4 ? deeper() + (UBaseType_t)frame[0] : 0;
}

static void stack(void) {
    (void)deeper();
    vTaskDelay(1); // the kernel looks when it leaves a task
}

static void task(void *nothing) {
    (void)nothing;
    FAILURE();
    board_end(NOT_NOTICED);
}

int main(void) {
    if (xTaskCreate(task, "task", configMINIMAL_STACK_SIZE, NULL, 1, NULL) != pdPASS) {
        board_end(NOT_NOTICED);
    }
    vTaskStartScheduler();
    return 0;
}

// Each image has one of them.
void (*const all[])(void) = {assertion, fault, memory, stack};
