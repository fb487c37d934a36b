// esbmc: --32 --std c++11 --unwind 5
//
// motepost_arduino.h over any Stream and any Client.
//
// Assumed:
// - available and read return any number, but read of a buffer at most its size; write returns at most its size; connected returns any;
// - the clock goes on by one to four milliseconds with each look at it, and by what delay is asked for. It may wrap;
// - a run and a resynchronisation have 2 milliseconds at most, and a silence as well. A stream is asked for 3 bytes at most: it gives
//   them one by one;
// - motepost_transport_drain receives once, or twice, and something may be left then.
#include "prove.h"

#define MOTEPOST_ARDUINO_SILENCE 1
#include "motepost_arduino.h"

#define MORE_MOVES 0
#include "exchange.h"

static uint32_t now;
// What the receiver of a stream holds would be taken for the response.
static bool holds;

unsigned long millis() {
    now += 1 + any_u8() % 4u;
    return now;
}

void delay(unsigned long milliseconds) {
    MUST(milliseconds > 0, "a delay lets others run");
    now += static_cast<uint32_t>(milliseconds) + any_u8() % 4u;
}

class AnyClient : public Client {
public:
    int available() override { return any_i32(); }
    int read() override { return any_i32(); }
    int read(uint8_t *buffer, size_t size) override {
        const int count = any_i32();
        MUST(size > 0, "nothing is not read");
        ASSUME(count <= 0 || static_cast<size_t>(count) <= size);
        writes(buffer, size);
        return count;
    }
    size_t write(const uint8_t *buffer, size_t size) override {
        MUST(!holds, "nothing is sent before all is dropped");
        reads(buffer, size);
        return up_to(size);
    }
    uint8_t connected() override { return any_u8(); }
};

static int32_t moves(int32_t count, size_t len) {
    MUST(count <= 0 || static_cast<size_t>(count) <= len, "no more moves than was offered");
    return count;
}

extern "C" int32_t motepost_transport_drain(const motepost_transport_t *transport, int32_t (*available)(void *)) {
    static uint8_t bytes[3];
    (void)available;
    if (moves(transport->recv(transport->ctx, bytes, 3), 3) > 0 && any_of_two()) {
        moves(transport->recv(transport->ctx, bytes, 3), 3);
    }
    holds = any_of_two();
    return holds ? MOTEPOST_AGAIN : MOTEPOST_OK;
}

void prove_client() {
    AnyClient client;
    motepost_transport_t transport = {};
    transport.recv = motepost_arduino_client_recv;
    transport.send = motepost_arduino_client_send;
    transport.ctx = static_cast<Client *>(&client);
    (void)move_of_any_length(&transport);
    END();
}

void prove_stream() {
    AnyClient client;
    const size_t len = 1 + up_to(2);
    uint8_t *bytes = static_cast<uint8_t *>(malloc(len));
    MUST(motepost_arduino_stream_send(static_cast<Stream *>(&client), nullptr, len) < 0, "a payload that is nowhere is refused");
    moves(any_of_two() ? motepost_arduino_stream_recv(static_cast<Stream *>(&client), bytes, len)
                       : motepost_arduino_stream_send(static_cast<Stream *>(&client), bytes, len),
          len);
    free(bytes);
    END();
}

void prove_resync() {
    AnyClient client;
    const uint32_t limit = static_cast<uint32_t>(up_to(2));
    now = any_u32();
    (void)motepost_arduino_resync(client, static_cast<uint32_t>(up_to(2)), limit);
    END();
}

void prove_run_over_a_client() {
    AnyClient client;
    motepost_exchange_t exchange;
    motepost_response_t response;
    now = any_u32();
    (void)motepost_arduino_run(static_cast<Client &>(client), &exchange, &response, static_cast<uint32_t>(up_to(2)));
    END();
}

void prove_run_over_a_stream() {
    AnyClient client;
    motepost_exchange_t exchange;
    motepost_response_t response;
    const uint32_t limit = static_cast<uint32_t>(up_to(2));
    bool is_silent = false;
    now = any_u32();
    holds = true;
    if (any_of_two()) {
        (void)motepost_arduino_run(static_cast<Stream &>(client), &exchange, &response, limit);
    } else if (motepost_arduino_run(static_cast<Stream &>(client), &exchange, &response, limit, &is_silent) == MOTEPOST_OK) {
        MUST(is_silent, "after its response a line is silent");
    }
    END();
}
