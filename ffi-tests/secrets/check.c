// A check tells of the MAC that it computes whether it is the token's, and nothing else: neither a
// jump nor an address depends on it but the one jump at the end. Run under memcheck.
#include <string.h>

#include "check.h"
#include "undefined.h"

enum { KEY = 32, TOKEN = 28, MALFORMED = 1, UNKNOWN_KIND = 2, WRONG_MAC = 3 };

// Of ffi-tests/token-check.
int32_t check_token(const uint8_t *key, const char *token);
void mint_token(const uint8_t *key, uint32_t seconds, char *token);
void derive_key(const uint8_t *fleet_key, uint8_t *key);

static const uint8_t key_bytes[KEY] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
                                       7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
static char minted[TOKEN];

static void gives(const char *row, const char *token, int32_t verdict, int reports_due) {
    uint8_t key[KEY];
    const int before = reports();
    int32_t is;
    check_row = row;
    memcpy(key, key_bytes, sizeof key);
    make_secret(key, sizeof key);
    is = check_token(key, token);
    make_public(&is, sizeof is);
    EQUAL(is, verdict);
    EQUAL(reports() - before, reports_due);
    check_row = "";
}

// The token with another character at that place.
static const char *changed(size_t at) {
    static char token[TOKEN];
    memcpy(token, minted, sizeof token);
    token[at] = token[at] == 'A' ? 'B' : 'A';
    return token;
}

static void the_verdict_alone_depends_on_the_key(void) {
    size_t at;
    gives("right", minted, 0, 1);
    // The MAC begins in the seventh character.
    for (at = 6; at < TOKEN; at++) {
        gives("wrong", changed(at), WRONG_MAC, 1);
    }
}

static void what_is_no_token_is_refused_without_the_key(void) {
    gives("malformed", "not base64url: spaces and :?", MALFORMED, 0);
    gives("unknown kind", changed(0), UNKNOWN_KIND, 0);
}

static void deriving_does_not_depend_on_the_fleet_key(void) {
    uint8_t fleet_key[KEY], key[KEY];
    const int before = reports();
    memcpy(fleet_key, key_bytes, sizeof fleet_key);
    make_secret(fleet_key, sizeof fleet_key);
    derive_key(fleet_key, key);
    CHECK(is_secret(key, sizeof key));
    EQUAL(reports() - before, 0);
}

int main(void) {
    must_run_under_memcheck();
    mint_token(key_bytes, 1790000000u, minted);
    the_verdict_alone_depends_on_the_key();
    what_is_no_token_is_refused_without_the_key();
    deriving_does_not_depend_on_the_fleet_key();
    return failures();
}
