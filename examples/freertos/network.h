// lwIP on the board's Ethernet.
#ifndef NETWORK_H
#define NETWORK_H

#include "FreeRTOS.h"

// Starts lwIP and waits until DHCP has an address, for so many ticks. pdFALSE: it has none.
BaseType_t network_start(TickType_t ticks);

#endif
