// motepost_esp_tls.h: a transport for motepost.h over ESP-IDF's esp_tls, with TLS or in the clear.
//
// One publish, trusting the CA certificates that ESP-IDF brings:
//
// ```c
// // Returns a status of motepost.h. With MOTEPOST_E_IO, *error is ESP-IDF's number.
// int32_t publish_reading(const motepost_publish_t *publish, motepost_response_t *response, int32_t *error) {
//     const esp_tls_cfg_t config = {.timeout_ms = 10000, .crt_bundle_attach = esp_crt_bundle_attach};
//     static uint8_t buffer[512]; // the response's body is here afterwards
//     motepost_exchange_t exchange;
//     motepost_esp_tls_t link;
//     int32_t status = motepost_exchange_init(&exchange, publish, buffer, sizeof buffer);
//     *error = ESP_OK;
//     if (status != MOTEPOST_OK) {
//         return status;
//     }
//     *error = motepost_esp_tls_open(&link, "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com", 443, &config);
//     if (*error != ESP_OK) {
//         return MOTEPOST_E_IO;
//     }
//     status = motepost_esp_tls_run(&link, &exchange, response, 10000);
//     *error = motepost_exchange_io_error(&exchange);
//     motepost_esp_tls_close(&link);
//     return status;
// }
// ```
//
// The function that returned a number tells whose it is: motepost_esp_tls_open returns an esp_err_t, motepost_esp_tls_run a status of
// motepost.h. The two overlap: -1 is ESP_FAIL, and as a status a buffer that is too small.
//
// For ESP-IDF 5.1 and later. No function allocates by itself; esp_tls and its TLS do. A link belongs to one task at a time.

#ifndef MOTEPOST_ESP_TLS_H
#define MOTEPOST_ESP_TLS_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/select.h>

#include "esp_err.h"
#include "esp_tls.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "motepost.h"

#ifdef __cplusplus
extern "C" {
#endif

// One connection. Filled by motepost_esp_tls_open.
typedef struct {
    // ESP-IDF's connection; NULL when there is none.
    esp_tls_t *tls;
    // 1 when it waits to send, 0 when it waits to receive.
    int waits_to_send;
    // 1 while motepost_esp_tls_run gives it `timeout` ticks from `start`; then nothing moves any more.
    int is_timed;
    TickType_t start;
    TickType_t timeout;
} motepost_esp_tls_t;

// Internal. Without it, motepost_exchange_run would never return while the peer always has one byte more.
static inline int motepost_esp_tls_is_over(const motepost_esp_tls_t *link) {
    return link->is_timed && (TickType_t)(xTaskGetTickCount() - link->start) >= link->timeout;
}

// esp_tls's numbers in the library's. In the clear esp_tls hands out -1 and errno; its TLS has numbers of its own.
static inline int32_t motepost_esp_tls_moved(motepost_esp_tls_t *link, ssize_t count, int sends) {
    const int error = errno;
    if (count >= 0) {
        return count > 0 ? (int32_t)count : sends ? 0 : MOTEPOST_IO_CLOSED;
    }
    link->waits_to_send = sends;
    if (count == ESP_TLS_ERR_SSL_WANT_READ || count == ESP_TLS_ERR_SSL_TIMEOUT) {
        link->waits_to_send = 0;
        return 0;
    }
    if (count == ESP_TLS_ERR_SSL_WANT_WRITE) {
        link->waits_to_send = 1;
        return 0;
    }
    if (count == -1) {
        return error == EAGAIN || error == EWOULDBLOCK ? 0 : error > 0 ? -error : -1;
    }
    return (int32_t)count;
}

// For motepost_transport_t.recv; ctx is a motepost_esp_tls_t.
//
// Returns the bytes received; 0 when there are none yet, or the time is over; MOTEPOST_IO_CLOSED where esp_tls says 0; otherwise esp_tls's negative
// number, or in the clear a negative errno.
static inline int32_t motepost_esp_tls_recv(void *ctx, void *buffer, size_t len) {
    motepost_esp_tls_t *link = (motepost_esp_tls_t *)ctx;
    if (motepost_esp_tls_is_over(link)) {
        return 0;
    }
    errno = 0;
    return motepost_esp_tls_moved(link, esp_tls_conn_read(link->tls, buffer, len), 0);
}

// For motepost_transport_t.send; ctx is a motepost_esp_tls_t.
//
// Returns the bytes sent; 0 when none can be taken yet, or the time is over; -EFAULT for the payload after
// motepost_exchange_init_head, which it does not have; otherwise as motepost_esp_tls_recv does.
static inline int32_t motepost_esp_tls_send(void *ctx, const void *buffer, size_t len) {
    motepost_esp_tls_t *link = (motepost_esp_tls_t *)ctx;
    if (buffer == NULL) {
        return -EFAULT;
    }
    if (motepost_esp_tls_is_over(link)) {
        return 0;
    }
    errno = 0;
    return motepost_esp_tls_moved(link, esp_tls_conn_write(link->tls, buffer, len), 1);
}

// Ends the connection. Does nothing to one that is not open.
static inline void motepost_esp_tls_close(motepost_esp_tls_t *link) {
    if (link->tls != NULL) {
        (void)esp_tls_conn_destroy(link->tls);
        link->tls = NULL;
    }
}

// Not for you. A move must never wait; 0 if the socket cannot be told.
static inline int motepost_esp_tls_never_waits(esp_tls_t *tls) {
    int file = -1;
    return esp_tls_get_conn_sockfd(tls, &file) == ESP_OK && fcntl(file, F_SETFL, fcntl(file, F_GETFL, 0) | O_NONBLOCK) == 0;
}

// Connects to `host`, which ends in NUL and also goes out as SNI: AWS needs it to know the account. AWS's port is 443.
//
// `config` says what is trusted: crt_bundle_attach or cacert_buf. With neither, esp_tls connects only where it was built to trust
// everybody, which a device must not. is_plain_tcp is for a gateway or the local emulator. timeout_ms covers connecting and the
// handshake together, 10 s where it is 0, but not resolving the name, for which lwIP has its own timeout. non_block is set here
// whatever it is there. Between two steps of the handshake the task sleeps for a tick, so that the idle task and its watchdog get
// their turn: esp_tls's own esp_tls_conn_new_sync does not.
//
// Returns ESP_OK, or an esp_err_t with *link closed: ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, by TLS also for a host that refuses;
// ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME; ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST; ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED for a
// certificate that is not trusted; and others.
static inline esp_err_t motepost_esp_tls_open(motepost_esp_tls_t *link, const char *host, int port,
                                              const esp_tls_cfg_t *config) {
    const TickType_t start = xTaskGetTickCount();
    const TickType_t wanted = pdMS_TO_TICKS(config->timeout_ms > 0 ? config->timeout_ms : 10000);
    const TickType_t limit = wanted > 0 ? wanted : 1; // for no time at all esp_tls would wait forever
    esp_tls_cfg_t here = *config;
    esp_tls_error_handle_t errors = NULL;
    esp_err_t error = ESP_FAIL;
    TickType_t spent = 0;
    int step;

    // In the clear, esp_tls calls a non-blocking connection open before it is, and lwIP then refuses the first bytes. Without
    // non_block it waits until it is.
    here.non_block = !config->is_plain_tcp;
    link->waits_to_send = 1;
    link->is_timed = 0;
    link->tls = esp_tls_init();
    if (link->tls == NULL) {
        return ESP_ERR_NO_MEM;
    }
    do {
        // esp_tls waits so long in one step for the TCP connection.
        here.timeout_ms = (int)((limit - spent) * portTICK_PERIOD_MS);
        step = esp_tls_conn_new_async(host, (int)strlen(host), port, &here, link->tls);
        if (step == 1 && (here.non_block || motepost_esp_tls_never_waits(link->tls))) {
            return ESP_OK;
        }
        if (step == 0) {
            vTaskDelay(1);
        }
        spent = xTaskGetTickCount() - start;
    } while (step == 0 && spent < limit);
    if (step == 0) {
        error = ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT;
    } else if (esp_tls_get_error_handle(link->tls, &errors) == ESP_OK) {
        error = esp_tls_get_and_clear_last_error(errors, NULL, NULL);
    }
    motepost_esp_tls_close(link);
    return error != ESP_OK ? error : ESP_FAIL;
}

// Runs an exchange that was begun, to its end or until `milliseconds` are over. In between the task sleeps in select.
//
// Returns as motepost_exchange_run does; MOTEPOST_AGAIN means that the time is over. It may be called again then, or the
// link closed: whether the message was taken is not known. Where the transport failed (MOTEPOST_E_IO),
// motepost_exchange_io_error has the number.
static inline int32_t motepost_esp_tls_run(motepost_esp_tls_t *link, motepost_exchange_t *exchange,
                                           motepost_response_t *response, uint32_t milliseconds) {
    motepost_transport_t transport;
    int32_t status;

    memset(&transport, 0, sizeof transport);
    transport.recv = motepost_esp_tls_recv;
    transport.send = motepost_esp_tls_send;
    transport.ctx = link;
    link->start = xTaskGetTickCount();
    link->timeout = pdMS_TO_TICKS(milliseconds);
    link->is_timed = 1;
    for (;;) {
        TickType_t spent;
        int file = -1;
        status = motepost_exchange_run(exchange, &transport, response);
        spent = xTaskGetTickCount() - link->start;
        if (status != MOTEPOST_AGAIN || spent >= link->timeout) {
            break;
        }
        if (esp_tls_get_conn_sockfd(link->tls, &file) == ESP_OK && file >= 0 && file < FD_SETSIZE) {
            const uint32_t left = (uint32_t)(link->timeout - spent) * (uint32_t)portTICK_PERIOD_MS;
            struct timeval wait;
            fd_set files;
            wait.tv_sec = (time_t)(left / 1000);
            wait.tv_usec = (suseconds_t)(left % 1000 * 1000);
            FD_ZERO(&files);
            FD_SET(file, &files);
            // What a failing select has to say, the next move will.
            (void)select(file + 1, link->waits_to_send ? NULL : &files, link->waits_to_send ? &files : NULL, NULL, &wait);
        } else {
            vTaskDelay(1);
        }
    }
    link->is_timed = 0;
    return status;
}

#ifdef __cplusplus
}
#endif

#endif // MOTEPOST_ESP_TLS_H
