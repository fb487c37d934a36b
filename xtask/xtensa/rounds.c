// Random rounds of what the library does, START to START + ROUNDS - 1, and a line with each one's digest. A round follows from
// its number alone, so the lines are the same on every machine whose archive does the same. With SHOW, what the digest is of.
#include "random.h"
#include "readings.h"

static const motepost_pair_t *pairs(size_t count, const char *names) {
    static motepost_pair_t made[2][4];
    static int turn;
    size_t i;
    turn = !turn;
    for (i = 0; i < count; i++) {
        made[turn][i].name = text(20, names);
        made[turn][i].value = text(40, VALUE);
        if (one_in(24)) {
            static const motepost_str_t reserved = MOTEPOST_STR("Content-Length");
            made[turn][i].name = reserved;
        }
    }
    return made[turn];
}

static uint8_t key[MOTEPOST_KEY_LEN];
static char token[MOTEPOST_TOKEN_LEN];
static motepost_str_t device;
static uint32_t minted;

static void mint(void) {
    const uint8_t kind = (uint8_t)(one_in(16) ? below(6) : 1 + below(2));
    int32_t status;
    size_t i;
    for (i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)any();
    }
    device = text(60, NAME);
    minted = any();
    if (one_in(24)) {
        device.ptr = NULL;
    }
    status = motepost_token_mint(key, &device, kind, minted, one_in(24) ? NULL : token);
    add_status("mint", status);
    if (status == MOTEPOST_OK) {
        add("token", token, sizeof token);
    }
}

static const motepost_properties_t *properties(void) {
    static motepost_properties_t made;
    static const motepost_properties_t none;
    made = none;
    if (one_in(2)) {
        made.content_type = text(30, VALUE);
    }
    if (one_in(2)) {
        made.response_topic = text(40, TOPIC);
    }
    if (one_in(2)) {
        made.correlation_data = bytes(90);
    }
    made.user_count = below(4);
    made.user = pairs(made.user_count, VALUE);
    made.message_expiry = one_in(2) ? any() : 0;
    made.payload_format = (uint8_t)(one_in(24) ? 3 : below(3));
    made.reserved[1] = (uint8_t)one_in(40);
    if (one_in(24)) {
        made.correlation_data.ptr = NULL;
    }
    return &made;
}

// Groups of four letters, the last one with the padding of some length.
static motepost_str_t base64(void) {
    motepost_str_t made = text(64, BASE64);
    const size_t len = 4 * (1 + below(64)), padding = below(4);
    size_t i;
    if (!one_in(4)) {
        uint8_t *const at = room(len);
        letters(at, len, BASE64);
        for (i = 0; i < padding; i++) {
            at[len - 1 - i] = '=';
        }
        made.ptr = (const char *)at;
        made.len = len;
    }
    return made;
}

static motepost_publish_t publish(void) {
    motepost_publish_t made = {0};
    made.endpoint = text(60, HOST);
    made.topic = text(60, TOPIC);
    made.payload = bytes(300);
    if (one_in(2)) {
        made.authorizer = text(40, NAME);
    }
    if (!one_in(8)) {
        made.token_key = text(20, NAME);
        if (one_in(3)) {
            made.token.ptr = token;
            made.token.len = sizeof token;
        } else {
            made.token = text(50, VALUE);
        }
        if (one_in(3)) {
            made.signature = base64();
            made.encode_signature = motepost_copy_signature;
        } else if (one_in(3)) {
            const motepost_bytes_t raw = bytes(257);
            made.signature.ptr = (const char *)raw.ptr;
            made.signature.len = raw.len;
            made.encode_signature = motepost_encode_signature;
        }
    }
    if (one_in(4)) {
        made.properties = properties();
        made.encode_properties = one_in(24) ? NULL : motepost_encode_properties;
    }
    if (one_in(4)) {
        made.credentials_in_query = motepost_credentials_in_query;
    }
    made.header_count = below(4);
    made.headers = pairs(made.header_count, NAME);
    made.qos = (uint8_t)(one_in(24) ? 2 : below(2));
    made.retain = (uint8_t)(one_in(40) ? 2 : one_in(4));
    made.reserved[1] = (uint8_t)one_in(40);
    return made;
}

#define GUARD 0xee
static uint8_t buffer[4096];

static size_t capacity(void) {
    const size_t chosen = one_in(4) ? below(200) : 300 + below(1500);
    size_t i;
    for (i = 0; i < sizeof buffer; i++) {
        buffer[i] = GUARD;
    }
    return chosen;
}

static void check_guard(size_t chosen) {
    while (chosen < sizeof buffer && buffer[chosen] == GUARD) {
        chosen++;
    }
    add_number("untouched", chosen == sizeof buffer);
}

typedef int32_t (*encode_t)(const motepost_publish_t *, uint8_t *, size_t, size_t *);

static void encode(const motepost_publish_t *made, const char *what, encode_t with) {
    const size_t room_for = capacity();
    size_t len = 0;
    const int32_t status = with(one_in(40) ? NULL : made, buffer, room_for, &len);
    add_status(what, status);
    add_number("len", (uint32_t)len);
    if (status == MOTEPOST_OK) {
        add("bytes", buffer, len);
    }
    check_guard(room_for);
}

static void compose(const motepost_publish_t *made) {
    const size_t chosen = capacity();
    uint8_t *to = NULL;
    const uint8_t *request = NULL;
    size_t room_len = 0, len = 0, payload_len;
    int32_t status = motepost_publish_room(made, buffer, chosen, &to, &room_len);
    add_status("room", status);
    add_number("room_len", (uint32_t)room_len);
    if (status != MOTEPOST_OK) {
        return;
    }
    add_number("room at", (uint32_t)(to - buffer));
    payload_len = below((uint32_t)room_len + 1);
    letters(to, payload_len, VALUE);
    payload_len += one_in(16) ? room_len : 0;
    status = motepost_publish_compose(made, buffer, chosen, payload_len, &request, &len);
    add_status("compose", status);
    add_number("len", (uint32_t)len);
    if (status == MOTEPOST_OK) {
        add_number("request at", (uint32_t)(request - buffer));
        add("request", request, len);
    }
    check_guard(chosen);
}

// What the peer sends.
static uint8_t said[3072];
static size_t said_len, heard;

static void say(const char *what) {
    while (*what != 0) {
        said[said_len++] = (uint8_t)*what++;
    }
}

static void say_number(uint32_t number, uint32_t base) {
    char digits[9];
    int at = 8;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    say(digits + at);
}

static void say_letters(size_t len) { said_len += letters(said + said_len, len, VALUE); }

static const char *pick(const char *const *from, uint32_t count) { return from[below(count)]; }
#define PICK(...)                                                     \
    pick((const char *const[]){__VA_ARGS__},                          \
         sizeof(const char *const[]){__VA_ARGS__} / sizeof(const char *))

static void say_date(void) {
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Day"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
                                         "Aug", "Sep", "Oct", "Nov", "Dec", "Mon"};
    static const uint32_t most[] = {24, 60, 60};
    int i;
    say(one_in(2) ? "date: " : "Date:");
    say(pick(days, 8));
    say(", ");
    say_number(10 + below(23), 10);
    say(" ");
    say(pick(months, 13));
    say(" ");
    say_number(1965 + below(145), 10);
    for (i = 0; i < 3; i++) {
        const uint32_t number = below(most[i] + 1);
        say(i == 0 ? " " : ":");
        say(number < 10 ? "0" : "");
        say_number(number, 10);
    }
    say(" GMT");
}

static void say_field(void) {
    switch (below(6)) {
    case 0:
        say(PICK("connection: close", "Connection: keep-alive", "connection: Upgrade, close"));
        break;
    case 1:
        if (one_in(4)) {
            say(PICK("date: Wed, 05 Apr 2023 18:18:25 GMT", "Date: Thu, 29 Feb 2024 00:00:00 GMT",
                     "date: Sun Nov  6 08:49:37 1994", "date: Thu, 01 Jan 1970 00:00:00 GMT", "date: tomorrow"));
        } else {
            say_date();
        }
        break;
    case 2:
        say(PICK("x-amzn-errortype: ForbiddenException:http://internal.amazon.com/", "x-amzn-ErrorType: ThrottlingException",
                 "X-AMZN-ERRORTYPE:", "x-amzn-ErrorType: AnErrorWithANameLongerThanThirtyTwoLetters"));
        break;
    case 3:
        say("content-type: application/json");
        break;
    default:
        say("x-");
        said_len += letters(said + said_len, 1 + below(12), NAME);
        say(":");
        say_letters(below(30));
    }
    say("\r\n");
}

static void say_chunks(uint32_t len) {
    while (len != 0) {
        const uint32_t now = 1 + below(len);
        say(PICK("", "", "0", "000"));
        say_number(now, 16);
        say(PICK("", "", ";x=y", " ; q=\"a;b\""));
        say("\r\n");
        say_letters(now);
        say("\r\n");
        len -= now;
    }
    say("0\r\n");
    if (one_in(3)) {
        say("x-checksum: 5\r\n");
    }
    say("\r\n");
}

static void response(void) {
    const uint32_t len = one_in(4) ? below(900) : below(120);
    uint32_t fields = below(5);
    said_len = heard = 0;
    if (one_in(8)) {
        say(PICK("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"));
    }
    say(PICK("HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.0 "));
    say(PICK("200 OK", "200 OK", "200 ", "204 No Content", "301 Moved", "304 Not Modified", "400 Bad Request", "401 No",
             "403 Forbidden", "404 Not Found", "413 Too Large", "429 Too Many Requests", "500 Oh", "503 Service Unavailable",
             "599 Last", "600 Beyond", "99 Short"));
    say("\r\n");
    while (fields-- != 0) {
        say_field();
    }
    switch (below(8)) {
    case 0:
    case 1:
    case 2:
        say("transfer-encoding: chunked\r\n\r\n");
        say_chunks(len);
        break;
    case 3:
        say("\r\n");
        say_letters(len);
        break;
    default:
        say("Content-Length: ");
        say_number(len + (one_in(8) ? below(9) : 0), 10);
        say("\r\n");
        if (one_in(16)) {
            say(PICK("content-length: 5\r\n", "transfer-encoding: gzip\r\n"));
        }
        say("\r\n");
        say_letters(len);
    }
    if (one_in(3)) {
        uint32_t broken = 1 + below(3);
        while (broken-- != 0) {
            uint8_t *const at = said + below((uint32_t)said_len);
            *at = one_in(2) ? (uint8_t)any() : (uint8_t)"\r\n\0 :0;"[below(7)];
        }
    }
    if (one_in(6)) {
        said_len = below((uint32_t)said_len);
    }
}

static int goes_wrong;

// How many of `len` bytes the transport moves now, or what it returns instead.
static int32_t moves(size_t len) {
    if (one_in(8)) {
        return 0;
    }
    if (goes_wrong && one_in(12)) {
        return one_in(2) ? -7 : one_in(2) ? MOTEPOST_IO_CLOSED : (int32_t)len + 1;
    }
    return (int32_t)(one_in(2) ? len : 1 + below((uint32_t)len));
}

static int32_t send_some(void *ctx, const void *from, size_t len) {
    const int32_t moved = moves(len);
    (void)ctx;
    if (from == NULL) {
        add_number("sent of the payload", (uint32_t)moved);
    } else if (moved > 0 && moved <= (int32_t)len) {
        add("sent", from, (size_t)moved);
    }
    return moved;
}

static int32_t receive_some(void *ctx, void *to, size_t len) {
    const size_t left = said_len - heard;
    int32_t moved, i;
    (void)ctx;
    if (left == 0) {
        return MOTEPOST_IO_CLOSED;
    }
    moved = moves(len < left ? len : left);
    for (i = 0; i < moved && heard < said_len && i < (int32_t)len; i++) {
        ((uint8_t *)to)[i] = said[heard++];
    }
    return moved;
}

static void add_response(motepost_exchange_t *exchange, int32_t status) {
    motepost_response_t got = {0};
    motepost_str_t error_type = {0};
    uint32_t date = 0;
    add_status("end", status);
    add_number("io error", (uint32_t)motepost_exchange_io_error(exchange));
    if (motepost_exchange_response(exchange, &got) == MOTEPOST_OK) {
        add_number("status", got.status);
        add_number("verdict", got.verdict);
        add_number("truncated", got.truncated);
        add("body", got.body.ptr, got.body.len);
    }
    add_status("error type", motepost_exchange_error_type(exchange, &error_type));
    add("type", error_type.ptr, error_type.len);
    add_number("reusable", (uint32_t)motepost_exchange_reusable(exchange));
    add_status("date", motepost_exchange_date(exchange, &date));
    add_number("seconds", date);
    status = motepost_token_renew(exchange, key, &device, &minted, token);
    add_status("renew", status);
    add_number("minted", minted);
    add("token", token, status == MOTEPOST_AGAIN ? sizeof token : 0);
}

static int32_t over_callbacks(motepost_exchange_t *exchange) {
    const motepost_transport_t transport = {receive_some, send_some, NULL};
    motepost_response_t got;
    int32_t status = MOTEPOST_AGAIN;
    int calls;
    for (calls = 0; calls < 9000 && status == MOTEPOST_AGAIN; calls++) {
        status = motepost_exchange_run(exchange, &transport, &got);
    }
    add_number("calls", (uint32_t)calls);
    return status;
}

static int32_t over_wants(motepost_exchange_t *exchange) {
    int32_t status = MOTEPOST_AGAIN;
    int calls;
    for (calls = 0; calls < 9000 && status == MOTEPOST_AGAIN; calls++) {
        motepost_want_t want = {0};
        status = motepost_exchange_want(exchange, &want);
        if (status == MOTEPOST_AGAIN) {
            status = motepost_exchange_moved(exchange, want.receive == NULL ? send_some(NULL, want.send, want.len)
                                                                           : receive_some(NULL, want.receive, want.len));
        }
    }
    add_number("calls", (uint32_t)calls);
    return status;
}

static void exchange(const motepost_publish_t *made) {
    static motepost_exchange_t under_way;
    static const motepost_exchange_t none;
    const size_t chosen = capacity();
    motepost_want_t want;
    int32_t status;
    if (one_in(4)) {
        under_way = none;
        add_status("details", motepost_exchange_keep_details(&under_way));
        add_response(&under_way, motepost_exchange_want(&under_way, &want));
    }
    response();
    goes_wrong = one_in(4);
    if (one_in(3)) {
        uint8_t *to = NULL;
        size_t room_len = 0, payload_len;
        status = motepost_publish_room(made, buffer, chosen, &to, &room_len);
        if (status != MOTEPOST_OK) {
            add_status("room", status);
            return;
        }
        payload_len = letters(to, below((uint32_t)room_len + 1), VALUE);
        status = motepost_exchange_init_composed(&under_way, made, buffer, chosen, payload_len);
    } else if (one_in(3)) {
        const size_t payload_len = one_in(12) ? MOTEPOST_MAX_PAYLOAD + below(2) : below(2000);
        status = motepost_exchange_init_head(&under_way, made, buffer, chosen, payload_len);
    } else {
        status = motepost_exchange_init(&under_way, made, buffer, chosen);
    }
    add_status("init", status);
    if (status != MOTEPOST_OK) {
        return;
    }
    if (!one_in(4)) {
        add_status("details", motepost_exchange_keep_details(&under_way));
    }
    add_response(&under_way, one_in(2) ? over_callbacks(&under_way) : over_wants(&under_way));
    add_status("want again", motepost_exchange_want(&under_way, &want));
    add_status("moved again", motepost_exchange_moved(&under_way, 1));
    check_guard(chosen);
}

int main(void) {
    uint32_t round;
    for (round = START; round < START + ROUNDS; round++) {
        motepost_publish_t made;
        size_t len = 0;
        state = (round + 1) * 2654435769U;
        first = second = 2166136261U;
        used = 0;
        add_number("version", motepost_version());
        mint();
        made = publish();
        add_status("head_len", motepost_publish_head_len(&made, &len));
        add_number("len", (uint32_t)len);
        encode(&made, "encode", motepost_publish_encode);
        encode(&made, "encode_head", motepost_publish_encode_head);
        encode(&made, "encode_target", motepost_publish_encode_target);
        encode(&made, "encode_field_lines", motepost_publish_encode_field_lines);
        compose(&made);
        exchange(&made);
        batch();
        outbox();
        put_hex(first, 8);
        put_hex(second, 8);
        put("\n");
    }
    return 0;
}
