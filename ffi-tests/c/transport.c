// A transport that lies, stalls, fails or closes at the worst moment.
#include "article.h"
#include "check.h"
#include "wire.h"

static uint8_t buffer[320];

static void begin(motepost_exchange_t *exchange) {
    const motepost_publish_t publish = article();
    GIVES(MOTEPOST_OK, motepost_exchange_init(exchange, &publish, buffer, sizeof buffer));
}

// However it is asked, the exchange refuses to go on with the same status, and leaves the transport
// alone.
static void is_over(motepost_exchange_t *exchange, wire_t *wire, int32_t status) {
    const motepost_transport_t transport = transport_over(wire);
    const int calls = wire->sends + wire->receives;
    motepost_response_t response;
    motepost_want_t want;
    uint32_t seconds;
    wire->then = 0;
    GIVES(status, motepost_exchange_run(exchange, &transport, &response));
    GIVES(status, motepost_exchange_want(exchange, &want));
    CHECK(want.send == NULL && want.receive == NULL && want.len == 0);
    GIVES(status, motepost_exchange_moved(exchange, 0));
    GIVES(status, motepost_exchange_moved(exchange, 1));
    GIVES(status, motepost_exchange_moved(exchange, INT32_MAX));
    GIVES(status, motepost_exchange_moved(exchange, MOTEPOST_IO_CLOSED));
    GIVES(status, motepost_exchange_moved(exchange, -99));
    GIVES(status, motepost_exchange_run(exchange, &transport, &response));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_response(exchange, &response));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_date(exchange, &seconds));
    EQUAL(wire->sends + wire->receives, calls);
}

// The same memory serves for the next publish.
static void can_begin_again(motepost_exchange_t *exchange) {
    motepost_response_t response;
    wire_t wire = wire_with(ACCEPTED);
    const motepost_transport_t transport = transport_over(&wire);
    begin(exchange);
    EQUAL(motepost_exchange_io_error(exchange), 0);
    GIVES(MOTEPOST_OK, motepost_exchange_run(exchange, &transport, &response));
    EQUAL(response.verdict, MOTEPOST_ACCEPTED);
}

// `status` from the transport's `then` at each of the calls that a whole exchange makes.
static void at_every_call(int32_t then, int32_t status, int32_t io_error) {
    int calls;
    for (calls = 0;; calls++) {
        motepost_exchange_t exchange;
        motepost_response_t response;
        wire_t wire = wire_with(ACCEPTED);
        const motepost_transport_t transport = transport_over(&wire);
        wire.most = 31;
        wire.then = then;
        wire.calls_before = calls;
        begin(&exchange);
        if (motepost_exchange_run(&exchange, &transport, &response) == MOTEPOST_OK) {
            // It was whole before it could go wrong.
            EQUAL(wire.sends + wire.receives, calls);
            break;
        }
        EQUAL(motepost_exchange_io_error(&exchange), io_error);
        is_over(&exchange, &wire, status);
        EQUAL(motepost_exchange_io_error(&exchange), io_error);
        can_begin_again(&exchange);
    }
    CHECK(calls > 10);
}

static void it_claims_more_than_it_was_offered(void) {
    at_every_call(INT32_MAX, MOTEPOST_E_OVERRUN, 0);
    at_every_call((int32_t)sizeof buffer + 1, MOTEPOST_E_OVERRUN, 0);
}

static void it_claims_one_byte_more_than_it_was_offered(void) {
    motepost_exchange_t exchange;
    motepost_want_t want;
    wire_t wire = wire_with("");
    begin(&exchange);
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    GIVES(MOTEPOST_E_OVERRUN, motepost_exchange_moved(&exchange, (int32_t)want.len + 1));
    is_over(&exchange, &wire, MOTEPOST_E_OVERRUN);
    begin(&exchange);
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, (int32_t)want.len));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    CHECK(want.receive == buffer);
    EQUAL(want.len, sizeof buffer);
    GIVES(MOTEPOST_E_OVERRUN, motepost_exchange_moved(&exchange, (int32_t)want.len + 1));
    is_over(&exchange, &wire, MOTEPOST_E_OVERRUN);
}

static void it_moves_nothing_for_a_long_time(void) {
    motepost_exchange_t exchange;
    motepost_response_t response;
    wire_t stalled = wire_with("");
    wire_t wire = wire_with(ACCEPTED);
    const motepost_transport_t nothing = transport_over(&stalled);
    const motepost_transport_t transport = transport_over(&wire);
    int round;
    stalled.most = 0;
    stalled.at_the_end = 0;
    stalled.sent_len = sizeof stalled.sent; // there is no room, so it sends nothing
    begin(&exchange);
    for (round = 1; round <= 1000; round++) {
        GIVES(MOTEPOST_AGAIN, motepost_exchange_run(&exchange, &nothing, &response));
        EQUAL(stalled.sends, round); // one try for each call: there is no loop inside
    }
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
    BYTES(wire.sent, wire.sent_len, HEAD PAYLOAD);

    begin(&exchange);
    stalled.sent_len = 0; // now it sends, and no answer comes
    wire.received = 0;
    for (round = 1; round <= 1000; round++) {
        GIVES(MOTEPOST_AGAIN, motepost_exchange_run(&exchange, &nothing, &response));
        EQUAL(stalled.receives, round);
    }
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
}

static void it_fails_at_any_moment(void) {
    at_every_call(-1, MOTEPOST_E_IO, -1);
    at_every_call(-113, MOTEPOST_E_IO, -113);
    at_every_call(INT32_MIN + 1, MOTEPOST_E_IO, INT32_MIN + 1);
}

static void the_peer_closes_at_any_call(void) {
    at_every_call(MOTEPOST_IO_CLOSED, MOTEPOST_E_CLOSED, 0);
}

static void the_peer_closes_behind_any_byte(void) {
    size_t bytes;
    for (bytes = 0; bytes <= strlen(ACCEPTED); bytes++) {
        motepost_exchange_t exchange;
        motepost_response_t response;
        wire_t wire = wire_with(ACCEPTED);
        const motepost_transport_t transport = transport_over(&wire);
        wire.answer_len = bytes;
        begin(&exchange);
        if (bytes < strlen(ACCEPTED)) {
            GIVES(MOTEPOST_E_CLOSED, motepost_exchange_run(&exchange, &transport, &response));
            is_over(&exchange, &wire, MOTEPOST_E_CLOSED);
        } else {
            GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
        }
    }
}

static void the_peer_closes_before_any_byte_of_the_request_is_taken(void) {
    const size_t request = sizeof HEAD PAYLOAD - 1;
    size_t bytes;
    for (bytes = 0; bytes < request; bytes++) {
        motepost_exchange_t exchange;
        wire_t wire = wire_with(ACCEPTED);
        begin(&exchange);
        GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, (int32_t)bytes));
        // What the peer has said already is read first: nothing.
        GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, MOTEPOST_IO_CLOSED));
        GIVES(MOTEPOST_E_CLOSED, motepost_exchange_moved(&exchange, 0));
        is_over(&exchange, &wire, MOTEPOST_E_CLOSED);
    }
}

// What the peer does behind a whole answer does not take it back.
static void a_whole_answer_stays(void) {
    motepost_exchange_t exchange;
    motepost_response_t response;
    wire_t wire = wire_with(ACCEPTED);
    const motepost_transport_t transport = transport_over(&wire);
    begin(&exchange);
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
    GIVES(MOTEPOST_OK, motepost_exchange_moved(&exchange, 0));
    GIVES(MOTEPOST_OK, motepost_exchange_moved(&exchange, MOTEPOST_IO_CLOSED));
    GIVES(MOTEPOST_OK, motepost_exchange_moved(&exchange, -113));
    EQUAL(motepost_exchange_io_error(&exchange), 0);
    wire.then = -1;
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
    BYTES(response.body.ptr, response.body.len, ACCEPTED_BODY);
    EQUAL(wire.sends + wire.receives, 2);
}

int main(void) {
    it_claims_more_than_it_was_offered();
    it_claims_one_byte_more_than_it_was_offered();
    it_moves_nothing_for_a_long_time();
    it_fails_at_any_moment();
    the_peer_closes_at_any_call();
    the_peer_closes_behind_any_byte();
    the_peer_closes_before_any_byte_of_the_request_is_taken();
    a_whole_answer_stays();
    return failures();
}
