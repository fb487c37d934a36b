// One reading from a small board to AWS IoT Core, through whatever is at the other end of its UART:
// a modem or a gateway that does the TLS. The same file for every board; `board.h` is the rest.
#include <stddef.h>

#include "board.h"
#include "credentials.h" // written for each device: never in version control
#include "motepost.h"
#include "report.h"
#include "stack.h"

// Room for the head and the payload, so that both leave in one write; `motepost_publish_encode`
// without a buffer says how much that is. A raw signature of 256 bytes is 344 characters of base64.
#ifdef SIGNATURE
enum { BUFFER_SIZE = 272 + 360 };
static const uint8_t signature[] = SIGNATURE;
#else
enum { BUFFER_SIZE = 272 };
#endif

#ifdef DEVICE_KEY
static const uint8_t device_key[MOTEPOST_KEY_LEN] = DEVICE_KEY;

// These boards publish once with it, and have no flash that outlives them. A product keeps its last counter there and adds one for
// each message, whether it was accepted or not. It stores the new one before this returns: after a reset in between, a counter that
// was used before would be denied.
static uint32_t next_counter(void) {
    return COUNTER;
}
#endif

// Static rather than on the stack, so that the linker says whether the board has room.
static uint8_t buffer[BUFFER_SIZE];
static motepost_exchange_t exchange;
static unsigned writes;

// These boards have no clock that is set, so their deadline counts looks at the UART, and each byte as
// many of them as its time on the line is worth. A product asks its timer. In an emulator it is some ten
// seconds for the response, and 16 of silence: more than a gateway of docs/gateway.md keeps waiting.
#ifndef TIMEOUT
#define TIMEOUT 100000000
#define SILENCE 160000000
#endif
enum { LOOKS_A_BYTE = 1000 };

static uint32_t timeout;

// The deadline is here. A peer that always has one byte more to say would keep
// motepost_exchange_run from ever returning to a loop around it.
static int32_t uart_recv(void *ctx, void *bytes, size_t len) {
    uint8_t *at = bytes;
    int32_t count = 0;
    (void)ctx;
    while ((size_t)count < len && timeout > LOOKS_A_BYTE && board_receive(at)) {
        at++;
        count++;
        timeout -= LOOKS_A_BYTE;
    }
    timeout -= timeout > 0;
    return count;
}

static int32_t uart_send(void *ctx, const void *bytes, size_t len) {
    const uint8_t *at = bytes;
    size_t left;
    (void)ctx;
    if (timeout <= LOOKS_A_BYTE) {
        return 0;
    }
    for (left = len; left > 0; left--) {
        board_send(*at++);
    }
    writes++;
    return (int32_t)len;
}

// A line cannot be closed: what its other end says after a deadline would be the next request's response.
// Reads and drops until nothing late can come any more, four times as long at most.
static void resynchronize(void) {
    uint8_t dropped;
    uint32_t idle = 0;
    uint32_t looks;
    for (looks = 0; idle < SILENCE && looks < 4UL * SILENCE; looks++) {
        idle = board_receive(&dropped) ? 0 : idle + 1;
    }
}

// Not inlined, so that all of its stack is below the caller's.
static __attribute__((noinline)) int32_t publish_reading(motepost_response_t *response) {
    static const uint8_t reading[] = READING;
    static const motepost_pair_t id = {MOTEPOST_STR("id"), MOTEPOST_STR(DEVICE_ID)};
    const motepost_transport_t uart = {.recv = uart_recv, .send = uart_send};
    motepost_publish_t publish = {0};
    int32_t status;

    publish.endpoint = (motepost_str_t)MOTEPOST_STR(ENDPOINT);
    publish.topic = (motepost_str_t)MOTEPOST_STR(TOPIC);
    publish.payload = (motepost_bytes_t){reading, sizeof reading - 1};
    publish.authorizer = (motepost_str_t)MOTEPOST_STR(AUTHORIZER);
    publish.token_key = (motepost_str_t)MOTEPOST_STR("token");
    publish.headers = &id;
    publish.header_count = 1;
    publish.qos = 1;
#ifdef DEVICE_KEY
    char token[MOTEPOST_TOKEN_LEN];
    status = motepost_token_mint(device_key, &id.value, MOTEPOST_TOKEN_COUNTER, next_counter(), token);
    if (status != MOTEPOST_OK) {
        return status;
    }
    publish.token = (motepost_str_t){token, sizeof token};
#else
    publish.token = (motepost_str_t)MOTEPOST_STR(TOKEN);
#endif
#ifdef SIGNATURE
    publish.signature = (motepost_str_t){(const char *)signature, sizeof signature};
    publish.encode_signature = motepost_encode_signature;
#endif

    status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    if (status != MOTEPOST_OK) {
        return status;
    }
    timeout = TIMEOUT;
    // What an earlier publish was told too late is not this one's. This ends on a line that never falls silent too: uart_recv has the
    // deadline, and says that nothing is there once it is over. Then nothing is sent.
    while (motepost_transport_drain(&uart, NULL) == MOTEPOST_AGAIN) {
    }
    do {
        status = motepost_exchange_run(&exchange, &uart, response);
    } while (status == MOTEPOST_AGAIN && timeout > LOOKS_A_BYTE);
    return status;
}

static const char *outcome(int32_t status, const motepost_response_t *response) {
    if (status == MOTEPOST_AGAIN) {
        return "no_response";
    }
    if (status != MOTEPOST_OK) {
        return "failed";
    }
    switch (response->verdict) {
    case MOTEPOST_ACCEPTED:
        return "accepted";
    case MOTEPOST_DENIED:
        return "denied";
    default:
        return "refused";
    }
}

// In one place, because on an ATmega each text takes RAM.
static void report_outcome(const char *text) {
    report("motepost: outcome=");
    report(text);
}

void board_fault(void) {
    report_outcome("fault");
    report("\n");
    board_end();
}

// Says what came of a publish. On an ATmega the texts take RAM.
static void report_publish(int32_t status, const motepost_response_t *response) {
    const unsigned stack = stack_used();
    report_outcome(stack_overflowed() ? "stack_overflow" : outcome(status, response));
    report_number(" http=", response->status);
    report_number(" writes=", writes);
    report_number(" stack=", stack);
    if (status < 0) {
        report_number(" status=-", (unsigned)-status);
    }
    report("\n");
}

// How many readings before the end. A product sleeps between two.
#ifndef PUBLISHES
#define PUBLISHES 1
#endif

int main(void) {
    int left;
    board_start();
    stack_paint();
    for (left = PUBLISHES; left > 0; left--) {
        motepost_response_t response = {0};
        const int32_t status = publish_reading(&response);
        report_publish(status, &response);
        if (status != MOTEPOST_OK) {
            resynchronize();
        }
    }
    board_end();
}
