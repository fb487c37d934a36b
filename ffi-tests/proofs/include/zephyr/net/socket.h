// See kernel.h.
#ifndef PROOF_ZEPHYR_SOCKET_H
#define PROOF_ZEPHYR_SOCKET_H

#include <stddef.h>
#include <stdint.h>

typedef long ssize_t;
typedef size_t socklen_t;
struct sockaddr {
    unsigned short sa_family;
    char data[24];
};
struct zsock_addrinfo {
    struct zsock_addrinfo *ai_next;
    int ai_flags, ai_family, ai_socktype, ai_protocol;
    socklen_t ai_addrlen;
    struct sockaddr *ai_addr;
    char *ai_canonname;
};
struct zsock_pollfd {
    int fd;
    short events, revents;
};

#define ZSOCK_MSG_DONTWAIT 0x40
#define ZSOCK_POLLIN 1
#define ZSOCK_POLLOUT 4
#define AF_UNSPEC 0
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define IPPROTO_TLS_1_2 258
#define SOL_TLS 282
#define TLS_SEC_TAG_LIST 1
#define TLS_HOSTNAME 2

int zsock_getaddrinfo(const char *host, const char *port, const struct zsock_addrinfo *wanted, struct zsock_addrinfo **found);
void zsock_freeaddrinfo(struct zsock_addrinfo *found);
int zsock_socket(int family, int type, int protocol);
int zsock_setsockopt(int socket, int level, int option, const void *value, socklen_t len);
int zsock_connect(int socket, const struct sockaddr *address, socklen_t len);
int zsock_close(int socket);
ssize_t zsock_recv(int socket, void *buffer, size_t len, int flags);
ssize_t zsock_send(int socket, const void *buffer, size_t len, int flags);
int zsock_poll(struct zsock_pollfd *files, int count, int milliseconds);

#endif
