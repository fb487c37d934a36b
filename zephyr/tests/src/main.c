// The archive that CMake chose works on this board: it needs no network, so that every board can run it.
#include <string.h>

#include <zephyr/ztest.h>

#include "motepost.h"

static const char REQUEST[] =
    "POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\n"
    "host:a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com\r\n"
    "x-amz-customauthorizer-name:unsignedAuthorizer\r\n"
    "token:allow\r\n"
    "id:uniqueID\r\n"
    "content-length:45\r\n"
    "\r\n"
    "{\"message\":\"Hello from unsigned custom auth\"}";

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{\"message\":\"OK\"}";

static const motepost_pair_t ID = {MOTEPOST_STR("id"), MOTEPOST_STR("uniqueID")};

static motepost_publish_t article(void) {
    motepost_publish_t publish = {
        .endpoint = MOTEPOST_STR("a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"),
        .topic = MOTEPOST_STR("uniqueID/status"),
        .authorizer = MOTEPOST_STR("unsignedAuthorizer"),
        .token_key = MOTEPOST_STR("token"),
        .token = MOTEPOST_STR("allow"),
        .headers = &ID,
        .header_count = 1,
        .qos = 1,
    };
    publish.payload.ptr = (const uint8_t *)"{\"message\":\"Hello from unsigned custom auth\"}";
    publish.payload.len = 45;
    return publish;
}

// A wire in memory that moves one byte at a time and nothing every other time.
static struct {
    uint8_t sent[400];
    size_t sent_len, received_len, answer_len;
    int turn;
} wire;

static int32_t wire_send(void *ctx, const void *buffer, size_t len) {
    (void)ctx;
    (void)len;
    if (++wire.turn % 2 != 0 || wire.sent_len == sizeof wire.sent) {
        return 0;
    }
    wire.sent[wire.sent_len++] = *(const uint8_t *)buffer;
    return 1;
}

static int32_t wire_recv(void *ctx, void *buffer, size_t len) {
    (void)ctx;
    (void)len;
    if (wire.received_len == wire.answer_len) {
        return MOTEPOST_IO_CLOSED;
    }
    if (++wire.turn % 2 != 0) {
        return 0;
    }
    *(uint8_t *)buffer = (uint8_t)ANSWER[wire.received_len++];
    return 1;
}

// Publishes to a peer that closes after `answer_len` bytes of its answer.
static int32_t run(size_t answer_len, motepost_response_t *response) {
    static motepost_exchange_t exchange;
    static uint8_t buffer[320];
    const motepost_transport_t transport = {wire_recv, wire_send, NULL};
    const motepost_publish_t publish = article();
    int32_t status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    int calls;

    memset(&wire, 0, sizeof wire);
    wire.answer_len = answer_len;
    for (calls = 0; status >= 0 && calls < 2000; calls++) {
        status = motepost_exchange_run(&exchange, &transport, response);
        if (status != MOTEPOST_AGAIN) {
            break;
        }
    }
    return status;
}

ZTEST_SUITE(motepost, NULL, NULL, NULL, NULL, NULL);

ZTEST(motepost, test_header_and_archive_are_one_version) {
    zassert_equal(motepost_version(), MOTEPOST_VERSION);
}

ZTEST(motepost, test_the_request_is_byte_for_byte_the_one_that_aws_takes) {
    uint8_t buffer[320];
    size_t len = 0;
    const motepost_publish_t publish = article();
    zassert_equal(motepost_publish_encode(&publish, buffer, sizeof buffer, &len), MOTEPOST_OK);
    zassert_equal(len, sizeof REQUEST - 1);
    zassert_mem_equal(buffer, REQUEST, sizeof REQUEST - 1);
}

ZTEST(motepost, test_a_refused_field_is_named) {
    uint8_t buffer[320];
    size_t len = 1;
    motepost_publish_t publish = article();
    publish.topic.ptr = "uniqueID/#";
    publish.topic.len = 10;
    const int32_t status = motepost_publish_encode(&publish, buffer, sizeof buffer, &len);
    zassert_equal(MOTEPOST_FIELD_OF(status), MOTEPOST_FIELD_TOPIC);
    zassert_equal(MOTEPOST_REASON_OF(status), MOTEPOST_REASON_WILDCARD);
    zassert_equal(strcmp(motepost_field_name(status), "topic"), 0);
}

ZTEST(motepost, test_an_exchange_goes_on_where_nothing_moved) {
    motepost_response_t response;
    zassert_equal(run(sizeof ANSWER - 1, &response), MOTEPOST_OK);
    zassert_equal(response.verdict, MOTEPOST_ACCEPTED);
    zassert_equal(wire.sent_len, sizeof REQUEST - 1);
    zassert_mem_equal(wire.sent, REQUEST, sizeof REQUEST - 1);
}

ZTEST(motepost, test_an_answer_cut_short_is_no_answer) {
    motepost_response_t response;
    zassert_equal(run(sizeof ANSWER - 2, &response), MOTEPOST_E_CLOSED);
}

ZTEST(motepost, test_a_token_is_minted) {
    static const uint8_t key[MOTEPOST_KEY_LEN] = {1};
    const motepost_str_t id = MOTEPOST_STR("uniqueID");
    char first[MOTEPOST_TOKEN_LEN], second[MOTEPOST_TOKEN_LEN];
    zassert_equal(motepost_token_mint(key, &id, MOTEPOST_TOKEN_COUNTER, 1, first), MOTEPOST_OK);
    zassert_equal(motepost_token_mint(key, &id, MOTEPOST_TOKEN_COUNTER, 2, second), MOTEPOST_OK);
    zassert_true(memcmp(first, second, sizeof first) != 0);
}
