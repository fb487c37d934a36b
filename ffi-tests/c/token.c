// Minting from C: the tokens of tests/vectors/tokens.tsv, which Python and Rust mint too.
#include "guarded.h"

#include "article.h"
#include "check.h"

#include <stdlib.h>

#define VECTORS "/tests/vectors/tokens.tsv"
#define ANSWER(status, date) \
    "HTTP/1.1 " status "\r\ndate: " date "\r\ncontent-length: 0\r\n\r\n"
#define DATE "Wed, 05 Apr 2023 18:18:25 GMT"
#define DATE_SECONDS 1680718705u

static uint8_t nibble(char digit) {
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static void mints(char *line) {
    char *field[6];
    uint8_t key[MOTEPOST_KEY_LEN];
    size_t i;
    for (i = 0; i < 6; i++) {
        field[i] = line;
        line += strcspn(line, "\t\n");
        *line++ = '\0';
    }
    check_row = field[5];
    for (i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(nibble(field[2][2 * i]) << 4 | nibble(field[2][2 * i + 1]));
    }
    // Heap with guards, so that a byte too many is seen.
    char *token = (char *)guarded(MOTEPOST_TOKEN_LEN);
    const motepost_str_t id = {field[1], strlen(field[1])};
    const int is_id = id.len >= 1 && id.len <= 128 &&
                      strspn(id.ptr, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                     "-_.:") == id.len;
    const int32_t status = motepost_token_mint(key, &id, (uint8_t)atoi(field[3]),
                                               (uint32_t)strtoul(field[4], NULL, 10), token);
    if (is_id) {
        EQUAL(status, MOTEPOST_OK);
        BYTES(token, MOTEPOST_TOKEN_LEN, field[5]);
    } else {
        EQUAL(MOTEPOST_FIELD_OF(status), MOTEPOST_FIELD_DEVICE_ID);
    }
    check_row = "";
}

static void every_vector_is_minted(void) {
    char path[4096] = __FILE__;
    char line[1024];
    int count = 0;
    char *root = strstr(path, "/ffi-tests/");
    CHECK(root != NULL);
    memcpy(root, VECTORS, sizeof VECTORS);
    FILE *vectors = fopen(path, "r");
    CHECK(vectors != NULL);
    while (vectors != NULL && fgets(line, sizeof line, vectors) != NULL) {
        if (*line != '#') {
            mints(line);
            count++;
        }
    }
    EQUAL(count, 252);
    if (vectors != NULL) {
        fclose(vectors);
    }
}

static void what_cannot_be_minted_is_refused(void) {
    const uint8_t key[MOTEPOST_KEY_LEN] = {0};
    const motepost_str_t id = MOTEPOST_STR("a");
    const motepost_str_t wrong = {NULL, 1};
    char token[MOTEPOST_TOKEN_LEN] = {0};
    GIVES(-610, motepost_token_mint(key, &id, 0, 1, token));
    GIVES(-610, motepost_token_mint(key, &id, 3, 1, token));
    GIVES(MOTEPOST_E_NULL, motepost_token_mint(NULL, &id, MOTEPOST_TOKEN_TIME, 1, token));
    GIVES(MOTEPOST_E_NULL, motepost_token_mint(key, &wrong, MOTEPOST_TOKEN_TIME, 1, token));
    GIVES(MOTEPOST_E_NULL, motepost_token_mint(key, NULL, MOTEPOST_TOKEN_TIME, 1, token));
    GIVES(MOTEPOST_E_NULL, motepost_token_mint(key, &id, MOTEPOST_TOKEN_TIME, 1, NULL));
    EQUAL(token[0], 0);
}

// An exchange whose request is sent, and which is told this answer.
static void answered(motepost_exchange_t *exchange, uint8_t *buffer, size_t capacity,
                     const char *answer) {
    const motepost_publish_t publish = article();
    motepost_want_t want;
    GIVES(MOTEPOST_OK, motepost_exchange_init(exchange, &publish, buffer, capacity));
    GIVES(MOTEPOST_OK, motepost_exchange_keep_details(exchange));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(exchange, &want));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(exchange, (int32_t)want.len));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(exchange, &want));
    memcpy(want.receive, answer, strlen(answer));
    motepost_exchange_moved(exchange, (int32_t)strlen(answer));
}

static void a_date_that_nobody_asked_for_is_not_found(void) {
    const motepost_publish_t publish = article();
    const motepost_str_t id = MOTEPOST_STR("uniqueID");
    static const uint8_t some_key[MOTEPOST_KEY_LEN] = {1};
    const char *answer = ANSWER("403 Forbidden", DATE);
    uint8_t buffer[512];
    char token[MOTEPOST_TOKEN_LEN];
    uint32_t time = 0;
    motepost_exchange_t exchange;
    motepost_want_t want;
    GIVES(MOTEPOST_OK, motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_moved(&exchange, (int32_t)want.len));
    GIVES(MOTEPOST_AGAIN, motepost_exchange_want(&exchange, &want));
    memcpy(want.receive, answer, strlen(answer));
    GIVES(MOTEPOST_OK, motepost_exchange_moved(&exchange, (int32_t)strlen(answer)));
    GIVES(MOTEPOST_E_STATE, motepost_token_renew(&exchange, some_key, &id, &time, token));
    EQUAL(time, 0);
}

static void a_denied_answer_with_another_time_is_worth_one_more_try(void) {
    const struct {
        const char *row;
        const char *answer;
        uint32_t minted;
        int32_t status;
        uint32_t time;
    } rows[] = {
        {"no clock", ANSWER("403 Forbidden", DATE), 0, MOTEPOST_AGAIN, DATE_SECONDS},
        {"slow", ANSWER("403 Forbidden", DATE), DATE_SECONDS - 31, MOTEPOST_AGAIN, DATE_SECONDS},
        {"fast", ANSWER("401 No", DATE), DATE_SECONDS + 31, MOTEPOST_AGAIN, DATE_SECONDS},
        {"right", ANSWER("403 Forbidden", DATE), DATE_SECONDS + 30, MOTEPOST_OK, DATE_SECONDS + 30},
        {"accepted", ANSWER("200 OK", DATE), 0, MOTEPOST_OK, 0},
        {"no date", ANSWER("403 Forbidden", "yesterday"), 0, MOTEPOST_OK, 0},
        {"not whole", "HTTP/1.1 403 Forbidden\r\ndate: " DATE "\r\n", 0, MOTEPOST_E_STATE, 0},
    };
    const uint8_t key[MOTEPOST_KEY_LEN] = {7};
    const motepost_str_t id = MOTEPOST_STR("uniqueID");
    size_t i;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        motepost_exchange_t exchange;
        uint8_t buffer[320];
        char token[MOTEPOST_TOKEN_LEN] = {0}, expected[MOTEPOST_TOKEN_LEN] = {0};
        uint32_t time = rows[i].minted;
        check_row = rows[i].row;
        answered(&exchange, buffer, sizeof buffer, rows[i].answer);
        GIVES(rows[i].status, motepost_token_renew(&exchange, key, &id, &time, token));
        EQUAL(time, rows[i].time);
        if (rows[i].status == MOTEPOST_AGAIN) {
            GIVES(MOTEPOST_OK, motepost_token_mint(key, &id, MOTEPOST_TOKEN_TIME, time, expected));
        }
        CHECK(memcmp(token, expected, sizeof token) == 0);
    }
    check_row = "";
}

static void renewing_checks_its_pointers(void) {
    const uint8_t key[MOTEPOST_KEY_LEN] = {7};
    const motepost_str_t id = MOTEPOST_STR("uniqueID");
    motepost_exchange_t exchange;
    uint8_t buffer[320];
    char token[MOTEPOST_TOKEN_LEN];
    uint32_t time = 0;
    answered(&exchange, buffer, sizeof buffer, ANSWER("403 Forbidden", DATE));
    GIVES(MOTEPOST_E_NULL, motepost_token_renew(NULL, key, &id, &time, token));
    GIVES(MOTEPOST_E_NULL, motepost_token_renew(&exchange, NULL, &id, &time, token));
    GIVES(MOTEPOST_E_NULL, motepost_token_renew(&exchange, key, NULL, &time, token));
    GIVES(MOTEPOST_E_NULL, motepost_token_renew(&exchange, key, &id, NULL, token));
    GIVES(MOTEPOST_E_NULL, motepost_token_renew(&exchange, key, &id, &time, NULL));
    EQUAL(time, 0);
}

static void an_id_that_no_authorizer_accepts_is_refused(void) {
    const uint8_t key[MOTEPOST_KEY_LEN] = {7};
    const motepost_str_t none = {"", 0};
    const motepost_str_t line = MOTEPOST_STR("uniqueID\n");
    char token[MOTEPOST_TOKEN_LEN] = {0};
    GIVES(-(100 * MOTEPOST_FIELD_DEVICE_ID + MOTEPOST_REASON_MISSING),
          motepost_token_mint(key, &none, MOTEPOST_TOKEN_TIME, 1, token));
    GIVES(-(100 * MOTEPOST_FIELD_DEVICE_ID + MOTEPOST_REASON_CONTROL),
          motepost_token_mint(key, &line, MOTEPOST_TOKEN_TIME, 1, token));
    EQUAL(token[0], 0);
}

int main(void) {
    an_id_that_no_authorizer_accepts_is_refused();
    a_date_that_nobody_asked_for_is_not_found();
    every_vector_is_minted();
    what_cannot_be_minted_is_refused();
    a_denied_answer_with_another_time_is_worth_one_more_try();
    renewing_checks_its_pointers();
    return failures();
}
