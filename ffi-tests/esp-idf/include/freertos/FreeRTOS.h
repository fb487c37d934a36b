// See esp_err.h. A tick is a hundredth of a second, as ESP-IDF has it.
#ifndef HOST_FREERTOS_H
#define HOST_FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;

#define portTICK_PERIOD_MS 10
#define pdMS_TO_TICKS(milliseconds) ((TickType_t)((uint64_t)(milliseconds) / portTICK_PERIOD_MS))

#endif
