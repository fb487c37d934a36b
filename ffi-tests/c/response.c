// What an answer says to the device, and which answers are no answers.
#include "guarded.h"

#include "article.h"
#include "check.h"
#include "wire.h"

// One exchange in which the peer says `answer`, in single bytes, and closes.
static int32_t answered(const char *answer, motepost_exchange_t *exchange,
                        motepost_response_t *response) {
    static uint8_t buffer[320];
    const motepost_publish_t publish = article();
    wire_t wire = wire_with(answer);
    const motepost_transport_t transport = transport_over(&wire);
    wire.most = 1;
    memset(response, 0xff, sizeof *response);
    GIVES(MOTEPOST_OK, motepost_exchange_init(exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(exchange));
    return motepost_exchange_run(exchange, &transport, response);
}

static const struct {
    const char *status_line;
    uint16_t status;
    uint8_t verdict;
    uint8_t retry;
} VERDICTS[] = {
    {"HTTP/1.1 200 OK", 200, MOTEPOST_ACCEPTED, 0},
    {"HTTP/1.1 299", 299, MOTEPOST_ACCEPTED, 0},
    {"HTTP/1.1 302 Found", 302, MOTEPOST_REJECTED, 0},
    {"HTTP/1.1 400 Bad Request", 400, MOTEPOST_REJECTED, 0},
    {"HTTP/1.1 401 Unauthorized", 401, MOTEPOST_DENIED, 0},
    {"HTTP/1.1 403 Forbidden", 403, MOTEPOST_DENIED, 0},
    {"HTTP/1.1 404 Not Found", 404, MOTEPOST_REJECTED, 0},
    {"HTTP/1.1 405 Method Not Allowed", 405, MOTEPOST_REJECTED, 0},
    {"HTTP/1.1 408 Request Timeout", 408, MOTEPOST_UNAVAILABLE, 1},
    {"HTTP/1.1 413 Payload Too Large", 413, MOTEPOST_REJECTED, 0},
    {"HTTP/1.1 421 Misdirected Request", 421, MOTEPOST_UNAVAILABLE, 1},
    {"HTTP/1.1 425 Too Early", 425, MOTEPOST_UNAVAILABLE, 1},
    {"HTTP/1.1 429 Too Many Requests", 429, MOTEPOST_THROTTLED, 1},
    {"HTTP/1.1 500 Internal Server Error", 500, MOTEPOST_UNAVAILABLE, 1},
    {"HTTP/1.1 503 Service Unavailable", 503, MOTEPOST_UNAVAILABLE, 1},
    {"HTTP/1.1 599", 599, MOTEPOST_UNAVAILABLE, 1},
    {"HTTP/1.1 600", 600, MOTEPOST_UNAVAILABLE, 1},
    {"HTTP/1.1 999 Request Denied", 999, MOTEPOST_UNAVAILABLE, 1},
};

static void a_verdict_for_every_status(void) {
    size_t row;
    for (row = 0; row < sizeof VERDICTS / sizeof *VERDICTS; row++) {
        motepost_exchange_t exchange;
        motepost_response_t response;
        char answer[128];
        check_row = VERDICTS[row].status_line;
        snprintf(answer, sizeof answer, "%s\r\ncontent-length: 0\r\n\r\n", check_row);
        GIVES(MOTEPOST_OK, answered(answer, &exchange, &response));
        EQUAL(response.status, VERDICTS[row].status);
        EQUAL(response.verdict, VERDICTS[row].verdict);
        EQUAL(MOTEPOST_MAY_RETRY(response.verdict), VERDICTS[row].retry);
        EQUAL(motepost_exchange_reusable(&exchange), 1);
        EQUAL(response.body.len, 0);
    }
    check_row = "";
}

#define ANSWER(head) "HTTP/1.1 200 OK\r\n" head "\r\n"

static const struct {
    const char *what;
    const char *answer;
    const char *body;
    uint8_t reusable;
} BODIES[] = {
    {"by its length", ANSWER("content-length: 2\r\n") "OK", "OK", 1},
    {"by chunks", ANSWER("transfer-encoding: chunked\r\n") "1\r\nO\r\n1;x\r\nK\r\n0\r\n\r\n", "OK", 1},
    {"until the peer closes", ANSWER("") "OK", "OK", 0},
    {"and the peer will close", ANSWER("content-length: 2\r\nconnection: close\r\n") "OK", "OK", 0},
    {"in HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nOK", "OK", 0},
    {"after an interim answer", "HTTP/1.1 100 Continue\r\n\r\n" ANSWER("content-length: 2\r\n") "OK", "OK", 1},
    {"none", "HTTP/1.1 204 No Content\r\n\r\n", "", 1},
};

static void a_body_however_it_is_framed(void) {
    size_t row;
    for (row = 0; row < sizeof BODIES / sizeof *BODIES; row++) {
        motepost_exchange_t exchange;
        motepost_response_t response;
        check_row = BODIES[row].what;
        GIVES(MOTEPOST_OK, answered(BODIES[row].answer, &exchange, &response));
        BYTES(response.body.ptr, response.body.len, BODIES[row].body);
        EQUAL(motepost_exchange_reusable(&exchange), BODIES[row].reusable);
        EQUAL(response.truncated, 0);
    }
    check_row = "";
}

// A peer that says more than was asked for cannot be trusted with a second request.
static void surplus_bytes_end_the_connection_s_use(void) {
    const motepost_publish_t publish = article();
    uint8_t buffer[320];
    motepost_exchange_t exchange;
    motepost_response_t response;
    wire_t wire = wire_with(ANSWER("content-length: 2\r\n") "OK and more");
    const motepost_transport_t transport = transport_over(&wire);
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
    BYTES(response.body.ptr, response.body.len, "OK");
    EQUAL(motepost_exchange_reusable(&exchange), 0);
}

static void a_body_that_does_not_fit_is_cut_and_no_failure(void) {
    static char answer[2048];
    const motepost_publish_t publish = article();
    const size_t capacity = sizeof HEAD - 1;
    uint8_t *exact = guarded(capacity);
    motepost_exchange_t exchange;
    motepost_response_t response;
    wire_t wire;
    motepost_transport_t transport;
    size_t place;
    strcpy(answer, ANSWER("content-length: 1000\r\n"));
    memset(answer + strlen(answer), 'x', 1000);
    wire = wire_with(answer);
    transport = transport_over(&wire);
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, exact, capacity));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(&exchange));
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
    EQUAL(response.verdict, MOTEPOST_ACCEPTED);
    EQUAL(response.truncated, 1);
    EQUAL(motepost_exchange_reusable(&exchange), 1);
    CHECK(response.body.ptr == exact && response.body.len != 0 && response.body.len <= capacity);
    for (place = 0; place < response.body.len; place++) {
        CHECK(response.body.ptr[place] == 'x');
    }
}

static void the_error_type_is_aws_s_name_for_the_error(void) {
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_str_t error_type;
    GIVES(MOTEPOST_OK, answered("HTTP/1.1 403 Forbidden\r\n"
                                "x-amzn-ErrorType: ForbiddenException:\r\ncontent-length: 0\r\n\r\n",
                                &exchange, &response));
    GIVES(MOTEPOST_OK, motepost_exchange_error_type(&exchange, &error_type));
    BYTES(error_type.ptr, error_type.len, "ForbiddenException");
    // It lies in the exchange.
    CHECK((const char *)&exchange <= error_type.ptr &&
          error_type.ptr + error_type.len <= (const char *)(&exchange + 1));
    GIVES(MOTEPOST_OK, answered("HTTP/1.1 500 x\r\n"
                                "x-amzn-errortype: a.b#AnErrorTypeOfFortyCharactersMoreOrLess_:http://c\r\n"
                                "content-length: 0\r\n\r\n",
                                &exchange, &response));
    GIVES(MOTEPOST_OK, motepost_exchange_error_type(&exchange, &error_type));
    BYTES(error_type.ptr, error_type.len, "AnErrorTypeOfFortyCharactersMore");
    GIVES(MOTEPOST_OK, answered(ACCEPTED, &exchange, &response));
    GIVES(MOTEPOST_OK, motepost_exchange_error_type(&exchange, &error_type));
    EQUAL(error_type.len, 0);
}

static void the_date_tells_a_device_without_a_clock_the_time(void) {
    motepost_exchange_t exchange;
    motepost_response_t response;
    uint32_t seconds = 1;
    GIVES(MOTEPOST_OK, answered(ACCEPTED, &exchange, &response));
    GIVES(MOTEPOST_OK, motepost_exchange_date(&exchange, &seconds));
    EQUAL(seconds, 1680718705);
    GIVES(MOTEPOST_OK, answered(ANSWER("date: Sun, 07 Feb 2106 06:28:15 GMT\r\ncontent-length: 0\r\n"),
                                &exchange, &response));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_date(&exchange, &seconds));
    GIVES(MOTEPOST_OK, answered(ANSWER("content-length: 0\r\n"), &exchange, &response));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_date(&exchange, &seconds));
    EQUAL(seconds, 1680718705); // and is left alone
}

static void the_details_come_to_who_asks_for_them(void) {
    static uint8_t buffer[320];
    const motepost_publish_t publish = article();
    wire_t wire = wire_with(ANSWER("x-amzn-errortype: ForbiddenException\r\n"
                                   "date: Wed, 05 Apr 2023 18:18:25 GMT\r\ncontent-length: 0\r\n"));
    const motepost_transport_t transport = transport_over(&wire);
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_str_t error_type;
    uint32_t seconds = 1;
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_OK, motepost_exchange_run(&exchange, &transport, &response));
    EQUAL(response.verdict, MOTEPOST_ACCEPTED);
    GIVES(MOTEPOST_OK, motepost_exchange_error_type(&exchange, &error_type));
    EQUAL(error_type.len, 0);
    EQUAL(motepost_exchange_reusable(&exchange), 0);
    GIVES(MOTEPOST_E_STATE, motepost_exchange_date(&exchange, &seconds));
    EQUAL(seconds, 1);
    GIVES(MOTEPOST_E_STATE, motepost_exchange_keep_details(&exchange)); // too late
}

static const struct {
    const char *answer;
    int32_t status;
} NO_ANSWERS[] = {
    {"", MOTEPOST_E_CLOSED},
    {"HTTP/1.1 200 OK\r\n", MOTEPOST_E_CLOSED},
    {ANSWER("content-length: 2\r\n") "O", MOTEPOST_E_CLOSED},
    {ANSWER("transfer-encoding: chunked\r\n") "2\r\nOK\r\n", MOTEPOST_E_CLOSED},
    {"SSH-2.0-OpenSSH_9.2\r\n", MOTEPOST_E_STATUS_LINE},
    {"HTTP/2 200\r\n", MOTEPOST_E_STATUS_LINE},
    {"HTTP/1.1 099 Low\r\n", MOTEPOST_E_STATUS_LINE},
    {"HTTP/1.1 1000 High\r\n", MOTEPOST_E_STATUS_LINE},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", MOTEPOST_E_STATUS_LINE},
    {"HTTP/1.1 200 OK\n", MOTEPOST_E_STATUS_LINE},
    {"HTTP/1.1 200 OK\r ", MOTEPOST_E_STATUS_LINE},
    {ANSWER("a: b\n"), MOTEPOST_E_FIELD_LINE},
    {ANSWER("content-length : 2\r\n"), MOTEPOST_E_FIELD_LINE},
    {ANSWER("a: b\r\n folded\r\n"), MOTEPOST_E_FIELD_LINE},
    {ANSWER("no colon\r\n"), MOTEPOST_E_FIELD_LINE},
    {ANSWER(": no name\r\n"), MOTEPOST_E_FIELD_LINE},
    {ANSWER("a: \x01\r\n"), MOTEPOST_E_FIELD_LINE},
    {ANSWER("content-length: 2\r\ncontent-length: 2\r\n"), MOTEPOST_E_FRAMING},
    {ANSWER("content-length: +2\r\n"), MOTEPOST_E_FRAMING},
    {ANSWER("content-length: 99999999999\r\n"), MOTEPOST_E_FRAMING},
    {ANSWER("content-length: 2\r\ntransfer-encoding: chunked\r\n"), MOTEPOST_E_FRAMING},
    {ANSWER("transfer-encoding: gzip\r\n"), MOTEPOST_E_FRAMING},
    {"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", MOTEPOST_E_FRAMING},
    {ANSWER("transfer-encoding: chunked\r\n") "xyz\r\n", MOTEPOST_E_CHUNK},
    {ANSWER("transfer-encoding: chunked\r\n") "1\r\nOK\r\n", MOTEPOST_E_CHUNK},
};

static void what_is_no_answer(void) {
    size_t row;
    for (row = 0; row < sizeof NO_ANSWERS / sizeof *NO_ANSWERS; row++) {
        const int32_t status = NO_ANSWERS[row].status;
        motepost_exchange_t exchange;
        motepost_response_t response;
        motepost_want_t want;
        motepost_str_t error_type;
        uint32_t seconds;
        check_row = NO_ANSWERS[row].answer;
        GIVES(status, answered(NO_ANSWERS[row].answer, &exchange, &response));
        // There is no going on, and nothing that looks like an answer.
        GIVES(status, motepost_exchange_want(&exchange, &want));
        CHECK(want.send == NULL && want.receive == NULL);
        GIVES(status, motepost_exchange_moved(&exchange, 1));
        GIVES(status, motepost_exchange_moved(&exchange, MOTEPOST_IO_CLOSED));
        GIVES(MOTEPOST_E_STATE, motepost_exchange_response(&exchange, &response));
        GIVES(MOTEPOST_E_STATE, motepost_exchange_error_type(&exchange, &error_type));
        EQUAL(motepost_exchange_reusable(&exchange), 0);
        GIVES(MOTEPOST_E_STATE, motepost_exchange_date(&exchange, &seconds));
        EQUAL(motepost_exchange_io_error(&exchange), 0);
    }
    check_row = "";
}

static void a_head_without_end(void) {
    static char answer[70000];
    motepost_exchange_t exchange;
    motepost_response_t response;
    memset(answer, 'x', sizeof answer - 1);
    memcpy(answer, "HTTP/1.1 200 OK\r\nx:", 19);
    GIVES(MOTEPOST_E_HEAD_TOO_LONG, answered(answer, &exchange, &response));
}

static void a_body_without_end(void) {
    static char answer[80000];
    motepost_exchange_t exchange;
    motepost_response_t response;
    memset(answer, 'x', sizeof answer - 1);
    memcpy(answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
    GIVES(MOTEPOST_E_BODY_TOO_LONG, answered(answer, &exchange, &response));
}

int main(void) {
    a_verdict_for_every_status();
    a_body_however_it_is_framed();
    surplus_bytes_end_the_connection_s_use();
    a_body_that_does_not_fit_is_cut_and_no_failure();
    the_error_type_is_aws_s_name_for_the_error();
    the_date_tells_a_device_without_a_clock_the_time();
    the_details_come_to_who_asks_for_them();
    what_is_no_answer();
    a_head_without_end();
    a_body_without_end();
    return failures();
}
