// See esp_err.h.
#ifndef HOST_FREERTOS_TASK_H
#define HOST_FREERTOS_TASK_H

#include <poll.h>
#include <time.h>

#include "freertos/FreeRTOS.h"

static inline TickType_t xTaskGetTickCount(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (TickType_t)((uint64_t)now.tv_sec * 100 + (uint64_t)now.tv_nsec / 10000000);
}

// How often a task slept.
__attribute__((unused)) static unsigned host_delays;

static inline void vTaskDelay(TickType_t ticks) {
    host_delays++;
    (void)poll(NULL, 0, (int)(ticks * portTICK_PERIOD_MS));
}

#endif
