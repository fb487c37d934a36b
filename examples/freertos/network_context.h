// What this application's transports know of a connection. The name is given by transport_interface.h, the rest is ours.
#ifndef NETWORK_CONTEXT_H
#define NETWORK_CONTEXT_H

#include "transport_interface.h"

struct tls_session;

struct NetworkContext {
    // lwIP's socket; -1 when there is none.
    int socket;
    // transport_mbedtls.h's; not used in the clear.
    struct tls_session *tls;
};

#endif
