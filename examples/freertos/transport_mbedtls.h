// A coreHTTP-style transport with Mbed TLS over the plaintext one: TLS 1.2, the server held to its certificate.
#ifndef TRANSPORT_MBEDTLS_H
#define TRANSPORT_MBEDTLS_H

#include "FreeRTOS.h"
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/entropy.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "network_context.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tls_session {
    mbedtls_ssl_context context;
    mbedtls_ssl_config config;
    mbedtls_x509_crt roots;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
};

// What Mbed TLS took of FreeRTOS's heap at most, in bytes.
extern size_t tls_heap_most;

// Connects to `port` of `host` and makes TLS with the server called `name`, which goes out as SNI and which its certificate
// must be for; the certificate must come from the CA in `ca`, in PEM, and be valid by the time that `clock` tells, in seconds
// since 1970. Gives up a handshake after `ticks`, in which connecting counts; but connecting itself waits as long as lwIP does:
// on a network without an answer some 20 s, and the name's time before.
//
// Returns 0; 1 when the ticks are over; a negative errno of the connection below; or Mbed TLS's negative number. Whatever it is,
// tls_disconnect comes last.
int32_t tls_connect(NetworkContext_t *network, const char *host, const char *port, const char *name, const char *ca,
                    uint32_t (*clock)(void), TickType_t ticks);

// For TransportInterface_t.recv and .send. A negative number is Mbed TLS's: MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY and
// MBEDTLS_ERR_SSL_CONN_EOF when the peer closed.
int32_t tls_recv(NetworkContext_t *network, void *buffer, size_t len);
int32_t tls_send(NetworkContext_t *network, const void *buffer, size_t len);

// What is wrong with the server's certificate: bits of MBEDTLS_X509_BADCERT_..., 0 for nothing.
uint32_t tls_complaint(const NetworkContext_t *network);

void tls_disconnect(NetworkContext_t *network);

#ifdef __cplusplus
}
#endif

#endif
