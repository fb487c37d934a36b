// A whole publish: over a pair of sockets, without callbacks, and however the bytes are cut.
#include "guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "article.h"
#include "check.h"
#include "wire.h"

static uint8_t buffer[320];

// The device's end of the pair, in the library's numbers.
static int32_t socket_send(void *ctx, const void *from, size_t len) {
    const ssize_t count = send(*(int *)ctx, from, len, 0);
    return count >= 0 ? (int32_t)count : errno == EAGAIN ? 0 : -errno;
}

static int32_t socket_recv(void *ctx, void *to, size_t len) {
    const ssize_t count = recv(*(int *)ctx, to, len, 0);
    return count > 0 ? (int32_t)count : count == 0 ? MOTEPOST_IO_CLOSED : errno == EAGAIN ? 0 : -errno;
}

static motepost_transport_t transport_over_socket(int *device) {
    motepost_transport_t transport;
    transport.recv = socket_recv;
    transport.send = socket_send;
    transport.ctx = device;
    return transport;
}

static void pair_of_sockets(int *device, int *cloud) {
    int ends[2] = {-1, -1};
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    CHECK(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    *device = ends[0];
    *cloud = ends[1];
}

static void is_accepted(const motepost_response_t *response, motepost_exchange_t *exchange) {
    motepost_str_t error_type;
    EQUAL(response->status, 200);
    EQUAL(response->verdict, MOTEPOST_ACCEPTED);
    EQUAL(MOTEPOST_MAY_RETRY(response->verdict), 0);
    EQUAL(motepost_exchange_reusable(exchange), 1);
    EQUAL(response->truncated, 0);
    GIVES(MOTEPOST_OK, motepost_exchange_error_type(exchange, &error_type));
    EQUAL(error_type.len, 0);
    BYTES(response->body.ptr, response->body.len, ACCEPTED_BODY);
}

static void over_a_pair_of_sockets(void) {
    const motepost_publish_t publish = article();
    const char *const answer = ACCEPTED;
    const size_t half = strlen(answer) / 2;
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_transport_t transport;
    char request[1024];
    int device, cloud;
    ssize_t count;
    pair_of_sockets(&device, &cloud);
    transport = transport_over_socket(&device);
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));

    // The request is on its way, and the task gets its processor back while there is no answer.
    GIVES(MOTEPOST_AGAIN, motepost_exchange_run(&exchange, &transport, &response));
    count = recv(cloud, request, sizeof request, 0);
    BYTES(request, count < 0 ? 0 : (size_t)count, HEAD PAYLOAD);
    CHECK(send(cloud, answer, half, 0) == (ssize_t)half);
    GIVES(MOTEPOST_AGAIN, motepost_exchange_run(&exchange, &transport, &response));
    CHECK(send(cloud, answer + half, strlen(answer) - half, 0) == (ssize_t)(strlen(answer) - half));
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
    is_accepted(&response, &exchange);

    // The connection carries another one with the same memory, until the cloud closes it.
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_run(&exchange, &transport, &response));
    CHECK(recv(cloud, request, sizeof request, 0) == (ssize_t)strlen(HEAD PAYLOAD));
    close(cloud);
    GIVES(MOTEPOST_E_CLOSED, motepost_exchange_run(&exchange, &transport, &response));
    close(device);
}

// Much more than a socket takes at once, and than the buffer holds.
static void a_payload_larger_than_everything_between(void) {
    static uint8_t payload[MOTEPOST_MAX_PAYLOAD];
    static uint8_t arrived[MOTEPOST_MAX_PAYLOAD + 1024];
    motepost_publish_t publish = article();
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_transport_t transport;
    size_t len, head_len = 0, total = 0;
    int32_t status;
    int device, cloud, small = 4096, waits = 0;
    for (len = 0; len < sizeof payload; len++) {
        payload[len] = (uint8_t)(len % 251);
    }
    publish.payload.ptr = payload;
    publish.payload.len = sizeof payload;
    pair_of_sockets(&device, &cloud);
    CHECK(setsockopt(device, SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
    transport = transport_over_socket(&device);
    GIVES(MOTEPOST_OK, motepost_publish_head_len(&publish, &head_len));
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
    do {
        ssize_t count;
        status = motepost_exchange_run(&exchange, &transport, &response);
        waits++;
        do {
            count = recv(cloud, arrived + total, sizeof arrived - total, 0);
            total += count > 0 ? (size_t)count : 0;
        } while (count > 0);
    } while (status == MOTEPOST_AGAIN && total < head_len + sizeof payload && waits < 100000);
    GIVES(MOTEPOST_AGAIN, status);
    CHECK(waits > 1);
    EQUAL(total, head_len + sizeof payload);
    CHECK(memcmp(arrived + head_len, payload, sizeof payload) == 0);
    CHECK(send(cloud, ACCEPTED, strlen(ACCEPTED), 0) == (ssize_t)strlen(ACCEPTED));
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
    is_accepted(&response, &exchange);
    close(cloud);
    close(device);
}

// Bytes in pieces of every size give the same request and the same answer.
static void however_the_bytes_are_cut(void) {
    const motepost_publish_t publish = article();
    size_t most;
    for (most = 1; most <= strlen(ACCEPTED); most++) {
        motepost_exchange_t exchange;
        motepost_response_t response;
        wire_t wire = wire_with(ACCEPTED);
        const motepost_transport_t transport = transport_over(&wire);
        wire.most = most;
        GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
        GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
        GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
        BYTES(wire.sent, wire.sent_len, HEAD PAYLOAD);
        is_accepted(&response, &exchange);
    }
}

// As an interrupt handler or an AT command would: asked what to move, told what was moved.
static void without_callbacks(void) {
    const motepost_publish_t publish = article();
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_want_t want;
    wire_t wire = wire_with(ACCEPTED);
    int32_t status;
    wire.most = 7;
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_response(&exchange, &response));
    do {
        int32_t count;
        GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
        CHECK((want.send == NULL) != (want.receive == NULL) && want.len != 0);
        // To move nothing changes nothing.
        GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, 0));
        count = want.send != NULL ? wire_send(&wire, want.send, want.len)
                                  : wire_recv(&wire, want.receive, want.len);
        status = motepost_exchange_moved(&exchange, count);
    } while (status == MOTEPOST_AGAIN);
    GIVES(MOTEPOST_OK, status);
    GIVES(MOTEPOST_OK, motepost_exchange_want(&exchange, &want));
    CHECK(want.send == NULL && want.receive == NULL && want.len == 0);
    BYTES(wire.sent, wire.sent_len, HEAD PAYLOAD);
    GIVES(MOTEPOST_OK, motepost_exchange_response(&exchange, &response));
    is_accepted(&response, &exchange);
    CHECK(response.body.ptr == buffer);
}

// The verdict of what was read stays, however the exchange ends.
static void the_verdict_is_there_as_soon_as_the_status_was_read(void) {
    static const char answer[] = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
    const motepost_publish_t publish = article();
    motepost_exchange_t exchange;
    motepost_want_t want;
    memset(&exchange, 0, sizeof exchange);
    GIVES(MOTEPOST_E_NULL, motepost_exchange_verdict(NULL));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_verdict(&exchange));
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_UNAVAILABLE, motepost_exchange_verdict(&exchange));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, (int32_t)strlen(HEAD PAYLOAD)));
    GIVES(MOTEPOST_UNAVAILABLE, motepost_exchange_verdict(&exchange));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    memcpy(want.receive, answer, strlen(answer));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, (int32_t)strlen(answer)));
    GIVES(MOTEPOST_ACCEPTED, motepost_exchange_verdict(&exchange));
    GIVES(MOTEPOST_E_CLOSED, motepost_exchange_moved(&exchange, MOTEPOST_IO_CLOSED));
    GIVES(MOTEPOST_ACCEPTED, motepost_exchange_verdict(&exchange));
}

// A peer that answered before the end of the request may still wait for the rest, and would take the next request for it.
static void a_request_that_was_half_sent_leaves_a_connection_that_serves_no_other(void) {
    static const char answer[] = "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\n\r\n";
    const motepost_publish_t publish = article();
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_want_t want;
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, 20));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, -7));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    memcpy(want.receive, answer, strlen(answer));
    GIVES(MOTEPOST_OK, motepost_exchange_moved(&exchange, (int32_t)strlen(answer)));
    // Nothing more comes, and that changes nothing.
    GIVES(MOTEPOST_OK, motepost_exchange_moved(&exchange, 0));
    GIVES(MOTEPOST_OK, motepost_exchange_response(&exchange, &response));
    GIVES(MOTEPOST_REJECTED, response.verdict);
    EQUAL(motepost_exchange_reusable(&exchange), 0);
    EQUAL(motepost_exchange_io_error(&exchange), -7);
}

// What comes behind a whole answer takes it not back, but nobody may send on such a connection.
static void a_whole_answer_stays_whole(void) {
    static const struct {
        const char *what;
        int32_t count, status;
        uint8_t reusable;
    } LATER[] = {
        {"nothing", 0, MOTEPOST_OK, 1},
        {"an error", -5, MOTEPOST_OK, 1},
        {"the end", MOTEPOST_IO_CLOSED, MOTEPOST_OK, 0},
        {"more bytes", 1, MOTEPOST_OK, 0},
        {"more than there is room for", sizeof buffer, MOTEPOST_E_OVERRUN, 0},
    };
    size_t row;
    for (row = 0; row < sizeof LATER / sizeof *LATER; row++) {
        const motepost_publish_t publish = article();
        motepost_exchange_t exchange;
        motepost_response_t response;
        wire_t wire = wire_with(ACCEPTED);
        const motepost_transport_t transport = transport_over(&wire);
        check_row = LATER[row].what;
        GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
        GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
        GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
        GIVES(LATER[row].status, motepost_exchange_moved(&exchange, LATER[row].count));
        if (LATER[row].status == MOTEPOST_OK) {
            GIVES(MOTEPOST_OK, motepost_exchange_response(&exchange, &response));
        } else {
            GIVES(MOTEPOST_E_STATE, motepost_exchange_response(&exchange, &response));
        }
        EQUAL(motepost_exchange_reusable(&exchange), LATER[row].reusable);
        EQUAL(motepost_exchange_io_error(&exchange), 0);
    }
    check_row = "";
}

static void one_send_when_head_and_payload_fit_and_two_when_not(void) {
    const motepost_publish_t publish = article();
    const size_t whole = sizeof HEAD PAYLOAD - 1, head = sizeof HEAD - 1;
    size_t capacity;
    for (capacity = head; capacity <= whole; capacity++) {
        motepost_exchange_t exchange;
        motepost_response_t response;
        wire_t wire = wire_with(ACCEPTED);
        const motepost_transport_t transport = transport_over(&wire);
        uint8_t *exact = guarded(capacity);
        GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, exact, capacity));
        GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
        GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
        is_accepted(&response, &exchange);
        BYTES(wire.sent, wire.sent_len, HEAD PAYLOAD);
        EQUAL(wire.sends, capacity == whole ? 1 : 2);
        CHECK(wire.sent_from[0] == exact);
        // The payload goes from where it lies, uncopied.
        CHECK(capacity == whole || wire.sent_from[1] == publish.payload.ptr);
    }
    // The publish itself is not needed once the exchange is begun.
    {
        motepost_publish_t gone = article();
        motepost_exchange_t exchange;
        motepost_response_t response;
        wire_t wire = wire_with(ACCEPTED);
        const motepost_transport_t transport = transport_over(&wire);
        GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &gone, buffer, head));
        GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
        memset(&gone, 0xff, sizeof gone);
        GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
        BYTES(wire.sent, wire.sent_len, HEAD PAYLOAD);
    }
}

static void every_buffer_too_short_for_the_head(void) {
    const motepost_publish_t publish = article();
    const size_t head = sizeof HEAD - 1;
    uint8_t *end = guarded(head) + head;
    motepost_exchange_t exchange;
    motepost_want_t want;
    size_t capacity;
    GIVES(MOTEPOST_E_NULL, motepost_exchange_init(&exchange, &publish, NULL, 0));
    for (capacity = 0; capacity < head; capacity++) {
        GIVES(MOTEPOST_E_BUFFER,
              motepost_exchange_init(&exchange, &publish, end - capacity, capacity));
        GIVES(MOTEPOST_E_STATE, motepost_exchange_want(&exchange, &want));
    }
}

// What a transport returns has 31 bits, so no more than those is asked for at once.
static void a_buffer_of_more_bytes_than_a_transport_can_count(void) {
    const size_t capacity = (size_t)INT32_MAX + 4096;
    const motepost_publish_t publish = article();
    motepost_exchange_t exchange;
    motepost_want_t want;
    void *memory;
    if (sizeof(size_t) <= 4) {
        return;
    }
    // Room that takes no memory until it is written to.
    memory = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    GIVES(MOTEPOST_OK,
          motepost_exchange_init(&exchange, &publish, (uint8_t *)memory, capacity));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, (int32_t)strlen(HEAD PAYLOAD)));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    CHECK(want.receive == memory);
    EQUAL(want.len, INT32_MAX);
    munmap(memory, capacity);
}

int main(void) {
    over_a_pair_of_sockets();
    a_payload_larger_than_everything_between();
    however_the_bytes_are_cut();
    without_callbacks();
    the_verdict_is_there_as_soon_as_the_status_was_read();
    a_request_that_was_half_sent_leaves_a_connection_that_serves_no_other();
    a_whole_answer_stays_whole();
    one_send_when_head_and_payload_fit_and_two_when_not();
    every_buffer_too_short_for_the_head();
    a_buffer_of_more_bytes_than_a_transport_can_count();
    return failures();
}
