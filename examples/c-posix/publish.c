// Publishes one message over plain HTTP, as a device does whose gateway speaks TLS for it, or as
// you do to try the local stand-in. A POSIX socket or serial port, and C99; the library does the rest.
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
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "motepost.h"

enum { ACCEPTED, DENIED, USAGE, TRANSPORT };

static const char *const MANUAL =
    "usage: publish --host HOST --port PORT [--endpoint NAME] --topic TOPIC [--authorizer NAME]\n"
    "               --token-key KEY --token TOKEN [--signature-file FILE] --id ID\n"
    "               [--seconds LIMIT] MESSAGE\n"
    "       publish --device TTY --endpoint NAME, and the rest as above\n";

// What the command line says.
static const char *device, *host, *port, *endpoint, *topic, *authorizer, *token_key, *token, *signature_file,
    *id, *seconds = "10", *message;

static const struct {
    const char *flag;
    const char **value;
} FLAGS[] = {
    {"--host", &host},           {"--port", &port},           {"--endpoint", &endpoint},
    {"--topic", &topic},         {"--authorizer", &authorizer}, {"--token-key", &token_key},
    {"--token", &token},         {"--signature-file", &signature_file}, {"--id", &id},
    {"--seconds", &seconds},     {"--device", &device},
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
    return (device ? endpoint != NULL : host && port) && topic && token_key && token && id && message;
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
    if (getaddrinfo(host, port, &wanted, &found) != 0) {
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

// Words for a status. Neither holds anything of what was sent: no token, no signature.
static int complain(int32_t status, int exit_status) {
    fprintf(stderr, "publish: %s%s%s\n", motepost_field_name(status),
            *motepost_field_name(status) != '\0' ? " " : "", motepost_strerror(status));
    return exit_status;
}

static int32_t exchange_over(link_t *link, motepost_exchange_t *exchange, motepost_response_t *response) {
    const motepost_transport_t transport = {link_recv, link_send, link};
    int32_t status;
    do {
        status = motepost_exchange_run(exchange, &transport, response);
    } while (status == MOTEPOST_AGAIN && wait_for(link->file, link->waits_for));
    return status;
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

int main(int count, char **arguments) {
    static uint8_t buffer[4096]; // for the head at least; a long message goes out from where it lies
    static char host_and_port[300];
    motepost_publish_t publish = {0};
    motepost_pair_t id_header = {MOTEPOST_STR("id"), {NULL, 0}};
    motepost_exchange_t exchange;
    motepost_response_t response;
    link_t link = {-1, 0, 0};
    size_t size = 0;
    int32_t status;

    if (!read_arguments(count, arguments)) {
        fputs(MANUAL, stderr);
        return USAGE;
    }
    snprintf(host_and_port, sizeof host_and_port, "%s:%s", host != NULL ? host : "", port != NULL ? port : "");
    id_header.value = text(id);
    publish.endpoint = text(endpoint != NULL ? endpoint : host_and_port);
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

    status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    if (status != MOTEPOST_OK) {
        return complain(status, USAGE);
    }
    motepost_exchange_keep_details(&exchange); // for the error type
    motepost_publish_encode(&publish, NULL, 0, &size); // asks for the size alone

    deadline = now_in_ms() + 1000LL * atoi(seconds);
    signal(SIGPIPE, SIG_IGN); // a peer that closed is an error of write, and no end of the program
    link.file = device != NULL ? open_uart() : open_socket();
    if (link.file < 0) {
        fprintf(stderr, "publish: cannot connect to %s\n", device != NULL ? device : host_and_port);
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
        fprintf(stderr, "publish: no answer within %s s\n", seconds);
        return TRANSPORT;
    }
    if (status == MOTEPOST_E_IO) {
        fprintf(stderr, "publish: %s\n", strerror(-motepost_exchange_io_error(&exchange)));
    }
    return complain(status, TRANSPORT);
}
