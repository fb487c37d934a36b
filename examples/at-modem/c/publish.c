// Publishes one message through a modem on a serial port, in one of four ways. POSIX and C99; on
// firmware, the four functions of `port` are your UART's and your tick's.
//
// Exit status: 0 accepted, 1 AWS said no, 2 wrong usage or a request that cannot be sent this way,
// 3 the modem or its network failed.
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "motepost.h"
#include "quectel.h"
#include "simcom.h"
#include "socket.h"

enum { ACCEPTED, DENIED, USAGE, TRANSPORT };

static const char *const MANUAL =
    "usage: publish --device TTY --mode simcom-http|simcom-socket|quectel-http|quectel-socket\n"
    "               --ca FILE-IN-THE-MODEM --host HOST [--port PORT] --topic TOPIC\n"
    "               [--authorizer NAME] --token-key KEY --token TOKEN [--signature-file FILE]\n"
    "               --id ID [--milliseconds PATIENCE] MESSAGE\n";

static const char *device, *mode, *ca, *host, *port_number = "443", *topic, *authorizer, *token_key, *token,
    *signature_file, *id, *milliseconds = "60000", *message;

static const struct {
    const char *flag;
    const char **value;
} FLAGS[] = {
    {"--device", &device},         {"--mode", &mode},   {"--ca", &ca},
    {"--host", &host},             {"--port", &port_number}, {"--topic", &topic},
    {"--authorizer", &authorizer}, {"--token-key", &token_key}, {"--token", &token},
    {"--signature-file", &signature_file}, {"--id", &id}, {"--milliseconds", &milliseconds},
};

static int read_arguments(int count, char **arguments) {
    int at;
    for (at = 1; at < count; at++) {
        size_t flag = 0;
        while (flag < sizeof FLAGS / sizeof *FLAGS && strcmp(arguments[at], FLAGS[flag].flag) != 0) {
            flag++;
        }
        if (flag < sizeof FLAGS / sizeof *FLAGS && at + 1 < count) {
            *FLAGS[flag].value = arguments[++at];
        } else if (message == NULL && arguments[at][0] != '-') {
            message = arguments[at];
        } else {
            return 0;
        }
    }
    return device && mode && ca && host && topic && token_key && token && id && message;
}

static int mode_is(const char *name) {
    return strcmp(mode, name) == 0;
}

static int mode_exists(void) {
    return mode_is("simcom-http") || mode_is("simcom-socket") || mode_is("quectel-http") || mode_is("quectel-socket");
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

// A serial port that never blocks and changes no byte, at 115,200 baud; -1 if there is none.
static int open_uart(void) {
    struct termios settings;
    const int uart = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (uart < 0 || tcgetattr(uart, &settings) != 0) {
        return -1;
    }
    settings.c_iflag = 0;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cflag = CS8 | CREAD | CLOCAL;
    cfsetispeed(&settings, B115200);
    cfsetospeed(&settings, B115200);
    return tcsetattr(uart, TCSANOW, &settings) == 0 ? uart : -1;
}

static motepost_str_t text(const char *from) {
    const motepost_str_t text = {from, from != NULL ? strlen(from) : 0};
    return text;
}

// The file as it is, but for the newline at its end, in memory of its own.
static int read_signature(motepost_str_t *signature) {
    static char line[4096];
    FILE *file = fopen(signature_file, "rb");
    size_t len;
    if (file == NULL) {
        return 0;
    }
    len = fread(line, 1, sizeof line, file);
    fclose(file);
    signature->ptr = line;
    signature->len = len > 0 && line[len - 1] == '\n' ? len - 1 : len;
    return 1;
}

// What came over the wire may hold anything: a terminal gets none of its control characters.
static void print_line(const char *what, const void *bytes, size_t len) {
    const unsigned char *at = bytes;
    printf("%-9s ", what);
    for (; len > 0; len--, at++) {
        putchar(*at >= ' ' && *at < 0x7f ? *at : '.');
    }
    putchar('\n');
}

static int report(const motepost_response_t *response, motepost_exchange_t *exchange) {
    static const char *const VERDICTS[] = {"accepted", "denied", "rejected", "throttled", "unavailable"};
    motepost_str_t error_type = {NULL, 0};
    printf("%-9s %u, %s%s\n", "status", (unsigned)response->status, VERDICTS[response->verdict],
           MOTEPOST_MAY_RETRY(response->verdict) ? "; try again later" : "");
    motepost_exchange_error_type(exchange, &error_type);
    if (error_type.len != 0) {
        print_line("error", error_type.ptr, error_type.len);
    }
    print_line("body", response->body.ptr, response->body.len);
    return response->verdict == MOTEPOST_ACCEPTED ? ACCEPTED : DENIED;
}

// Words for a failure. They hold nothing of what was sent: no token, no signature.
static int complain(int32_t status, const at_t *at, const at_limit_t *limit) {
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
    fprintf(stderr, "publish: %s%s%s\n", motepost_field_name(status),
            *motepost_field_name(status) != '\0' ? " " : "", motepost_strerror(status));
    return status <= MOTEPOST_E_REFUSED || status == MOTEPOST_E_BUFFER ? USAGE : TRANSPORT;
}

// The library over the modem's socket, with a deadline of ours.
static int32_t publish_over_socket(at_t *at, const modem_sockets_t *commands, const motepost_publish_t *publish,
                                   uint8_t *buffer, size_t capacity, motepost_exchange_t *exchange,
                                   motepost_response_t *response) {
    modem_socket_t socket;
    motepost_transport_t transport;
    uint32_t started;
    int32_t status = motepost_exchange_init(exchange, publish, buffer, capacity);
    if (status != MOTEPOST_OK) {
        return status;
    }
    motepost_exchange_keep_details(exchange); // for the error type
    status = modem_socket_open(&socket, at, commands, text(host), (uint16_t)atoi(port_number), ca);
    if (status == AT_OK) {
        transport = modem_socket_transport(&socket);
        started = now_ms(NULL);
        while ((status = motepost_exchange_run(exchange, &transport, response)) == MOTEPOST_AGAIN) {
            if (now_ms(NULL) - started >= at->network_patience) {
                status = AT_E_TIMEOUT;
                break;
            }
            at->port->idle(at->port->ctx);
        }
    }
    modem_socket_close(&socket);
    return status == MOTEPOST_E_IO ? motepost_exchange_io_error(exchange) : status;
}

int main(int count, char **arguments) {
    static uint8_t buffer[4096];
    static char endpoint[300];
    motepost_publish_t publish = {0};
    motepost_pair_t id_header = {MOTEPOST_STR("id"), {NULL, 0}};
    static motepost_exchange_t exchange; // of zeros, for a modem that speaks HTTP itself begins none
    motepost_response_t response;
    at_limit_t limit = {"", 0, 0};
    at_t at;
    int uart;
    const at_port_t port = {uart_recv, uart_send, now_ms, idle, &uart};
    int32_t status;

    if (!read_arguments(count, arguments) || !mode_exists()) {
        fputs(MANUAL, stderr);
        return USAGE;
    }
    snprintf(endpoint, sizeof endpoint, "%s%s%s", host, strcmp(port_number, "443") == 0 ? "" : ":",
             strcmp(port_number, "443") == 0 ? "" : port_number);
    id_header.value = text(id);
    publish.endpoint = text(endpoint);
    publish.topic = text(topic);
    publish.payload.ptr = (const uint8_t *)message;
    publish.payload.len = strlen(message);
    publish.authorizer = text(authorizer);
    publish.token_key = text(token_key);
    publish.token = text(token);
    publish.headers = &id_header;
    publish.header_count = 1;
    publish.qos = 1;
    publish.encode_signature = motepost_copy_signature; // for the one line of base64 in the file
    if (signature_file != NULL && !read_signature(&publish.signature)) {
        fprintf(stderr, "publish: cannot read %s\n", signature_file);
        return USAGE;
    }

    uart = open_uart();
    if (uart < 0) {
        fprintf(stderr, "publish: %s is no serial port: %s\n", device, strerror(errno));
        return USAGE;
    }
    at_init(&at, &port);
    at.network_patience = (uint32_t)atol(milliseconds);
    if (at.patience > at.network_patience) {
        at.patience = at.network_patience;
    }
    if (mode_is("simcom-http")) {
        status = simcom_http_publish(&at, ca, &publish, buffer, sizeof buffer, &response, &limit);
    } else if (mode_is("quectel-http")) {
        status = quectel_http_publish(&at, ca, &publish, buffer, sizeof buffer, &exchange, &response, &limit);
    } else {
        status = publish_over_socket(&at, mode_is("simcom-socket") ? &SIMCOM_SOCKETS : &QUECTEL_SOCKETS, &publish,
                                     buffer, sizeof buffer, &exchange, &response);
    }
    close(uart);
    return status == MOTEPOST_OK ? report(&response, &exchange) : complain(status, &at, &limit);
}
