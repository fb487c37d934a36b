// SIMCom SIM70x0: AT+SH…, with TLS context 1.
#include "simcom.h"

#include <string.h>

#include "http.h"

static const char SCHEME[] = "https://";

static int fits(at_limit_t *limit, const char *what, size_t needed, size_t most) {
    limit->what = what;
    limit->needed = needed;
    limit->limit = most;
    return needed <= most;
}

int32_t simcom_http_check(const motepost_publish_t *publish, at_limit_t *limit) {
    size_t lines = 0;
    const int32_t status = motepost_publish_encode_field_lines(publish, NULL, 0, &lines);
    if (status != MOTEPOST_OK && status != MOTEPOST_E_BUFFER) {
        return status;
    }
    return fits(limit, "header block", lines, SIMCOM_HEADER_MOST) &&
                   fits(limit, "URL", sizeof SCHEME - 1 + publish->endpoint.len, SIMCOM_URL_MOST) &&
                   fits(limit, "body", publish->payload.len, SIMCOM_BODY_MOST)
               ? MOTEPOST_OK
               : AT_E_TOO_LARGE;
}

static void configure(at_t *at, const char *ca_file, motepost_str_t endpoint) {
    const char *port = memchr(endpoint.ptr, ':', endpoint.len);
    at_command(at, "AT+CSSLCFG=\"sslversion\",1,3"); // TLS 1.2
    at_text(at, "AT+CSSLCFG=\"sni\",1,\"");
    at_bytes(at, endpoint.ptr, port != NULL ? (size_t)(port - endpoint.ptr) : endpoint.len);
    at_command(at, "\"");
    at_text(at, "AT+SHSSL=1,\"");
    at_text(at, ca_file);
    at_command(at, "\"");
    at_text(at, "AT+SHCONF=\"URL\",\"");
    at_text(at, SCHEME);
    at_bytes(at, endpoint.ptr, endpoint.len);
    at_command(at, "\"");
    at_text(at, "AT+SHCONF=\"BODYLEN\",");
    at_number(at, SIMCOM_BODY_MOST);
    at_ok(at);
    at_text(at, "AT+SHCONF=\"HEADERLEN\",");
    at_number(at, SIMCOM_HEADER_MOST);
    at_ok(at);
    at_text(at, "AT+SHCONN");
    at_info(at, NULL, at->network_timeout);
}

// `name:value` CR LF, one after the other, each in a command of its own.
static void add_headers(at_t *at, const char *lines, size_t len) {
    const char *const end = lines + len;
    at_command(at, "AT+SHCHEAD");
    while (lines < end) {
        const char *colon = memchr(lines, ':', (size_t)(end - lines));
        const char *cr = memchr(lines, '\r', (size_t)(end - lines));
        at_text(at, "AT+SHAHEAD=\"");
        at_bytes(at, lines, (size_t)(colon - lines));
        at_text(at, "\",\"");
        at_bytes(at, colon + 1, (size_t)(cr - colon - 1));
        at_command(at, "\"");
        lines = cr + 2;
    }
}

static void add_body(at_t *at, motepost_bytes_t payload) {
    if (payload.len == 0) {
        return;
    }
    at_text(at, "AT+SHBOD=");
    at_number(at, payload.len);
    at_text(at, ",10000");
    at_mark(at, ">", at->timeout);
    at_bytes(at, payload.ptr, payload.len);
    at_final(at, "OK", NULL, at->timeout);
}

// As much of the body as fits; the verdict does not need it.
static void read_body(at_t *at, size_t there, uint8_t *buffer, size_t capacity, motepost_response_t *response) {
    const size_t len = there < capacity ? there : capacity;
    if (len > 0) {
        at_text(at, "AT+SHREAD=0,");
        at_number(at, len);
        at_mark(at, "+SHREAD:", at->network_timeout);
        if (at->status == AT_OK && at_field(at, 0) != (int32_t)len) {
            at_fail(at, AT_E_ANSWER, 0);
        }
        at_raw(at, buffer, len, at->timeout);
    }
    if (at->status == AT_OK) {
        response->body.ptr = buffer;
        response->body.len = len;
        response->truncated = len < there;
    }
}

int32_t simcom_http_publish(at_t *at, const char *ca_file, const motepost_publish_t *publish,
                            uint8_t *buffer, size_t capacity, motepost_response_t *response,
                            at_limit_t *limit) {
    size_t len = 0;
    int32_t status = simcom_http_check(publish, limit);
    http_response(response, 0);
    if (status == MOTEPOST_OK) {
        status = motepost_publish_encode_field_lines(publish, buffer, capacity, &len);
    }
    if (status != MOTEPOST_OK) {
        return status;
    }
    if (memchr(buffer, '"', len) != NULL) {
        return AT_E_QUOTE;
    }
    {
        size_t target = 0;
        status = motepost_publish_encode_target(publish, NULL, 0, &target);
        if (status != MOTEPOST_OK && status != MOTEPOST_E_BUFFER) {
            return status;
        }
        if (target > capacity) {
            return MOTEPOST_E_BUFFER;
        }
    }

    at_begin(at);
    if (at_close(at, "AT+SHDISC") == AT_E_ERROR || at->status == AT_E_CME) {
        at->status = AT_OK; // there was no connection left from before, as a rule
    }
    configure(at, ca_file, publish->endpoint);
    add_headers(at, (const char *)buffer, len);
    add_body(at, publish->payload);
    motepost_publish_encode_target(publish, buffer, capacity, &len);
    at_text(at, "AT+SHREQ=\"");
    at_bytes(at, buffer, len);
    at_text(at, "\",3"); // POST
    at_info(at, "+SHREQ:", at->network_timeout);
    if (at->status == AT_OK) {
        const int32_t code = at_field(at, 1);
        const int32_t body = at_field(at, 2);
        if (code < 200 || code > 599) {
            return at_fail(at, AT_E_RESULT, code); // from 600 on the modem means its own troubles
        }
        http_response(response, code);
        read_body(at, body > 0 ? (size_t)body : 0, buffer, capacity, response);
    }
    if (at->status == AT_OK && at_close(at, "AT+SHDISC") != AT_OK) {
        at->status = AT_OK; // the answer is here
    }
    return at->status;
}
