// ESP-IDF's: a tick is 10 ms there, unless TICK_MS says otherwise.
#ifndef PROOF_ESP_FREERTOS_H
#define PROOF_ESP_FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;

#ifndef TICK_MS
#define TICK_MS 10
#endif
#define configTICK_RATE_HZ (1000 / TICK_MS)
#define portTICK_PERIOD_MS ((TickType_t)TICK_MS)
#define pdMS_TO_TICKS(milliseconds) ((TickType_t)(((uint64_t)(milliseconds) * (uint64_t)configTICK_RATE_HZ) / (uint64_t)1000))

#endif
