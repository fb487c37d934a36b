// Connects once, publishes two readings over the connection, and reports what that took.
//
// The emulator's exit status: 0 accepted, 1 refused, 2 no network or no connection, 3 no trust in the server, 4 no response in
// time; board.h has those of a firmware that could not end by itself.
#include "../firmware/stack.h"
#include "board.h"
#include "clock.h"
#include "configuration.h"
#include "device.h"
#include "network.h"
#include "publish.h"
#include "tls.h"

enum { ACCEPTED, REFUSED, NO_CONNECTION, NO_TRUST, NO_RESPONSE };
enum { READINGS = 2 };

static motepost_response_t response;
static int32_t status;
static uint32_t publishes;
static uint32_t handshake_ms;

// Without what was spent waiting.
static uint32_t worked_ms(void) {
    return board_now_ms() - board_waited_ms();
}

static int shake_hands(void) {
    const motepost_transport_t connection = network_transport();
    const uint32_t before = worked_ms();
    status = tls_handshake(&connection, DEVICE.connect_timeout);
    handshake_ms = worked_ms() - before;
    return status == MOTEPOST_OK ? ACCEPTED : status == MOTEPOST_AGAIN ? NO_RESPONSE : NO_TRUST;
}

static int publish_readings(void) {
    int reading;
    for (reading = 0; reading < READINGS; reading++) {
        status = publish_reading(&DEVICE, &response, &publishes);
        if (status != MOTEPOST_OK) {
            return NO_RESPONSE;
        }
        if (response.verdict != MOTEPOST_ACCEPTED) {
            return REFUSED;
        }
    }
    return ACCEPTED;
}

static int run(void) {
    int outcome;
    clock_start(DEVICE.build_date, DEVICE.real_time != NULL ? DEVICE.real_time() : 0);
    // First of all, since without random numbers there is nothing to connect for.
    status = tls_start(&DEVICE);
    if (status != 0) {
        return NO_TRUST;
    }
    status = network_start();
    if (status == 0) {
        status = network_connect(DEVICE.host, DEVICE.port);
    }
    if (status != 0) {
        network_close();
        return NO_CONNECTION;
    }
    outcome = shake_hands();
    if (outcome == ACCEPTED) {
        outcome = publish_readings();
        tls_close();
    }
    network_close();
    return outcome;
}

// Without printf, which brings a heap along.
static void report(const char *name, int32_t number) {
    char text[12];
    char *at = text + sizeof text - 1;
    uint32_t rest = number < 0 ? -(uint32_t)number : (uint32_t)number;
    *at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        *--at = '-';
    }
    board_report(" ");
    board_report(name);
    board_report("=");
    board_report(at);
}

int main(void) {
    int outcome;
    unsigned stack;
    stack_paint();
    board_start();
    outcome = run();
    stack = stack_used(); // before the report, which is no part of a publish
    if (stack_overflowed()) {
        return BOARD_STACK_OVERFLOW;
    }
    board_report("motepost:");
    report("outcome", outcome);
    report("http", response.status);
    report("publishes", (int32_t)publishes);
    report("status", status);
    report("tls", tls_error());
    report("below", tls_below_error());
    report("clock", (int32_t)clock_now());
    report("handshake_ms", (int32_t)handshake_ms);
    report("stack", (int32_t)stack);
    board_report("\n");
    return outcome;
}
