// See esp_err.h.
#ifndef PROOF_ESP_TLS_H
#define PROOF_ESP_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "esp_err.h"

typedef long ssize_t;

#define ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT 0x8006
#define ESP_TLS_ERR_SSL_WANT_READ (-0x6900)
#define ESP_TLS_ERR_SSL_WANT_WRITE (-0x6880)
#define ESP_TLS_ERR_SSL_TIMEOUT (-0x6800)

typedef struct {
    bool non_block;
    int timeout_ms;
    bool is_plain_tcp;
} esp_tls_cfg_t;
typedef struct esp_tls_last_error {
    esp_err_t last_error;
} *esp_tls_error_handle_t;
typedef struct {
    struct esp_tls_last_error error;
} esp_tls_t;

esp_tls_t *esp_tls_init(void);
int esp_tls_conn_new_async(const char *host, int host_len, int port, const esp_tls_cfg_t *config, esp_tls_t *tls);
ssize_t esp_tls_conn_read(esp_tls_t *tls, void *buffer, size_t len);
ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *buffer, size_t len);
esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *file);
esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *errors);
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t errors, int *code, int *flags);
int esp_tls_conn_destroy(esp_tls_t *tls);

#endif
