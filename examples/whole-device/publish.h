// One reading to AWS IoT Core, with a token minted for it.
#ifndef PUBLISH_H
#define PUBLISH_H

#include "device.h"
#include "motepost.h"

// Publishes over TLS that is up, and once more where the first token was refused and the response's date shows why: the device's
// clock was a mere floor. Learns the date in any case.
//
// Returns as tls_run does, or what motepost_exchange_init refuses. `*count` grows by one for each response.
int32_t publish_reading(const device_t *device, motepost_response_t *response, uint32_t *count);

#endif
