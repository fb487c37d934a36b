// What differs from device to device. Yours is made when it is provisioned; here the tests write one device.c for each.
#ifndef DEVICE_H
#define DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "bearssl.h"
#include "motepost.h"

typedef struct {
    // Where to connect, and the name that is looked up; the endpoint's, but for tests.
    const char *host;
    uint16_t port;
    // The name that the server's certificate must have, and the request's host.
    const char *endpoint;
    motepost_str_t id;
    motepost_str_t topic;
    motepost_str_t authorizer;
    motepost_bytes_t reading;
    // MOTEPOST_KEY_LEN bytes.
    const uint8_t *key;
    // The roots to trust, as `brssl ta` writes them: amazon_roots.h has Amazon's.
    const br_x509_trust_anchor *anchors;
    size_t anchor_count;
    // The server's key, for CHAINS_PINNED_KEY; otherwise NULL.
    const br_ec_public_key *pinned;
    // How long the connection with its handshake may take, in milliseconds.
    uint32_t connect_timeout;
    // No certificate that had run out by then is believed.
    uint32_t build_date;
    // Seconds since 1970 by a clock with a battery; 0 where there is none or it stopped. May be NULL.
    uint32_t (*real_time)(void);
    // Fills `len` bytes that nobody can guess and returns 1, or returns 0. NULL: the device has no source, and does not start.
    int (*entropy)(void *bytes, size_t len);
} device_t;

extern const device_t DEVICE;

#endif
