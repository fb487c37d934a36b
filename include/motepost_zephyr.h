// motepost_zephyr.h: a transport for motepost.h over Zephyr's sockets, in the clear or with Zephyr's TLS.
//
// One publish, with a CA certificate that tls_credential_add() has stored under a tag of yours:
//
// ```c
// // Returns a status of motepost.h. With MOTEPOST_E_IO, *error is Zephyr's negative errno.
// int32_t publish_reading(const motepost_publish_t *publish, motepost_response_t *response, int32_t *error) {
//     static const sec_tag_t ca[] = {1};
//     static uint8_t buffer[512]; // the response's body is here afterwards
//     motepost_exchange_t exchange;
//     motepost_zephyr_t link;
//     int32_t status = motepost_exchange_init(&exchange, publish, buffer, sizeof buffer);
//     *error = 0;
//     if (status != MOTEPOST_OK) {
//         return status;
//     }
//     *error = motepost_zephyr_open(&link, "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com", "443", ca, 1);
//     if (*error != 0) {
//         return MOTEPOST_E_IO;
//     }
//     status = motepost_zephyr_run(&link, &exchange, response, 10000);
//     *error = motepost_exchange_io_error(&exchange);
//     motepost_zephyr_close(&link);
//     return status;
// }
// ```
//
// The function that returned a number tells whose it is: motepost_zephyr_open, _recv and _send return Zephyr's negative errno;
// motepost_zephyr_run returns a status of motepost.h. The two overlap: -111 is Zephyr's ECONNREFUSED, and as a status a refused
// endpoint. Give motepost_strerror a status only.
//
// For Zephyr 3.7 and 4.x. It uses the zsock_ names alone, so it needs CONFIG_NETWORKING, CONFIG_NET_TCP and CONFIG_NET_SOCKETS,
// with TLS also CONFIG_NET_SOCKETS_SOCKOPT_TLS and, for AWS, CONFIG_MBEDTLS_SERVER_NAME_INDICATION; CONFIG_DNS_RESOLVER for a
// host that is a name. From 4.4 on, CONFIG_NET_NAMESPACE_COMPAT_MODE, on by
// default, gives the constants (AF_UNSPEC, SOL_TLS and others). A link belongs to one thread at a time.
//
// No function allocates by itself, but Zephyr does. Its TLS has a heap of its own. zsock_getaddrinfo takes less than 300 bytes
// from the kernel's heap (CONFIG_HEAP_MEM_POOL_SIZE). Up to Zephyr 4.2 it takes them from the C library's heap, and the minimal C
// library has none by default (CONFIG_COMMON_LIBC_MALLOC_ARENA_SIZE).

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
    // From when on nothing moves any more, in milliseconds of k_uptime_get; 0 for never. Set by motepost_zephyr_run.
    int64_t deadline;
} motepost_zephyr_t;

// Internal. Without it, motepost_exchange_run would never return while the peer always has one byte more.
static inline int motepost_zephyr_is_over(const motepost_zephyr_t *link) {
    return link->deadline != 0 && k_uptime_get() >= link->deadline;
}

// For motepost_transport_t.recv; ctx is a motepost_zephyr_t. Never blocks, whatever the socket's own mode.
//
// Returns the bytes received; 0 when there are none yet, or the deadline is over; MOTEPOST_IO_CLOSED when Zephyr returns 0; a
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
// Returns the bytes sent; 0 when none can be taken yet, or the deadline is over; a negative errno, -EFAULT for the payload after
// motepost_exchange_init_head, which it does not have.
static inline int32_t motepost_zephyr_send(void *ctx, const void *buffer, size_t len) {
    motepost_zephyr_t *link = (motepost_zephyr_t *)ctx;
    ssize_t count;
    if (buffer == NULL) {
        return -EFAULT;
    }
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

// Connects to `port`, in digits, of `host`; both end in NUL. AWS's port is 443. With `tag_count` 0 it connects in the clear, for a
// gateway or a local emulator. Otherwise it connects with TLS 1.2. It trusts only the CA certificates under the `tag_count` tags at
// `tags`, and the peer's certificate must be `host`'s. `host` is also sent as SNI: AWS needs it to know the account.
//
// Waits as long as Zephyr does: CONFIG_NET_SOCKETS_CONNECT_TIMEOUT for TCP, CONFIG_NET_SOCKETS_TLS_CONNECT_TIMEOUT for the
// handshake after it, and the resolver's own time before.
//
// Returns 0, or a negative errno with *link closed: -EHOSTUNREACH for a name that cannot be resolved, -ENOMEM if the resolver found
// no memory, otherwise what zsock_socket, zsock_setsockopt or zsock_connect report. That is -ECONNABORTED for a certificate that is
// not trusted or is another host's, and -EINVAL for a CA certificate in PEM without CONFIG_MBEDTLS_PEM_CERTIFICATE_FORMAT.
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
// Returns the same as motepost_exchange_run. MOTEPOST_AGAIN means that the time is over: call again, or close the link; whether AWS
// has the message is not known. After MOTEPOST_E_IO, motepost_exchange_io_error has Zephyr's negative errno.
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
        // If poll fails, the next recv or send reports the error.
        (void)zsock_poll(&wanted, 1, (int)left);
    }
    link->deadline = 0;
    return status;
}

#ifdef __cplusplus
}
#endif

#endif // MOTEPOST_ZEPHYR_H
