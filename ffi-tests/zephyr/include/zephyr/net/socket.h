// See kernel.h. A TLS socket says what was asked of it and is then one in the clear: what is proven is the asking.
#ifndef HOST_ZEPHYR_NET_SOCKET_H
#define HOST_ZEPHYR_NET_SOCKET_H

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <zephyr/net/dns_resolve.h>
#include <zephyr/net/tls_credentials.h>

#define ZSOCK_MSG_DONTWAIT MSG_DONTWAIT
#define ZSOCK_POLLIN POLLIN
#define ZSOCK_POLLOUT POLLOUT
#define zsock_addrinfo addrinfo
#define zsock_pollfd pollfd
#define zsock_freeaddrinfo freeaddrinfo
#define zsock_connect connect
#define zsock_recv recv
#define zsock_poll poll
#define zsock_close close

// Zephyr's numbers.
#define IPPROTO_TLS_1_2 258
#define SOL_TLS 282
#define TLS_SEC_TAG_LIST 1
#define TLS_HOSTNAME 2

// The one failure that this host cannot be brought to has a host name of its own.
static inline int zsock_getaddrinfo(const char *host, const char *port, const struct addrinfo *wanted,
                                    struct addrinfo **found) {
    return strcmp(host, "no memory") == 0 ? DNS_EAI_MEMORY : getaddrinfo(host, port, wanted, found);
}

static inline int zsock_socket(int family, int type, int protocol) {
    if (protocol == IPPROTO_TLS_1_2) {
        printf("TLS 1.2\n");
        protocol = IPPROTO_TCP;
    }
    return socket(family, type, protocol);
}

static inline int zsock_setsockopt(int socket, int level, int option, const void *value, socklen_t len) {
    (void)socket;
    if (level == SOL_TLS && option == TLS_SEC_TAG_LIST) {
        printf("tags %lu, the first %d\n", (unsigned long)(len / sizeof(sec_tag_t)), *(const sec_tag_t *)value);
    } else if (level == SOL_TLS && option == TLS_HOSTNAME) {
        printf("hostname %.*s\n", (int)len, (const char *)value);
    }
    return 0;
}

// Zephyr has no SIGPIPE.
static inline ssize_t zsock_send(int socket, const void *buffer, size_t len, int flags) {
    return send(socket, buffer, len, flags | MSG_NOSIGNAL);
}

#endif
