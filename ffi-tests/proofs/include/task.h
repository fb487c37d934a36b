// See FreeRTOS.h. The functions stand in the proof.
#ifndef PROOF_TASK_H
#define PROOF_TASK_H

#include "FreeRTOS.h"

void vTaskSetTimeOutState(TimeOut_t *since);
BaseType_t xTaskCheckForTimeOut(TimeOut_t *since, TickType_t *left);
void vTaskDelay(TickType_t ticks);

#endif
