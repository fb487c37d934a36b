// motepost_exchange_run as motepost.h describes it, over the transport of the adapter that is being proven.
//
// Assumed of the library (Miri and its tests show it): it offers as many bytes as it says, at least one; it moves for as long as
// something moves; it returns MOTEPOST_AGAIN when nothing does, after at least one try; and it ends at any other time, with any
// status. After a send that failed it may receive. It offers 4 bytes at most, for how many matters to a single move alone, which
// is proven with up to 70,000.
#ifndef PROVE_EXCHANGE_H
#define PROVE_EXCHANGE_H

#include "motepost.h"
#include "prove.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline int32_t move(const motepost_transport_t *transport, uint8_t *bytes, size_t len) {
    const int32_t count = any_of_two() ? transport->send(transport->ctx, bytes, len) : transport->recv(transport->ctx, bytes, len);
    MUST(count <= 0 || (size_t)count <= len, "no more moves than was offered");
    return count;
}

static inline int32_t move_of_any_length(const motepost_transport_t *transport) {
    const size_t len = 1 + up_to(69999);
    uint8_t *bytes;
    int32_t count;
    if (any_of_two()) {
        // After motepost_exchange_init_head it asks for the payload, which no adapter has.
        count = transport->send(transport->ctx, NULL, len);
        MUST(count < 0, "a payload that is nowhere is refused");
        return count;
    }
    bytes = (uint8_t *)malloc(len);
    count = move(transport, bytes, len);
    free(bytes);
    return count;
}

// 0 where the loops of the adapter itself are enough for the prover: then a run moves once.
#ifndef MORE_MOVES
#define MORE_MOVES 1
#endif

int32_t motepost_exchange_run(motepost_exchange_t *exchange, const motepost_transport_t *transport, motepost_response_t *response) {
    static uint8_t bytes[4];
    int32_t status;
    (void)exchange;
    do {
        if (move(transport, bytes, 1 + up_to(3)) == 0) {
            return MOTEPOST_AGAIN;
        }
    } while (MORE_MOVES && any_of_two());
    status = any_i32();
    ASSUME(status <= MOTEPOST_OK);
    if (status == MOTEPOST_OK) {
        writes(response, sizeof *response);
    }
    return status;
}

#ifdef __cplusplus
}
#endif

#endif
