// A coreHTTP-style transport over lwIP's sockets, in the clear: to a gateway, to a local emulator, or below TLS.
#ifndef TRANSPORT_PLAINTEXT_H
#define TRANSPORT_PLAINTEXT_H

#include "network_context.h"

#ifdef __cplusplus
extern "C" {
#endif

// Connects to `port`, in digits, of `host`, a name or an address. Waits as long as lwIP does: some 20 s for a host that does not
// answer.
//
// Returns 0, or a negative errno.
int32_t plaintext_connect(NetworkContext_t *network, const char *host, const char *port);

// For TransportInterface_t.recv and .send. A negative number is an errno; -ENOTCONN: the peer closed.
int32_t plaintext_recv(NetworkContext_t *network, void *buffer, size_t len);
int32_t plaintext_send(NetworkContext_t *network, const void *buffer, size_t len);

// Does nothing to a connection that is not open.
void plaintext_disconnect(NetworkContext_t *network);

#ifdef __cplusplus
}
#endif

#endif
