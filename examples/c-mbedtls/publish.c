// Publishes one message over TLS with Mbed TLS 2.28 or 3, checking the server's certificate and
// sending its name (SNI). POSIX sockets and C99; on firmware, wire_send and wire_recv are your
// network stack's.
//
// Exit status: 0 accepted, 1 AWS said no, 2 wrong usage or a refused field, 3 TLS or the network failed.
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

#include "../common/deadline.h"
#include "../common/publish.h"
#include "../common/tcp.h"

static const char *const MANUAL =
    "usage: publish --host HOST [--port PORT] --ca FILE --topic TOPIC [--authorizer NAME]\n"
    "               --token-key KEY [--token TOKEN] [--signature-file FILE] --id ID\n"
    "               [--seconds LIMIT] MESSAGE\n"
    "Without --token, the token is in the environment: MOTEPOST_TOKEN. Others do not see it there.\n";

static const char *ca, *seconds = "20";

static const flag_t FLAGS[] = {
    {"--ca", &ca},
    {"--seconds", &seconds},
};

static int read_options(int count, char **arguments) {
    options.port = "443";
    return read_arguments(count, arguments, FLAGS, sizeof FLAGS / sizeof *FLAGS) && options.host && ca;
}

// One connection, and what it costs.
typedef struct {
    mbedtls_net_context socket;
    mbedtls_ssl_context tls;
    mbedtls_ssl_config config;
    mbedtls_x509_crt roots;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    short waits_for;
    unsigned long sent, received;
    size_t heap_before, heap_most;
} link_t;

// What is allocated now, where the C library says so; 0 elsewhere.
static size_t heap(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

static void measure(link_t *link) {
    const size_t now = heap();
    link->heap_most = now > link->heap_most ? now : link->heap_most;
}

// The deadline is here, under Mbed TLS, which reads on by itself for as long as a peer drips.
static int wire_send(void *ctx, const unsigned char *bytes, size_t len) {
    link_t *link = ctx;
    const int count = is_over() ? MBEDTLS_ERR_SSL_WANT_WRITE : mbedtls_net_send(&link->socket, bytes, len);
    measure(link);
    link->sent += count > 0 ? (unsigned long)count : 0;
    return count;
}

static int wire_recv(void *ctx, unsigned char *bytes, size_t len) {
    link_t *link = ctx;
    const int count = is_over() ? MBEDTLS_ERR_SSL_WANT_READ : mbedtls_net_recv(&link->socket, bytes, len);
    measure(link);
    link->received += count > 0 ? (unsigned long)count : 0;
    return count;
}

// Mbed TLS's numbers in the library's. What it wants to do first may be the other way round: a
// handshake message, an alert.
static int32_t moved(link_t *link, int count) {
    if (count == MBEDTLS_ERR_SSL_WANT_READ || count == MBEDTLS_ERR_SSL_WANT_WRITE) {
        link->waits_for = count == MBEDTLS_ERR_SSL_WANT_READ ? POLLIN : POLLOUT;
        return 0;
    }
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
    if (count == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        return 0;
    }
#endif
    return count == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? MOTEPOST_IO_CLOSED : (int32_t)count;
}

static int32_t tls_send(void *ctx, const void *buffer, size_t len) {
    link_t *link = ctx;
    return moved(link, mbedtls_ssl_write(&link->tls, buffer, len));
}

static int32_t tls_recv(void *ctx, void *buffer, size_t len) {
    link_t *link = ctx;
    const int count = mbedtls_ssl_read(&link->tls, buffer, len);
    return count == 0 ? MOTEPOST_IO_CLOSED : moved(link, count);
}

static void init(link_t *link) {
    memset(link, 0, sizeof *link);
    mbedtls_net_init(&link->socket);
    mbedtls_ssl_init(&link->tls);
    mbedtls_ssl_config_init(&link->config);
    mbedtls_x509_crt_init(&link->roots);
    mbedtls_entropy_init(&link->entropy);
    mbedtls_ctr_drbg_init(&link->random);
    link->heap_before = heap();
}

static void leave(link_t *link) {
    mbedtls_net_free(&link->socket);
    mbedtls_ssl_free(&link->tls);
    mbedtls_ssl_config_free(&link->config);
    mbedtls_x509_crt_free(&link->roots);
    mbedtls_ctr_drbg_free(&link->random);
    mbedtls_entropy_free(&link->entropy);
}

// 0 when TLS is up and the server is who it should be; otherwise what Mbed TLS says.
static int open_tls(link_t *link) {
    int status;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    psa_crypto_init();
#endif
    if ((status = mbedtls_ctr_drbg_seed(&link->random, mbedtls_entropy_func, &link->entropy, NULL, 0)) != 0 ||
        (status = mbedtls_x509_crt_parse_file(&link->roots, ca)) != 0 ||
        (status = mbedtls_ssl_config_defaults(&link->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                              MBEDTLS_SSL_PRESET_DEFAULT)) != 0) {
        return status;
    }
    mbedtls_ssl_conf_rng(&link->config, mbedtls_ctr_drbg_random, &link->random);
    mbedtls_ssl_conf_ca_chain(&link->config, &link->roots, NULL);
    mbedtls_ssl_conf_authmode(&link->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    // SNI, which AWS needs, and the name that the certificate has to be for.
    if ((status = mbedtls_ssl_setup(&link->tls, &link->config)) != 0 ||
        (status = mbedtls_ssl_set_hostname(&link->tls, options.host)) != 0) {
        return status;
    }
    // Not mbedtls_net_connect, which has no deadline.
    link->socket.fd = open_tcp(options.host, options.port);
    if (link->socket.fd < 0) {
        return is_over() ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_CONNECT_FAILED;
    }
    mbedtls_ssl_set_bio(&link->tls, link, wire_send, wire_recv, NULL);
    do {
        status = mbedtls_ssl_handshake(&link->tls);
        measure(link);
    } while (status != 0 && moved(link, status) == 0 && wait_for(link->socket.fd, link->waits_for));
    return status;
}

static int complain_of_tls(const char *what, const link_t *link, int status) {
    char words[160];
    if (status == MBEDTLS_ERR_SSL_WANT_READ || status == MBEDTLS_ERR_SSL_WANT_WRITE) {
        fprintf(stderr, "publish: %s: no response within %s s\n", what, seconds);
        return TRANSPORT;
    }
    mbedtls_strerror(status, words, sizeof words);
    fprintf(stderr, "publish: %s: %s\n", what, words);
    if (status == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
        mbedtls_x509_crt_verify_info(words, sizeof words, "publish: ", mbedtls_ssl_get_verify_result(&link->tls));
        fputs(words, stderr);
    }
    return TRANSPORT;
}

static int publish_over(link_t *link, motepost_exchange_t *exchange) {
    const motepost_transport_t transport = {.recv = tls_recv, .send = tls_send, .ctx = link};
    motepost_response_t response;
    unsigned long sent, received;
    int32_t status = open_tls(link);
    if (status != 0) {
        return complain_of_tls(options.host, link, status);
    }
    printf("%-9s %s, %s\n", "TLS", mbedtls_ssl_get_version(&link->tls), mbedtls_ssl_get_ciphersuite(&link->tls));
    sent = link->sent;
    received = link->received;
    printf("%-9s %lu bytes sent, %lu received\n", "handshake", sent, received);
    do {
        status = motepost_exchange_run(exchange, &transport, &response);
    } while (status == MOTEPOST_AGAIN && wait_for(link->socket.fd, link->waits_for));
    printf("%-9s %lu bytes sent, %lu received\n", "publish", link->sent - sent, link->received - received);
    if (link->heap_most > link->heap_before) {
        printf("%-9s %lu bytes at most, and %lu in structs\n", "memory",
               (unsigned long)(link->heap_most - link->heap_before), (unsigned long)sizeof *link);
    }
    if (status == MOTEPOST_OK) {
        mbedtls_ssl_close_notify(&link->tls);
        return report(&response, exchange);
    }
    if (status == MOTEPOST_AGAIN) {
        return complain_of_tls(options.host, link, MBEDTLS_ERR_SSL_WANT_READ);
    }
    if (status == MOTEPOST_E_IO) {
        return complain_of_tls(options.host, link, motepost_exchange_io_error(exchange));
    }
    return complain(status, TRANSPORT);
}

int main(int count, char **arguments) {
    static uint8_t buffer[4096]; // for the head at least; a long message goes out from where it lies
    static link_t link;
    motepost_publish_t publish;
    motepost_exchange_t exchange;
    int32_t status;
    int exit_status;

    if (!read_options(count, arguments)) {
        fputs(MANUAL, stderr);
        return USAGE;
    }
    if (!describe(&publish)) {
        return USAGE;
    }
    status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    if (status != MOTEPOST_OK) {
        return complain(status, USAGE);
    }
    motepost_exchange_keep_details(&exchange); // for the error type
    deadline = now_in_ms() + 1000LL * atoi(seconds);
    init(&link);
    exit_status = publish_over(&link, &exchange);
    leave(&link);
    return exit_status;
}
