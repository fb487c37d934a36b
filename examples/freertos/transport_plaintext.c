#include "transport_plaintext.h"

#include <errno.h>

#include "lwip/netdb.h"
#include "lwip/sockets.h"

int32_t plaintext_connect(NetworkContext_t *network, const char *host, const char *port) {
    const struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int32_t status = -EHOSTUNREACH;

    network->socket = -1;
    if (lwip_getaddrinfo(host, port, &wanted, &found) != 0) {
        return status;
    }
    network->socket = lwip_socket(AF_INET, SOCK_STREAM, 0);
    status = 0;
    if (network->socket < 0 || lwip_connect(network->socket, found->ai_addr, found->ai_addrlen) != 0) {
        status = -errno;
        plaintext_disconnect(network);
    }
    lwip_freeaddrinfo(found);
    return status;
}

// A socket says -1 and EAGAIN for "nothing now"; the interface says 0.
static int32_t failed(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}

int32_t plaintext_recv(NetworkContext_t *network, void *buffer, size_t len) {
    const ssize_t count = lwip_recv(network->socket, buffer, len, MSG_DONTWAIT);
    if (count > 0) {
        return (int32_t)count;
    }
    return count == 0 ? -ENOTCONN : failed();
}

int32_t plaintext_send(NetworkContext_t *network, const void *buffer, size_t len) {
    const ssize_t count = lwip_send(network->socket, buffer, len, MSG_DONTWAIT);
    return count >= 0 ? (int32_t)count : failed();
}

void plaintext_disconnect(NetworkContext_t *network) {
    if (network->socket >= 0) {
        lwip_close(network->socket);
        network->socket = -1;
    }
}
