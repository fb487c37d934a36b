// Neither minting nor the encoding of a signature takes a way, or reads an address, that depends on
// the secret. Run under memcheck.
#include <string.h>

#include "article.h"
#include "check.h"
#include "undefined.h"

static uint8_t secret[512];
static uint8_t buffer[2048];

static void has_no_report(const char *what, int before) {
    if (reports() != before) {
        fprintf(stderr, "%s depends on the secret: %d reports\n", what, reports() - before);
        check_failures++;
    }
}

// Minting.

// Kind and value are public; the characters behind them are the MAC's.
enum { PUBLIC_CHARACTERS = 6 };

static void is_of_the_key(const char *token) {
    CHECK(!is_secret(token, 1));
    CHECK(is_secret(token + PUBLIC_CHARACTERS + 1, MOTEPOST_TOKEN_LEN - PUBLIC_CHARACTERS - 1));
}

static void minting_does_not_depend_on_the_key(void) {
    static char name[128];
    const int before = reports();
    motepost_str_t id;
    memset(name, 'i', sizeof name);
    id.ptr = name;
    // Over the ends of two blocks of SHA-256.
    for (id.len = 1; id.len <= sizeof name; id.len++) {
        char token[MOTEPOST_TOKEN_LEN];
        const uint8_t kind = id.len % 2 == 0 ? MOTEPOST_TOKEN_TIME : MOTEPOST_TOKEN_COUNTER;
        make_secret(secret, sizeof secret);
        EQUAL(motepost_token_mint(secret, &id, kind, 1790000000u, token), MOTEPOST_OK);
        is_of_the_key(token);
    }
    has_no_report("minting", before);
}

static void renewing_does_not_depend_on_the_key(void) {
    static const char answer[] = "HTTP/1.1 403 Forbidden\r\ndate: Wed, 05 Apr 2023 18:18:25 GMT\r\n"
                                 "content-length: 0\r\n\r\n";
    const motepost_publish_t publish = article();
    const motepost_str_t id = MOTEPOST_STR("uniqueID");
    const int before = reports();
    motepost_exchange_t exchange;
    motepost_want_t want;
    char token[MOTEPOST_TOKEN_LEN];
    uint32_t time = 0;
    EQUAL(motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer), MOTEPOST_OK);
    EQUAL(motepost_exchange_keep_details(&exchange), MOTEPOST_OK);
    EQUAL(motepost_exchange_want(&exchange, &want), MOTEPOST_AGAIN);
    EQUAL(motepost_exchange_moved(&exchange, (int32_t)want.len), MOTEPOST_AGAIN);
    EQUAL(motepost_exchange_want(&exchange, &want), MOTEPOST_AGAIN);
    memcpy(want.receive, answer, strlen(answer));
    EQUAL(motepost_exchange_moved(&exchange, (int32_t)strlen(answer)), MOTEPOST_OK);
    make_secret(secret, sizeof secret);
    EQUAL(motepost_token_renew(&exchange, secret, &id, &time, token), MOTEPOST_AGAIN);
    EQUAL(time, 1680718705u);
    is_of_the_key(token);
    has_no_report("renewing", before);
}

// Encoding.

static motepost_publish_t signed_publish(size_t len) {
    motepost_publish_t publish = article();
    publish.signature.ptr = (const char *)secret;
    publish.signature.len = len;
    publish.encode_signature = motepost_encode_signature;
    return publish;
}

// Where the value of the signature's field line begins.
static const uint8_t *signature_in(const uint8_t *bytes, size_t len) {
    static const char name[] = "x-amz-customauthorizer-signature:";
    size_t at;
    for (at = 0; at + strlen(name) <= len && !is_secret(bytes + at, 1); at++) {
        if (memcmp(bytes + at, name, strlen(name)) == 0) {
            return bytes + at + strlen(name);
        }
    }
    return NULL;
}

typedef int32_t (*encoder_t)(const motepost_publish_t *, uint8_t *, size_t, size_t *);

static void encoding_does_not_depend_on_the_signature(void) {
    static const struct {
        const char *name;
        encoder_t encode;
    } encoders[] = {
        {"the whole request", motepost_publish_encode},
        {"the head", motepost_publish_encode_head},
        {"the field lines", motepost_publish_encode_field_lines},
    };
    size_t i, len;
    for (i = 0; i < sizeof encoders / sizeof *encoders; i++) {
        const int before = reports();
        check_row = encoders[i].name;
        for (len = 1; len <= 260; len++) {
            const motepost_publish_t publish = signed_publish(len);
            const uint8_t *text;
            size_t encoded = 0;
            make_public(buffer, sizeof buffer);
            make_secret(secret, sizeof secret);
            EQUAL(encoders[i].encode(&publish, buffer, sizeof buffer, &encoded), MOTEPOST_OK);
            text = signature_in(buffer, encoded);
            CHECK(text != NULL && is_secret(text, len * 4 / 3));
        }
        has_no_report(encoders[i].name, before);
    }
    check_row = "";
}

static void an_exchange_does_not_depend_on_the_signature(void) {
    const motepost_publish_t publish = signed_publish(256);
    const int before = reports();
    motepost_exchange_t exchange;
    motepost_want_t want;
    const uint8_t *text;
    make_public(buffer, sizeof buffer);
    make_secret(secret, sizeof secret);
    EQUAL(motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer), MOTEPOST_OK);
    EQUAL(motepost_exchange_want(&exchange, &want), MOTEPOST_AGAIN);
    text = signature_in(want.send, want.len);
    CHECK(text != NULL && is_secret(text, 256 * 4 / 3));
    has_no_report("an exchange", before);
}

// `+`, `/` and `=` take three characters there each, so the length of the request tells of them.
static void in_the_query_the_length_does_depend_on_the_signature(void) {
    motepost_publish_t publish = signed_publish(256);
    const int before = reports();
    size_t encoded = 0;
    publish.credentials_in_query = motepost_credentials_in_query;
    make_secret(secret, sizeof secret);
    motepost_publish_encode(&publish, buffer, sizeof buffer, &encoded);
    CHECK(reports() > before);
}

int main(void) {
    must_run_under_memcheck();
    minting_does_not_depend_on_the_key();
    renewing_does_not_depend_on_the_key();
    encoding_does_not_depend_on_the_signature();
    an_exchange_does_not_depend_on_the_signature();
    in_the_query_the_length_does_depend_on_the_signature();
    return failures();
}
