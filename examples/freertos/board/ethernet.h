// The board's Ethernet for lwIP.
#ifndef ETHERNET_H
#define ETHERNET_H

#include "lwip/err.h"
#include "lwip/netif.h"

// Of the task that hands over what the controller receives.
enum { ETHERNET_STACK_WORDS = 192 };

// For netif_add: starts the controller and its task.
err_t ethernet_init(struct netif *netif);

// From the vector table.
void ethernet_interrupt(void);

#endif
