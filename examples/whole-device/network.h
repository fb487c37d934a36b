// One TCP connection to the endpoint, over Ethernet or through a modem: a build has one of the two.
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

#include "motepost.h"

// What network_start and network_connect return besides 0 and the numbers of lwIP or of at.h.
enum { NETWORK_E_TIMEOUT = -20000 };

// Waits for an address, or for the modem. Returns 0 or what went wrong.
int32_t network_start(void);

// Connects. Returns 0 or what went wrong.
int32_t network_connect(const char *host, uint16_t port);

// Call it before each publish, which then has its own time below, too.
void network_renew(void);

// Moves bytes over the connection; never waits.
motepost_transport_t network_transport(void);

// Call it after a failure as well.
void network_close(void);

#endif
