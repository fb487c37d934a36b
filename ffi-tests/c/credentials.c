// motepost_credentials.h: both versions, and every way in which a page can be half written. Pages end
// where a page begins that nobody may read. ffi-tests/tests compares the reader with Rust's.
#include "guarded.h"

#include "check.h"

#include "motepost_credentials.h"

#define PAGE 256u
#define MISSING MOTEPOST_CREDENTIALS_E_MISSING
#define DAMAGED MOTEPOST_CREDENTIALS_E_DAMAGED
#define VERSION MOTEPOST_CREDENTIALS_E_VERSION
#define TOO_LONG MOTEPOST_CREDENTIALS_E_TOO_LONG
// A status that is this header's, and not one of motepost.h that a program prints.
#define IS(status, call) EQUAL(call, status)

// Another way to the same checksum: with a branch.
static uint32_t crc_of(const uint8_t *bytes, size_t len) {
    uint32_t crc = 0xffffffffu;
    size_t at;
    int bit;
    for (at = 0; at < len; at++) {
        crc ^= bytes[at];
        for (bit = 0; bit < 8; bit++) {
            crc = (crc & 1u) != 0 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
        }
    }
    return ~crc;
}

typedef struct {
    uint8_t bytes[PAGE];
    size_t len;
} image_t;

static void append(image_t *image, const void *bytes, size_t len) {
    memcpy(image->bytes + image->len, bytes, len);
    image->len += len;
}

static void append_number(image_t *image, uint32_t number, size_t len) {
    for (; len > 0; len--, number >>= 8) {
        image->bytes[image->len++] = (uint8_t)number;
    }
}

// As docs/credentials-format.md has it. `fields` are texts, but for a signature and a key of the given lengths.
static image_t image_of(char version, uint8_t scheme, uint32_t revision, const char *const fields[5],
                        size_t signature_len, size_t key_len) {
    image_t image = {{0}, 0};
    uint8_t secret[64];
    size_t at;
    memset(secret, 0xa5, sizeof secret);
    append(&image, "MPC", 3);
    append(&image, &version, 1);
    append_number(&image, scheme, 2);
    append_number(&image, 0, 2);
    if (version != '1') {
        append_number(&image, revision, 4);
    }
    for (at = 0; at < 5; at++) {
        append_number(&image, (uint32_t)strlen(fields[at]), 2);
        append(&image, fields[at], strlen(fields[at]));
    }
    append_number(&image, (uint32_t)signature_len, 2);
    append(&image, secret, signature_len);
    append_number(&image, (uint32_t)key_len, 2);
    append(&image, secret, key_len);
    image.bytes[6] = (uint8_t)(image.len + (version != '1' ? 4 : 0));
    if (version != '1') {
        append_number(&image, crc_of(image.bytes, image.len), 4);
    }
    return image;
}

static image_t sound(char version, uint8_t scheme, uint32_t revision) {
    static const char *const with_token[5] = {"sensor-1", "host", "name", "token", "allow"};
    static const char *const minted[5] = {"sensor-1", "host", "name", "token", ""};
    return image_of(version, scheme, revision, scheme == MOTEPOST_CREDENTIALS_MINTED ? minted : with_token,
                    scheme == MOTEPOST_CREDENTIALS_SIGNED ? 64 : 0, scheme == MOTEPOST_CREDENTIALS_MINTED ? 32 : 0);
}

// The first `len` bytes, as the only ones that there are.
static int32_t read_len(const uint8_t *bytes, size_t len) {
    motepost_credentials_t credentials;
    return motepost_credentials_read(guarded_copy(bytes, len), len, &credentials);
}

static void what_is_written_is_read(void) {
    static uint8_t page[PAGE];
    char version;
    uint8_t scheme;
    EQUAL(motepost_credentials_crc((const uint8_t *)"123456789", 9), 0xcbf43926u);
    for (version = '1'; version <= '2'; version++) {
        for (scheme = 1; scheme <= 3; scheme++) {
            const image_t image = sound(version, scheme, 0x01020304);
            motepost_credentials_t is;
            memset(&is, 0xee, sizeof is);
            memset(page, 0xff, PAGE);
            memcpy(page, image.bytes, image.len);
            IS(MOTEPOST_OK, motepost_credentials_read(page, PAGE, &is));
            EQUAL(is.revision, version == '2' ? 0x01020304 : 0);
            EQUAL(is.scheme, scheme);
            BYTES(is.id.ptr, is.id.len, "sensor-1");
            BYTES(is.endpoint.ptr, is.endpoint.len, "host");
            BYTES(is.authorizer.ptr, is.authorizer.len, "name");
            BYTES(is.token_key.ptr, is.token_key.len, "token");
            BYTES(is.token.ptr, is.token.len, scheme == MOTEPOST_CREDENTIALS_MINTED ? "" : "allow");
            EQUAL(is.signature.len, scheme == MOTEPOST_CREDENTIALS_SIGNED ? 64 : 0);
            EQUAL(is.key.len, scheme == MOTEPOST_CREDENTIALS_MINTED ? 32 : 0);
            IS(MOTEPOST_OK, read_len(image.bytes, image.len));
        }
    }
}

static void every_truncation_is_refused(void) {
    char version;
    uint8_t scheme;
    size_t len;
    for (version = '1'; version <= '2'; version++) {
        for (scheme = 1; scheme <= 3; scheme++) {
            const image_t image = sound(version, scheme, 1);
            for (len = 0; len < image.len; len++) {
                IS(len < 8 ? MISSING : DAMAGED, read_len(image.bytes, len));
            }
        }
    }
}

static void every_flipped_bit_is_refused_and_the_other_page_holds(void) {
    const image_t old = sound('2', MOTEPOST_CREDENTIALS_STATIC, 1);
    uint8_t scheme;
    size_t bit;
    for (scheme = 1; scheme <= 3; scheme++) {
        const image_t image = sound('2', scheme, 2);
        uint8_t *page0 = guarded(PAGE);
        uint8_t *page1 = guarded(PAGE);
        motepost_credentials_t is;
        memcpy(page0, old.bytes, PAGE);
        memcpy(page1, image.bytes, PAGE);
        IS(1, motepost_credentials_newest(page0, page1, PAGE, &is));
        EQUAL(is.scheme, scheme);
        for (bit = 0; bit < image.len * 8; bit++) {
            page1[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK(motepost_credentials_read(page1, PAGE, &is) < 0);
            IS(0, motepost_credentials_newest(page0, page1, PAGE, &is));
            EQUAL(is.revision, 1);
            IS(1, motepost_credentials_newest(page1, page0, PAGE, &is));
            page1[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

// Each length of a field, with a checksum that is right, so that only the bounds are left to refuse it.
static void a_length_that_leads_past_the_end_is_refused(void) {
    uint32_t wrong;
    size_t field;
    char version;
    for (version = '1'; version <= '2'; version++) {
        size_t at = version == '1' ? 8 : 12;
        for (field = 0; field < 7; field++) {
            image_t image = sound(version, MOTEPOST_CREDENTIALS_SIGNED, 1);
            const size_t checked = image.len - 4;
            const size_t len = image.bytes[at] | (size_t)image.bytes[at + 1] << 8;
            for (wrong = 0; wrong <= 0xffff; wrong += wrong < 300 ? 1 : 97) {
                if (wrong == len) {
                    continue;
                }
                image.bytes[at] = (uint8_t)wrong;
                image.bytes[at + 1] = (uint8_t)(wrong >> 8);
                if (version == '2') {
                    image.len = checked;
                    append_number(&image, crc_of(image.bytes, checked), 4);
                }
                IS(DAMAGED, read_len(image.bytes, image.len));
            }
            at += 2 + len;
        }
    }
}

static void what_the_scheme_does_not_have_is_refused(void) {
    static const struct {
        const char *name;
        uint8_t scheme;
        const char *fields[5];
        size_t signature_len, key_len;
    } rows[] = {
        {"no id", 1, {"", "h", "n", "k", "t"}, 0, 0},
        {"no token key", 1, {"a", "h", "n", "", "t"}, 0, 0},
        {"no token", 1, {"a", "h", "n", "k", ""}, 0, 0},
        {"a signature that nothing sends", 1, {"a", "h", "n", "k", "t"}, 1, 0},
        {"a key that nothing uses", 1, {"a", "h", "n", "k", "t"}, 0, 32},
        {"no key", 2, {"a", "h", "n", "k", ""}, 0, 0},
        {"a short key", 2, {"a", "h", "n", "k", ""}, 0, 31},
        {"a token where one is minted", 2, {"a", "h", "n", "k", "t"}, 0, 32},
        {"no signature", 3, {"a", "h", "n", "k", "t"}, 0, 0},
        {"scheme 0", 0, {"a", "h", "n", "k", "t"}, 0, 0},
        {"scheme 4", 4, {"a", "h", "n", "k", "t"}, 0, 0},
        {"a space", 1, {"a b", "h", "n", "k", "t"}, 0, 0},
        {"a line end", 1, {"a", "h\r\n", "n", "k", "t"}, 0, 0},
        {"DEL", 1, {"a", "h", "n\x7f", "k", "t"}, 0, 0},
        {"an erased byte", 1, {"a", "h", "n", "k", "t\xff"}, 0, 0},
    };
    size_t row;
    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        char version;
        check_row = rows[row].name;
        for (version = '1'; version <= '2'; version++) {
            const image_t image = image_of(version, rows[row].scheme, 1, rows[row].fields, rows[row].signature_len,
                                           rows[row].key_len);
            IS(DAMAGED, read_len(image.bytes, image.len));
        }
    }
    check_row = "";
}

static void the_reason_says_what_to_do(void) {
    uint8_t erased[PAGE], newer[PAGE], damaged[PAGE];
    const image_t image = sound('2', MOTEPOST_CREDENTIALS_STATIC, 1);
    motepost_credentials_t is;
    memset(erased, 0xff, PAGE);
    memcpy(newer, image.bytes, PAGE);
    newer[3] = '3';
    memcpy(damaged, image.bytes, PAGE);
    damaged[20] ^= 1;
    IS(MISSING, motepost_credentials_newest(erased, erased, PAGE, &is));
    IS(MISSING, motepost_credentials_newest(newer, damaged, 0, &is));
    IS(DAMAGED, motepost_credentials_newest(erased, damaged, PAGE, &is));
    IS(DAMAGED, motepost_credentials_newest(damaged, erased, PAGE, &is));
    IS(VERSION, motepost_credentials_newest(newer, erased, PAGE, &is));
    IS(VERSION, motepost_credentials_newest(erased, newer, PAGE, &is));
    IS(MOTEPOST_E_NULL, motepost_credentials_read(NULL, 0, &is));
    IS(MOTEPOST_E_NULL, motepost_credentials_read(erased, PAGE, NULL));
    IS(MOTEPOST_E_NULL, motepost_credentials_newest(image.bytes, NULL, PAGE, &is));
    IS(MOTEPOST_E_NULL, motepost_credentials_newest(NULL, image.bytes, PAGE, &is));
    IS(MOTEPOST_E_NULL, motepost_credentials_newest(erased, erased, PAGE, NULL));
    IS(MOTEPOST_E_NULL, motepost_credentials_prepare(erased, erased, PAGE, NULL, 0));
    memcpy(damaged, image.bytes, PAGE);
    IS(MOTEPOST_E_NULL, motepost_credentials_prepare(NULL, erased, PAGE, damaged, PAGE));
}

static void the_newer_page_holds_and_the_other_is_written(void) {
    static const struct {
        uint32_t first, second, next;
        int32_t newest;
    } rows[] = {
        {1, 2, 3, 1},           {2, 1, 3, 0},           {5, 5, 6, 0},          {0xffffffffu, 0, 1, 1},
        {0, 0xffffffffu, 1, 0}, {1, 0x80000000u, 0x80000001u, 1}, {0, 0x80000000u, 1, 0},
    };
    const image_t version_1 = sound('1', MOTEPOST_CREDENTIALS_STATIC, 0);
    uint8_t erased[PAGE];
    motepost_credentials_t is;
    image_t image = sound('2', MOTEPOST_CREDENTIALS_MINTED, 9);
    size_t row;
    memset(erased, 0xff, PAGE);
    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        const image_t first = sound('2', MOTEPOST_CREDENTIALS_STATIC, rows[row].first);
        const image_t second = sound('2', MOTEPOST_CREDENTIALS_SIGNED, rows[row].second);
        IS(rows[row].newest, motepost_credentials_newest(first.bytes, second.bytes, PAGE, &is));
        IS(!rows[row].newest, motepost_credentials_prepare(first.bytes, second.bytes, PAGE, image.bytes, image.len));
        IS(MOTEPOST_OK, motepost_credentials_read(image.bytes, image.len, &is));
        EQUAL(is.revision, rows[row].next);
    }
    IS(0, motepost_credentials_prepare(erased, erased, PAGE, image.bytes, image.len));
    IS(1, motepost_credentials_prepare(version_1.bytes, erased, PAGE, image.bytes, image.len));
    IS(MOTEPOST_OK, motepost_credentials_read(image.bytes, image.len, &is));
    EQUAL(is.revision, 1);
}

static void a_rotation_to_unsound_credentials_changes_nothing(void) {
    const image_t current = sound('2', MOTEPOST_CREDENTIALS_STATIC, 1);
    image_t version_1 = sound('1', MOTEPOST_CREDENTIALS_STATIC, 0);
    image_t image = sound('2', MOTEPOST_CREDENTIALS_SIGNED, 1);
    const image_t before = image;
    uint8_t erased[PAGE];
    memset(erased, 0xff, PAGE);
    IS(VERSION, motepost_credentials_prepare(current.bytes, erased, PAGE, version_1.bytes, version_1.len));
    IS(TOO_LONG, motepost_credentials_prepare(current.bytes, erased, image.len - 1, image.bytes, image.len));
    IS(DAMAGED, motepost_credentials_prepare(current.bytes, erased, PAGE, image.bytes, image.len - 1));
    IS(MISSING, motepost_credentials_prepare(current.bytes, erased, PAGE, erased, PAGE));
    CHECK(memcmp(&image, &before, sizeof image) == 0);
}

// Flash in which the power goes after `left` more bytes.
static uint8_t flash[2][PAGE];
static size_t left;

static int program(int32_t page, size_t offset, const uint8_t *bytes, size_t len) {
    size_t at;
    for (at = 0; at < len; at++) {
        if (left == 0) {
            return 0;
        }
        left--;
        flash[page][offset + at] = bytes[at];
    }
    return 1;
}

// As the header says.
static int rotate(image_t image, size_t unit) {
    uint8_t bytes[PAGE], erased[PAGE];
    const int32_t page = motepost_credentials_prepare(flash[0], flash[1], PAGE, image.bytes, image.len);
    const size_t room = (image.len + unit - 1) / unit * unit;
    memset(erased, 0xff, PAGE);
    memset(bytes, 0xff, PAGE);
    memcpy(bytes, image.bytes, image.len);
    CHECK(page >= 0);
    return page >= 0 && program(page, 0, erased, PAGE) && program(page, unit, bytes + unit, room - unit) &&
           program(page, 0, bytes, unit);
}

static void a_cut_at_any_byte_of_a_rotation_leaves_the_old_or_the_new(void) {
    static const size_t units[] = {1, 8, 32};
    const image_t first = sound('2', MOTEPOST_CREDENTIALS_MINTED, 1);
    const image_t old = sound('2', MOTEPOST_CREDENTIALS_STATIC, 2);
    const image_t new_ = sound('2', MOTEPOST_CREDENTIALS_SIGNED, 1);
    size_t unit;
    for (unit = 0; unit < sizeof units / sizeof units[0]; unit++) {
        size_t cut;
        int done = 0;
        for (cut = 0; !done; cut++) {
            motepost_credentials_t is;
            memcpy(flash[0], first.bytes, PAGE);
            memcpy(flash[1], old.bytes, PAGE);
            left = cut;
            done = rotate(new_, units[unit]);
            CHECK(motepost_credentials_newest(flash[0], flash[1], PAGE, &is) >= 0);
            EQUAL(is.revision, done ? 3 : 2);
            EQUAL(is.scheme, done ? MOTEPOST_CREDENTIALS_SIGNED : MOTEPOST_CREDENTIALS_STATIC);
            left = (size_t)-1;
            CHECK(rotate(new_, units[unit]));
            CHECK(motepost_credentials_newest(flash[0], flash[1], PAGE, &is) >= 0);
            EQUAL(is.revision, done ? 4 : 3);
            EQUAL(is.scheme, MOTEPOST_CREDENTIALS_SIGNED);
        }
        CHECK(cut > PAGE + new_.len);
    }
}

int main(void) {
    what_is_written_is_read();
    every_truncation_is_refused();
    every_flipped_bit_is_refused_and_the_other_page_holds();
    a_length_that_leads_past_the_end_is_refused();
    what_the_scheme_does_not_have_is_refused();
    the_reason_says_what_to_do();
    the_newer_page_holds_and_the_other_is_written();
    a_rotation_to_unsound_credentials_changes_nothing();
    a_cut_at_any_byte_of_a_rotation_leaves_the_old_or_the_new();
    return failures();
}
