// esbmc: --32 --unwind 4
//
// motepost_bearssl.h over any engine of BearSSL and any transport below it.
//
// Assumed:
// - the engine's state is CLOSED, or any set of the other flags, the empty one included; it changes only by an acknowledgement, a flush
//   and close, and then to any other. A flag that is set offers 1 byte to 16,384; an error is 0 to 767;
// - what a record brings is read in one piece, and no more is taken until a record has moved (in a real engine, in at most 16,384);
// - the transport below returns any number at all, also more than it was offered;
// - memcpy reads and writes the bytes that it is told to;
// - the clock goes on by one to four milliseconds with each look at it, by up to 255 in wait, and may wrap. `wait` may be missing;
// - what has a time has 2 milliseconds at most. For any longer one, a move is proven from every state that the adapter can have.
#include "prove.h"

#include <string.h>

static void *copy(void *to, const void *from, size_t len) {
    reads(from, len);
    writes(to, len);
    return to;
}

#define memcpy copy
#include "motepost_bearssl.h"

#define MORE_MOVES 0
#include "exchange.h"

static br_ssl_engine_context *engine;
static unsigned state;
// What the engine offered last, and for what; NULL when there is nothing to acknowledge.
static unsigned char *offered;
static size_t offered_len;
static unsigned offered_for;

static void changes(unsigned but_not_to) {
    state = any_u8();
    ASSUME(state == BR_SSL_CLOSED || (state < 32 && !(state & (BR_SSL_CLOSED | but_not_to))));
}

unsigned br_ssl_engine_current_state(const br_ssl_engine_context *of) {
    MUST(of == engine, "the engine is its own");
    return state;
}

int br_ssl_engine_last_error(const br_ssl_engine_context *of) {
    MUST(of == engine, "the engine is its own");
    return (int)up_to(767);
}


// Where a loop is what is proven, the engine offers 4 bytes at most.
static int is_small;
static unsigned char few[4];

static unsigned char *offer(unsigned flag, size_t *len) {
    MUST(state & flag, "the engine is asked for what it has");
    MUST(is_small || offered == NULL, "the engine is asked once a step");
    offered_for = flag;
    *len = offered_len = 1 + up_to(is_small ? 3 : 16383);
    offered = is_small ? few : (unsigned char *)malloc(offered_len);
    return offered;
}

static void let_go(void) {
    if (offered != NULL && !is_small) {
        free(offered);
    }
    offered = NULL;
}

static void ack(unsigned flag, size_t len) {
    MUST(offered != NULL && offered_for == flag, "what was offered is acknowledged");
    MUST(len > 0 && len <= offered_len, "no more is acknowledged than was offered, and not nothing");
    let_go();
    changes(flag & (BR_SSL_SENDAPP | BR_SSL_RECVAPP));
}

unsigned char *br_ssl_engine_sendrec_buf(const br_ssl_engine_context *of, size_t *len) {
    (void)of;
    return offer(BR_SSL_SENDREC, len);
}

unsigned char *br_ssl_engine_recvrec_buf(const br_ssl_engine_context *of, size_t *len) {
    (void)of;
    return offer(BR_SSL_RECVREC, len);
}

unsigned char *br_ssl_engine_sendapp_buf(const br_ssl_engine_context *of, size_t *len) {
    (void)of;
    return offer(BR_SSL_SENDAPP, len);
}

unsigned char *br_ssl_engine_recvapp_buf(const br_ssl_engine_context *of, size_t *len) {
    (void)of;
    return offer(BR_SSL_RECVAPP, len);
}

void br_ssl_engine_sendrec_ack(br_ssl_engine_context *of, size_t len) {
    (void)of;
    ack(BR_SSL_SENDREC, len);
}

void br_ssl_engine_recvrec_ack(br_ssl_engine_context *of, size_t len) {
    (void)of;
    ack(BR_SSL_RECVREC, len);
}

void br_ssl_engine_sendapp_ack(br_ssl_engine_context *of, size_t len) {
    (void)of;
    ack(BR_SSL_SENDAPP, len);
}

void br_ssl_engine_recvapp_ack(br_ssl_engine_context *of, size_t len) {
    (void)of;
    ack(BR_SSL_RECVAPP, len);
}

void br_ssl_engine_flush(br_ssl_engine_context *of, int force) {
    MUST(of == engine, "the engine is its own");
    (void)force;
    changes(BR_SSL_SENDAPP | BR_SSL_RECVAPP);
}

void br_ssl_engine_close(br_ssl_engine_context *of) {
    MUST(of == engine, "the engine is its own");
    changes(0);
}

static uint8_t context;
static uint32_t now;
// The adapter's, to see what it knew when it moved.
static const motepost_bearssl_t *adapter;

static uint32_t now_ms(void *ctx) {
    MUST(ctx == &context, "the context is the transport's");
    now += 1 + any_u8() % 4u;
    return now;
}

static void waits(void *ctx) {
    MUST(ctx == &context, "the context is the transport's");
    now += any_u8();
}

static int32_t below_recv(void *ctx, void *buffer, size_t len) {
    MUST(ctx == &context, "the context is the transport's");
    MUST(now - adapter->since < adapter->timeout, "nothing moves after the deadline");
    writes(buffer, len);
    return any_i32();
}

static int32_t below_send(void *ctx, const void *buffer, size_t len) {
    MUST(ctx == &context, "the context is the transport's");
    MUST(now - adapter->since < adapter->timeout, "nothing moves after the deadline");
    MUST(!adapter->is_mute, "nothing is sent after a send has failed");
    reads(buffer, len);
    return any_i32();
}

static void begin(motepost_bearssl_t *tls) {
    const motepost_transport_t below = {below_recv, below_send, &context};
    engine = (br_ssl_engine_context *)malloc(sizeof *engine);
    adapter = tls;
    now = any_u32();
    changes(0);
    motepost_bearssl_init(tls, engine, &below, now_ms, any_of_two() ? waits : NULL);
}

static void end(void) {
    let_go();
    free(engine);
}

static void any_state(motepost_bearssl_t *tls) {
    begin(tls);
    tls->since = any_u32();
    tls->timeout = any_u32();
    tls->below_error = any_i32();
    tls->is_over = (uint8_t)any_of_two();
    tls->is_mute = (uint8_t)any_of_two();
    ASSUME(tls->below_error <= 0 && (!tls->is_mute || tls->below_error != 0));
}

static motepost_transport_t transport_of(motepost_bearssl_t *tls) {
    const motepost_transport_t functions = {motepost_bearssl_recv, motepost_bearssl_send, tls};
    return functions;
}

// esbmc: --z3 --unwindsetname motepost_bearssl.h@motepost_bearssl_recv:0:2,motepost_bearssl.h@motepost_bearssl_send:0:2
void prove_one_copy(void) {
    motepost_bearssl_t tls;
    motepost_transport_t functions;
    any_state(&tls);
    ASSUME((state & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) == (BR_SSL_SENDAPP | BR_SSL_RECVAPP));
    functions = transport_of(&tls);
    (void)move_of_any_length(&functions);
    end();
    END();
}

void prove_one_record(void) {
    motepost_bearssl_t tls;
    any_state(&tls);
    (void)motepost_bearssl_move(&tls);
    MUST(tls.below_error <= 0 && (!tls.is_mute || tls.below_error != 0), "what is mute has a reason");
    end();
    END();
}

void prove_one_move(void) {
    motepost_bearssl_t tls;
    motepost_transport_t functions;
    is_small = 1;
    any_state(&tls);
    ASSUME(tls.timeout <= 2);
    functions = transport_of(&tls);
    (void)move_of_any_length(&functions);
    end();
    END();
}

void prove_handshake_and_close(void) {
    motepost_bearssl_t tls;
    int32_t status;
    is_small = 1;
    begin(&tls);
    motepost_bearssl_timeout(&tls, (uint32_t)up_to(2));
    status = motepost_bearssl_handshake(&tls);
    MUST(status != MOTEPOST_AGAIN || tls.is_over, "a handshake goes on until the time is over");
    motepost_bearssl_close(&tls);
    end();
    END();
}

// esbmc: --unwindsetname motepost_bearssl.h@motepost_bearssl_recv:0:3,motepost_bearssl.h@motepost_bearssl_send:0:3
void prove_run(void) {
    motepost_bearssl_t tls;
    motepost_exchange_t exchange;
    motepost_response_t response;
    int32_t status;
    is_small = 1;
    begin(&tls);
    motepost_bearssl_timeout(&tls, (uint32_t)up_to(2));
    status = motepost_bearssl_run(&tls, &exchange, &response);
    MUST(status != MOTEPOST_AGAIN || tls.is_over, "a run goes on until the time is over");
    end();
    END();
}
