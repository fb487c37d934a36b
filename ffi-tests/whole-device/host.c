// The device's TLS and publish on this machine, under the sanitizers: its board and its network are POSIX's.
//
//     host PORT NAME TIMEOUT BUILD-DATE REAL-TIME [drip | break | null]
//
// Prints what main.c of the device would report, and what was stored. With `drip`, a byte is received at a time, on a clock on which
// each look takes a millisecond. With `break`, the reading is large, and sending fails after its head, once the server has spoken.
// With `null`, a payload is sent of which there is the length alone; the status is the transport's own number.
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "clock.h"
#include "device.h"
#include "network.h"
#include "publish.h"
#include "tls.h"

#include "anchors.h" // written by the test: ANCHORS

static int connection = -1;
static uint32_t stored = UINT32_MAX;
static uint32_t real_time;
static int drips, breaks, nulls;
static uint32_t looks, received;
static unsigned sends_left = UINT_MAX;

void network_renew(void) {
    // A socket of this host has no time of a publish's.
}

uint32_t board_now_ms(void) {
    struct timespec now = {0, 0};
    if (drips) {
        return looks++;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000);
}

void board_wait(void) {
    struct pollfd socket = {connection, POLLIN, 0};
    poll(&socket, 1, 10);
}

uint32_t board_load_time(void) {
    return stored;
}

void board_store_time(uint32_t seconds) {
    stored = seconds;
}

static uint32_t tell_real_time(void) {
    return real_time;
}

static int entropy(void *bytes, size_t len) {
    FILE *file = fopen("/dev/urandom", "rb");
    const int filled = file != NULL && fread(bytes, 1, len, file) == len;
    if (file != NULL) {
        fclose(file);
    }
    return filled;
}

static int32_t receive(void *nothing, void *buffer, size_t len) {
    const ssize_t count = recv(connection, buffer, drips ? 1 : len, 0);
    (void)nothing;
    if (count > 0) {
        received += 1;
        return (int32_t)count;
    }
    return count == 0 ? MOTEPOST_IO_CLOSED : errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static int32_t give(void *nothing, const void *buffer, size_t len) {
    ssize_t count;
    (void)nothing;
    if (sends_left == 0) {
        struct pollfd socket = {connection, POLLIN, 0};
        poll(&socket, 1, -1);
        return -EPIPE;
    }
    sends_left--;
    count = send(connection, buffer, len, MSG_NOSIGNAL);
    return count >= 0 ? (int32_t)count : errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static int connect_to(const char *port) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)atoi(port));
    connection = socket(AF_INET, SOCK_STREAM, 0);
    return connect(connection, (struct sockaddr *)&address, sizeof address) == 0 &&
           fcntl(connection, F_SETFL, O_NONBLOCK) == 0;
}

// Returns the transport's number for a payload of which there is the length alone.
static int32_t publish_from_nowhere(const device_t *device) {
    static uint8_t buffer[320];
    static motepost_exchange_t exchange;
    const motepost_publish_t publish = {
        .endpoint = {device->endpoint, strlen(device->endpoint)},
        .topic = device->topic,
    };
    motepost_response_t response;
    int32_t status = motepost_exchange_init_head(&exchange, &publish, buffer, sizeof buffer, 300);
    if (status == MOTEPOST_OK) {
        status = tls_run(&exchange, &response, device->connect_timeout);
    }
    return status == MOTEPOST_E_IO ? motepost_exchange_io_error(&exchange) : status;
}

int main(int count, char **arguments) {
    static const uint8_t KEY[MOTEPOST_KEY_LEN] = {7};
    static const uint8_t READING[] = "{\"celsius\":21.5}";
    static const uint8_t LARGE[MOTEPOST_MAX_PAYLOAD] = {0};
    const motepost_transport_t below = {receive, give, NULL};
    motepost_response_t response = {0};
    uint32_t publishes = 0;
    int32_t status;
    int reading;
    if (count != 6 && count != 7) {
        return 2;
    }
    drips = count == 7 && strcmp(arguments[6], "drip") == 0;
    nulls = count == 7 && strcmp(arguments[6], "null") == 0;
    breaks = count == 7 && !drips && !nulls;
    device_t device = {
        .endpoint = arguments[2],
        .id = MOTEPOST_STR("uniqueID"),
        .topic = MOTEPOST_STR("uniqueID/status"),
        .authorizer = MOTEPOST_STR("mintedAuthorizer"),
        .reading = {READING, sizeof READING - 1},
        .key = KEY,
        .anchors = ANCHORS,
        .anchor_count = sizeof ANCHORS / sizeof *ANCHORS,
        .connect_timeout = (uint32_t)atol(arguments[3]),
        .build_date = (uint32_t)atol(arguments[4]),
        .real_time = tell_real_time,
        .entropy = entropy,
    };
    if (breaks) {
        device.reading = (motepost_bytes_t){LARGE, sizeof LARGE};
    }
    real_time = (uint32_t)atol(arguments[5]);
    clock_start(device.build_date, device.real_time());
    status = tls_start(&device);
    if (status != 0 || !connect_to(arguments[1])) {
        return 2;
    }
    status = tls_handshake(&below, device.connect_timeout);
    if (nulls && status == MOTEPOST_OK) {
        status = publish_from_nowhere(&device);
    }
    received = 0;
    sends_left = breaks ? 1 : UINT_MAX;
    for (reading = breaks; reading < 2 && status == MOTEPOST_OK; reading++) {
        status = publish_reading(&device, &response, &publishes);
    }
    // After a failure as well: there may be an alert to send, and nothing may hang.
    tls_close();
    close(connection);
    printf("status=%d tls=%d below=%d http=%u verdict=%u publishes=%u stored=%u set=%d received=%u\n", (int)status, tls_error(),
           (int)tls_below_error(), response.status, response.verdict, (unsigned)publishes, (unsigned)stored, clock_is_set(),
           (unsigned)received);
    return 0;
}
