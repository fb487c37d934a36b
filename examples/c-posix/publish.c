// Publishes one message over plain HTTP, as a device does whose gateway speaks TLS for it, or as
// you do to try the local emulator. A POSIX socket or serial port, and C99; the library does the rest.
//
// Exit status: 0 accepted, 1 AWS said no, 2 wrong usage or a refused field, 3 the transport failed.
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/deadline.h"
#include "../common/publish.h"
#include "../common/tcp.h"
#include "../common/uart.h"

static const char *const MANUAL =
    "usage: publish --host HOST --port PORT [--endpoint NAME] --topic TOPIC [--authorizer NAME]\n"
    "               --token-key KEY [--token TOKEN] [--signature-file FILE] --id ID\n"
    "               [--seconds LIMIT] MESSAGE\n"
    "       publish --device TTY --endpoint NAME [--silence MILLISECONDS], and the rest as above\n"
    "Without --token, the token is in the environment: MOTEPOST_TOKEN. Others do not see it there.\n";

// Of silence, after which no late response can come: more than the 15 s after which a gateway of
// docs/gateway.md closes its connection.
static const char *device, *seconds = "10", *silence = "16000";

static const flag_t FLAGS[] = {
    {"--endpoint", &options.endpoint},
    {"--device", &device},
    {"--seconds", &seconds},
    {"--silence", &silence},
};

static int read_options(int count, char **arguments) {
    return read_arguments(count, arguments, FLAGS, sizeof FLAGS / sizeof *FLAGS) &&
           (device != NULL ? options.endpoint != NULL : options.host && options.port);
}

typedef struct {
    int file;
    short waits_for;
    int writes;
} link_t;

// The system's numbers in the library's: -1 is no number of bytes, and 0 is not "closed".
static int32_t link_send(void *ctx, const void *buffer, size_t len) {
    link_t *link = ctx;
    const ssize_t count = is_over() ? 0 : write(link->file, buffer, len);
    link->waits_for = POLLOUT;
    link->writes += count > 0;
    if (count >= 0) {
        return (int32_t)count;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
}

static int32_t link_recv(void *ctx, void *buffer, size_t len) {
    link_t *link = ctx;
    ssize_t count;
    link->waits_for = POLLIN;
    if (is_over()) {
        return 0;
    }
    count = read(link->file, buffer, len);
    if (count >= 0) {
        return count > 0 ? (int32_t)count : MOTEPOST_IO_CLOSED;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
}

static int32_t exchange_over(link_t *link, motepost_exchange_t *exchange, motepost_response_t *response) {
    const motepost_transport_t transport = {.recv = link_recv, .send = link_send, .ctx = link};
    int32_t status;
    if (device != NULL) {
        // A serial line outlives a publish, so it may hold what an earlier one was told too late.
        while (motepost_transport_drain(&transport, NULL) == MOTEPOST_AGAIN && !is_over()) {
        }
    }
    do {
        status = motepost_exchange_run(exchange, &transport, response);
    } while (status == MOTEPOST_AGAIN && wait_for(link->file, link->waits_for));
    return status;
}

// A serial line cannot be closed: what its other end says after a failure would be the next request's
// response. Reads and drops until nothing more can come.
static void resynchronize(int uart) {
    const long long timeout = atoll(silence);
    const long long end = now_in_ms() + 4 * timeout;
    char dropped[64];
    do {
        deadline = now_in_ms() + timeout;
    } while (deadline <= end && wait_for(uart, POLLIN) && read(uart, dropped, sizeof dropped) > 0);
}

static int end_of(int32_t status, const motepost_response_t *response, motepost_exchange_t *exchange) {
    if (status == MOTEPOST_OK) {
        return report(response, exchange);
    }
    if (status == MOTEPOST_AGAIN) {
        fprintf(stderr, "publish: no response within %s s\n", seconds);
        return TRANSPORT;
    }
    if (status == MOTEPOST_E_IO) {
        fprintf(stderr, "publish: %s\n", strerror(-motepost_exchange_io_error(exchange)));
    }
    return complain(status, TRANSPORT);
}

int main(int count, char **arguments) {
    static uint8_t buffer[4096]; // for the head at least; a long message goes out from where it lies
    motepost_publish_t publish;
    motepost_exchange_t exchange;
    motepost_response_t response;
    link_t link = {-1, 0, 0};
    size_t size = 0;
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
    motepost_publish_encode(&publish, NULL, 0, &size); // asks for the size alone

    deadline = now_in_ms() + 1000LL * atoi(seconds);
    signal(SIGPIPE, SIG_IGN); // a peer that closed is an error of write, and no end of the program
    link.file = device != NULL ? open_uart(device) : open_tcp(options.host, options.port);
    if (link.file < 0) {
        fprintf(stderr, "publish: cannot connect to %s\n", device != NULL ? device : options.host);
        return TRANSPORT;
    }
    status = exchange_over(&link, &exchange, &response);
    printf("%-9s %lu bytes, %d write%s\n", "request", (unsigned long)size, link.writes,
           link.writes == 1 ? "" : "s");
    exit_status = end_of(status, &response, &exchange);
    if (device != NULL && status != MOTEPOST_OK) {
        resynchronize(link.file);
    }
    close(link.file);
    return exit_status;
}
