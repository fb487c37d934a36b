// Faults at every byte: exchanges of three requests and six answers, with each thing that a
// transport can do wrong, before each byte that is sent or received. Each time the status is the
// right one, nothing is written outside the buffer and the exchange, the exchange goes no further,
// and the same memory serves for a new exchange on a new connection. Prints the table.
#include "guarded.h"

#include "article.h"
#include "check.h"

// What of an answer a byte belongs to, which decides what a control character there breaks.
enum { STATUS_LINE, FIELD_LINE, CHUNK, DATA };

typedef struct {
    int part;
    const char *text;
} piece_t;

typedef struct {
    const char *name;
    int status;
    int verdict;
    const char *error_type;
    int ends_with_the_connection;
    piece_t pieces[10];
} answer_t;

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const answer_t answers[] = {
    {"length", 200, MOTEPOST_ACCEPTED, "", 0,
     {{STATUS_LINE, "HTTP/1.1 200 OK\r\n"},
      {FIELD_LINE, "content-type: application/json\r\ncontent-length: 65\r\n"
                   "date: Wed, 05 Apr 2023 18:18:25 GMT\r\nconnection: keep-alive\r\n\r\n"},
      {DATA, ACCEPTED_BODY}}},
    {"forbidden", 403, MOTEPOST_DENIED, "ForbiddenException", 0,
     {{STATUS_LINE, "HTTP/1.1 403 Forbidden\r\n"},
      {FIELD_LINE, "x-amzn-ErrorType: ForbiddenException:\r\ncontent-length: 18\r\n\r\n"},
      {DATA, "{\"message\":\"none\"}"}}},
    {"chunks", 200, MOTEPOST_ACCEPTED, "", 0,
     {{STATUS_LINE, "HTTP/1.1 200 OK\r\n"},
      {FIELD_LINE, "transfer-encoding: chunked\r\ntrailer: x-checksum\r\n\r\n"},
      {CHUNK, "5;x=\"y\"\r\n"},
      {DATA, "hello"},
      {CHUNK, "\r\n00A\r\n"},
      {DATA, ", chunked!"},
      {CHUNK, "\r\n0\r\n"},
      {FIELD_LINE, "x-checksum: 5\r\n\r\n"}}},
    {"until-close", 200, MOTEPOST_ACCEPTED, "", 1,
     {{STATUS_LINE, "HTTP/1.0 200 OK\r\n"}, {FIELD_LINE, "\r\n"}, {DATA, "{\"message\":\"OK\"}"}}},
    {"interim", 200, MOTEPOST_ACCEPTED, "", 0,
     {{STATUS_LINE, "HTTP/1.1 100 Continue\r\n"},
      {FIELD_LINE, "\r\n"},
      {STATUS_LINE, "HTTP/1.1 103 Early Hints\r\n"},
      {FIELD_LINE, "link: </a>\r\ncontent-length: 7\r\n\r\n"},
      {STATUS_LINE, "HTTP/1.1 200 \r\n"},
      {FIELD_LINE, "Content-Length:2\r\n\r\n"},
      {DATA, "OK"}}},
    {"too-long", 503, MOTEPOST_UNAVAILABLE, "", 0,
     {{STATUS_LINE, "HTTP/1.1 503 Service Unavailable\r\n"},
      {FIELD_LINE, "content-length: 400\r\n\r\n"},
      {DATA, HUNDRED HUNDRED HUNDRED HUNDRED}}},
};
enum { ANSWERS = sizeof answers / sizeof *answers };

// One exchange: what is sent, and the answer byte by byte.
typedef struct {
    motepost_publish_t publish;
    int composed;
    size_t capacity;
    char request[1024];
    size_t request_len;
    const answer_t *answer;
    char bytes[1024];
    int parts[1024];
    size_t len;
} subject_t;

static void set_answer(subject_t *subject, const answer_t *answer) {
    const piece_t *piece;
    subject->answer = answer;
    subject->len = 0;
    for (piece = answer->pieces; piece->text != NULL; piece++) {
        const char *text;
        for (text = piece->text; *text != '\0'; text++) {
            subject->bytes[subject->len] = *text;
            subject->parts[subject->len++] = piece->part;
        }
    }
}

static void set_request(subject_t *subject, const motepost_publish_t *publish) {
    memset(subject, 0, sizeof *subject);
    subject->publish = *publish;
    EQUAL(motepost_publish_encode(publish, (uint8_t *)subject->request, sizeof subject->request,
                                  &subject->request_len),
          MOTEPOST_OK);
    subject->capacity = subject->request_len;
}

enum { REQUESTS = 3 };

static void set_subject(subject_t *subject, int request, const answer_t *answer) {
    static const uint8_t signature[256] = {0xfb, 0xff};
    static const motepost_pair_t unit = {MOTEPOST_STR("unit"), MOTEPOST_STR("degree")};
    static motepost_properties_t properties;
    motepost_publish_t publish = article();
    size_t head_len = 0;
    if (request == 2) {
        properties.user = &unit;
        properties.user_count = 1;
        publish.properties = &properties;
        publish.encode_properties = motepost_encode_properties;
        publish.signature.ptr = (const char *)signature;
        publish.signature.len = sizeof signature;
        publish.encode_signature = motepost_encode_signature;
        publish.credentials_in_query = motepost_credentials_in_query;
    }
    set_request(subject, &publish);
    EQUAL(motepost_publish_head_len(&publish, &head_len), MOTEPOST_OK);
    if (request == 0) {
        subject->capacity = head_len; // the payload is sent from where it lies
    }
    subject->composed = request == 1;
    set_answer(subject, answer);
}

// What the transport does instead of moving the next byte.
typedef enum { NONE, ERROR, CLOSE, AGAIN, SHORT, ONE_TOO_MANY, FAR_TOO_MANY } fault_t;

typedef struct {
    const subject_t *subject;
    fault_t fault;
    size_t at;   // the fault comes behind so many bytes, sent or received
    size_t most; // bytes in one call at most
    size_t moved;
    char sent[1024];
    int struck;
    int calls;
} faulty_t;

// How many bytes to move: never beyond the fault in one call, and 0 when it is due.
static size_t to_move(faulty_t *wire, size_t offered) {
    size_t count = offered < wire->most ? offered : wire->most;
    wire->calls++;
    if (!wire->struck && wire->fault != NONE) {
        const size_t before = wire->at - wire->moved;
        wire->struck = before == 0;
        count = count < before ? count : before;
    }
    return count == 0 && wire->fault == SHORT ? 1 : count;
}

static int32_t strike(fault_t fault, size_t offered) {
    switch (fault) {
    case ERROR: return -113;
    case CLOSE: return MOTEPOST_IO_CLOSED;
    case ONE_TOO_MANY: return (int32_t)offered + 1;
    case FAR_TOO_MANY: return INT32_MAX;
    default: return 0;
    }
}

static int32_t faulty_send(void *ctx, const void *from, size_t len) {
    faulty_t *wire = (faulty_t *)ctx;
    const size_t count = to_move(wire, len);
    if (count == 0) {
        return strike(wire->fault, len);
    }
    memcpy(wire->sent + wire->moved, from, count);
    wire->moved += count;
    return (int32_t)count;
}

static int32_t faulty_recv(void *ctx, void *to, size_t len) {
    faulty_t *wire = (faulty_t *)ctx;
    if (wire->moved < wire->subject->request_len) {
        // After a fault in sending: the peer has said nothing.
        wire->calls++;
        return strike(wire->fault, len);
    }
    const size_t received = wire->moved - wire->subject->request_len;
    const size_t left = wire->subject->len - received;
    size_t count = to_move(wire, len);
    if (count == 0) {
        memset(to, '\r', len);
        return strike(wire->fault, len);
    }
    count = count < left ? count : left;
    if (count == 0) {
        return MOTEPOST_IO_CLOSED;
    }
    memcpy(to, wire->subject->bytes + received, count);
    wire->moved += count;
    return (int32_t)count;
}

static motepost_transport_t transport_over_faulty(faulty_t *wire) {
    motepost_transport_t transport;
    transport.recv = faulty_recv;
    transport.send = faulty_send;
    transport.ctx = wire;
    return transport;
}

// A buffer and an exchange, each with a margin before it and a forbidden page behind it.
enum { MARGIN = 64, CANARY = 0xc5, CAPACITY = 1024 };

static uint8_t *buffer_end, *exchange_end;

static motepost_exchange_t *the_exchange(void) {
    return (motepost_exchange_t *)(void *)(exchange_end - sizeof(motepost_exchange_t));
}

static void set_margins(size_t capacity) {
    memset(buffer_end - capacity - MARGIN, CANARY, MARGIN);
    memset(exchange_end - sizeof(motepost_exchange_t) - MARGIN, CANARY, MARGIN);
}

static int margins_are_whole(size_t capacity) {
    const uint8_t *const before[] = {buffer_end - capacity - MARGIN,
                                     exchange_end - sizeof(motepost_exchange_t) - MARGIN};
    size_t i, at;
    for (i = 0; i < 2; i++) {
        for (at = 0; at < MARGIN; at++) {
            if (before[i][at] != CANARY) {
                return 0;
            }
        }
    }
    return 1;
}

// How the exchange is driven: by callbacks, or asked what it wants.
typedef enum { RUN, WANT } face_t;

static int32_t build(const subject_t *subject) {
    motepost_exchange_t *exchange = the_exchange();
    uint8_t *buffer = buffer_end - subject->capacity, *room = NULL;
    size_t room_len = 0;
    int32_t status;
    if (!subject->composed) {
        return motepost_exchange_init(exchange, &subject->publish, buffer, subject->capacity);
    }
    status = motepost_publish_room(&subject->publish, buffer, subject->capacity, &room, &room_len);
    if (status != MOTEPOST_OK || room_len < strlen(PAYLOAD)) {
        return status != MOTEPOST_OK ? status : MOTEPOST_E_BUFFER;
    }
    memcpy(room, PAYLOAD, strlen(PAYLOAD));
    return motepost_exchange_init_composed(exchange, &subject->publish, buffer, subject->capacity,
                                           strlen(PAYLOAD));
}

static int32_t begin(const subject_t *subject) {
    const int32_t status = build(subject);
    return status == MOTEPOST_OK ? motepost_exchange_keep_details(the_exchange()) : status;
}

static int32_t drive(face_t face, faulty_t *wire, motepost_response_t *response) {
    const motepost_transport_t transport = transport_over_faulty(wire);
    motepost_exchange_t *exchange = the_exchange();
    motepost_want_t want;
    int32_t status = begin(wire->subject);
    int rounds = 0;
    if (status != MOTEPOST_OK) {
        return status;
    }
    do {
        if (face == RUN) {
            status = motepost_exchange_run(exchange, &transport, response);
        } else {
            status = motepost_exchange_want(exchange, &want);
            if (status == MOTEPOST_AGAIN) {
                status = motepost_exchange_moved(
                    exchange, want.send != NULL ? faulty_send(wire, want.send, want.len)
                                                : faulty_recv(wire, want.receive, want.len));
            }
        }
    } while (status == MOTEPOST_AGAIN && ++rounds < 4000);
    return status == MOTEPOST_OK ? motepost_exchange_response(exchange, response) : status;
}

// Whether the answer is what is to be seen of the first `len` bytes of the subject's.
static int agrees(const subject_t *subject, size_t len, const motepost_response_t *response) {
    const answer_t *answer = subject->answer;
    size_t at, body = 0, kept = response->body.len;
    motepost_str_t error_type;
    for (at = 0; at < len; at++) {
        if (subject->parts[at] == DATA) {
            if (body < kept && response->body.ptr[body] != (uint8_t)subject->bytes[at]) {
                return 0;
            }
            body++;
        }
    }
    return response->status == answer->status && response->verdict == answer->verdict &&
           motepost_exchange_error_type(the_exchange(), &error_type) == MOTEPOST_OK &&
           error_type.len == strlen(answer->error_type) &&
           memcmp(error_type.ptr, answer->error_type, error_type.len) == 0 &&
           response->truncated == (body > subject->capacity) &&
           // Of a body that does not fit, it is not said how much is kept.
           (response->truncated ? kept + 64 >= subject->capacity : kept == body);
}

// However it is asked, the exchange refuses to go on with the same status, and leaves the transport
// alone.
static int is_over(faulty_t *wire, int32_t status) {
    const motepost_transport_t transport = transport_over_faulty(wire);
    motepost_exchange_t *exchange = the_exchange();
    const int calls = wire->calls;
    const int32_t io_error = motepost_exchange_io_error(exchange);
    motepost_response_t response;
    motepost_want_t want;
    motepost_str_t error_type;
    uint32_t seconds;
    return motepost_exchange_run(exchange, &transport, &response) == status &&
           motepost_exchange_want(exchange, &want) == status && want.send == NULL &&
           want.receive == NULL && want.len == 0 &&
           motepost_exchange_moved(exchange, 0) == status &&
           motepost_exchange_moved(exchange, 1) == status &&
           motepost_exchange_moved(exchange, INT32_MAX) == status &&
           motepost_exchange_moved(exchange, MOTEPOST_IO_CLOSED) == status &&
           motepost_exchange_moved(exchange, -99) == status &&
           motepost_exchange_run(exchange, &transport, &response) == status &&
           motepost_exchange_response(exchange, &response) == MOTEPOST_E_STATE &&
           motepost_exchange_error_type(exchange, &error_type) == MOTEPOST_E_STATE &&
           motepost_exchange_reusable(exchange) == 0 &&
           motepost_exchange_date(exchange, &seconds) == MOTEPOST_E_STATE &&
           motepost_exchange_io_error(exchange) == io_error && wire->calls == calls;
}

// A row of the table.
static const struct {
    int32_t status;
    const char *name;
} outcomes[] = {
    {MOTEPOST_OK, "whole"},
    {MOTEPOST_E_STATUS_LINE, "statusline"},
    {MOTEPOST_E_FIELD_LINE, "fieldline"},
    {MOTEPOST_E_FRAMING, "framing"},
    {MOTEPOST_E_CHUNK, "chunk"},
    {MOTEPOST_E_CLOSED, "closed"},
    {MOTEPOST_E_IO, "transport"},
    {MOTEPOST_E_OVERRUN, "overrun"},
};
enum { OUTCOMES = sizeof outcomes / sizeof *outcomes };

static int positions, exchanges, counts[OUTCOMES], violations;

static void print_row(const char *name, face_t face) {
    int i;
    REPORT("fault=%s face=c-%s positions=%d exchanges=%d", name, face == RUN ? "run" : "want",
           positions, exchanges);
    for (i = 0; i < OUTCOMES; i++) {
        if (counts[i] != 0) {
            REPORT(" %s=%d", outcomes[i].name, counts[i]);
        }
        counts[i] = 0;
    }
    REPORT(" violations=%d\n", violations);
    CHECK(positions > 1000);
    EQUAL(violations, 0);
    positions = exchanges = violations = 0;
}

static void count_outcome(int32_t status) {
    int i;
    exchanges++;
    for (i = 0; i < OUTCOMES; i++) {
        counts[i] += outcomes[i].status == status;
    }
}

static void must(int holds, const char *rule, const faulty_t *wire) {
    if (!holds) {
        if (violations++ < 20) {
            fprintf(stderr, "%s, %s, fault %d behind %lu bytes\n", rule,
                    wire->subject->answer->name, (int)wire->fault, (unsigned long)wire->at);
        }
    }
}

// What a fault must lead to. `seen` is how much of the answer is then seen of a whole one.
typedef struct {
    int32_t status;
    size_t seen;
} expected_t;

enum { ANY_OF_THE_PEERS = 1000 };

static int is_the_peers(int32_t status) {
    return status == MOTEPOST_OK ||
           (status <= MOTEPOST_E_STATUS_LINE && status >= MOTEPOST_E_CLOSED &&
            status != MOTEPOST_E_HEAD_TOO_LONG);
}

// One exchange with a fault in it, and one without in the same memory.
static int32_t try_at(face_t face, const subject_t *subject, const subject_t *sound,
                      faulty_t wire, expected_t expected) {
    motepost_response_t response;
    faulty_t healthy;
    int32_t status;
    const size_t sent = wire.at < subject->request_len ? wire.at : subject->request_len;
    wire.subject = subject;
    set_margins(subject->capacity);
    status = drive(face, &wire, &response);
    count_outcome(status);
    if (expected.status == ANY_OF_THE_PEERS) {
        must(is_the_peers(status), "the status", &wire);
    } else {
        must(status == expected.status, "the status", &wire);
        must(status != MOTEPOST_OK || agrees(subject, expected.seen, &response), "the answer", &wire);
    }
    must(status == MOTEPOST_OK || is_over(&wire, status), "the exchange is over", &wire);
    must(motepost_exchange_io_error(the_exchange()) == (status == MOTEPOST_E_IO ? -113 : 0),
         "the transport's number", &wire);
    must(wire.fault == NONE || wire.struck, "the fault is met", &wire);
    must(memcmp(wire.sent, subject->request, sent) == 0, "what is sent", &wire);

    memset(&healthy, 0, sizeof healthy);
    healthy.subject = sound;
    healthy.most = SIZE_MAX;
    must(drive(face, &healthy, &response) == MOTEPOST_OK && agrees(sound, sound->len, &response),
         "the next exchange", &wire);
    must(margins_are_whole(subject->capacity), "the margins", &wire);
    return status;
}

static faulty_t fault_behind(fault_t fault, size_t at, size_t most) {
    faulty_t wire;
    memset(&wire, 0, sizeof wire);
    wire.fault = fault;
    wire.at = at;
    wire.most = most;
    return wire;
}

static expected_t expect(const subject_t *subject, fault_t fault, size_t at) {
    expected_t expected;
    expected.status = MOTEPOST_OK;
    expected.seen = subject->len;
    switch (fault) {
    case ERROR: expected.status = MOTEPOST_E_IO; break;
    case ONE_TOO_MANY:
    case FAR_TOO_MANY: expected.status = MOTEPOST_E_OVERRUN; break;
    case CLOSE:
        // Some bodies end with the connection; all else is cut by it.
        if (at >= subject->request_len && subject->answer->ends_with_the_connection &&
            subject->parts[at - subject->request_len] == DATA) {
            expected.seen = at - subject->request_len;
        } else {
            expected.status = MOTEPOST_E_CLOSED;
        }
        break;
    default: break;
    }
    return expected;
}

static void between_all_bytes(const char *name, fault_t fault) {
    static subject_t subject;
    int face, request, answer;
    for (face = RUN; face <= WANT; face++) {
        for (request = 0; request < REQUESTS; request++) {
            // What is received does not depend on what was sent: one request with each answer.
            for (answer = 0; answer < (request == 0 ? ANSWERS : 1); answer++) {
                size_t at;
                set_subject(&subject, request, &answers[answer]);
                for (at = 0; at < subject.request_len + subject.len; at++) {
                    positions++;
                    try_at((face_t)face, &subject, &subject, fault_behind(fault, at, SIZE_MAX),
                           expect(&subject, fault, at));
                }
            }
        }
        print_row(name, (face_t)face);
    }
}

static int32_t broken(int part) {
    switch (part) {
    case STATUS_LINE: return MOTEPOST_E_STATUS_LINE;
    case FIELD_LINE: return MOTEPOST_E_FIELD_LINE;
    case CHUNK: return MOTEPOST_E_CHUNK;
    default: return MOTEPOST_OK;
    }
}

static void a_control_character_in_place_of_each_byte(void) {
    static const char controls[] = {'\0', '\r', '\n', 0x7f};
    static subject_t sound, changed;
    int face, answer;
    for (face = RUN; face <= WANT; face++) {
        for (answer = 0; answer < ANSWERS; answer++) {
            size_t at, i;
            set_subject(&sound, 0, &answers[answer]);
            for (at = 0; at < sound.len; at++) {
                positions++;
                for (i = 0; i < sizeof controls; i++) {
                    expected_t expected;
                    expected.status = broken(sound.parts[at]);
                    expected.seen = sound.len;
                    changed = sound;
                    changed.bytes[at] = controls[i];
                    if (controls[i] != sound.bytes[at]) {
                        try_at((face_t)face, &changed, &sound, fault_behind(NONE, 0, SIZE_MAX),
                               expected);
                    }
                }
            }
        }
        print_row("control", (face_t)face);
    }
}

static void nothing_but_garbage_from_each_byte_on(void) {
    static subject_t sound, changed;
    int face, answer;
    for (face = RUN; face <= WANT; face++) {
        for (answer = 0; answer < ANSWERS; answer++) {
            size_t at, line;
            set_subject(&sound, 0, &answers[answer]);
            for (at = 0; at < sound.len; at++) {
                expected_t expected;
                positions++;
                for (line = at; line < sound.len && sound.parts[line] == DATA; line++) {
                }
                expected.status = line < sound.len ? broken(sound.parts[line]) : MOTEPOST_OK;
                expected.seen = sound.len;
                changed = sound;
                memset(changed.bytes + at, 0, sound.len - at);
                try_at((face_t)face, &changed, &sound, fault_behind(NONE, 0, SIZE_MAX), expected);
            }
        }
        print_row("garbage", (face_t)face);
    }
}

// Most flips make another sound answer, or break it in a way that only a second parser could
// foretell. What they may not do is depend on how the bytes are cut.
static void each_bit_flipped(void) {
    static subject_t sound, changed;
    int answer, bit;
    for (answer = 0; answer < ANSWERS; answer++) {
        size_t at;
        set_subject(&sound, 0, &answers[answer]);
        for (at = 0; at < sound.len; at++) {
            positions++;
            for (bit = 0; bit < 8; bit++) {
                faulty_t one_by_one = fault_behind(NONE, 0, 1);
                expected_t any;
                int32_t status;
                any.status = ANY_OF_THE_PEERS;
                any.seen = 0;
                changed = sound;
                changed.bytes[at] = (char)(changed.bytes[at] ^ (1 << bit));
                status = try_at(RUN, &changed, &sound, fault_behind(NONE, 0, SIZE_MAX), any);
                one_by_one.subject = &changed;
                must(try_at(RUN, &changed, &sound, one_by_one, any) == status,
                     "the same however it is cut", &one_by_one);
            }
        }
    }
    print_row("flip", RUN);
}

int main(void) {
    buffer_end = guarded(CAPACITY) + CAPACITY;
    exchange_end = guarded(CAPACITY) + CAPACITY;
    between_all_bytes("error", ERROR);
    between_all_bytes("close", CLOSE);
    between_all_bytes("again", AGAIN);
    between_all_bytes("short", SHORT);
    between_all_bytes("one-too-many", ONE_TOO_MANY);
    between_all_bytes("far-too-many", FAR_TOO_MANY);
    a_control_character_in_place_of_each_byte();
    nothing_but_garbage_from_each_byte_on();
    each_bit_flipped();
    return failures();
}
