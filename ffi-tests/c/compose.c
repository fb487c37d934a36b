// A payload that is written straight into the buffer, behind the head that is still to come.
#include "guarded.h"

#include "article.h"
#include "check.h"

#define READING "{\"message\":\"Hello from unsigned custom auth\"}"

// Writes the blog post's payload to the room, as a sensor driver would.
static void fill(uint8_t *room, size_t room_len) {
    CHECK(room_len >= sizeof READING - 1);
    memcpy(room, READING, sizeof READING - 1);
}

static motepost_publish_t without_payload(void) {
    motepost_publish_t publish = article();
    publish.payload.ptr = NULL;
    publish.payload.len = 0;
    return publish;
}

static void a_composed_request_is_the_encoded_one(void) {
    const motepost_publish_t publish = without_payload();
    uint8_t buffer[320];
    uint8_t *room = NULL;
    const uint8_t *request = NULL;
    size_t room_len = 0, len = 0;
    GIVES(MOTEPOST_OK, motepost_publish_room(&publish, buffer, sizeof buffer, &room, &room_len));
    CHECK(room + room_len <= buffer + sizeof buffer);
    fill(room, room_len);
    GIVES(MOTEPOST_OK, motepost_publish_compose(&publish, buffer, sizeof buffer, sizeof READING - 1,
                                                &request, &len));
    BYTES(request, len, HEAD PAYLOAD);
    CHECK(request >= buffer);
    CHECK(request + len == room + sizeof READING - 1);
}

static void the_struct_s_own_payload_is_not_used(void) {
    motepost_publish_t publish = article();
    uint8_t buffer[320];
    uint8_t *room = NULL;
    const uint8_t *request = NULL;
    size_t room_len = 0, len = 0;
    publish.payload = bytes_of("another one");
    GIVES(MOTEPOST_OK, motepost_publish_room(&publish, buffer, sizeof buffer, &room, &room_len));
    fill(room, room_len);
    GIVES(MOTEPOST_OK, motepost_publish_compose(&publish, buffer, sizeof buffer, sizeof READING - 1,
                                                &request, &len));
    BYTES(request, len, HEAD PAYLOAD);
}

// Any payload that the room holds fits, whatever the number of digits of its length.
static void the_whole_room_can_be_used_at_every_capacity(void) {
    const motepost_publish_t publish = without_payload();
    const size_t most = 1400;
    uint8_t *end = guarded(most) + most;
    size_t least = 0, capacity;
    uint8_t *room = NULL;
    GIVES(MOTEPOST_E_BUFFER, motepost_publish_room(&publish, NULL, 0, &room, &least));
    for (capacity = least; capacity <= most; capacity++) {
        const uint8_t *request = NULL;
        size_t room_len = 0, len = 0;
        uint8_t *buffer = end - capacity;
        const int32_t status = motepost_publish_room(&publish, buffer, capacity, &room, &room_len);
        GIVES(MOTEPOST_OK, status);
        if (status != MOTEPOST_OK) {
            return;
        }
        memset(room, 'x', room_len);
        GIVES(MOTEPOST_OK,
              motepost_publish_compose(&publish, buffer, capacity, room_len, &request, &len));
        CHECK(request >= buffer && request + len <= end);
        GIVES(MOTEPOST_E_BUFFER,
              motepost_publish_compose(&publish, buffer, capacity, room_len + 1, &request, &len));
        // The length may have a digit more, too.
        CHECK(len == capacity + 1 || len == capacity + 2);
        GIVES(-(100 * MOTEPOST_FIELD_PAYLOAD + MOTEPOST_REASON_TOO_LONG),
              motepost_publish_compose(&publish, buffer, capacity, MOTEPOST_MAX_PAYLOAD + 1, &request, &len));
    }
}

static void every_short_buffer(void) {
    const motepost_publish_t publish = without_payload();
    motepost_exchange_t exchange;
    uint8_t *room = NULL, *end;
    const uint8_t *request = NULL;
    size_t needed = 0, len = 0, capacity;
    GIVES(MOTEPOST_E_BUFFER, motepost_publish_room(&publish, NULL, 0, &room, &needed));
    end = guarded(needed) + needed;
    for (capacity = 0; capacity < needed; capacity++) {
        uint8_t *buffer = end - capacity;
        GIVES(MOTEPOST_E_BUFFER, motepost_publish_room(&publish, buffer, capacity, &room, &len));
        EQUAL(len, needed);
        GIVES(MOTEPOST_E_BUFFER,
              motepost_publish_compose(&publish, buffer, capacity, 0, &request, &len));
        EQUAL(len, needed);
        GIVES(MOTEPOST_E_BUFFER,
              motepost_exchange_init_composed(&exchange, &publish, buffer, capacity, 0));
    }
    GIVES(MOTEPOST_OK, motepost_publish_room(&publish, end - needed, needed, &room, &len));
    GIVES(MOTEPOST_OK,
          motepost_publish_compose(&publish, end - needed, needed, 0, &request, &len));
}

static void a_composed_exchange_is_one_write(void) {
    const motepost_publish_t publish = without_payload();
    motepost_exchange_t exchange;
    motepost_want_t want;
    uint8_t buffer[320];
    uint8_t *room = NULL;
    size_t room_len = 0;
    GIVES(MOTEPOST_OK, motepost_publish_room(&publish, buffer, sizeof buffer, &room, &room_len));
    fill(room, room_len);
    GIVES(MOTEPOST_OK, motepost_exchange_init_composed(&exchange, &publish, buffer, sizeof buffer,
                                                       sizeof READING - 1));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    BYTES(want.send, want.len, HEAD PAYLOAD);
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, (int32_t)want.len));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    CHECK(want.send == NULL && want.receive == buffer);
    // What the room cannot hold begins no exchange.
    GIVES(MOTEPOST_E_BUFFER,
          motepost_exchange_init_composed(&exchange, &publish, buffer, sizeof buffer, room_len + 1));
    GIVES(MOTEPOST_E_STATE, motepost_exchange_want(&exchange, &want));
}

int main(void) {
    a_composed_request_is_the_encoded_one();
    the_struct_s_own_payload_is_not_used();
    the_whole_room_can_be_used_at_every_capacity();
    every_short_buffer();
    a_composed_exchange_is_one_write();
    return failures();
}
