// What motepost_freertos.h makes of a transport, on the kernel itself: no network, each transport a few lines.
//
// The emulator's exit status: 0, or 1 with the name of what is wrong in the report.
#include <string.h>

#ifdef TELLS_CLOSED
#define MOTEPOST_FREERTOS_IS_CLOSED(number) ((number) == CLOSED)
#endif

enum { CLOSED = -128, BROKEN = -104 };

#include "board.h"
#include "motepost_freertos.h"

// What the peer says, and how the transport behaves.
struct NetworkContext {
    const char *answer;
    // Bytes that move at most in one call.
    size_t pace;
    // Every other call moves nothing.
    int is_lazy;
    // What recv returns behind the answer: 0, or a negative number.
    int32_t end;
    // The answer's last byte comes again and again, each after so many ticks.
    TickType_t drip;
    // Claims one byte more than it was given room for.
    int is_lying;
    unsigned calls, received, drips;
};

static int32_t moves(NetworkContext_t *network, size_t len) {
    const int32_t most = (int32_t)(len < network->pace ? len : network->pace);
    return network->is_lazy && network->calls++ % 2 == 0 ? 0 : most;
}

static int32_t scripted_recv(NetworkContext_t *network, void *buffer, size_t len) {
    const size_t left = strlen(network->answer) - network->received;
    int32_t count;
    if (network->is_lying) {
        return (int32_t)len + 1;
    }
    if (left == 0) {
        return network->end;
    }
    count = moves(network, len < left ? len : left);
    memcpy(buffer, network->answer + network->received, (size_t)count);
    network->received += (unsigned)count;
    if (network->drip > 0 && network->answer[network->received] == '\0') {
        network->received--;
        network->drips++;
        vTaskDelay(network->drip);
    }
    return count;
}

static int32_t scripted_send(NetworkContext_t *network, const void *buffer, size_t len) {
    (void)buffer;
    return moves(network, len);
}

static int32_t forbidden_writev(NetworkContext_t *network, TransportOutVector_t *vectors, size_t count) {
    (void)network;
    (void)vectors;
    (void)count;
    board_end(BOARD_ASSERT);
}

static void expect(int condition, const char *what) {
    if (!condition) {
        board_report("motepost: wrong=");
        board_report(what);
        board_report("\n");
        board_end(1);
    }
}

static uint8_t buffer[256];
static motepost_exchange_t exchange;
static motepost_response_t response;

static int32_t run(NetworkContext_t *network, TickType_t ticks) {
    const TransportInterface_t transport = {scripted_recv, scripted_send, forbidden_writev, network};
    const motepost_publish_t publish = {
        .endpoint = MOTEPOST_STR("localhost"), .topic = MOTEPOST_STR("t"), .payload = {(const uint8_t *)"1", 1}};
    expect(motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer) == MOTEPOST_OK, "init");
    return motepost_freertos_run(&transport, &exchange, &response, ticks);
}

#define ACCEPTED "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
#define WITHOUT_LENGTH "HTTP/1.1 200 OK\r\n\r\n{}"
#define HEAD_WITHOUT_END "HTTP/1.1 200 OK\r\nx: y"
#define BODY_WITHOUT_END "HTTP/1.1 200 OK\r\n\r\nx"

static void at_once(void) {
    NetworkContext_t network = {.answer = ACCEPTED, .pace = 999};
    expect(run(&network, 100) == MOTEPOST_OK && response.verdict == MOTEPOST_ACCEPTED, "at_once");
}

static void byte_by_byte_with_nothing_in_between(void) {
    NetworkContext_t network = {.answer = ACCEPTED, .pace = 1, .is_lazy = 1};
    expect(run(&network, portMAX_DELAY) == MOTEPOST_OK, "byte_by_byte");
}

static void a_peer_that_says_nothing_meets_the_deadline(void) {
    NetworkContext_t network = {.answer = "", .pace = 999};
    const TickType_t begun = xTaskGetTickCount();
    expect(run(&network, 50) == MOTEPOST_AGAIN, "silent_peer");
    expect(xTaskGetTickCount() - begun >= 50, "deadline_before_its_time");
}

// There is always something to move: motepost_exchange_run itself has no reason to come back.
static void a_peer_that_drips_for_ever_meets_the_deadline(void) {
    static const char *const ANSWERS[] = {HEAD_WITHOUT_END, BODY_WITHOUT_END};
    int row;
    for (row = 0; row < 2; row++) {
        NetworkContext_t network = {.answer = ANSWERS[row], .pace = 999, .drip = 5};
        expect(run(&network, 50) == MOTEPOST_AGAIN, "dripping_peer");
        // None takes less than four ticks and a bit, and one may be under way at the deadline.
        expect(network.drips <= 50 / 4 + 1, "heard_after_the_deadline");
    }
}

static void after_the_deadline_it_may_be_called_again(void) {
    NetworkContext_t network = {.answer = ACCEPTED, .pace = 999};
    const TransportInterface_t transport = {scripted_recv, scripted_send, NULL, &network};
    expect(run(&network, 0) == MOTEPOST_AGAIN, "no_time");
    expect(motepost_freertos_run(&transport, &exchange, &response, 100) == MOTEPOST_OK, "called_again");
}

static void an_error_is_kept_for_the_caller(void) {
    NetworkContext_t network = {.answer = "", .pace = 999, .end = BROKEN};
    expect(run(&network, 100) == MOTEPOST_E_IO, "error");
    expect(motepost_exchange_io_error(&exchange) == BROKEN, "error_number");
}

static void a_lie_about_the_count_is_found(void) {
    NetworkContext_t network = {.answer = ACCEPTED, .pace = 999, .is_lying = 1};
    expect(run(&network, 100) == MOTEPOST_E_OVERRUN, "overrun");
}

static void a_payload_that_is_nowhere_is_refused(void) {
    static const motepost_publish_t publish = {.endpoint = MOTEPOST_STR("localhost"), .topic = MOTEPOST_STR("t")};
    NetworkContext_t network = {.answer = "", .pace = 999};
    const TransportInterface_t transport = {scripted_recv, scripted_send, forbidden_writev, &network};
    expect(motepost_exchange_init_head(&exchange, &publish, buffer, sizeof buffer, 300) == MOTEPOST_OK, "init_head");
    expect(motepost_freertos_run(&transport, &exchange, &response, 100) == MOTEPOST_E_IO, "payload_from_nowhere");
    expect(motepost_exchange_io_error(&exchange) == MOTEPOST_E_NULL, "payload_error_number");
}

static void a_close_is_one_for_who_tells_it(void) {
    NetworkContext_t early = {.answer = "", .pace = 999, .end = CLOSED};
    NetworkContext_t late = {.answer = WITHOUT_LENGTH, .pace = 999, .end = CLOSED};
#ifdef TELLS_CLOSED
    expect(run(&early, 100) == MOTEPOST_E_CLOSED, "closed_early");
    expect(run(&late, 100) == MOTEPOST_OK && response.body.len == 2, "closed_late");
#else
    expect(run(&early, 100) == MOTEPOST_E_IO, "closed_early");
    expect(run(&late, 100) == MOTEPOST_E_IO, "closed_late");
#endif
}

enum { STACK_WORDS = 512 };

static void report_stack(UBaseType_t left) {
    char digits[] = " stack=0000\n";
    unsigned used = (unsigned)((STACK_WORDS - left) * sizeof(StackType_t));
    char *at;
    for (at = digits + sizeof digits - 3; *at != '='; at--, used /= 10) {
        *at = (char)('0' + used % 10);
    }
    board_report(digits);
}

static void task(void *nothing) {
    UBaseType_t left;
    (void)nothing;
    at_once();
    left = uxTaskGetStackHighWaterMark(NULL); // of one publish, as it goes where nothing is in the way
    byte_by_byte_with_nothing_in_between();
    a_peer_that_says_nothing_meets_the_deadline();
    a_peer_that_drips_for_ever_meets_the_deadline();
    after_the_deadline_it_may_be_called_again();
    an_error_is_kept_for_the_caller();
    a_lie_about_the_count_is_found();
    a_payload_that_is_nowhere_is_refused();
    a_close_is_one_for_who_tells_it();
    board_report("motepost: outcome=right");
    report_stack(left);
    board_end(0);
}

int main(void) {
    if (xTaskCreate(task, "task", STACK_WORDS, NULL, 1, NULL) != pdPASS) {
        board_end(BOARD_NO_MEMORY);
    }
    vTaskStartScheduler();
    return 0;
}
