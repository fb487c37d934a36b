// The blog post's publish, from which most tests start.
#ifndef ARTICLE_H
#define ARTICLE_H

#include <string.h>

#include "motepost.h"

#define ENDPOINT "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"
#define PAYLOAD "{\"message\":\"Hello from unsigned custom auth\"}"
#define REQUEST_LINE "POST /topics/uniqueID/status?qos=1 HTTP/1.1\r\n"
#define HEAD                                               \
    REQUEST_LINE                                           \
    "host:" ENDPOINT "\r\n"                                \
    "x-amz-customauthorizer-name:unsignedAuthorizer\r\n"   \
    "token:allow\r\n"                                      \
    "id:uniqueID\r\n"                                      \
    "content-length:45\r\n"                                \
    "\r\n"

static inline motepost_str_t text_of(const char *literal) {
    motepost_str_t text;
    text.ptr = literal;
    text.len = strlen(literal);
    return text;
}

static inline motepost_bytes_t bytes_of(const char *literal) {
    motepost_bytes_t bytes;
    bytes.ptr = (const uint8_t *)literal;
    bytes.len = strlen(literal);
    return bytes;
}

static inline motepost_publish_t article(void) {
    static const motepost_pair_t id = {MOTEPOST_STR("id"), MOTEPOST_STR("uniqueID")};
    motepost_publish_t publish;
    memset(&publish, 0, sizeof publish);
    publish.endpoint = text_of(ENDPOINT);
    publish.topic = text_of("uniqueID/status");
    publish.payload = bytes_of(PAYLOAD);
    publish.authorizer = text_of("unsignedAuthorizer");
    publish.token_key = text_of("token");
    publish.token = text_of("allow");
    publish.headers = &id;
    publish.header_count = 1;
    publish.qos = 1;
    return publish;
}

// What AWS answers to a message that it took.
#define ACCEPTED_BODY "{\"message\":\"OK\",\"traceId\":\"d9b1b1c0-7f7c-4e1d-9c6e-3f4b2a1c0d9e\"}"
#define ACCEPTED_HEAD                              \
    "HTTP/1.1 200 OK\r\n"                          \
    "content-type: application/json\r\n"           \
    "content-length: 65\r\n"                       \
    "date: Wed, 05 Apr 2023 18:18:25 GMT\r\n"      \
    "x-amzn-RequestId: d9b1b1c0-7f7c-4e1d-9c6e-3f4b2a1c0d9e\r\n" \
    "connection: keep-alive\r\n"                   \
    "\r\n"
#define ACCEPTED ACCEPTED_HEAD ACCEPTED_BODY

#endif
