// Quectel: AT+QHTTP…, with the request's and the answer's heads left to us.
#include "quectel.h"

#include "http.h"

static const char SCHEME[] = "https://";

static void send_url(at_t *at, const motepost_publish_t *publish, const uint8_t *target, size_t len) {
    at_text(at, "AT+QHTTPURL=");
    at_number(at, sizeof SCHEME - 1 + publish->endpoint.len + len);
    at_text(at, ",10");
    at_mark(at, "CONNECT", at->timeout);
    at_text(at, SCHEME);
    at_bytes(at, publish->endpoint.ptr, publish->endpoint.len);
    at_bytes(at, target, len);
    at_final(at, "OK", NULL, at->timeout);
}

// The exchange is given byte by byte, because after the answer's last one the modem says OK.
static int32_t read_answer(at_t *at, motepost_exchange_t *exchange) {
    motepost_want_t want;
    int32_t status;
    at_text(at, "AT+QHTTPREAD=60");
    at_mark(at, "CONNECT", at->network_timeout);
    while ((status = motepost_exchange_want(exchange, &want)) == MOTEPOST_AGAIN) {
        if (at_raw(at, want.receive, 1, at->timeout) != AT_OK) {
            return at->status;
        }
        motepost_exchange_moved(exchange, 1);
    }
    if (status != MOTEPOST_OK) {
        at_fail(at, AT_E_ANSWER, 0); // the rest of it is still to come, and must not be the next one's
    } else if (at_final(at, "OK", "+QHTTPREAD:", at->timeout) == AT_OK && at_field(at, 0) != 0) {
        at_fail(at, AT_E_RESULT, at_field(at, 0));
    }
    return status;
}

int32_t quectel_http_publish(at_t *at, const char *ca_file, const motepost_publish_t *publish,
                             uint8_t *buffer, size_t capacity, motepost_exchange_t *exchange,
                             motepost_response_t *response, at_limit_t *limit) {
    motepost_want_t want;
    size_t len = 0;
    int32_t code;
    int32_t status = motepost_publish_encode_target(publish, buffer, capacity, &len);
    http_response(response, 0);
    if (status != MOTEPOST_OK) {
        return status;
    }
    limit->what = "URL";
    limit->needed = sizeof SCHEME - 1 + publish->endpoint.len + len;
    limit->limit = QUECTEL_URL_MOST;
    if (limit->needed > limit->limit) {
        return AT_E_TOO_LARGE;
    }
    status = motepost_publish_encode(publish, NULL, 0, &limit->needed);
    if (status != MOTEPOST_OK && status != MOTEPOST_E_BUFFER) {
        return status;
    }
    if (limit->needed > capacity) {
        return MOTEPOST_E_BUFFER; // this modem wants the length first, and one piece
    }

    at_begin(at);
    at_command(at, "AT+QHTTPCFG=\"contextid\",1");
    at_command(at, "AT+QHTTPCFG=\"requestheader\",1");
    at_command(at, "AT+QHTTPCFG=\"responseheader\",1");
    at_command(at, "AT+QHTTPCFG=\"sslctxid\",1");
    quectel_tls(at, ca_file);
    send_url(at, publish, buffer, len);

    status = motepost_exchange_init(exchange, publish, buffer, capacity);
    if (status != MOTEPOST_OK) {
        return status;
    }
    motepost_exchange_keep_details(exchange);
    motepost_exchange_want(exchange, &want);
    at_text(at, "AT+QHTTPPOST=");
    at_number(at, want.len);
    at_text(at, ",60,60");
    at_mark(at, "CONNECT", at->network_timeout);
    at_bytes(at, want.send, want.len);
    if (at_final(at, "OK", "+QHTTPPOST:", at->network_timeout) == AT_OK && at_field(at, 0) != 0) {
        at_fail(at, AT_E_RESULT, at_field(at, 0));
    }
    if (at->status != AT_OK) {
        return at->status;
    }
    code = at_field(at, 1);
    if (code >= 200 && code <= 599) {
        http_response(response, code); // should the modem not give the response
    }
    motepost_exchange_moved(exchange, (int32_t)want.len);
    status = read_answer(at, exchange);
    return status == MOTEPOST_OK ? motepost_exchange_response(exchange, response) : status;
}
