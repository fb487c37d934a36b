// esbmc: --32 --unwind 4
//
// motepost_freertos.h over any transport.
//
// Assumed:
// - a transport's recv and send return at most what they were offered, 0, or any negative number;
// - the tick count goes on by one to four ticks with each look at it, and by what vTaskDelay is asked for;
// - a run has 2 ticks at most. For any longer time, a move is proven from every state that a link can have. A run that waits
//   forever (portMAX_DELAY) ends when its exchange does, which is not proven;
// - the pause between two tries (MOTEPOST_FREERTOS_POLL_TICKS) is any number of ticks, and another one each time.
#include "prove.h"

#define MOTEPOST_FREERTOS_POLL_TICKS any_u32()
#define MOTEPOST_FREERTOS_IS_CLOSED(number) ((number) == -7)

#include "motepost_freertos.h"

#include "exchange.h"

struct NetworkContext {
    uint8_t anything;
};

static TickType_t ticks;
// The time is over, as far as the adapter was told.
static int is_over;

static void time_goes_on(TickType_t at_least) {
    TickType_t more = any_u32();
    ASSUME(more >= at_least && more - at_least < 4);
    ticks += more;
}

void vTaskSetTimeOutState(TimeOut_t *since) {
    time_goes_on(1);
    since->xOverflowCount = 0;
    since->xTimeOnEntering = ticks;
}

BaseType_t xTaskCheckForTimeOut(TimeOut_t *since, TickType_t *left) {
    time_goes_on(1);
    if (*left == portMAX_DELAY) {
        return pdFALSE;
    }
    if (ticks - since->xTimeOnEntering < *left) {
        *left -= ticks - since->xTimeOnEntering;
        vTaskSetTimeOutState(since);
        return pdFALSE;
    }
    *left = 0;
    is_over = 1;
    return pdTRUE;
}

void vTaskDelay(TickType_t count) {
    MUST(count > 0, "a delay lets others run");
    time_goes_on(count < 0x20000000 ? count : 0x20000000);
}

static NetworkContext_t *network;

static int32_t any_count(size_t len) {
    int32_t count = any_i32();
    ASSUME(count <= 0 || (size_t)count <= len);
    return count;
}

static int32_t any_recv(NetworkContext_t *context, void *buffer, size_t len) {
    MUST(context == network, "the transport gets its own context");
    MUST(!is_over, "nothing moves after the deadline");
    writes(buffer, len);
    return any_count(len);
}

static int32_t any_send(NetworkContext_t *context, const void *buffer, size_t len) {
    MUST(context == network, "the transport gets its own context");
    MUST(!is_over, "nothing moves after the deadline");
    reads(buffer, len);
    return any_count(len);
}

static TransportInterface_t any_transport(void) {
    TransportInterface_t transport;
    network = (NetworkContext_t *)malloc(sizeof *network);
    transport.recv = any_recv;
    transport.send = any_send;
    transport.writev = NULL;
    transport.pNetworkContext = network;
    ticks = any_u32();
    return transport;
}

void prove_one_move(void) {
    const TransportInterface_t transport = any_transport();
    motepost_freertos_t link;
    motepost_transport_t functions;
    int32_t count;
    link.transport = &transport;
    link.since.xTimeOnEntering = any_u32();
    link.left = any_u32();
    link.is_over = any_of_two() ? pdTRUE : pdFALSE;
    is_over = link.is_over == pdTRUE;
    functions.recv = motepost_freertos_recv;
    functions.send = motepost_freertos_send;
    functions.ctx = &link;
    count = move_of_any_length(&functions);
    MUST(count != -7, "the transport's own number for a closed peer is the library's");
    free(network);
    END();
}

void prove_run(void) {
    const TransportInterface_t transport = any_transport();
    motepost_exchange_t exchange;
    motepost_response_t response;
    int32_t status;
    status = motepost_freertos_run(&transport, &exchange, &response, (TickType_t)up_to(2));
    MUST(status != MOTEPOST_AGAIN || is_over, "a run goes on until the time is over");
    free(network);
    END();
}
