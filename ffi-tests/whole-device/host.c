// The device's TLS and publish on this machine, under the sanitizers: its board and its network are POSIX's.
//
//     host PORT NAME TIMEOUT BUILD-DATE REAL-TIME
//
// Prints what main.c of the device would report, and what was stored.
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
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
#include "publish.h"
#include "tls.h"

#include "anchors.h" // written by the test: ANCHORS

static int connection = -1;
static uint32_t stored = UINT32_MAX;
static uint32_t real_time;

uint32_t board_now_ms(void) {
    struct timespec now = {0, 0};
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
    const ssize_t count = recv(connection, buffer, len, 0);
    (void)nothing;
    if (count > 0) {
        return (int32_t)count;
    }
    return count == 0 ? MOTEPOST_IO_CLOSED : errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static int32_t give(void *nothing, const void *buffer, size_t len) {
    const ssize_t count = send(connection, buffer, len, MSG_NOSIGNAL);
    (void)nothing;
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

int main(int count, char **arguments) {
    static const uint8_t KEY[MOTEPOST_KEY_LEN] = {7};
    static const uint8_t READING[] = "{\"celsius\":21.5}";
    const motepost_transport_t below = {receive, give, NULL};
    motepost_response_t response = {0};
    uint32_t publishes = 0;
    int32_t status;
    int reading;
    if (count != 6) {
        return 2;
    }
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
    real_time = (uint32_t)atol(arguments[5]);
    clock_start(device.build_date, device.real_time());
    status = tls_start(&device);
    if (status != 0 || !connect_to(arguments[1])) {
        return 2;
    }
    status = tls_handshake(&below, device.connect_timeout);
    for (reading = 0; reading < 2 && status == MOTEPOST_OK; reading++) {
        status = publish_reading(&device, &response, &publishes);
    }
    // After a failure as well: there may be an alert to send, and nothing may hang.
    tls_close();
    close(connection);
    printf("status=%d tls=%d below=%d http=%u publishes=%u stored=%u set=%d\n", (int)status, tls_error(), (int)tls_below_error(),
           response.status, (unsigned)publishes, (unsigned)stored, clock_is_set());
    return 0;
}
