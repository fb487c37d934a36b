// Every field that can be refused, for every reason, and before anything is sent.
#include "article.h"
#include "check.h"

// A publish with everything in it, and nothing to refuse.
typedef struct {
    motepost_publish_t publish;
    motepost_properties_t properties;
    motepost_pair_t header;
    motepost_pair_t user;
} model_t;

static void make(model_t *model) {
    memset(model, 0, sizeof *model);
    model->publish = article();
    model->publish.signature = text_of("AAEC");
    model->publish.encode_signature = motepost_copy_signature;
    model->header.name = text_of("id-of-mine");
    model->header.value = text_of("uniqueID");
    model->publish.headers = &model->header;
    model->user.name = text_of("sensor");
    model->user.value = text_of("roof");
    model->properties.user = &model->user;
    model->properties.user_count = 1;
    model->properties.content_type = text_of("text/plain");
    model->properties.response_topic = text_of("uniqueID/answer");
    model->properties.correlation_data = bytes_of("c");
    model->publish.properties = &model->properties;
    model->publish.encode_properties = motepost_encode_properties;
}

// The status is the same from every function that sees the whole head, and nothing is left behind
// that looks like a request.
static void is_refused(const model_t *model, int32_t status) {
    static uint8_t buffer[16384];
    motepost_exchange_t exchange;
    motepost_want_t want;
    uint8_t *room = NULL;
    size_t len = 1;
    GIVES(status, motepost_publish_encode(&model->publish, buffer, sizeof buffer, &len));
    EQUAL(len, 0);
    GIVES(status, motepost_publish_encode(&model->publish, NULL, 0, &len));
    GIVES(status, motepost_publish_encode_head(&model->publish, buffer, sizeof buffer, &len));
    GIVES(status, motepost_publish_head_len(&model->publish, &len));
    EQUAL(len, 0);
    GIVES(status, motepost_exchange_init(&exchange, &model->publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_want(&exchange, &want));
    // A room does not look at the payload, for there is none yet.
    if (MOTEPOST_FIELD_OF(status) != MOTEPOST_FIELD_PAYLOAD) {
        GIVES(status,
              motepost_publish_room(&model->publish, buffer, sizeof buffer, &room, &len));
        CHECK(room == NULL);
        GIVES(status, motepost_exchange_init_composed(&exchange, &model->publish, buffer,
                                                      sizeof buffer, 0));
        GIVES(MOTEPOST_E_STATE, motepost_exchange_want(&exchange, &want));
    }
    CHECK(*motepost_field_name(status) != '\0');
    CHECK(status <= MOTEPOST_E_REFUSED);
}

// The members that are text.
enum {
    ENDPOINT_TEXT, TOPIC_TEXT, AUTHORIZER_TEXT, TOKEN_KEY_TEXT, TOKEN_TEXT, SIGNATURE_TEXT,
    HEADER_NAME_TEXT, HEADER_VALUE_TEXT, CONTENT_TYPE_TEXT, RESPONSE_TOPIC_TEXT,
    USER_NAME_TEXT, USER_VALUE_TEXT, TEXTS
};

static motepost_str_t *text_in(model_t *model, int text) {
    motepost_str_t *texts[TEXTS];
    texts[ENDPOINT_TEXT] = &model->publish.endpoint;
    texts[TOPIC_TEXT] = &model->publish.topic;
    texts[AUTHORIZER_TEXT] = &model->publish.authorizer;
    texts[TOKEN_KEY_TEXT] = &model->publish.token_key;
    texts[TOKEN_TEXT] = &model->publish.token;
    texts[SIGNATURE_TEXT] = &model->publish.signature;
    texts[HEADER_NAME_TEXT] = &model->header.name;
    texts[HEADER_VALUE_TEXT] = &model->header.value;
    texts[CONTENT_TYPE_TEXT] = &model->properties.content_type;
    texts[RESPONSE_TOPIC_TEXT] = &model->properties.response_topic;
    texts[USER_NAME_TEXT] = &model->user.name;
    texts[USER_VALUE_TEXT] = &model->user.value;
    return texts[text];
}

static const struct {
    int text;
    const char *value;
    int32_t status;
} WRONG_TEXTS[] = {
    {ENDPOINT_TEXT, "", REFUSED(ENDPOINT, MISSING)},
    {ENDPOINT_TEXT, "https://host", REFUSED(ENDPOINT, CHARACTER)},
    {ENDPOINT_TEXT, "two words", REFUSED(ENDPOINT, CHARACTER)},
    {TOPIC_TEXT, "", REFUSED(TOPIC, MISSING)},
    {TOPIC_TEXT, "a/+/b", REFUSED(TOPIC, WILDCARD)},
    {TOPIC_TEXT, "a/#", REFUSED(TOPIC, WILDCARD)},
    {TOPIC_TEXT, "1/2/3/4/5/6/7/8/9", REFUSED(TOPIC, TOO_MANY_LEVELS)},
    {TOPIC_TEXT, "\xff", REFUSED(TOPIC, NOT_UTF8)},
    {TOPIC_TEXT, "\xed\xa0\x80", REFUSED(TOPIC, NOT_UTF8)},
    {TOPIC_TEXT, "$aws/rules", REFUSED(TOPIC, RESERVED)},
    {TOPIC_TEXT, "$aws/rules/", REFUSED(TOPIC, RESERVED)},
    {TOPIC_TEXT, "$aws/rules//x", REFUSED(TOPIC, RESERVED)},
    {TOPIC_TEXT, ".", REFUSED(TOPIC, DOT_SEGMENT)},
    {TOPIC_TEXT, "..", REFUSED(TOPIC, DOT_SEGMENT)},
    {AUTHORIZER_TEXT, "my authorizer", REFUSED(AUTHORIZER, CHARACTER)},
    {TOKEN_KEY_TEXT, "", REFUSED(TOKEN_KEY, MISSING)},
    {TOKEN_KEY_TEXT, "my.token", REFUSED(TOKEN_KEY, CHARACTER)},
    {TOKEN_KEY_TEXT, "Host", REFUSED(TOKEN_KEY, RESERVED)},
    {TOKEN_KEY_TEXT, "content-length", REFUSED(TOKEN_KEY, RESERVED)},
    {TOKEN_KEY_TEXT, "transfer-encoding", REFUSED(TOKEN_KEY, RESERVED)},
    {TOKEN_KEY_TEXT, "connection", REFUSED(TOKEN_KEY, RESERVED)},
    {TOKEN_TEXT, "", REFUSED(TOKEN, MISSING)},
    {TOKEN_TEXT, " allow", REFUSED(TOKEN, CHARACTER)},
    {TOKEN_TEXT, "allow ", REFUSED(TOKEN, CHARACTER)},
    {TOKEN_TEXT, "\xc3\xa9", REFUSED(TOKEN, CHARACTER)},
    {SIGNATURE_TEXT, "AAE", REFUSED(SIGNATURE, NOT_ONE_LINE_OF_BASE64)},
    {SIGNATURE_TEXT, "AA-_", REFUSED(SIGNATURE, NOT_ONE_LINE_OF_BASE64)},
    {SIGNATURE_TEXT, "A===", REFUSED(SIGNATURE, NOT_ONE_LINE_OF_BASE64)},
    {SIGNATURE_TEXT, "AAEC\nAAEC\n", REFUSED(SIGNATURE, NOT_ONE_LINE_OF_BASE64)},
    {HEADER_NAME_TEXT, "", REFUSED(HEADER_NAME, MISSING)},
    {HEADER_NAME_TEXT, "id:", REFUSED(HEADER_NAME, CHARACTER)},
    {HEADER_NAME_TEXT, "my id", REFUSED(HEADER_NAME, CHARACTER)},
    {HEADER_NAME_TEXT, "HOST", REFUSED(HEADER_NAME, RESERVED)},
    {HEADER_NAME_TEXT, "Content-Length", REFUSED(HEADER_NAME, RESERVED)},
    {HEADER_NAME_TEXT, "Transfer-Encoding", REFUSED(HEADER_NAME, RESERVED)},
    {HEADER_NAME_TEXT, "Connection", REFUSED(HEADER_NAME, RESERVED)},
    {HEADER_NAME_TEXT, "token", REFUSED(HEADER_NAME, RESERVED)},
    {HEADER_NAME_TEXT, "ToKeN", REFUSED(HEADER_NAME, RESERVED)},
    {HEADER_NAME_TEXT, "X-Amz-CustomAuthorizer-Name", REFUSED(HEADER_NAME, RESERVED)},
    {HEADER_NAME_TEXT, "x-amz-customauthorizer-SIGNATURE", REFUSED(HEADER_NAME, RESERVED)},
    {HEADER_VALUE_TEXT, "", REFUSED(HEADER_VALUE, MISSING)},
    {HEADER_VALUE_TEXT, "\xc3\xa9", REFUSED(HEADER_VALUE, CHARACTER)},
    {HEADER_VALUE_TEXT, "\tindented", REFUSED(HEADER_VALUE, CHARACTER)},
    {CONTENT_TYPE_TEXT, "\xc3", REFUSED(CONTENT_TYPE, NOT_UTF8)},
    {RESPONSE_TOPIC_TEXT, "+", REFUSED(RESPONSE_TOPIC, WILDCARD)},
    {RESPONSE_TOPIC_TEXT, "////////", REFUSED(RESPONSE_TOPIC, TOO_MANY_LEVELS)},
    {RESPONSE_TOPIC_TEXT, "\xc3", REFUSED(RESPONSE_TOPIC, NOT_UTF8)},
    {USER_NAME_TEXT, "", REFUSED(USER_PROPERTY, MISSING)},
    {USER_NAME_TEXT, "\xc3", REFUSED(USER_PROPERTY, NOT_UTF8)},
    {USER_VALUE_TEXT, "\xc3", REFUSED(USER_PROPERTY, NOT_UTF8)},
};

static void texts_that_are_wrong(void) {
    size_t row;
    for (row = 0; row < sizeof WRONG_TEXTS / sizeof *WRONG_TEXTS; row++) {
        model_t model;
        make(&model);
        check_row = WRONG_TEXTS[row].value;
        *text_in(&model, WRONG_TEXTS[row].text) = text_of(WRONG_TEXTS[row].value);
        is_refused(&model, WRONG_TEXTS[row].status);
    }
    check_row = "";
}

static const struct {
    int text;
    size_t most;
    int32_t status;
} LONGEST_TEXTS[] = {
    {ENDPOINT_TEXT, 253, REFUSED(ENDPOINT, TOO_LONG)},
    {TOPIC_TEXT, 256, REFUSED(TOPIC, TOO_LONG)},
    {AUTHORIZER_TEXT, 128, REFUSED(AUTHORIZER, TOO_LONG)},
    {TOKEN_KEY_TEXT, 128, REFUSED(TOKEN_KEY, TOO_LONG)},
    {TOKEN_TEXT, 6144, REFUSED(TOKEN, TOO_LONG)},
    {SIGNATURE_TEXT, 2560, REFUSED(SIGNATURE, TOO_LONG)},
    {HEADER_NAME_TEXT, 8192, REFUSED(HEADER_NAME, TOO_LONG)},
    {HEADER_VALUE_TEXT, 8192, REFUSED(HEADER_VALUE, TOO_LONG)},
    {RESPONSE_TOPIC_TEXT, 256, REFUSED(RESPONSE_TOPIC, TOO_LONG)},
};

static void texts_that_are_too_long(void) {
    static char letters[8200];
    size_t row;
    memset(letters, 'A', sizeof letters);
    for (row = 0; row < sizeof LONGEST_TEXTS / sizeof *LONGEST_TEXTS; row++) {
        model_t model;
        motepost_str_t *text;
        size_t len;
        make(&model);
        check_row = motepost_field_name(LONGEST_TEXTS[row].status);
        text = text_in(&model, LONGEST_TEXTS[row].text);
        text->ptr = letters;
        text->len = LONGEST_TEXTS[row].most;
        GIVES(MOTEPOST_OK, motepost_publish_head_len(&model.publish, &len));
        // Four more, so that a signature stays base64.
        text->len += 4;
        is_refused(&model, LONGEST_TEXTS[row].status);
    }
    check_row = "";
}

// What could end a field early and smuggle in another, wherever it stands.
static void control_characters_in_any_text(void) {
    static const int32_t REFUSES[TEXTS] = {
        REFUSED(ENDPOINT, CONTROL),       REFUSED(TOPIC, CONTROL),
        REFUSED(AUTHORIZER, CONTROL),     REFUSED(TOKEN_KEY, CONTROL),
        REFUSED(TOKEN, CONTROL),          REFUSED(SIGNATURE, NOT_ONE_LINE_OF_BASE64),
        REFUSED(HEADER_NAME, CONTROL),    REFUSED(HEADER_VALUE, CONTROL),
        REFUSED(CONTENT_TYPE, CONTROL),   REFUSED(RESPONSE_TOPIC, CONTROL),
        REFUSED(USER_PROPERTY, CONTROL),  REFUSED(USER_PROPERTY, CONTROL),
    };
    int text, byte;
    size_t place;
    for (text = 0; text < TEXTS; text++) {
        check_row = motepost_field_name(REFUSES[text]);
        for (byte = 0; byte <= 0x7f; byte++) {
            // A tab may stand inside a header value (RFC 9110 section 5.5).
            const int is_control = (byte < ' ' && byte != '\t') || byte == 0x7f;
            for (place = 0; is_control && place < 4; place++) {
                char value[4] = {'A', 'A', 'A', 'A'};
                model_t model;
                make(&model);
                value[place] = (char)byte;
                text_in(&model, text)->ptr = value;
                text_in(&model, text)->len = sizeof value;
                is_refused(&model, REFUSES[text]);
            }
        }
    }
    check_row = "";
}

static void numbers_out_of_range(void) {
    model_t model;
    size_t place;
    make(&model);
    model.publish.qos = 2;
    is_refused(&model, REFUSED(QOS, OUT_OF_RANGE));
    make(&model);
    model.publish.retain = 2;
    is_refused(&model, REFUSED(FLAG, OUT_OF_RANGE));
    for (place = 0; place < sizeof model.publish.reserved; place++) {
        make(&model);
        model.publish.reserved[place] = 1;
        is_refused(&model, REFUSED(FLAG, OUT_OF_RANGE));
    }
    for (place = 0; place < sizeof model.properties.reserved; place++) {
        make(&model);
        model.properties.reserved[place] = 1;
        is_refused(&model, REFUSED(FLAG, OUT_OF_RANGE));
    }
    make(&model);
    model.properties.payload_format = MOTEPOST_PAYLOAD_UTF8 + 1;
    is_refused(&model, REFUSED(PAYLOAD_FORMAT, OUT_OF_RANGE));
}

// Its pointers lead nowhere, and are not followed.
static void properties_that_were_not_zeroed(void) {
    model_t model;
    make(&model);
    memset(&model.properties, 0xa5, sizeof model.properties);
    is_refused(&model, REFUSED(FLAG, OUT_OF_RANGE));
    memset(model.properties.reserved, 0, sizeof model.properties.reserved);
    is_refused(&model, REFUSED(PAYLOAD_FORMAT, OUT_OF_RANGE));
}

static void a_payload_beyond_what_aws_takes(void) {
    static const uint8_t zeros[MOTEPOST_MAX_PAYLOAD + 1] = {0};
    model_t model;
    size_t len;
    make(&model);
    model.publish.payload.ptr = zeros;
    model.publish.payload.len = MOTEPOST_MAX_PAYLOAD;
    GIVES(MOTEPOST_OK, motepost_publish_head_len(&model.publish, &len));
    model.publish.payload.len = sizeof zeros;
    is_refused(&model, REFUSED(PAYLOAD, TOO_LONG));
}

static void raw_signatures_beyond_what_aws_takes(void) {
    static const char zeros[1921] = {0};
    model_t model;
    size_t len;
    make(&model);
    model.publish.encode_signature = motepost_encode_signature;
    model.publish.signature.ptr = zeros;
    model.publish.signature.len = 1920; // 2560 characters
    GIVES(MOTEPOST_OK, motepost_publish_head_len(&model.publish, &len));
    model.publish.signature.len = sizeof zeros;
    is_refused(&model, REFUSED(SIGNATURE, TOO_LONG));
}

static void correlation_data_beyond_a_header_value(void) {
    static const uint8_t zeros[6145] = {0};
    model_t model;
    size_t len;
    make(&model);
    model.properties.correlation_data.ptr = zeros;
    model.properties.correlation_data.len = 6144; // 8192 characters
    GIVES(MOTEPOST_OK, motepost_publish_head_len(&model.publish, &len));
    model.properties.correlation_data.len = sizeof zeros;
    is_refused(&model, REFUSED(CORRELATION_DATA, TOO_LONG));
}

static void properties_and_their_encoder_come_together(void) {
    model_t model;
    make(&model);
    model.publish.encode_properties = NULL;
    is_refused(&model, REFUSED(PROPERTIES, MISSING));
    make(&model);
    model.publish.properties = NULL;
    is_refused(&model, REFUSED(PROPERTIES, MISSING));
}

static void a_signature_and_its_encoder_come_together(void) {
    model_t model;
    make(&model);
    model.publish.encode_signature = NULL;
    is_refused(&model, REFUSED(SIGNATURE, MISSING));
}

// Their encoder is beyond the check of the pointers in the publish itself.
static void wrong_pointers_in_the_properties(void) {
    model_t model;
    make(&model);
    model.properties.content_type.ptr = NULL;
    is_refused(&model, REFUSED(PROPERTIES, MISSING));
    make(&model);
    model.properties.response_topic.ptr = NULL;
    is_refused(&model, REFUSED(PROPERTIES, MISSING));
    make(&model);
    model.properties.correlation_data.ptr = NULL;
    is_refused(&model, REFUSED(PROPERTIES, MISSING));
    make(&model);
    model.properties.user = NULL;
    is_refused(&model, REFUSED(PROPERTIES, MISSING));
    make(&model);
    model.user.value.ptr = NULL;
    is_refused(&model, REFUSED(PROPERTIES, MISSING));
}

static void a_payload_in_the_buffer_of_its_own_request(void) {
    static uint8_t buffer[640];
    motepost_exchange_t exchange;
    model_t model;
    size_t len;
    make(&model);
    model.publish.payload.ptr = buffer + 100;
    GIVES(REFUSED(PAYLOAD, OVERLAP),
          motepost_exchange_init(&exchange, &model.publish, buffer, sizeof buffer));
    GIVES(REFUSED(PAYLOAD, OVERLAP),
          motepost_publish_encode(&model.publish, buffer, sizeof buffer, &len));
    GIVES(REFUSED(PAYLOAD, OVERLAP),
          motepost_publish_encode_head(&model.publish, buffer, sizeof buffer, &len));
}

int main(void) {
    model_t model;
    size_t len;
    make(&model);
    GIVES(MOTEPOST_OK, motepost_publish_head_len(&model.publish, &len));
    texts_that_are_wrong();
    texts_that_are_too_long();
    control_characters_in_any_text();
    numbers_out_of_range();
    properties_that_were_not_zeroed();
    a_payload_beyond_what_aws_takes();
    raw_signatures_beyond_what_aws_takes();
    correlation_data_beyond_a_header_value();
    properties_and_their_encoder_come_together();
    a_signature_and_its_encoder_come_together();
    wrong_pointers_in_the_properties();
    a_payload_in_the_buffer_of_its_own_request();
    return failures();
}
