#include "transport_mbedtls.h"

#include <string.h>

#include "board.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"
#include "task.h"
#include "transport_plaintext.h"

size_t tls_heap_most;
static size_t heap_now;
static uint32_t (*clock_now)(void);

// What the heap has less afterwards is what Mbed TLS has more: the block's own head counts.
void *tls_calloc(size_t count, size_t size) {
    void *memory;
    vTaskSuspendAll();
    const size_t before = xPortGetFreeHeapSize();
    memory = pvPortCalloc(count, size);
    heap_now += before - xPortGetFreeHeapSize();
    tls_heap_most = heap_now > tls_heap_most ? heap_now : tls_heap_most;
    (void)xTaskResumeAll();
    return memory;
}

void tls_free(void *memory) {
    vTaskSuspendAll();
    const size_t before = xPortGetFreeHeapSize();
    vPortFree(memory);
    heap_now -= xPortGetFreeHeapSize() - before;
    (void)xTaskResumeAll();
}

time_t tls_time(time_t *to) {
    const time_t seconds = (time_t)clock_now();
    if (to != NULL) {
        *to = seconds;
    }
    return seconds;
}

// Mbed TLS asks for these three by name.
mbedtls_ms_time_t mbedtls_ms_time(void) {
    return (mbedtls_ms_time_t)xTaskGetTickCount() * portTICK_PERIOD_MS;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *seconds, struct tm *to) {
    return gmtime_r(seconds, to);
}

int mbedtls_hardware_poll(void *ctx, unsigned char *bytes, size_t len, size_t *got) {
    (void)ctx;
    board_entropy(bytes, len);
    *got = len;
    return 0;
}

static int wire_send(void *ctx, const unsigned char *bytes, size_t len) {
    const int32_t count = plaintext_send(ctx, bytes, len);
    return count == 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : count;
}

static int wire_recv(void *ctx, unsigned char *bytes, size_t len) {
    const int32_t count = plaintext_recv(ctx, bytes, len);
    return count == 0 ? MBEDTLS_ERR_SSL_WANT_READ : count;
}

static int32_t configure(NetworkContext_t *network, const char *name, const char *ca) {
    struct tls_session *tls = network->tls;
    int status;
    // The length of a PEM counts its NUL.
    if ((status = mbedtls_ctr_drbg_seed(&tls->random, mbedtls_entropy_func, &tls->entropy, NULL, 0)) != 0 ||
        (status = mbedtls_x509_crt_parse(&tls->roots, (const unsigned char *)ca, strlen(ca) + 1)) != 0 ||
        (status = mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                              MBEDTLS_SSL_PRESET_DEFAULT)) != 0) {
        return status;
    }
    mbedtls_ssl_conf_rng(&tls->config, mbedtls_ctr_drbg_random, &tls->random);
    mbedtls_ssl_conf_ca_chain(&tls->config, &tls->roots, NULL);
    mbedtls_ssl_conf_authmode(&tls->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    if ((status = mbedtls_ssl_setup(&tls->context, &tls->config)) != 0 ||
        (status = mbedtls_ssl_set_hostname(&tls->context, name)) != 0) {
        return status;
    }
    mbedtls_ssl_set_bio(&tls->context, network, wire_send, wire_recv, NULL);
    return 0;
}

static BaseType_t is_again(int status) {
    return status == MBEDTLS_ERR_SSL_WANT_READ || status == MBEDTLS_ERR_SSL_WANT_WRITE;
}

int32_t tls_connect(NetworkContext_t *network, const char *host, const char *port, const char *name, const char *ca,
                    uint32_t (*clock)(void), TickType_t ticks) {
    struct tls_session *tls = network->tls;
    TimeOut_t since;
    int32_t status;

    clock_now = clock;
    mbedtls_ssl_init(&tls->context);
    mbedtls_ssl_config_init(&tls->config);
    mbedtls_x509_crt_init(&tls->roots);
    mbedtls_entropy_init(&tls->entropy);
    mbedtls_ctr_drbg_init(&tls->random);
    vTaskSetTimeOutState(&since);
    if ((status = plaintext_connect(network, host, port)) != 0 || (status = configure(network, name, ca)) != 0) {
        return status;
    }
    while (is_again(status = mbedtls_ssl_handshake(&tls->context))) {
        if (xTaskCheckForTimeOut(&since, &ticks) != pdFALSE) {
            return 1;
        }
        vTaskDelay(1);
    }
    return status;
}

// The interface's 0 is "again"; Mbed TLS's own 0 is the end of the stream.
int32_t tls_recv(NetworkContext_t *network, void *buffer, size_t len) {
    const int count = mbedtls_ssl_read(&network->tls->context, buffer, len);
    if (count == 0) {
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    return is_again(count) ? 0 : count;
}

int32_t tls_send(NetworkContext_t *network, const void *buffer, size_t len) {
    const int count = mbedtls_ssl_write(&network->tls->context, buffer, len);
    return is_again(count) ? 0 : count;
}

uint32_t tls_complaint(const NetworkContext_t *network) {
    return mbedtls_ssl_get_verify_result(&network->tls->context);
}

void tls_disconnect(NetworkContext_t *network) {
    struct tls_session *tls = network->tls;
    (void)mbedtls_ssl_close_notify(&tls->context);
    plaintext_disconnect(network);
    mbedtls_ssl_free(&tls->context);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->roots);
    mbedtls_ctr_drbg_free(&tls->random);
    mbedtls_entropy_free(&tls->entropy);
}
