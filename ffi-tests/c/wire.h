// A transport out of memory: keeps what is sent, plays an answer back, and goes wrong when told to.
#ifndef WIRE_H
#define WIRE_H

#include <string.h>

#include "motepost.h"

typedef struct {
    const char *answer;
    size_t answer_len;
    size_t most;        // bytes moved in one call at most; 0 is no limit
    int32_t at_the_end; // what recv returns behind the answer
    int calls_before;   // after this many calls ...
    int32_t then;       // ... every call returns this, unless it is 0

    size_t received;
    char sent[4096];
    size_t sent_len;
    const void *sent_from[4];
    int sends, receives;
} wire_t;

static inline wire_t wire_with(const char *answer) {
    wire_t wire;
    memset(&wire, 0, sizeof wire);
    wire.answer = answer;
    wire.answer_len = strlen(answer);
    wire.at_the_end = MOTEPOST_IO_CLOSED;
    return wire;
}

static inline size_t wire_least(size_t a, size_t b) { return a < b ? a : b; }

static inline int wire_goes_wrong(const wire_t *wire) {
    return wire->then != 0 && wire->sends + wire->receives > wire->calls_before;
}

static inline int32_t wire_send(void *ctx, const void *buffer, size_t len) {
    wire_t *wire = (wire_t *)ctx;
    size_t count = wire->most == 0 ? len : wire_least(len, wire->most);
    if (wire->sends < 4) {
        wire->sent_from[wire->sends] = buffer;
    }
    wire->sends++;
    if (wire_goes_wrong(wire)) {
        return wire->then;
    }
    count = wire_least(count, sizeof wire->sent - wire->sent_len);
    memcpy(wire->sent + wire->sent_len, buffer, count);
    wire->sent_len += count;
    return (int32_t)count;
}

static inline int32_t wire_recv(void *ctx, void *buffer, size_t len) {
    wire_t *wire = (wire_t *)ctx;
    size_t count = wire->most == 0 ? len : wire_least(len, wire->most);
    wire->receives++;
    if (wire_goes_wrong(wire)) {
        return wire->then;
    }
    count = wire_least(count, wire->answer_len - wire->received);
    if (count == 0) {
        return wire->at_the_end;
    }
    memcpy(buffer, wire->answer + wire->received, count);
    wire->received += count;
    return (int32_t)count;
}

static inline motepost_transport_t transport_over(wire_t *wire) {
    motepost_transport_t transport;
    transport.recv = wire_recv;
    transport.send = wire_send;
    transport.ctx = wire;
    return transport;
}

#endif
