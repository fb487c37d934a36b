// esbmc: --32 --unwind 60
//
// The modem's own HTTP in examples/at-modem/c (simcom_http.c, quectel_http.c) over any modem.
//
// Assumed:
// - what include/modem.h says of at.c;
// - of the library, what motepost.h says: an encoder writes at most `capacity` bytes and returns MOTEPOST_OK only if all fitted, and of the target the
//   same each time; each
//   field line is `name:value` and CR LF; an exchange wants at least one byte sent, all of it in the buffer when the request fits, and
//   at most 2 bytes received, into the buffer;
// - there are 2 field lines at most, of 1 byte to 8; the buffer has 24 bytes at most, the endpoint and the payload up to 300, with SIMCom 4.
#include "modem.h"

#include "motepost.h"

#define SCHEME SCHEME_OF_SIMCOM
#include "simcom_http.c"
#undef SCHEME
#include "quectel_http.c"

static at_t at;
static uint8_t *buffer;
static size_t capacity;
static int wants;

static int32_t any_refusal(void) {
    const int32_t status = any_i32();
    ASSUME(status <= MOTEPOST_E_BUFFER);
    return status;
}

static int32_t encoded(uint8_t *into, size_t room, size_t *len) {
    if (any_of_two()) {
        *len = 0;
        return any_refusal();
    }
    *len = 1 + up_to(2000);
    if (*len > room) {
        return MOTEPOST_E_BUFFER;
    }
    writes(into, *len);
    return MOTEPOST_OK;
}

int32_t motepost_publish_encode(const motepost_publish_t *publish, uint8_t *into, size_t room, size_t *len) {
    (void)publish;
    return encoded(into, room, len);
}

// The same at each call.
static size_t target_len;
static int32_t target_status;

int32_t motepost_publish_encode_target(const motepost_publish_t *publish, uint8_t *into, size_t room, size_t *len) {
    (void)publish;
    *len = target_len;
    if (target_status != MOTEPOST_OK || target_len > room) {
        return target_status != MOTEPOST_OK ? target_status : MOTEPOST_E_BUFFER;
    }
    writes(into, *len);
    return MOTEPOST_OK;
}

int32_t motepost_publish_encode_field_lines(const motepost_publish_t *publish, uint8_t *into, size_t room, size_t *len) {
    const size_t lines = 1 + up_to(1);
    (void)publish;
    if (any_of_two()) {
        *len = 0;
        return any_refusal();
    }
    *len = 8 * lines;
    if (*len > room) {
        return MOTEPOST_E_BUFFER;
    }
    for (size_t line = 0; line < lines; line++) {
        static const char one[8] = {'n', 'a', ':', 'v', 'a', 'l', '\r', '\n'};
        for (size_t byte = 0; byte < 8; byte++) {
            into[8 * line + byte] = (uint8_t)one[byte];
        }
    }
    return MOTEPOST_OK;
}

int32_t motepost_exchange_init(motepost_exchange_t *exchange, const motepost_publish_t *publish, uint8_t *into, size_t room) {
    (void)exchange;
    (void)publish;
    MUST(into == buffer && room == capacity, "the exchange has the buffer");
    wants = 3;
    return any_of_two() ? MOTEPOST_OK : any_refusal();
}

int32_t motepost_exchange_keep_details(motepost_exchange_t *exchange) {
    (void)exchange;
    return MOTEPOST_OK;
}

int32_t motepost_exchange_want(motepost_exchange_t *exchange, motepost_want_t *want) {
    (void)exchange;
    want->send = NULL;
    want->receive = NULL;
    want->len = 0;
    if (wants == 3) {
        want->send = buffer;
        want->len = 1 + up_to(capacity - 1);
        return MOTEPOST_AGAIN;
    }
    if (wants > 0 && any_of_two()) {
        want->receive = buffer;
        want->len = 1 + up_to(capacity - 1);
        return MOTEPOST_AGAIN;
    }
    return any_of_two() ? MOTEPOST_OK : any_refusal();
}

int32_t motepost_exchange_moved(motepost_exchange_t *exchange, int32_t count) {
    (void)exchange;
    MUST(count > 0 && (size_t)count <= capacity, "something has moved");
    wants--;
    return any_i32();
}

int32_t motepost_exchange_response(motepost_exchange_t *exchange, motepost_response_t *response) {
    (void)exchange;
    writes(response, sizeof *response);
    return MOTEPOST_OK;
}

static motepost_publish_t any_publish(size_t most) {
    motepost_publish_t publish;
    publish.endpoint.len = 1 + up_to(most - 1);
    publish.endpoint.ptr = (const char *)malloc(publish.endpoint.len);
    publish.payload.len = up_to(most);
    publish.payload.ptr = (const uint8_t *)malloc(publish.payload.len + 1);
    capacity = 1 + up_to(23);
    buffer = (uint8_t *)malloc(capacity);
    at.status = AT_OK;
    if (any_of_two()) {
        target_status = any_refusal();
        ASSUME(target_status <= MOTEPOST_E_REFUSED);
    } else {
        target_len = 1 + up_to(2000);
    }
    return publish;
}

static void let_go(const motepost_publish_t *publish) {
    free((void *)publish->endpoint.ptr);
    free((void *)publish->payload.ptr);
    free(buffer);
}

// After a failure.
static void tells_no_more_than_it_read(const motepost_response_t *response) {
    MUST(response->status == 0 || (response->status >= 200 && response->status <= 599), "a status is 0 or one of HTTP");
    MUST(response->status / 100 == 2 || response->verdict != MOTEPOST_ACCEPTED, "nothing is accepted without a status that says so");
    MUST(response->body.len == 0, "a failure has no body");
}

void prove_quectel(void) {
    const motepost_publish_t publish = any_publish(300);
    motepost_exchange_t exchange;
    motepost_response_t response;
    at_limit_t limit;
    if (quectel_http_publish(&at, "ca.pem", &publish, buffer, capacity, &exchange, &response, &limit) != MOTEPOST_OK) {
        tells_no_more_than_it_read(&response);
    }
    let_go(&publish);
    END();
}

// esbmc: --unwindsetname string.c@__memchr_impl:0:26,simcom_http.c@add_headers:0:4
void prove_simcom(void) {
    const motepost_publish_t publish = any_publish(4);
    motepost_response_t response;
    at_limit_t limit;
    if (simcom_http_publish(&at, "ca.pem", &publish, buffer, capacity, &response, &limit) == MOTEPOST_OK) {
        MUST(response.body.len <= capacity, "the body is inside the buffer");
        MUST(target_status == MOTEPOST_OK, "nothing is sent with a topic that is refused");
    } else {
        tells_no_more_than_it_read(&response);
    }
    let_go(&publish);
    END();
}
