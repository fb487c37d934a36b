// NULL where it may not be, an exchange that was not begun, and the words for every status.
#include "article.h"
#include "check.h"

static uint8_t buffer[320];

static int32_t move_nothing(void *ctx, void *to, size_t len) {
    (void)ctx, (void)to, (void)len;
    return 0;
}

static int32_t send_nothing(void *ctx, const void *from, size_t len) {
    (void)ctx, (void)from, (void)len;
    return 0;
}

static void null_where_building(void) {
    const motepost_publish_t publish = article();
    const size_t cap = sizeof buffer;
    size_t len = 0;
    uint8_t *room = NULL;
    const uint8_t *request = NULL;
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode(NULL, buffer, cap, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode(&publish, NULL, cap, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode(&publish, buffer, cap, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_publish_head_len(NULL, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_head_len(&publish, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_head(NULL, buffer, cap, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_head(&publish, NULL, cap, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_head(&publish, buffer, cap, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_target(NULL, buffer, cap, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_target(&publish, NULL, cap, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_target(&publish, buffer, cap, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_field_lines(NULL, buffer, cap, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_field_lines(&publish, NULL, cap, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode_field_lines(&publish, buffer, cap, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_publish_room(NULL, buffer, cap, &room, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_room(&publish, NULL, cap, &room, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_room(&publish, buffer, cap, NULL, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_room(&publish, buffer, cap, &room, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_publish_compose(NULL, buffer, cap, 1, &request, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_compose(&publish, NULL, cap, 1, &request, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_compose(&publish, buffer, cap, 1, NULL, &len));
    GIVES(MOTEPOST_E_NULL, motepost_publish_compose(&publish, buffer, cap, 1, &request, NULL));
    CHECK(room == NULL && request == NULL);
}

static void null_where_exchanging(void) {
    const motepost_publish_t publish = article();
    const motepost_transport_t transport = {move_nothing, send_nothing, NULL};
    const motepost_transport_t deaf = {NULL, send_nothing, NULL};
    const motepost_transport_t dumb = {move_nothing, NULL, NULL};
    const size_t cap = sizeof buffer;
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_want_t want;
    motepost_str_t error_type;
    uint32_t seconds = 0;
    GIVES(MOTEPOST_E_NULL, motepost_exchange_init(NULL, &publish, buffer, cap));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_init(&exchange, NULL, buffer, cap));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_init(&exchange, &publish, NULL, cap));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_want(&exchange, &want));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_init_composed(NULL, &publish, buffer, cap, 1));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_init_composed(&exchange, NULL, buffer, cap, 1));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_init_composed(&exchange, &publish, NULL, cap, 1));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_want(&exchange, &want));
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, cap));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_keep_details(NULL));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_run(NULL, &transport, &response));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_run(&exchange, NULL, &response));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_run(&exchange, &transport, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_run(&exchange, &deaf, &response));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_run(&exchange, &dumb, &response));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_want(NULL, &want));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_want(&exchange, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_moved(NULL, 1));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_response(NULL, &response));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_response(&exchange, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_error_type(NULL, &error_type));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_error_type(&exchange, NULL));
    EQUAL(motepost_exchange_reusable(NULL), 0);
    GIVES(MOTEPOST_E_NULL, motepost_exchange_date(NULL, &seconds));
    GIVES(MOTEPOST_E_NULL, motepost_exchange_date(&exchange, NULL));
    EQUAL(motepost_exchange_io_error(NULL), 0);
    // None of this has disturbed the exchange.
    GIVES(MOTEPOST_AGAIN, motepost_exchange_run(&exchange, &transport, &response));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    BYTES(want.send, want.len, HEAD PAYLOAD);
}

static void null_with_a_length_in_a_publish(void) {
    motepost_publish_t publish = article();
    motepost_pair_t header = *publish.headers;
    motepost_str_t *texts[] = {&publish.endpoint, &publish.topic,     &publish.authorizer,
                               &publish.token_key, &publish.token,    &publish.signature,
                               &header.name,       &header.value};
    const int32_t missing[] = {REFUSED(ENDPOINT, MISSING),    REFUSED(TOPIC, MISSING),
                               REFUSED(AUTHORIZER, MISSING),  REFUSED(TOKEN_KEY, MISSING),
                               REFUSED(TOKEN, MISSING),       REFUSED(SIGNATURE, MISSING),
                               REFUSED(HEADER_NAME, MISSING), REFUSED(HEADER_VALUE, MISSING)};
    motepost_exchange_t exchange;
    size_t text, len = 0;
    publish.signature = text_of("AAEC");
    publish.encode_signature = motepost_copy_signature;
    publish.headers = &header;
    GIVES(MOTEPOST_OK, motepost_publish_head_len(&publish, &len));
    for (text = 0; text < sizeof texts / sizeof *texts; text++) {
        const motepost_str_t right = *texts[text];
        texts[text]->ptr = NULL;
        GIVES(missing[text], motepost_publish_encode(&publish, buffer, sizeof buffer, &len));
        GIVES(missing[text], motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
        *texts[text] = right;
    }
    publish.payload.ptr = NULL;
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode(&publish, buffer, sizeof buffer, &len));
    publish.payload.len = 0; // an empty payload needs no pointer
    GIVES(MOTEPOST_OK, motepost_publish_encode(&publish, buffer, sizeof buffer, &len));
    publish.headers = NULL;
    GIVES(MOTEPOST_E_NULL, motepost_publish_encode(&publish, buffer, sizeof buffer, &len));
    publish.header_count = 0;
    GIVES(MOTEPOST_OK, motepost_publish_encode(&publish, buffer, sizeof buffer, &len));
}

static void an_exchange_that_was_not_begun(void) {
    static motepost_exchange_t zeros;
    const motepost_transport_t transport = {move_nothing, send_nothing, NULL};
    motepost_response_t response;
    motepost_want_t want;
    motepost_str_t error_type;
    uint32_t seconds = 0;
    GIVES(MOTEPOST_E_STATE, motepost_exchange_keep_details(&zeros));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_run(&zeros, &transport, &response));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_want(&zeros, &want));
    CHECK(want.send == NULL && want.receive == NULL && want.len == 0);
    GIVES(MOTEPOST_E_STATE, motepost_exchange_moved(&zeros, 1));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_response(&zeros, &response));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_error_type(&zeros, &error_type));
    EQUAL(motepost_exchange_reusable(&zeros), 0);
    GIVES(MOTEPOST_E_STATE, motepost_exchange_date(&zeros, &seconds));
    EQUAL(motepost_exchange_io_error(&zeros), 0);
}

#define FIELDS 18
#define REASONS 12

// A refusal reads as a sentence: "topic" "holds + or #, which only a topic filter may".
static void the_words_for_a_refusal_are_its_field_and_its_reason(void) {
    int field, other, reason;
    for (field = 1; field <= FIELDS; field++) {
        const char *name = motepost_field_name(-(100 * field + 1));
        CHECK(*name != '\0');
        for (reason = 1; reason <= REASONS; reason++) {
            const int32_t status = -(100 * field + reason);
            EQUAL(MOTEPOST_FIELD_OF(status), field);
            EQUAL(MOTEPOST_REASON_OF(status), reason);
            CHECK(strcmp(motepost_field_name(status), name) == 0);
            // An endpoint with a wrong character is told to be a host name alone.
            CHECK(strncmp(motepost_strerror(status), motepost_strerror(-(200 + reason)),
                          strlen(motepost_strerror(-(200 + reason)))) == 0);
            CHECK(strcmp(motepost_strerror(status), motepost_strerror(-9999)) != 0);
        }
        for (other = 1; other < field; other++) {
            CHECK(strcmp(motepost_field_name(-(100 * other + 1)), name) != 0);
        }
    }
    for (reason = 1; reason <= REASONS; reason++) {
        for (other = 1; other < reason; other++) {
            CHECK(strcmp(motepost_strerror(-(100 + other)), motepost_strerror(-(100 + reason))) != 0);
        }
    }
    CHECK(strcmp(motepost_field_name(-205), "topic") == 0);
    CHECK(strstr(motepost_strerror(-205), "+ or #") != NULL);
}

static void the_words_for_every_other_status(void) {
    static const int32_t STATUSES[] = {
        MOTEPOST_OK,           MOTEPOST_AGAIN,          MOTEPOST_E_BUFFER,
        MOTEPOST_E_NULL,       MOTEPOST_E_STATE,        MOTEPOST_E_STATUS_LINE,
        MOTEPOST_E_FIELD_LINE, MOTEPOST_E_FRAMING,      MOTEPOST_E_CHUNK,
        MOTEPOST_E_HEAD_TOO_LONG, MOTEPOST_E_CLOSED,    MOTEPOST_E_IO,
        MOTEPOST_E_OVERRUN,    MOTEPOST_E_BODY_TOO_LONG, MOTEPOST_NO_MORE,
        MOTEPOST_E_FLASH,      MOTEPOST_E_FLASH_SHAPE,  MOTEPOST_E_FLASH_FORMAT,
        MOTEPOST_E_READING,    MOTEPOST_E_OUTBOX_FULL,  MOTEPOST_E_NOT_KEPT,
        -9999, // the last is no status at all
    };
    const size_t count = sizeof STATUSES / sizeof *STATUSES;
    size_t one, two;
    for (one = 0; one < count; one++) {
        CHECK(*motepost_strerror(STATUSES[one]) != '\0');
        CHECK(*motepost_field_name(STATUSES[one]) == '\0');
        for (two = 0; two < one; two++) {
            CHECK(strcmp(motepost_strerror(STATUSES[one]), motepost_strerror(STATUSES[two])) != 0);
        }
    }
}

static void numbers_that_are_no_status(void) {
    static const int32_t NUMBERS[] = {3, -4, -32, -100, -115, -2401, -1715, INT32_MAX, INT32_MIN};
    size_t row;
    for (row = 0; row < sizeof NUMBERS / sizeof *NUMBERS; row++) {
        CHECK(strcmp(motepost_strerror(NUMBERS[row]), motepost_strerror(-9999)) == 0);
        CHECK(*motepost_field_name(NUMBERS[row]) == '\0');
    }
}

// They are in the header only to be pointed to.
static void the_encoders_do_nothing_without_a_request(void) {
    const uint8_t signature[3] = {1, 2, 3};
    motepost_encode_signature(NULL, signature, sizeof signature);
    motepost_copy_signature(NULL, signature, sizeof signature);
    motepost_credentials_in_query(NULL, NULL);
    motepost_encode_properties(NULL, NULL);
}

int main(void) {
    null_where_building();
    null_where_exchanging();
    null_with_a_length_in_a_publish();
    an_exchange_that_was_not_begun();
    the_words_for_a_refusal_are_its_field_and_its_reason();
    the_words_for_every_other_status();
    numbers_that_are_no_status();
    the_encoders_do_nothing_without_a_request();
    EQUAL(motepost_version(), MOTEPOST_VERSION);
    return failures();
}
