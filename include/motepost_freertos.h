// motepost_freertos.h: an exchange of motepost.h over a TransportInterface_t, as coreHTTP and coreMQTT take one, on FreeRTOS.
//
// One publish over a transport that is connected, TLS or not:
//
// ```c
// int32_t publish_reading(const TransportInterface_t *transport, const motepost_publish_t *publish,
//                         motepost_response_t *response) {
//     static uint8_t buffer[512]; // the response's body is here afterwards
//     motepost_exchange_t exchange;
//     int32_t status = motepost_exchange_init(&exchange, publish, buffer, sizeof buffer);
//     if (status == MOTEPOST_OK) {
//         status = motepost_freertos_run(transport, &exchange, response, pdMS_TO_TICKS(10000));
//     }
//     return status;
// }
// ```
//
// For FreeRTOS 10 and 11 with INCLUDE_vTaskDelay; C99 or C++. It allocates nothing and keeps nothing. The transport is used
// as it is: its recv and its send, by one task at a time. Its writev is not needed, since a request leaves in one write.
//
// A transport returns 0 for "nothing now, call again" and a negative number for an error. A closed connection is one of its
// negative numbers. Only the transport's author knows which. So, unless you define MOTEPOST_FREERTOS_IS_CLOSED below,
// - a peer that closes ends in MOTEPOST_E_IO instead of MOTEPOST_E_CLOSED: either way AWS may have the message;
// - a response without a length, which lasts until the peer closes, cannot be read. AWS's responses have a length.
//
// motepost_freertos_run returns a status of motepost.h, motepost_freertos_recv and _send the transport's own numbers.
// Give motepost_strerror a status only.

// Give each publish a connection of its own. On a line that cannot be closed, such as a UART, a response that arrives after the
// deadline would be taken for the next request's: see "A response that comes late" in docs/gateway.md.

#ifndef MOTEPOST_FREERTOS_H
#define MOTEPOST_FREERTOS_H

#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

// Yours: coreHTTP's or coreMQTT's. In a project without either, copy examples/freertos/transport_interface.h.
#include "transport_interface.h"

#include "motepost.h"

// How long the task sleeps after the transport moved nothing. It matters little if the transport waits in its own recv.
#ifndef MOTEPOST_FREERTOS_POLL_TICKS
#define MOTEPOST_FREERTOS_POLL_TICKS pdMS_TO_TICKS(10)
#endif

// Whether a negative number of the transport means that the peer closed. Define it before this header, for instance as
// ((number) == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY).
#ifndef MOTEPOST_FREERTOS_IS_CLOSED
#define MOTEPOST_FREERTOS_IS_CLOSED(number) ((void)(number), 0)
#endif

#ifdef __cplusplus
extern "C" {
#endif

// A transport until a deadline: the ctx of the two functions below, if you run the exchange yourself.
typedef struct {
    // What moves the bytes.
    const TransportInterface_t *transport;
    // Since when, and how many ticks are left. portMAX_DELAY: no deadline.
    TimeOut_t since;
    TickType_t left;
    // pdTRUE from the deadline on.
    BaseType_t is_over;
} motepost_freertos_t;

// Begins the time that the transport has.
static inline void motepost_freertos_begin(motepost_freertos_t *link, const TransportInterface_t *transport, TickType_t ticks) {
    link->transport = transport;
    link->left = ticks;
    link->is_over = pdFALSE;
    vTaskSetTimeOutState(&link->since);
}

// Internal: translates a transport's number into the library's. It also looks at the time: otherwise motepost_exchange_run would
// never return while the peer always has one byte more.
static inline int32_t motepost_freertos_moved(motepost_freertos_t *link, int32_t number) {
    link->is_over = xTaskCheckForTimeOut(&link->since, &link->left);
    return number < 0 && MOTEPOST_FREERTOS_IS_CLOSED(number) ? MOTEPOST_IO_CLOSED : number;
}

// For motepost_transport_t.recv; ctx is a motepost_freertos_t.
//
// Returns what the transport returns; 0 once the time is over; MOTEPOST_IO_CLOSED where MOTEPOST_FREERTOS_IS_CLOSED is true.
static inline int32_t motepost_freertos_recv(void *ctx, void *buffer, size_t len) {
    motepost_freertos_t *link = (motepost_freertos_t *)ctx;
    const TransportInterface_t *transport = link->transport;
    if (link->is_over != pdFALSE) {
        return 0;
    }
    return motepost_freertos_moved(link, transport->recv(transport->pNetworkContext, buffer, len));
}

// For motepost_transport_t.send; ctx is a motepost_freertos_t.
//
// Returns the same as motepost_freertos_recv; MOTEPOST_E_NULL for the payload after motepost_exchange_init_head, which it does not
// have.
static inline int32_t motepost_freertos_send(void *ctx, const void *buffer, size_t len) {
    motepost_freertos_t *link = (motepost_freertos_t *)ctx;
    const TransportInterface_t *transport = link->transport;
    if (buffer == NULL) {
        return MOTEPOST_E_NULL;
    }
    if (link->is_over != pdFALSE) {
        return 0;
    }
    return motepost_freertos_moved(link, transport->send(transport->pNetworkContext, buffer, len));
}

// Runs an exchange that was begun, to its end or until `ticks` are over; portMAX_DELAY waits forever. In between the task
// sleeps. If the transport's recv or send waits, the deadline may be overrun by that wait.
//
// Returns the same as motepost_exchange_run. MOTEPOST_AGAIN means that the time is over: call again, or close the connection;
// whether AWS has the message is not known. After MOTEPOST_E_IO, motepost_exchange_io_error has the transport's number.
static inline int32_t motepost_freertos_run(const TransportInterface_t *transport, motepost_exchange_t *exchange,
                                            motepost_response_t *response, TickType_t ticks) {
    motepost_freertos_t link;
    motepost_transport_t functions;

    motepost_freertos_begin(&link, transport, ticks);
    memset(&functions, 0, sizeof functions);
    functions.recv = motepost_freertos_recv;
    functions.send = motepost_freertos_send;
    functions.ctx = &link;
    for (;;) {
        const int32_t status = motepost_exchange_run(exchange, &functions, response);
        TickType_t pause = MOTEPOST_FREERTOS_POLL_TICKS;
        if (status != MOTEPOST_AGAIN || link.is_over != pdFALSE) {
            return status;
        }
        pause = pause > 0 ? pause : 1;
        vTaskDelay(pause < link.left ? pause : link.left); // so that the last try is at the deadline
    }
}

#ifdef __cplusplus
}
#endif

#endif // MOTEPOST_FREERTOS_H
