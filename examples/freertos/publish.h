// One reading to AWS IoT Core.
#ifndef PUBLISH_H
#define PUBLISH_H

#include "motepost.h"
#include "transport_interface.h"

// Publishes over a transport that is connected, whichever it is.
//
// Returns as motepost_freertos_run does, or what motepost_exchange_init refuses.
int32_t publish_reading(const TransportInterface_t *transport, motepost_response_t *response);

#endif
