// motepost_zephyr.h: a transport for motepost.h over Zephyr's sockets, in the clear or with Zephyr's TLS.
//
// One publish, with a CA certificate that tls_credential_add() has stored under a tag of yours:
//
// ```c
// int32_t publish_reading(const motepost_publish_t *publish, motepost_response_t *response) {
//     static const sec_tag_t ca[] = {1};
//     static uint8_t buffer[512]; // the response's body is here afterwards
//     motepost_exchange_t exchange;
//     motepost_zephyr_t link;
//     int32_t status = motepost_exchange_init(&exchange, publish, buffer, sizeof buffer);
//     if (status == MOTEPOST_OK) {
//         status = motepost_zephyr_open(&link, "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com", "443", ca, 1);
//         if (status == 0) {
//             status = motepost_zephyr_run(&link, &exchange, response, 10000);
//             motepost_zephyr_close(&link);
//         }
//     }
//     return status;
// }
// ```
//
// For Zephyr 3.7 and 4.x. It uses the zsock_ names alone, so it needs CONFIG_NETWORKING, CONFIG_NET_TCP and CONFIG_NET_SOCKETS,
// with TLS also CONFIG_NET_SOCKETS_SOCKOPT_TLS and, for AWS, CONFIG_MBEDTLS_SERVER_NAME_INDICATION; CONFIG_DNS_RESOLVER for a
// host that is a name. The constants (AF_UNSPEC, SOL_TLS and others) are from 4.4 on CONFIG_NET_NAMESPACE_COMPAT_MODE's, which
// is on by default. A link belongs to one thread at a time.
//
// No function allocates by itself, but Zephyr does: its TLS from a heap of its own, zsock_getaddrinfo less than 300 bytes from
// the kernel's (CONFIG_HEAP_MEM_POOL_SIZE), up to Zephyr 4.2 from the C library's, of which the minimal one has none by default
// (CONFIG_COMMON_LIBC_MALLOC_ARENA_SIZE).

#ifndef MOTEPOST_ZEPHYR_H
#define MOTEPOST_ZEPHYR_H

#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/net/dns_resolve.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>

#include "motepost.h"

#ifdef __cplusplus
extern "C" {
#endif

// One connection. Filled by motepost_zephyr_open; a socket of your own making does as well, with zeros next to it.
typedef struct {
    // The socket; -1 when there is none.
    int socket;
    // What to wait for when nothing moves: ZSOCK_POLLIN or ZSOCK_POLLOUT.
    short waits_for;
    // In k_uptime_get's milliseconds, from when on nothing moves any more; 0 for never. Set by motepost_zephyr_run.
    int64_t deadline;
} motepost_zephyr_t;

// Not for you. A peer that always has one byte more to say would keep motepost_exchange_run from ever coming back.
static inline int motepost_zephyr_is_over(const motepost_zephyr_t *link) {
    return link->deadline != 0 && k_uptime_get() >= link->deadline;
}

// For motepost_transport_t.recv; ctx is a motepost_zephyr_t. Never blocks, whatever the socket's own mode.
//
// Returns the bytes received; 0 when there are none yet, or the deadline is over; MOTEPOST_IO_CLOSED where Zephyr says 0; a
// negative errno.
static inline int32_t motepost_zephyr_recv(void *ctx, void *buffer, size_t len) {
    motepost_zephyr_t *link = (motepost_zephyr_t *)ctx;
    ssize_t count;
    if (motepost_zephyr_is_over(link)) {
        return 0;
    }
    count = zsock_recv(link->socket, buffer, len, ZSOCK_MSG_DONTWAIT);
    link->waits_for = ZSOCK_POLLIN;
    if (count > 0) {
        return (int32_t)count;
    }
    if (count == 0) {
        return MOTEPOST_IO_CLOSED;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}

// For motepost_transport_t.send; ctx is a motepost_zephyr_t. Never blocks, whatever the socket's own mode.
//
// Returns the bytes sent; 0 when none can be taken yet, or the deadline is over; a negative errno.
static inline int32_t motepost_zephyr_send(void *ctx, const void *buffer, size_t len) {
    motepost_zephyr_t *link = (motepost_zephyr_t *)ctx;
    ssize_t count;
    if (motepost_zephyr_is_over(link)) {
        return 0;
    }
    count = zsock_send(link->socket, buffer, len, ZSOCK_MSG_DONTWAIT);
    link->waits_for = ZSOCK_POLLOUT;
    if (count >= 0) {
        return (int32_t)count;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}

// Ends the connection. Does nothing to one that is not open.
static inline void motepost_zephyr_close(motepost_zephyr_t *link) {
    if (link->socket >= 0) {
        (void)zsock_close(link->socket);
        link->socket = -1;
    }
}

// Connects to `port`, in digits, of `host`; both end in NUL. With `tag_count` 0 in the clear, for a gateway or a local emulator;
// otherwise by TLS 1.2, trusting the CA certificates under the `tag_count` tags at `tags` and nothing else, and holding the
// peer's certificate to `host`, which also goes out as SNI: AWS needs it to know the account. AWS's port is 443.
//
// Waits as long as Zephyr does: CONFIG_NET_SOCKETS_CONNECT_TIMEOUT for TCP, CONFIG_NET_SOCKETS_TLS_CONNECT_TIMEOUT for the
// handshake after it, and the resolver's own time before.
//
// Returns 0, or a negative errno with *link closed: -EHOSTUNREACH for a name that cannot be resolved, -ENOMEM where that found
// no memory; what zsock_socket, zsock_setsockopt or zsock_connect say otherwise, which for a certificate that is not trusted
// or is another host's is -ECONNABORTED, and -EINVAL for a CA certificate in PEM without CONFIG_MBEDTLS_PEM_CERTIFICATE_FORMAT.
static inline int motepost_zephyr_open(motepost_zephyr_t *link, const char *host, const char *port, const sec_tag_t *tags,
                                       size_t tag_count) {
    struct zsock_addrinfo wanted;
    struct zsock_addrinfo *found = NULL;
    struct zsock_addrinfo *at;
    int error;

    link->socket = -1;
    link->waits_for = ZSOCK_POLLOUT;
    link->deadline = 0;
    memset(&wanted, 0, sizeof wanted);
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    error = zsock_getaddrinfo(host, port, &wanted, &found);
    if (error != 0) {
        return error == DNS_EAI_MEMORY ? -ENOMEM : -EHOSTUNREACH;
    }
    error = -EHOSTUNREACH;
    for (at = found; at != NULL; at = at->ai_next) {
        error = 0;
        link->socket = zsock_socket(at->ai_family, SOCK_STREAM, tag_count > 0 ? IPPROTO_TLS_1_2 : IPPROTO_TCP);
        if (link->socket < 0 ||
            (tag_count > 0 &&
             (zsock_setsockopt(link->socket, SOL_TLS, TLS_SEC_TAG_LIST, tags, (socklen_t)(tag_count * sizeof *tags)) < 0 ||
              zsock_setsockopt(link->socket, SOL_TLS, TLS_HOSTNAME, host, (socklen_t)strlen(host)) < 0)) ||
            zsock_connect(link->socket, at->ai_addr, at->ai_addrlen) < 0) {
            error = -errno; // before closing, which may set another
            motepost_zephyr_close(link);
        }
        if (error == 0) {
            break;
        }
    }
    zsock_freeaddrinfo(found);
    return error;
}

// Runs an exchange that was begun, to its end or until `milliseconds` are over. In between the thread sleeps in zsock_poll.
//
// Returns as motepost_exchange_run does; MOTEPOST_AGAIN means that the time is over. It may be called again then, or the
// link closed: whether the message was taken is not known. Where the transport failed (MOTEPOST_E_IO),
// motepost_exchange_io_error has Zephyr's negative errno.
static inline int32_t motepost_zephyr_run(motepost_zephyr_t *link, motepost_exchange_t *exchange,
                                          motepost_response_t *response, int32_t milliseconds) {
    motepost_transport_t transport;
    int32_t status;

    memset(&transport, 0, sizeof transport);
    transport.recv = motepost_zephyr_recv;
    transport.send = motepost_zephyr_send;
    transport.ctx = link;
    link->deadline = k_uptime_get() + milliseconds;
    if (link->deadline == 0) {
        link->deadline = -1; // over as well; 0 is never
    }
    for (;;) {
        struct zsock_pollfd wanted;
        int64_t left;
        status = motepost_exchange_run(exchange, &transport, response);
        left = link->deadline - k_uptime_get();
        if (status != MOTEPOST_AGAIN || left <= 0) {
            break;
        }
        wanted.fd = link->socket;
        wanted.events = link->waits_for;
        wanted.revents = 0;
        // What a failing poll has to say, the next move will.
        (void)zsock_poll(&wanted, 1, (int)left);
    }
    link->deadline = 0;
    return status;
}

#ifdef __cplusplus
}
#endif

#endif // MOTEPOST_ZEPHYR_H
