// Publishes one message through a modem on a serial port, in one of four ways. POSIX and C99; on
// firmware, the four functions of `port` are your UART's and your tick's.
//
// Exit status: 0 accepted, 1 AWS said no, 2 wrong usage or a request that cannot be sent this way,
// 3 the modem or its network failed; a status that was read by then is printed.
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../common/publish.h"
#include "../../common/uart.h"
#include "quectel.h"
#include "simcom.h"
#include "socket.h"

static const char *const MANUAL =
    "usage: publish --device TTY --mode simcom-http|simcom-socket|quectel-http|quectel-socket\n"
    "               --ca FILE-IN-THE-MODEM --host HOST [--port PORT] --topic TOPIC\n"
    "               [--authorizer NAME] --token-key KEY [--token TOKEN] [--signature-file FILE]\n"
    "               --id ID [--milliseconds LIMIT] [--silence MILLISECONDS] MESSAGE\n"
    "Without --token, the token is in the environment: MOTEPOST_TOKEN. Others do not see it there.\n";

static const char *device, *mode, *ca, *milliseconds = "60000", *silence = "65000";

static const flag_t FLAGS[] = {
    {"--device", &device},
    {"--mode", &mode},
    {"--ca", &ca},
    {"--milliseconds", &milliseconds},
    {"--silence", &silence},
};

static int mode_is(const char *name) {
    return strcmp(mode, name) == 0;
}

static int mode_exists(void) {
    return mode_is("simcom-http") || mode_is("simcom-socket") || mode_is("quectel-http") || mode_is("quectel-socket");
}

static int read_options(int count, char **arguments) {
    options.port = "443";
    return read_arguments(count, arguments, FLAGS, sizeof FLAGS / sizeof *FLAGS) && options.host && device && ca &&
           mode != NULL && mode_exists();
}

static int32_t uart_recv(void *ctx, void *buffer, size_t len) {
    const ssize_t count = read(*(int *)ctx, buffer, len);
    if (count > 0) {
        return (int32_t)count;
    }
    return count == 0 || errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static int32_t uart_send(void *ctx, const void *buffer, size_t len) {
    const ssize_t count = write(*(int *)ctx, buffer, len);
    if (count >= 0) {
        return (int32_t)count;
    }
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static uint32_t now_ms(void *ctx) {
    struct timespec now = {0, 0};
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000);
}

static void idle(void *ctx) {
    struct pollfd uart = {*(int *)ctx, POLLIN, 0};
    poll(&uart, 1, 10);
}

// Words for a failure. They hold nothing of what was sent: no token, no signature.
static int complain_of(int32_t status, const at_t *at, const at_limit_t *limit) {
    const char *words = at_strerror(status);
    if (status == AT_E_TOO_LARGE) {
        fprintf(stderr, "publish: %s\npublish: the %s has %lu bytes, the modem takes %lu\n", words, limit->what,
                (unsigned long)limit->needed, (unsigned long)limit->limit);
        return USAGE;
    }
    if (words != NULL) {
        fprintf(stderr, "publish: %s", words);
        if (status == AT_E_CME || status == AT_E_RESULT) {
            fprintf(stderr, " (%ld)", (long)at->code);
        }
        fputc('\n', stderr);
        return status == AT_E_QUOTE ? USAGE : TRANSPORT;
    }
    return complain(status, status <= MOTEPOST_E_REFUSED || status == MOTEPOST_E_BUFFER ? USAGE : TRANSPORT);
}

// The library over the modem's socket. The deadline is in at.c, before every byte.
static int32_t publish_over_socket(at_t *at, const modem_sockets_t *commands, const motepost_publish_t *publish,
                                   uint8_t *buffer, size_t capacity, motepost_exchange_t *exchange,
                                   motepost_response_t *response) {
    modem_socket_t socket;
    motepost_transport_t transport;
    int32_t status = motepost_exchange_init(exchange, publish, buffer, capacity);
    if (status != MOTEPOST_OK) {
        return status;
    }
    motepost_exchange_keep_details(exchange); // for the error type
    status = modem_socket_open(&socket, at, commands, text(options.host), (uint16_t)atoi(options.port), ca);
    if (status == AT_OK) {
        transport = modem_socket_transport(&socket);
        while ((status = motepost_exchange_run(exchange, &transport, response)) == MOTEPOST_AGAIN) {
            at->port->idle(at->port->ctx);
        }
    }
    modem_socket_close(&socket);
    if (status != MOTEPOST_OK) {
        // What was read counts, however it ended.
        response->status = (uint16_t)motepost_exchange_status(exchange);
        response->verdict = (uint8_t)motepost_exchange_verdict(exchange);
    }
    return status == MOTEPOST_E_IO ? motepost_exchange_io_error(exchange) : status;
}

int main(int count, char **arguments) {
    static uint8_t buffer[4096];
    motepost_publish_t publish;
    static motepost_exchange_t exchange; // of zeros, for a modem that speaks HTTP itself begins none
    motepost_response_t response = {0};
    at_limit_t limit = {"", 0, 0};
    at_t at;
    int uart;
    const at_port_t port = {uart_recv, uart_send, now_ms, idle, &uart};
    int32_t status;
    int exit_status;

    if (!read_options(count, arguments)) {
        fputs(MANUAL, stderr);
        return USAGE;
    }
    if (!describe(&publish)) {
        return USAGE;
    }

    uart = open_uart(device);
    if (uart < 0) {
        fprintf(stderr, "publish: %s is not a serial port: %s\n", device, strerror(errno));
        return USAGE;
    }
    // Firmware resets the modem first. This program cannot, so it must not be run again after "reset it" before you have.
    at_init(&at, &port);
    at.network_timeout = (uint32_t)atol(milliseconds);
    if (at.timeout > at.network_timeout) {
        at.timeout = at.network_timeout;
    }
    at.publish_timeout = 2 * at.network_timeout;
    at.silence = (uint32_t)atol(silence);
    if (mode_is("simcom-http")) {
        status = simcom_http_publish(&at, ca, &publish, buffer, sizeof buffer, &response, &limit);
    } else if (mode_is("quectel-http")) {
        status = quectel_http_publish(&at, ca, &publish, buffer, sizeof buffer, &exchange, &response, &limit);
    } else {
        status = publish_over_socket(&at, mode_is("simcom-socket") ? &SIMCOM_SOCKETS : &QUECTEL_SOCKETS, &publish,
                                     buffer, sizeof buffer, &exchange, &response);
    }
    if (status == MOTEPOST_OK) {
        exit_status = report(&response, &exchange);
    } else {
        exit_status = complain_of(status, &at, &limit);
        if (response.status != 0) {
            print_status(&response); // with "accepted", AWS has the message
        }
    }
    // Firmware leaves this to its next at_begin; this program ends here.
    if (at.status != AT_OK) {
        at_resync(&at);
    }
    close(uart);
    return exit_status;
}
