// See FreeRTOS.h. The functions stand in the proof.
#include "freertos/FreeRTOS.h"

TickType_t xTaskGetTickCount(void);
void vTaskDelay(TickType_t ticks);
