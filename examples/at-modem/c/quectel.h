// Quectel's own HTTP, to which the library gives the whole request and from which it takes the
// whole answer: nothing is lost, and a request of any size fits.
#ifndef QUECTEL_H
#define QUECTEL_H

#include "at.h"
#include "motepost.h"

#ifdef __cplusplus
extern "C" {
#endif

#define QUECTEL_URL_MOST 700

// `buffer` holds the request in one piece and the answer's body afterwards, which `*response`
// points to, as it points into `*exchange`. Returns MOTEPOST_OK with an answer, whatever it says;
// a status of the library; or one of at.h, with `*limit` set for AT_E_TOO_LARGE.
//
// A `response->status` other than 0 was read, also after an error, and the verdict is its own: with
// MOTEPOST_ACCEPTED AWS has the message. motepost_exchange_verdict does not know of it.
int32_t quectel_http_publish(at_t *at, const char *ca_file, const motepost_publish_t *publish,
                             uint8_t *buffer, size_t capacity, motepost_exchange_t *exchange,
                             motepost_response_t *response, at_limit_t *limit);

// TLS context 1, trusting the CA in that file of the modem alone, and the server by its name. A firmware
// without AT+QSSLCFG="checkhost" answers ERROR.
void quectel_tls(at_t *at, const char *ca_file);

// A socket's bytes, by a command that ends in front of their length, such as `AT+QSSLRECV=0,`.
size_t quectel_recv(at_t *at, const char *command, const char *mark, void *buffer, size_t len);

#ifdef __cplusplus
}
#endif

#endif
