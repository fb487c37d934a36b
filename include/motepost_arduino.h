// motepost_arduino.h: a transport for motepost.h over what Arduino's libraries offer: a network library's Client
// (WiFiClientSecure, EthernetClient, TinyGsmClientSecure), or any Stream, such as Serial to a gateway.
//
// One publish over a Client that is connected, with its library's TLS and certificate checking:
//
// ```c
// int32_t publishReading(Client &client, const motepost_publish_t *publish, motepost_response_t *response) {
//     static uint8_t buffer[320]; // the response's body is here afterwards
//     static motepost_exchange_t exchange;
//     int32_t status = motepost_exchange_init(&exchange, publish, buffer, sizeof buffer);
//     if (status == MOTEPOST_OK) {
//         status = motepost_arduino_run(client, &exchange, response, 10000);
//     }
//     return status;
// }
// ```
//
// C++11, on any core. No function allocates by itself. A stream belongs to one publish at a time.

#ifndef MOTEPOST_ARDUINO_H
#define MOTEPOST_ARDUINO_H

#include <Arduino.h>
#include <Client.h>

#include "motepost.h"

// For motepost_transport_t.recv; ctx is a Stream. Never blocks.
//
// Returns the bytes received, or 0 when there are none yet.
static inline int32_t motepost_arduino_stream_recv(void *ctx, void *buffer, size_t len) {
    Stream *stream = static_cast<Stream *>(ctx);
    char *to = static_cast<char *>(buffer);
    int32_t count = 0;
    while (static_cast<size_t>(count) < len && stream->available() > 0) {
        const int byte = stream->read();
        if (byte < 0) {
            break;
        }
        to[count++] = static_cast<char>(byte);
    }
    return count;
}

// For motepost_transport_t.send; ctx is a Stream. Blocks as long as the stream's own write does.
//
// Returns the bytes sent; 0 when none can be taken yet; MOTEPOST_E_NULL for the payload after motepost_exchange_init_head, which it
// does not have.
static inline int32_t motepost_arduino_stream_send(void *ctx, const void *buffer, size_t len) {
    if (buffer == nullptr) {
        return MOTEPOST_E_NULL;
    }
    return static_cast<int32_t>(static_cast<Stream *>(ctx)->write(static_cast<const uint8_t *>(buffer), len));
}

// For motepost_transport_t.recv; ctx is a Client. Never blocks.
//
// Returns the bytes received; 0 when there are none yet; MOTEPOST_IO_CLOSED when all is read and the peer has closed.
static inline int32_t motepost_arduino_client_recv(void *ctx, void *buffer, size_t len) {
    Client *client = static_cast<Client *>(ctx);
    // Asked first: what comes between the two questions is read before the peer is said to have closed.
    const bool open = client->connected() != 0;
    const int there = client->available();
    if (there <= 0) {
        return open ? 0 : MOTEPOST_IO_CLOSED;
    }
    const int count = client->read(static_cast<uint8_t *>(buffer), static_cast<size_t>(there) < len ? static_cast<size_t>(there) : len);
    return count > 0 ? count : 0;
}

// For motepost_transport_t.send; ctx is a Client. Blocks as long as the client's own write does.
//
// Returns the bytes sent; 0 when none can be taken yet; MOTEPOST_IO_CLOSED when the connection is gone. What the peer said before
// that can still be read. MOTEPOST_E_NULL as motepost_arduino_stream_send.
static inline int32_t motepost_arduino_client_send(void *ctx, const void *buffer, size_t len) {
    Client *client = static_cast<Client *>(ctx);
    if (buffer == nullptr) {
        return MOTEPOST_E_NULL;
    }
    const size_t count = client->write(static_cast<const uint8_t *>(buffer), len);
    return count == 0 && !client->connected() ? MOTEPOST_IO_CLOSED : static_cast<int32_t>(count);
}

// Not for you: a transport, and how long it has. The deadline is in recv and send, because a peer that always has one byte more
// to say would keep motepost_exchange_run from ever returning to the loop around it.
struct motepost_arduino_timed_t {
    const motepost_transport_t *transport;
    uint32_t start;
    uint32_t milliseconds;

    bool is_over() const { return static_cast<uint32_t>(millis()) - start >= milliseconds; }
};

// Not for you.
static inline int32_t motepost_arduino_timed_recv(void *ctx, void *buffer, size_t len) {
    const motepost_arduino_timed_t *timed = static_cast<const motepost_arduino_timed_t *>(ctx);
    return timed->is_over() ? 0 : timed->transport->recv(timed->transport->ctx, buffer, len);
}

// Not for you.
static inline int32_t motepost_arduino_timed_send(void *ctx, const void *buffer, size_t len) {
    const motepost_arduino_timed_t *timed = static_cast<const motepost_arduino_timed_t *>(ctx);
    return timed->is_over() ? 0 : timed->transport->send(timed->transport->ctx, buffer, len);
}

// Runs an exchange over a transport of yours, to its end or until `milliseconds` are over: one call of the transport may be under way
// then. In between it calls delay(1), which lets other tasks run and feeds the watchdogs of the cores that have one.
//
// Returns as motepost_exchange_run does; MOTEPOST_AGAIN means that the time is over. Close the connection then, or where it cannot be
// closed, resynchronise it: whether the message was taken is not known.
static inline int32_t motepost_arduino_run(const motepost_transport_t *transport, motepost_exchange_t *exchange,
                                           motepost_response_t *response, uint32_t milliseconds) {
    if (transport == nullptr || transport->recv == nullptr || transport->send == nullptr) {
        return MOTEPOST_E_NULL;
    }
    motepost_arduino_timed_t timed = {transport, static_cast<uint32_t>(millis()), milliseconds};
    motepost_transport_t until_then = {};
    until_then.recv = motepost_arduino_timed_recv;
    until_then.send = motepost_arduino_timed_send;
    until_then.ctx = &timed;
    for (;;) {
        const int32_t status = motepost_exchange_run(exchange, &until_then, response);
        if (status != MOTEPOST_AGAIN || timed.is_over()) {
            return status;
        }
        delay(1);
    }
}

// How long a stream has to be silent until no late response can come any more, in milliseconds: longer than the timeout of the
// gateway or modem at its other end, which docs/gateway.md sets to 15 s. Define it before this header if yours is another.
#ifndef MOTEPOST_ARDUINO_SILENCE
#define MOTEPOST_ARDUINO_SILENCE 16000
#endif

// Resynchronises a stream: reads and drops until it was silent for `silence` milliseconds, for `limit` milliseconds at most. A
// stream cannot be closed, so what the other end says after a deadline would be taken for the next request's response.
//
// Returns whether it is silent now. If not, have the other end hang up (BREAK, DTR) before the next publish.
static inline bool motepost_arduino_resync(Stream &stream, uint32_t silence, uint32_t limit) {
    const uint32_t start = static_cast<uint32_t>(millis());
    uint32_t since = start;
    for (;;) {
        const uint32_t now = static_cast<uint32_t>(millis());
        if (stream.available() > 0) {
            (void)stream.read();
            since = now;
        } else if (now - since >= silence) {
            return true;
        } else {
            delay(1);
        }
        if (now - start >= limit) {
            return false;
        }
    }
}

// The same over a stream, which never says that the other end is gone. What lies in the receiver before the first byte is sent is
// dropped; where that never ends, nothing is sent and the result is MOTEPOST_AGAIN. After anything but MOTEPOST_OK the stream is
// resynchronised before this returns, which takes MOTEPOST_ARDUINO_SILENCE more, or four times as much where the line does not fall
// silent; an exchange that ended in MOTEPOST_AGAIN cannot go on.
//
// `*is_silent`, unless it is NULL, is false where the line did not fall silent: have the other end hang up before the next publish, as
// after motepost_arduino_resync.
static inline int32_t motepost_arduino_run(Stream &stream, motepost_exchange_t *exchange, motepost_response_t *response,
                                           uint32_t milliseconds, bool *is_silent = nullptr) {
    const uint32_t start = static_cast<uint32_t>(millis());
    uint32_t spent = 0;
    bool silent = true;
    motepost_transport_t transport = {};
    transport.recv = motepost_arduino_stream_recv;
    transport.send = motepost_arduino_stream_send;
    transport.ctx = &stream;
    while (motepost_transport_drain(&transport, nullptr) == MOTEPOST_AGAIN) {
        delay(1);
        spent = static_cast<uint32_t>(millis()) - start;
        if (spent >= milliseconds) {
            if (is_silent != nullptr) {
                *is_silent = false;
            }
            return MOTEPOST_AGAIN;
        }
    }
    const int32_t status = motepost_arduino_run(&transport, exchange, response, milliseconds - spent);
    // The first two mean that nothing was sent.
    if (status != MOTEPOST_E_NULL && status != MOTEPOST_E_STATE && status != MOTEPOST_OK) {
        const uint32_t silence = MOTEPOST_ARDUINO_SILENCE;
        silent = motepost_arduino_resync(stream, silence, 4 * silence);
    }
    if (is_silent != nullptr) {
        *is_silent = silent;
    }
    return status;
}

// The same over a connected client. Close it afterwards with its own stop(), unless motepost_exchange_reusable
// returns 1, as it can after motepost_exchange_keep_details.
static inline int32_t motepost_arduino_run(Client &client, motepost_exchange_t *exchange, motepost_response_t *response,
                                           uint32_t milliseconds) {
    motepost_transport_t transport = {};
    transport.recv = motepost_arduino_client_recv;
    transport.send = motepost_arduino_client_send;
    transport.ctx = &client;
    return motepost_arduino_run(&transport, exchange, response, milliseconds);
}

#endif // MOTEPOST_ARDUINO_H
