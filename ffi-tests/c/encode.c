// What goes on the wire, byte for byte, and how much room it needs.
#include "guarded.h"

#include "article.h"
#include "check.h"

#define SIGNATURE_LINE_AS_TEXT "x-amz-customauthorizer-signature:AAEC\r\n"

static uint8_t buffer[1024];

// Checks that the blog post's publish, changed by `change`, is `request`.
static void is_request(const motepost_publish_t *publish, const char *request) {
    size_t len = 0;
    GIVES(MOTEPOST_OK, motepost_publish_encode(publish, buffer, sizeof buffer, &len));
    BYTES(buffer, len, request);
}

static void the_article_in_241_bytes(void) {
    const motepost_publish_t publish = article();
    size_t len = 0;
    is_request(&publish, HEAD PAYLOAD);
    GIVES(MOTEPOST_OK, motepost_publish_encode(&publish, buffer, sizeof buffer, &len));
    EQUAL(len, 241);
    GIVES(MOTEPOST_OK, motepost_publish_head_len(&publish, &len));
    EQUAL(len, 196);
    GIVES(MOTEPOST_OK, motepost_publish_encode_head(&publish, buffer, sizeof buffer, &len));
    BYTES(buffer, len, HEAD);
}

static void the_endpoint_s_default_authorizer_saves_a_line(void) {
    motepost_publish_t publish = article();
    publish.authorizer = text_of("");
    is_request(&publish, REQUEST_LINE
               "host:" ENDPOINT "\r\n"
               "token:allow\r\nid:uniqueID\r\ncontent-length:45\r\n\r\n" PAYLOAD);
}

static void credentials_in_the_query(void) {
    motepost_publish_t publish = article();
    publish.credentials_in_query = motepost_credentials_in_query;
    publish.signature = text_of("ab+/");
    publish.encode_signature = motepost_copy_signature;
    is_request(&publish,
               "POST /topics/uniqueID/status?qos=1&x-amz-customauthorizer-name=unsignedAuthorizer"
               "&token=allow&x-amz-customauthorizer-signature=ab%2B%2F HTTP/1.1\r\n"
               "host:" ENDPOINT "\r\n"
               "id:uniqueID\r\ncontent-length:45\r\n\r\n" PAYLOAD);
}

static void nothing_but_a_topic(void) {
    motepost_publish_t publish;
    memset(&publish, 0, sizeof publish);
    publish.endpoint = text_of("localhost:8080");
    publish.topic = text_of("$aws/rules/r/a b");
    is_request(&publish, "POST /topics/$aws/rules/r/a%20b HTTP/1.1\r\n"
                         "host:localhost:8080\r\ncontent-length:0\r\n\r\n");
}

// Clients and servers would fold them.
static void dots_next_to_a_slash_of_basic_ingest(void) {
    motepost_publish_t publish;
    memset(&publish, 0, sizeof publish);
    publish.endpoint = text_of("localhost");
    publish.topic = text_of("$aws/rules/..");
    is_request(&publish, "POST /topics/$aws/rules%2F.. HTTP/1.1\r\nhost:localhost\r\ncontent-length:0\r\n\r\n");
    publish.topic = text_of("$aws/rules/rule/../a");
    is_request(&publish, "POST /topics/$aws/rules/rule%2F..%2Fa HTTP/1.1\r\n"
                         "host:localhost\r\ncontent-length:0\r\n\r\n");
}

static void text_of_a_length_need_not_end_in_nul(void) {
    static const char token[] = {'a', 'l', 'l', 'o', 'w', 'e', 'd'};
    static const char topic[] = "uniqueID/status and what is no topic any more";
    motepost_publish_t publish = article();
    publish.token = motepost_str_n(token, 5);
    publish.topic = motepost_str_n(topic, 15);
    is_request(&publish, HEAD PAYLOAD);
    // An empty one is none, whatever its pointer.
    publish.headers = NULL;
    publish.header_count = 0;
    publish.authorizer = motepost_str_n(NULL, 0);
    is_request(&publish, REQUEST_LINE "host:" ENDPOINT "\r\ntoken:allow\r\ncontent-length:45\r\n\r\n" PAYLOAD);
}

static void a_signature_as_text_or_as_raw_bytes_is_the_same_on_the_wire(void) {
    static const char raw[] = {0, 1, 2};
    motepost_publish_t publish = article();
    publish.headers = NULL;
    publish.header_count = 0;
    publish.signature = text_of("AAEC");
    publish.encode_signature = motepost_copy_signature;
    is_request(&publish, REQUEST_LINE "host:" ENDPOINT "\r\n"
               "x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:allow\r\n"
               SIGNATURE_LINE_AS_TEXT "content-length:45\r\n\r\n" PAYLOAD);
    publish.signature.ptr = raw;
    publish.signature.len = sizeof raw;
    publish.encode_signature = motepost_encode_signature;
    is_request(&publish, REQUEST_LINE "host:" ENDPOINT "\r\n"
               "x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:allow\r\n"
               SIGNATURE_LINE_AS_TEXT "content-length:45\r\n\r\n" PAYLOAD);
}

// Every optional part at once. `properties` and `user` outlive the call in the caller's frame.
static motepost_publish_t all_of_it(motepost_properties_t *properties, motepost_pair_t *user) {
    motepost_publish_t publish = article();
    user->name = text_of("sensor");
    user->value = text_of("roof \"A\"");
    memset(properties, 0, sizeof *properties);
    properties->content_type = text_of("text/plain");
    properties->response_topic = text_of("uniqueID/answer");
    properties->correlation_data = bytes_of("c");
    properties->user = user;
    properties->user_count = 1;
    properties->message_expiry = 3600;
    properties->payload_format = MOTEPOST_PAYLOAD_UTF8;
    publish.properties = properties;
    publish.encode_properties = motepost_encode_properties;
    publish.retain = 1;
    publish.signature = text_of("AAEC");
    publish.encode_signature = motepost_copy_signature;
    return publish;
}

#define FULL_TARGET                                                                        \
    "/topics/uniqueID/status?qos=1&retain=true&contentType=text%2Fplain"                   \
    "&responseTopic=uniqueID%2Fanswer&messageExpiry=3600"
#define FULL_LINES                                                                         \
    "x-amz-customauthorizer-name:unsignedAuthorizer\r\ntoken:allow\r\n"                    \
    SIGNATURE_LINE_AS_TEXT                                                                 \
    "x-amz-mqtt5-payload-format-indicator:UTF8_DATA\r\n"                                   \
    "x-amz-mqtt5-correlation-data:Yw==\r\n"                                                \
    "x-amz-mqtt5-user-properties:W3sic2Vuc29yIjoicm9vZiBcIkFcIiJ9XQ==\r\n"                 \
    "id:uniqueID\r\n"

static void everything_at_once(void) {
    motepost_properties_t properties;
    motepost_pair_t user;
    motepost_publish_t publish = all_of_it(&properties, &user);
    size_t len = 0;
    is_request(&publish, "POST " FULL_TARGET " HTTP/1.1\r\nhost:" ENDPOINT "\r\n" FULL_LINES
                         "content-length:45\r\n\r\n" PAYLOAD);
    // The same in parts, for a modem whose AT commands do the HTTP.
    GIVES(MOTEPOST_OK, motepost_publish_encode_target(&publish, buffer, sizeof buffer, &len));
    BYTES(buffer, len, FULL_TARGET);
    GIVES(MOTEPOST_OK, motepost_publish_encode_field_lines(&publish, buffer, sizeof buffer, &len));
    BYTES(buffer, len, FULL_LINES);
    properties.payload_format = MOTEPOST_PAYLOAD_BYTES;
    GIVES(MOTEPOST_OK, motepost_publish_encode_field_lines(&publish, buffer, sizeof buffer, &len));
    CHECK(strstr((const char *)buffer, "indicator:UNSPECIFIED_BYTES\r\n") != NULL);
}

typedef int32_t encode_t(const motepost_publish_t *, uint8_t *, size_t, size_t *);

static void every_short_buffer(const char *name, encode_t *encode) {
    motepost_properties_t properties;
    motepost_pair_t user;
    const motepost_publish_t publish = all_of_it(&properties, &user);
    size_t needed = 0, len = 0, capacity;
    uint8_t *end;
    check_row = name;
    // With no capacity the buffer may be NULL: a question for the size.
    GIVES(MOTEPOST_E_BUFFER, encode(&publish, NULL, 0, &needed));
    end = guarded(needed) + needed;
    for (capacity = 0; capacity < needed; capacity++) {
        GIVES(MOTEPOST_E_BUFFER, encode(&publish, end - capacity, capacity, &len));
        EQUAL(len, needed);
    }
    GIVES(MOTEPOST_OK, encode(&publish, end - needed, needed, &len));
    EQUAL(len, needed);
    check_row = "";
}

// Each input ends where reading on would be a fault, and none ends in NUL.
static void inputs_are_read_to_their_length_and_no_further(void) {
    motepost_properties_t properties;
    motepost_pair_t user;
    motepost_publish_t publish = all_of_it(&properties, &user);
    motepost_str_t *texts[] = {&publish.endpoint,        &publish.topic,     &publish.authorizer,
                               &publish.token_key,       &publish.token,     &publish.signature,
                               &properties.content_type, &user.name,         &user.value,
                               &properties.response_topic};
    size_t text, before = 0, after = 0;
    GIVES(MOTEPOST_OK, motepost_publish_encode(&publish, buffer, sizeof buffer, &before));
    for (text = 0; text < sizeof texts / sizeof *texts; text++) {
        texts[text]->ptr = (const char *)guarded_copy(texts[text]->ptr, texts[text]->len);
    }
    publish.payload.ptr = guarded_copy(publish.payload.ptr, publish.payload.len);
    properties.correlation_data.ptr = guarded_copy("c", 1);
    publish.headers = (const motepost_pair_t *)(const void *)guarded_copy(publish.headers, sizeof *publish.headers);
    properties.user = (const motepost_pair_t *)(const void *)guarded_copy(&user, sizeof user);
    GIVES(MOTEPOST_OK, motepost_publish_encode(&publish, buffer, sizeof buffer, &after));
    EQUAL(after, before);
}

int main(void) {
    the_article_in_241_bytes();
    the_endpoint_s_default_authorizer_saves_a_line();
    credentials_in_the_query();
    nothing_but_a_topic();
    dots_next_to_a_slash_of_basic_ingest();
    text_of_a_length_need_not_end_in_nul();
    a_signature_as_text_or_as_raw_bytes_is_the_same_on_the_wire();
    everything_at_once();
    every_short_buffer("encode", motepost_publish_encode);
    every_short_buffer("encode_head", motepost_publish_encode_head);
    every_short_buffer("encode_target", motepost_publish_encode_target);
    every_short_buffer("encode_field_lines", motepost_publish_encode_field_lines);
    inputs_are_read_to_their_length_and_no_further();
    return failures();
}
