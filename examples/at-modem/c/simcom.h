// SIMCom SIM70x0's own HTTP, to which the library gives the request in parts. Its limits are
// narrow: a signed request does not fit, an unsigned or a minted one does.
//
// The modem keeps the answer's head to itself, so there is no error type and no date: a device that
// needs AWS's clock uses the sockets.
#ifndef SIMCOM_H
#define SIMCOM_H

#include "at.h"
#include "motepost.h"

#ifdef __cplusplus
extern "C" {
#endif

// What AT+SHCONF takes at most.
#define SIMCOM_URL_MOST 64
#define SIMCOM_HEADER_MOST 350
#define SIMCOM_BODY_MOST 1024

// Whether the request fits: MOTEPOST_OK; AT_E_TOO_LARGE with what, by how much in `*limit`; or a
// refused field. Each header counts as `name:value` and a line end.
int32_t simcom_http_check(const motepost_publish_t *publish, at_limit_t *limit);

// `buffer` holds the field lines and then the target, SIMCOM_HEADER_MOST bytes being enough for
// the first, and the answer's body afterwards, which `*response` points to. The modem is told
// nothing unless the request fits. Returns MOTEPOST_OK with an answer, whatever it says; a status
// of the library; or one of at.h.
//
// A `response->status` other than 0 was read, also after an error, and the verdict is its own: with
// MOTEPOST_ACCEPTED AWS has the message.
int32_t simcom_http_publish(at_t *at, const char *ca_file, const motepost_publish_t *publish,
                            uint8_t *buffer, size_t capacity, motepost_response_t *response,
                            at_limit_t *limit);

#ifdef __cplusplus
}
#endif

#endif
