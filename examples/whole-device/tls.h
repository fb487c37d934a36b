// TLS to the endpoint: BearSSL with what configuration.h chooses of it.
#ifndef TLS_H
#define TLS_H

#include <stdint.h>

#include "device.h"
#include "motepost.h"

// BearSSL says BR_ERR_X509_EXPIRED to both; this is the other one.
enum { TLS_E_NOT_YET_VALID = 1000 };

// Sets the engine up for one connection to the device's endpoint. Returns 0 or an error of BearSSL's: without a source of random
// numbers BR_ERR_NO_RANDOM, and nothing may be sent.
int tls_start(const device_t *device);

// Completes the handshake over a connection within the time, in milliseconds. Returns as motepost_bearssl_handshake does.
int32_t tls_handshake(const motepost_transport_t *below, uint32_t timeout);

// Runs an exchange within the time. Returns as motepost_bearssl_run does.
int32_t tls_run(motepost_exchange_t *exchange, motepost_response_t *response, uint32_t timeout);

// Says goodbye. What is below stays open.
void tls_close(void);

// Why it failed: an error of BearSSL's, or TLS_E_NOT_YET_VALID; 0 if it did not. With BR_ERR_IO, tls_below_error has the
// number of what is below.
int tls_error(void);
int32_t tls_below_error(void);

#endif
