// motepost_bearssl.h: an exchange of motepost.h over TLS by BearSSL, whatever moves the bytes below it.
//
// One publish over a connection; `client` is a br_ssl_client_context that is set up and reset for the server's name:
//
// ```c
// // Returns a status of motepost.h. With MOTEPOST_E_IO, *error is BearSSL's number.
// int32_t publish_reading(br_ssl_client_context *client, const motepost_transport_t *socket, uint32_t (*now_ms)(void *ctx),
//                         const motepost_publish_t *publish, motepost_response_t *response, int *error) {
//     static uint8_t buffer[512]; // the response's body is here afterwards
//     motepost_exchange_t exchange;
//     motepost_bearssl_t tls;
//     int32_t status = motepost_exchange_init(&exchange, publish, buffer, sizeof buffer);
//     *error = BR_ERR_OK;
//     if (status != MOTEPOST_OK) {
//         return status;
//     }
//     motepost_bearssl_init(&tls, &client->eng, socket, now_ms, NULL);
//     motepost_bearssl_timeout(&tls, 30000);
//     status = motepost_bearssl_handshake(&tls);
//     if (status == MOTEPOST_OK) {
//         status = motepost_bearssl_run(&tls, &exchange, response);
//     }
//     *error = motepost_bearssl_error(&tls); // before it is closed
//     motepost_bearssl_close(&tls);
//     return status; // MOTEPOST_AGAIN: the time is over
// }
// ```
//
// Nothing of a request leaves before the handshake is complete and the server's certificate was accepted. It allocates nothing
// and has no globals. One record buffer for both directions is enough (br_ssl_engine_set_buffer with bidi 0), since a response
// follows its request. C99 or C++.
//
// BearSSL's errors keep their numbers: BR_ERR_X509_NOT_TRUSTED is 62, and as a transport's number -62. Set
// BR_OPT_NO_RENEGOTIATION, and seed the engine (br_ssl_engine_inject_entropy) from a source that nobody can guess.

#ifndef MOTEPOST_BEARSSL_H
#define MOTEPOST_BEARSSL_H

#include <string.h>

#include "bearssl.h"
#include "motepost.h"

#ifdef __cplusplus
extern "C" {
#endif

// TLS over one connection. It keeps the pointers that motepost_bearssl_init is given.
typedef struct {
    br_ssl_engine_context *engine;
    // What moves TLS's records: a socket, a modem, a UART.
    motepost_transport_t below;
    // Milliseconds of a clock that never goes back, but may wrap.
    uint32_t (*now_ms)(void *ctx);
    // Called when nothing moves: sleep until something may. NULL to try again at once.
    void (*wait)(void *ctx);
    // Since when, and for how long.
    uint32_t since;
    uint32_t timeout;
    // The number with which what is below failed; 0 if it did not.
    int32_t below_error;
    // 1 from the timeout on.
    uint8_t is_over;
    // 1 once a send failed: what the server said before that can still be received.
    uint8_t is_mute;
} motepost_bearssl_t;

// Puts TLS over a connection. `below` is copied; now_ms and wait get its ctx.
static inline void motepost_bearssl_init(motepost_bearssl_t *tls, br_ssl_engine_context *engine, const motepost_transport_t *below,
                                         uint32_t (*now_ms)(void *ctx), void (*wait)(void *ctx)) {
    tls->engine = engine;
    tls->below = *below;
    tls->now_ms = now_ms;
    tls->wait = wait;
    tls->since = now_ms(below->ctx);
    tls->timeout = 0;
    tls->below_error = 0;
    tls->is_over = 0;
    tls->is_mute = 0;
}

// What follows may take so many milliseconds from now on: a handshake, a publish, or both.
static inline void motepost_bearssl_timeout(motepost_bearssl_t *tls, uint32_t milliseconds) {
    tls->since = tls->now_ms(tls->below.ctx);
    tls->timeout = milliseconds;
    tls->is_over = 0;
}

// Why it failed, a BR_ERR_... of BearSSL's; BR_ERR_OK if it did not. BR_ERR_IO: what is below failed or closed, and
// `tls->below_error` has its number. From 256 on: an alert of the server's, such as 256 + 70 for a version that it does not speak.
static inline int motepost_bearssl_error(const motepost_bearssl_t *tls) {
    return tls->below_error != 0 ? BR_ERR_IO : br_ssl_engine_last_error(tls->engine);
}

// Not for you: a transport's number for a connection that is at its end.
static inline int32_t motepost_bearssl_end(const motepost_bearssl_t *tls) {
    const int error = tls->is_mute ? br_ssl_engine_last_error(tls->engine) : motepost_bearssl_error(tls);
    return error != BR_ERR_OK ? -error : MOTEPOST_IO_CLOSED;
}

// Not for you: moves bytes of records once. Returns how many, 0 for none now, or a negative number.
static inline int32_t motepost_bearssl_move(motepost_bearssl_t *tls) {
    const unsigned state = br_ssl_engine_current_state(tls->engine);
    unsigned char *bytes;
    size_t len;
    int32_t count;

    if (state == BR_SSL_CLOSED || (tls->below_error != 0 && !tls->is_mute)) {
        return motepost_bearssl_end(tls);
    }
    // Before each move: a peer that always has one more byte would otherwise never let go.
    if (tls->now_ms(tls->below.ctx) - tls->since >= tls->timeout) {
        tls->is_over = 1;
        return 0;
    }
    if (state & BR_SSL_SENDREC) {
        bytes = br_ssl_engine_sendrec_buf(tls->engine, &len);
        // A record that cannot be sent is dropped: it would be in the way of those that are received.
        count = tls->is_mute ? (int32_t)len : tls->below.send(tls->below.ctx, bytes, len);
    } else if (state & BR_SSL_RECVREC) {
        bytes = br_ssl_engine_recvrec_buf(tls->engine, &len);
        count = tls->below.recv(tls->below.ctx, bytes, len);
    } else {
        return 0;
    }
    if (count > 0 && (size_t)count > len) {
        count = MOTEPOST_E_OVERRUN;
    }
    if (count < 0) {
        tls->is_mute = (state & BR_SSL_SENDREC) != 0;
        tls->below_error = tls->below_error != 0 ? tls->below_error : count;
        return -BR_ERR_IO;
    }
    if (count > 0) {
        if (state & BR_SSL_SENDREC) {
            br_ssl_engine_sendrec_ack(tls->engine, (size_t)count);
        } else {
            br_ssl_engine_recvrec_ack(tls->engine, (size_t)count);
        }
    }
    return count;
}

// For motepost_transport_t.recv; ctx is a motepost_bearssl_t.
//
// Returns the bytes received; 0 for none now, and once the time is over; MOTEPOST_IO_CLOSED when the server ended TLS properly;
// otherwise BearSSL's error, negative. A connection that is cut without TLS's own goodbye is an error, -BR_ERR_IO.
static inline int32_t motepost_bearssl_recv(void *ctx, void *buffer, size_t len) {
    motepost_bearssl_t *tls = (motepost_bearssl_t *)ctx;
    for (;;) {
        int32_t count;
        if (br_ssl_engine_current_state(tls->engine) & BR_SSL_RECVAPP) {
            size_t have;
            const unsigned char *bytes = br_ssl_engine_recvapp_buf(tls->engine, &have);
            len = len < have ? len : have;
            memcpy(buffer, bytes, len);
            br_ssl_engine_recvapp_ack(tls->engine, len);
            return (int32_t)len;
        }
        count = motepost_bearssl_move(tls);
        if (count <= 0) {
            return count;
        }
    }
}

// For motepost_transport_t.send; ctx is a motepost_bearssl_t. The bytes are in a record afterwards, which the next calls move.
//
// Returns as motepost_bearssl_recv does; -BR_ERR_UNEXPECTED when the server speaks before it was asked; -BR_ERR_BAD_PARAM for the
// payload after motepost_exchange_init_head, which it does not have. After a failure, what the server said before it can still be
// received, such as why it does not take the message.
static inline int32_t motepost_bearssl_send(void *ctx, const void *buffer, size_t len) {
    motepost_bearssl_t *tls = (motepost_bearssl_t *)ctx;
    if (buffer == NULL) {
        return -BR_ERR_BAD_PARAM;
    }
    for (;;) {
        const unsigned state = br_ssl_engine_current_state(tls->engine);
        int32_t count;
        if (tls->is_mute) {
            return -BR_ERR_IO;
        }
        if (state & BR_SSL_SENDAPP) {
            size_t room;
            unsigned char *record = br_ssl_engine_sendapp_buf(tls->engine, &room);
            len = len < room ? len : room;
            memcpy(record, buffer, len);
            br_ssl_engine_sendapp_ack(tls->engine, len);
            br_ssl_engine_flush(tls->engine, 0);
            return (int32_t)len;
        }
        if (state & BR_SSL_RECVAPP) {
            return -BR_ERR_UNEXPECTED;
        }
        count = motepost_bearssl_move(tls);
        if (count <= 0) {
            return count;
        }
    }
}

// Not for you: whether there is time left, after a while in which something may have come.
static inline int motepost_bearssl_waits(const motepost_bearssl_t *tls) {
    if (tls->is_over) {
        return 0;
    }
    if (tls->wait != NULL) {
        tls->wait(tls->below.ctx);
    }
    return 1;
}

// Completes the handshake, or waits until the time is over.
//
// Returns MOTEPOST_OK; MOTEPOST_AGAIN when the time is over; MOTEPOST_E_CLOSED when the server closed; MOTEPOST_E_IO, and
// motepost_bearssl_error says why.
static inline int32_t motepost_bearssl_handshake(motepost_bearssl_t *tls) {
    for (;;) {
        int32_t count;
        if (br_ssl_engine_current_state(tls->engine) & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) {
            return MOTEPOST_OK;
        }
        count = motepost_bearssl_move(tls);
        if (count < 0) {
            return count == MOTEPOST_IO_CLOSED ? MOTEPOST_E_CLOSED : MOTEPOST_E_IO;
        }
        if (count == 0 && !motepost_bearssl_waits(tls)) {
            return MOTEPOST_AGAIN;
        }
    }
}

// Runs an exchange that was begun, to its end or until the time is over.
//
// Returns as motepost_exchange_run does; MOTEPOST_AGAIN means that the time is over, and whether the message was taken is not
// known. Where TLS or what is below it failed (MOTEPOST_E_IO), motepost_bearssl_error says why.
static inline int32_t motepost_bearssl_run(motepost_bearssl_t *tls, motepost_exchange_t *exchange, motepost_response_t *response) {
    motepost_transport_t transport;
    transport.recv = motepost_bearssl_recv;
    transport.send = motepost_bearssl_send;
    transport.ctx = tls;
    for (;;) {
        const int32_t status = motepost_exchange_run(exchange, &transport, response);
        if (status != MOTEPOST_AGAIN || !motepost_bearssl_waits(tls)) {
            return status;
        }
    }
}

// Ends TLS properly where it can, within the time that is left, and does not wait for the server to do the same. What is below
// stays open: close it yourself.
static inline void motepost_bearssl_close(motepost_bearssl_t *tls) {
    br_ssl_engine_close(tls->engine);
    while (br_ssl_engine_current_state(tls->engine) & BR_SSL_SENDREC) {
        const int32_t count = motepost_bearssl_move(tls);
        if (count < 0 || (count == 0 && !motepost_bearssl_waits(tls))) {
            return;
        }
    }
}

#ifdef __cplusplus
}
#endif

#endif // MOTEPOST_BEARSSL_H
