// Batches from C: arrays that grow in the caller's room, values that are checked, SenML records.
#include "guarded.h"

#include "article.h"
#include "check.h"

static int32_t push(motepost_batch_t *batch, const char *value) {
    const size_t len = strlen(value);
    return motepost_batch_push(batch, guarded_copy(value, len), len);
}

// Each value ends where nobody may read, and each room where nobody may write.
static void every_size_of_room_gives_a_complete_array_or_a_refusal(void) {
    static const char *const values[] = {"7", "\"a\"", "[1,2]", "{}"};
    static const char *const arrays[] = {"[]", "[7]", "[7,\"a\"]", "[7,\"a\",[1,2]]",
                                         "[7,\"a\",[1,2],{}]"};
    const motepost_batch_check_t checks[] = {NULL, motepost_batch_check_json};
    size_t size, i, kind, len;
    for (kind = 0; kind < 2; kind++) {
        for (size = 0; size <= strlen(arrays[4]); size++) {
            uint8_t *room = guarded(size);
            motepost_batch_t batch;
            size_t sound = 0;
            if (size < 2) {
                GIVES(MOTEPOST_E_BUFFER, motepost_batch_json(&batch, room, size, checks[kind]));
                GIVES(MOTEPOST_E_STATE, push(&batch, "7"));
                GIVES(MOTEPOST_E_STATE, motepost_batch_finish(&batch, &len));
                continue;
            }
            GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, size, checks[kind]));
            for (i = 0; i < 4; i++) {
                const int fits = sound == i && strlen(arrays[i + 1]) <= size;
                // A value that did not fit is followed by none, so that the arrays are those above.
                if (sound == i) {
                    GIVES(fits ? MOTEPOST_OK : MOTEPOST_E_BUFFER, push(&batch, values[i]));
                }
                sound += (size_t)fits;
                BYTES(room, batch.len, arrays[sound]);
            }
            GIVES(MOTEPOST_OK, motepost_batch_finish(&batch, &len));
            BYTES(room, len, arrays[sound]);
        }
    }
}

static void a_cbor_array_is_of_indefinite_length(void) {
    uint8_t room[8];
    motepost_batch_t batch;
    size_t len;
    GIVES(MOTEPOST_OK, motepost_batch_cbor(&batch, room, sizeof room, motepost_batch_check_cbor));
    GIVES(MOTEPOST_OK, push(&batch, "\x18\x2a"));
    GIVES(REFUSED(READING, NOT_ONE_VALUE), push(&batch, "\x18"));
    GIVES(MOTEPOST_OK, push(&batch, "\x81\x07"));
    GIVES(MOTEPOST_E_BUFFER, push(&batch, "\x82\x01\x01"));
    GIVES(MOTEPOST_OK, motepost_batch_finish(&batch, &len));
    BYTES(room, len, "\x9f\x18\x2a\x81\x07\xff");
}

static void a_value_is_checked_where_a_check_is_named(void) {
    uint8_t room[64];
    motepost_batch_t batch;
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, motepost_batch_check_json));
    GIVES(REFUSED(READING, NOT_ONE_VALUE), push(&batch, "1 2"));
    GIVES(REFUSED(READING, NOT_ONE_VALUE), push(&batch, ""));
    GIVES(REFUSED(READING, TOO_DEEP), push(&batch, "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"));
    GIVES(MOTEPOST_OK, push(&batch, "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"));
    BYTES(room, batch.len, "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]");
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(REFUSED(READING, MISSING), push(&batch, ""));
    GIVES(MOTEPOST_OK, push(&batch, "1 2"));
    BYTES(room, batch.len, "[1 2]");
}

static int32_t only_one_byte(const uint8_t *value, size_t len) {
    return value != NULL && len == 1 ? MOTEPOST_OK : 7;
}

static void a_check_of_one_s_own_is_asked(void) {
    uint8_t room[8];
    motepost_batch_t batch;
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, only_one_byte));
    EQUAL(push(&batch, "12"), 7);
    GIVES(MOTEPOST_OK, push(&batch, "1"));
    BYTES(room, batch.len, "[1]");
}

static void pointers_are_looked_at(void) {
    uint8_t room[16];
    motepost_batch_t batch;
    motepost_senml_record_t record;
    size_t len;
    memset(&batch, 0, sizeof batch);
    memset(&record, 0, sizeof record);
    GIVES(MOTEPOST_E_STATE, push(&batch, "1"));
    GIVES(MOTEPOST_E_STATE, motepost_batch_finish(&batch, &len));
    GIVES(MOTEPOST_E_NULL, motepost_batch_json(NULL, room, sizeof room, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_batch_json(&batch, NULL, 2, NULL));
    GIVES(MOTEPOST_E_BUFFER, motepost_batch_cbor(&batch, NULL, 0, NULL));
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_batch_push(NULL, room, 1));
    GIVES(MOTEPOST_E_NULL, motepost_batch_push(&batch, NULL, 1));
    GIVES(REFUSED(READING, MISSING), motepost_batch_push(&batch, NULL, 0));
    GIVES(MOTEPOST_E_NULL, motepost_batch_finish(NULL, &len));
    GIVES(MOTEPOST_E_NULL, motepost_batch_finish(&batch, NULL));
    GIVES(MOTEPOST_E_NULL, motepost_batch_check_json(NULL, 1));
    GIVES(MOTEPOST_E_NULL, motepost_batch_check_cbor(NULL, 1));
    GIVES(MOTEPOST_E_NULL, motepost_senml_json(NULL, NULL, &record));
    GIVES(MOTEPOST_E_NULL, motepost_senml_json(&batch, NULL, NULL));
    batch.room = NULL;
    GIVES(MOTEPOST_E_STATE, push(&batch, "1"));
}

// Whatever the memory held before.
static void a_batch_that_could_not_begin_takes_nothing(void) {
    uint8_t room[2];
    motepost_batch_t batch;
    memset(&batch, 0xa5, sizeof batch);
    GIVES(MOTEPOST_E_NULL, motepost_batch_json(&batch, NULL, 2, NULL));
    GIVES(MOTEPOST_E_STATE, push(&batch, "1"));
    memset(&batch, 0xa5, sizeof batch);
    GIVES(MOTEPOST_E_BUFFER, motepost_batch_cbor(&batch, room, 1, NULL));
    GIVES(MOTEPOST_E_STATE, push(&batch, "1"));
}

static void a_value_in_the_room_is_refused(void) {
    uint8_t memory[24] = {0};
    uint8_t *room = memory + 8;
    motepost_batch_t batch;
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, 8, NULL));
    memset(memory, '1', 8);
    memset(room + 8, '2', 8);
    GIVES(REFUSED(READING, OVERLAP), motepost_batch_push(&batch, room, 1));
    GIVES(REFUSED(READING, OVERLAP), motepost_batch_push(&batch, room + 7, 1));
    GIVES(REFUSED(READING, OVERLAP), motepost_batch_push(&batch, room - 1, 2));
    GIVES(REFUSED(READING, OVERLAP), motepost_batch_push(&batch, memory, sizeof memory));
    GIVES(MOTEPOST_OK, motepost_batch_push(&batch, room - 1, 1));
    GIVES(MOTEPOST_OK, motepost_batch_push(&batch, room + 8, 1));
    BYTES(room, batch.len, "[1,2]");
}

static void a_batch_is_the_payload_of_a_request(void) {
    motepost_publish_t publish = article();
    uint8_t buffer[320], encoded[320], *room;
    const uint8_t *request;
    motepost_batch_t batch;
    size_t room_len, len, request_len, encoded_len;
    GIVES(MOTEPOST_OK, motepost_publish_room(&publish, buffer, sizeof buffer, &room, &room_len));
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, room_len, motepost_batch_check_json));
    GIVES(MOTEPOST_OK, push(&batch, "{\"c\":21.5}"));
    GIVES(MOTEPOST_OK, push(&batch, "{\"c\":21.4}"));
    GIVES(MOTEPOST_OK, motepost_batch_finish(&batch, &len));
    GIVES(MOTEPOST_OK,
          motepost_publish_compose(&publish, buffer, sizeof buffer, len, &request, &request_len));
    // The same request from a payload.
    publish.payload = bytes_of("[{\"c\":21.5},{\"c\":21.4}]");
    GIVES(MOTEPOST_OK, motepost_publish_encode(&publish, encoded, sizeof encoded, &encoded_len));
    EQUAL(request_len, encoded_len);
    CHECK(memcmp(request, encoded, encoded_len) == 0);
}

static const motepost_senml_base_t BASE = {MOTEPOST_STR("urn:dev:mac:0024befffe804ff1:"), 1760000000};

static motepost_senml_record_t record_of(const char *name, int32_t value, uint8_t places) {
    motepost_senml_record_t record;
    memset(&record, 0, sizeof record);
    record.name.ptr = name;
    record.name.len = strlen(name);
    record.value = value;
    record.value_places = places;
    return record;
}

static void senml_records_in_json(void) {
    uint8_t room[128];
    motepost_batch_t batch;
    motepost_senml_record_t record = record_of("temp", 215, 1);
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    record.unit.ptr = "Cel";
    record.unit.len = 3;
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, &BASE, &record));
    record = record_of("temp", -4, 2);
    record.time = 15;
    record.time_places = 1;
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, &BASE, &record));
    GIVES(MOTEPOST_E_BUFFER, motepost_senml_json(&batch, &BASE, &record));
    BYTES(room, batch.len,
          "[{\"bn\":\"urn:dev:mac:0024befffe804ff1:\",\"bt\":1760000000,\"n\":\"temp\",\"u\":\"Cel\","
          "\"v\":21.5},{\"n\":\"temp\",\"v\":-0.04,\"t\":1.5}]");
}

static void senml_records_in_cbor(void) {
    uint8_t room[32];
    motepost_batch_t batch;
    const motepost_senml_record_t record = record_of("t", 215, 1);
    GIVES(MOTEPOST_OK, motepost_batch_cbor(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_E_BUFFER, motepost_senml_cbor(&batch, &BASE, &record));
    // No NUL among them, for BYTES: the label of a name is 0.
    BYTES(room, batch.len, "\x9f\xff");
    GIVES(MOTEPOST_OK, motepost_senml_cbor(&batch, NULL, &record));
    EQUAL(batch.len, 12);
    CHECK(memcmp(room, "\x9f\xa2\x00\x61t\x02\xc4\x82\x20\x18\xd7\xff", 12) == 0);
}

static void the_first_record_that_has_the_base_carries_it(void) {
    uint8_t room[160];
    motepost_batch_t batch;
    const motepost_senml_base_t base = {MOTEPOST_STR("a:"), 1760000000};
    const motepost_senml_record_t record = record_of("t", 1, 0);
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_OK, push(&batch, "{\"n\":\"door\",\"vb\":true}"));
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, NULL, &record));
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, &base, &record));
    GIVES(MOTEPOST_OK, push(&batch, "{\"n\":\"door\",\"vb\":false}"));
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, &base, &record));
    BYTES(room, batch.len,
          "[{\"n\":\"door\",\"vb\":true},{\"n\":\"t\",\"v\":1},{\"bn\":\"a:\",\"bt\":1760000000,\"n\":\"t\",\"v\":1},"
          "{\"n\":\"door\",\"vb\":false},{\"n\":\"t\",\"v\":1}]");
}

// A base holds for all records behind it, so one that came later or was left out would say something else of them.
static void another_base_than_the_one_that_was_carried_is_refused(void) {
    static const struct {
        const char *what;
        motepost_senml_base_t base;
    } OTHERS[] = {
        {"a later time", {MOTEPOST_STR("a:"), 1760000600}},
        {"no time", {MOTEPOST_STR("a:"), 0}},
        {"another name", {MOTEPOST_STR("b:"), 1760000000}},
        {"a longer name", {MOTEPOST_STR("a:a:"), 1760000000}},
        {"no name", {{NULL, 0}, 1760000000}},
        {"none", {{NULL, 0}, 0}},
    };
    const motepost_senml_record_t record = record_of("t", 1, 0);
    uint8_t room[160];
    motepost_batch_t batch;
    char name[] = "a:";
    motepost_senml_base_t base = {MOTEPOST_STR("a:"), 1760000000};
    size_t row;
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, &base, &record));
    for (row = 0; row < sizeof OTHERS / sizeof *OTHERS; row++) {
        check_row = OTHERS[row].what;
        GIVES(MOTEPOST_E_STATE, motepost_senml_json(&batch, &OTHERS[row].base, &record));
    }
    check_row = "";
    GIVES(MOTEPOST_E_STATE, motepost_senml_json(&batch, NULL, &record));
    // The same base from another place.
    base.name.ptr = name;
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, &base, &record));
    BYTES(room, batch.len, "[{\"bn\":\"a:\",\"bt\":1760000000,\"n\":\"t\",\"v\":1},{\"n\":\"t\",\"v\":1}]");
    // The next batch has one of its own.
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, &OTHERS[0].base, &record));
}

static void a_batch_that_was_overwritten_is_not_sent(void) {
    uint8_t room[32];
    motepost_batch_t batch;
    const motepost_senml_record_t record = record_of("t", 1, 0);
    size_t len = 9;
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_OK, push(&batch, "7"));
    memcpy(room, "HTTP/1.1 503", 12);
    GIVES(MOTEPOST_E_STATE, push(&batch, "8"));
    GIVES(MOTEPOST_E_STATE, motepost_senml_json(&batch, NULL, &record));
    GIVES(MOTEPOST_E_STATE, motepost_senml_cbor(&batch, NULL, &record));
    GIVES(MOTEPOST_E_STATE, motepost_batch_finish(&batch, &len));
    EQUAL(len, 0);
}

static void a_record_that_did_not_fit_has_not_carried_the_base(void) {
    uint8_t room[24];
    motepost_batch_t batch;
    const motepost_senml_base_t base = {MOTEPOST_STR("a:"), 0};
    motepost_senml_record_t record = record_of("long-name", 1, 0);
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_E_BUFFER, motepost_senml_json(&batch, &base, &record));
    record = record_of("", 1, 0);
    GIVES(MOTEPOST_OK, motepost_senml_json(&batch, &base, &record));
    BYTES(room, batch.len, "[{\"bn\":\"a:\",\"v\":1}]");
}

static void senml_in_the_other_format_is_refused(void) {
    uint8_t room[32];
    motepost_batch_t batch;
    const motepost_senml_record_t record = record_of("t", 1, 0);
    memset(&batch, 0, sizeof batch);
    GIVES(MOTEPOST_E_STATE, motepost_senml_json(&batch, NULL, &record));
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_E_STATE, motepost_senml_cbor(&batch, NULL, &record));
    GIVES(MOTEPOST_OK, motepost_batch_cbor(&batch, room, sizeof room, NULL));
    GIVES(MOTEPOST_E_STATE, motepost_senml_json(&batch, NULL, &record));
    EQUAL(batch.len, 2);
}

static void what_senml_does_not_allow_is_refused_by_name(void) {
    uint8_t room[64];
    motepost_batch_t batch;
    motepost_senml_base_t base = {{NULL, 0}, 0};
    motepost_senml_record_t record = record_of("-t", 1, 0);
    GIVES(MOTEPOST_OK, motepost_batch_json(&batch, room, sizeof room, NULL));
    GIVES(REFUSED(READING_NAME, CHARACTER), motepost_senml_json(&batch, &base, &record));
    record = record_of("", 1, 0);
    GIVES(REFUSED(READING_NAME, MISSING), motepost_senml_json(&batch, &base, &record));
    record.name.ptr = NULL;
    record.name.len = 1;
    GIVES(REFUSED(READING_NAME, MISSING), motepost_senml_json(&batch, &base, &record));
    record.name.ptr = (const char *)room;
    GIVES(REFUSED(READING_NAME, OVERLAP), motepost_senml_json(&batch, &base, &record));
    record = record_of("t", 1, 0);
    base.name.len = 1;
    GIVES(REFUSED(READING_NAME, MISSING), motepost_senml_json(&batch, &base, &record));
    base.name.len = 0;
    record.unit.ptr = "\"";
    record.unit.len = 1;
    GIVES(REFUSED(READING_UNIT, CHARACTER), motepost_senml_json(&batch, &base, &record));
    record = record_of("t", 1, 10);
    GIVES(REFUSED(READING_VALUE, OUT_OF_RANGE), motepost_senml_json(&batch, &base, &record));
    record = record_of("t", 1, 9);
    record.time_places = 10;
    GIVES(REFUSED(READING_TIME, OUT_OF_RANGE), motepost_senml_json(&batch, &base, &record));
    record = record_of("t", 1, 0);
    record.reserved[1] = 1;
    GIVES(REFUSED(FLAG, OUT_OF_RANGE), motepost_senml_json(&batch, &base, &record));
    BYTES(room, batch.len, "[]");
}

int main(void) {
    every_size_of_room_gives_a_complete_array_or_a_refusal();
    a_cbor_array_is_of_indefinite_length();
    a_value_is_checked_where_a_check_is_named();
    a_check_of_one_s_own_is_asked();
    pointers_are_looked_at();
    a_batch_that_could_not_begin_takes_nothing();
    a_value_in_the_room_is_refused();
    a_batch_is_the_payload_of_a_request();
    senml_records_in_json();
    senml_records_in_cbor();
    the_first_record_that_has_the_base_carries_it();
    another_base_than_the_one_that_was_carried_is_refused();
    a_record_that_did_not_fit_has_not_carried_the_base();
    a_batch_that_was_overwritten_is_not_sent();
    senml_in_the_other_format_is_refused();
    what_senml_does_not_allow_is_refused_by_name();
    return failures();
}
