// See esp_err.h. A TLS connection says what was asked of it and is then one in the clear that answers in esp_tls's numbers for TLS.
#ifndef HOST_ESP_TLS_H
#define HOST_ESP_TLS_H

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "esp_err.h"
#include "freertos/task.h"

// ESP-IDF's numbers.
#define ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME 0x8001
#define ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST 0x8004
#define ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT 0x8006
#define ESP_TLS_ERR_SSL_WANT_READ (-0x6900)
#define ESP_TLS_ERR_SSL_WANT_WRITE (-0x6880)
#define ESP_TLS_ERR_SSL_TIMEOUT (-0x6800)

typedef struct {
    const unsigned char *cacert_buf;
    unsigned int cacert_bytes;
    bool non_block;
    int timeout_ms;
    bool skip_common_name;
    esp_err_t (*crt_bundle_attach)(void *conf);
    bool is_plain_tcp;
} esp_tls_cfg_t;

typedef struct esp_tls_last_error {
    esp_err_t last_error;
} *esp_tls_error_handle_t;

typedef struct {
    int socket;
    bool is_tls;
    // In the clear esp_tls does not wait for a non-blocking connect, and lwIP refuses to move a byte before it is through.
    bool is_early;
    // Of the handshake, so far; and what vTaskDelay had been called when the last one was over.
    int steps;
    unsigned delays;
    struct esp_tls_last_error error;
} esp_tls_t;

static inline esp_tls_t *esp_tls_init(void) {
    esp_tls_t *tls = (esp_tls_t *)calloc(1, sizeof *tls);
    if (tls != NULL) {
        tls->socket = -1;
    }
    return tls;
}

// How many steps a handshake has.
__attribute__((unused)) static int host_handshake_steps = 3;

// Waits as esp_tls does: for so long, forever for 0.
static inline esp_err_t host_wait_for(int socket, int timeout_ms) {
    struct timeval wait = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    int error = 0;
    socklen_t size = sizeof error;
    fd_set files;
    FD_ZERO(&files);
    FD_SET(socket, &files);
    if (select(socket + 1, NULL, &files, NULL, timeout_ms > 0 ? &wait : NULL) == 0) {
        return ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT;
    }
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0 ? ESP_OK
                                                                                      : ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
}

// Of a connect that is under way, what esp_tls makes of it.
static inline int host_connecting(const esp_tls_cfg_t *config, esp_tls_t *tls) {
    esp_err_t error;
    if (tls->is_tls && config->non_block) {
        error = host_wait_for(tls->socket, config->timeout_ms);
        // In esp_tls a host that refuses is one that is too late, here.
        tls->error.last_error = error == ESP_OK ? ESP_OK : ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT;
        return error == ESP_OK || error == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT ? 0 : -1;
    }
    if (config->non_block) {
        tls->is_early = true;
        return 0;
    }
    tls->error.last_error = host_wait_for(tls->socket, config->timeout_ms > 0 ? config->timeout_ms : 10000);
    return tls->error.last_error == ESP_OK ? 0 : -1;
}

static inline int esp_tls_conn_new_async(const char *host, int host_len, int port, const esp_tls_cfg_t *config, esp_tls_t *tls) {
    struct addrinfo wanted = {0}, *found = NULL;
    char name[256], digits[8];
    int connected;
    if (tls->socket >= 0) {
        if (tls->delays == host_delays) {
            printf("spins\n"); // and the idle task starves
        }
        tls->delays = host_delays;
        return ++tls->steps >= host_handshake_steps;
    }
    snprintf(name, sizeof name, "%.*s", host_len, host);
    snprintf(digits, sizeof digits, "%d", port);
    wanted.ai_socktype = SOCK_STREAM;
    tls->is_tls = !config->is_plain_tcp;
    if (tls->is_tls) {
        printf("TLS with %s, bundle %d, CA of %u bytes, %d ms\n", config->skip_common_name ? "anybody" : name,
               config->crt_bundle_attach != NULL, config->cacert_bytes, config->timeout_ms);
    }
    if (getaddrinfo(name, digits, &wanted, &found) != 0) {
        tls->error.last_error = ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME;
        return -1;
    }
    tls->socket = socket(found->ai_family, found->ai_socktype, 0);
    fcntl(tls->socket, F_SETFL, O_NONBLOCK);
    connected = connect(tls->socket, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (connected != 0 && errno != EINPROGRESS) {
        tls->error.last_error = ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
        return -1;
    }
    if (connected != 0 && host_connecting(config, tls) != 0) {
        return -1;
    }
    if (!config->non_block) {
        fcntl(tls->socket, F_SETFL, 0);
    }
    tls->delays = host_delays;
    return tls->is_tls ? 0 : 1;
}

// This host's loopback is through at once: the first move is always too early.
static inline bool host_is_early(esp_tls_t *tls) {
    const bool is_early = tls->is_early;
    tls->is_early = false;
    errno = is_early ? EINPROGRESS : errno;
    return is_early;
}

static inline ssize_t esp_tls_conn_read(esp_tls_t *tls, void *data, size_t len) {
    const ssize_t count = host_is_early(tls) ? -1 : recv(tls->socket, data, len, 0);
    return count < 0 && tls->is_tls && errno == EAGAIN ? ESP_TLS_ERR_SSL_WANT_READ : count;
}

static inline ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t len) {
    const ssize_t count = host_is_early(tls) ? -1 : send(tls->socket, data, len, MSG_NOSIGNAL);
    return count < 0 && tls->is_tls && errno == EAGAIN ? ESP_TLS_ERR_SSL_WANT_WRITE : count;
}

static inline esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *socket) {
    *socket = tls->socket;
    return ESP_OK;
}

static inline esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *handle) {
    *handle = &tls->error;
    return ESP_OK;
}

static inline esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t handle, int *code, int *flags) {
    const esp_err_t error = handle->last_error;
    (void)code;
    (void)flags;
    handle->last_error = ESP_OK;
    return error;
}

static inline int esp_tls_conn_destroy(esp_tls_t *tls) {
    if (tls->socket >= 0) {
        close(tls->socket);
    }
    free(tls);
    return 0;
}

#endif
