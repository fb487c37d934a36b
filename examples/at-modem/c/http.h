// What is known of a response that the modem reads itself, before its body is.
#ifndef HTTP_H
#define HTTP_H

#include <string.h>

#include "motepost.h"

// As motepost_exchange_verdict has it.
static inline uint8_t http_verdict(int32_t status) {
    if (status >= 200 && status < 300) {
        return MOTEPOST_ACCEPTED;
    }
    if (status == 401 || status == 403) {
        return MOTEPOST_DENIED;
    }
    if (status == 0 || status >= 500) {
        return MOTEPOST_UNAVAILABLE;
    }
    if (status == 408 || status == 421 || status == 425) {
        return MOTEPOST_UNAVAILABLE; // as RFC 9110, 15.5.9 and 15.5.20, and RFC 8470, 5.2 have them: may be repeated
    }
    return status == 429 ? MOTEPOST_THROTTLED : MOTEPOST_REJECTED;
}

// A response of which the status was read and nothing else; 0 for not even that.
static inline void http_response(motepost_response_t *response, int32_t status) {
    memset(response, 0, sizeof *response);
    response->status = (uint16_t)status;
    response->verdict = http_verdict(status);
}

#endif
