// Publishes one message over plain HTTP, as a device does whose gateway speaks TLS for it, or as
// you do to try the local emulator. A POSIX socket or serial port, and C99; the library does the rest.
//
// Exit status: 0 accepted, 1 AWS said no, 2 wrong usage or a refused field, 3 the transport failed.
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../common/publish.h"
#include "../common/uart.h"

static const char *const MANUAL =
    "usage: publish --host HOST --port PORT [--endpoint NAME] --topic TOPIC [--authorizer NAME]\n"
    "               --token-key KEY --token TOKEN [--signature-file FILE] --id ID\n"
    "               [--seconds LIMIT] MESSAGE\n"
    "       publish --device TTY --endpoint NAME, and the rest as above\n";

static const char *device, *seconds = "10";

static const flag_t FLAGS[] = {
    {"--endpoint", &options.endpoint},
    {"--device", &device},
    {"--seconds", &seconds},
};

static int read_options(int count, char **arguments) {
    return read_arguments(count, arguments, FLAGS, sizeof FLAGS / sizeof *FLAGS) &&
           (device != NULL ? options.endpoint != NULL : options.host && options.port);
}

// The library has no clock: the deadline is ours.
static long long deadline;

static long long now_in_ms(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Sleeps until the line is ready; 0 when the time is over.
static int wait_for(int file, short events) {
    struct pollfd wanted = {file, events, 0};
    for (;;) {
        const long long left = deadline - now_in_ms();
        const int ready = left > 0 ? poll(&wanted, 1, left < 1000 ? (int)left : 1000) : 0;
        if (ready > 0 || left <= 0 || (ready < 0 && errno != EINTR)) {
            return ready > 0;
        }
    }
}

typedef struct {
    int file;
    short waits_for;
    int writes;
} link_t;

// The system's numbers in the library's: -1 is no number of bytes, and 0 is not "closed".
static int32_t link_send(void *ctx, const void *buffer, size_t len) {
    link_t *link = ctx;
    const ssize_t count = write(link->file, buffer, len);
    link->waits_for = POLLOUT;
    link->writes += count > 0;
    if (count >= 0) {
        return (int32_t)count;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
}

static int32_t link_recv(void *ctx, void *buffer, size_t len) {
    link_t *link = ctx;
    const ssize_t count = read(link->file, buffer, len);
    link->waits_for = POLLIN;
    if (count >= 0) {
        return count > 0 ? (int32_t)count : MOTEPOST_IO_CLOSED;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
}

// A connected socket that never blocks, or -1.
static int open_socket(void) {
    struct addrinfo wanted, *found = NULL, *at;
    int opened = -1;
    memset(&wanted, 0, sizeof wanted);
    wanted.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(options.host, options.port, &wanted, &found) != 0) {
        return -1;
    }
    for (at = found; at != NULL && opened < 0; at = at->ai_next) {
        int error = 0;
        socklen_t size = sizeof error;
        opened = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (opened < 0) {
            continue;
        }
        fcntl(opened, F_SETFL, O_NONBLOCK);
        if (connect(opened, at->ai_addr, at->ai_addrlen) != 0 &&
            (errno != EINPROGRESS || !wait_for(opened, POLLOUT) ||
             getsockopt(opened, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)) {
            close(opened);
            opened = -1;
        }
    }
    freeaddrinfo(found);
    return opened;
}

static int32_t exchange_over(link_t *link, motepost_exchange_t *exchange, motepost_response_t *response) {
    const motepost_transport_t transport = {link_recv, link_send, link};
    int32_t status;
    do {
        status = motepost_exchange_run(exchange, &transport, response);
    } while (status == MOTEPOST_AGAIN && wait_for(link->file, link->waits_for));
    return status;
}

int main(int count, char **arguments) {
    static uint8_t buffer[4096]; // for the head at least; a long message goes out from where it lies
    motepost_publish_t publish;
    motepost_exchange_t exchange;
    motepost_response_t response;
    link_t link = {-1, 0, 0};
    size_t size = 0;
    int32_t status;

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
    link.file = device != NULL ? open_uart(device) : open_socket();
    if (link.file < 0) {
        fprintf(stderr, "publish: cannot connect to %s\n", device != NULL ? device : options.host);
        return TRANSPORT;
    }
    status = exchange_over(&link, &exchange, &response);
    close(link.file);
    printf("%-9s %lu bytes, %d write%s\n", "request", (unsigned long)size, link.writes,
           link.writes == 1 ? "" : "s");
    if (status == MOTEPOST_OK) {
        return report(&response, &exchange);
    }
    if (status == MOTEPOST_AGAIN) {
        fprintf(stderr, "publish: no response within %s s\n", seconds);
        return TRANSPORT;
    }
    if (status == MOTEPOST_E_IO) {
        fprintf(stderr, "publish: %s\n", strerror(-motepost_exchange_io_error(&exchange)));
    }
    return complain(status, TRANSPORT);
}
