// esbmc: --32 --unwind 75
//
// motepost_credentials.h over any bytes in both pages.
//
// Assumed:
// - a page has as many bytes as is said, and where it is read to its end at most 40, any of them: enough for each field to have bytes, but
//   for a device key, which has a proof of its own. A single field is proven in a page of up to 65,535 bytes;
// - an image to rotate has fields of set lengths, all other bytes being any, and the two pages are erased. That motepost_credentials_newest
//   takes the newer one of two sound pages is left to the tests.
#include <string.h>

#include "prove.h"

#include "motepost_credentials.h"

static int is_inside(const void *ptr, size_t len, const uint8_t *page, size_t page_len) {
    const uint8_t *from = (const uint8_t *)ptr;
    return from >= page && from <= page + page_len && len <= (size_t)(page + page_len - from);
}

// esbmc: --z3
// A field without a text's loop, in a page of any size that the format has.
void prove_one_field(void) {
    const size_t end = up_to(65535);
    const size_t began = up_to(end);
    uint8_t *page = (uint8_t *)malloc(end + 1);
    motepost_bytes_t field;
    size_t at = began;
    if (motepost_credentials_field(page, &at, end, 0, &field)) {
        MUST(at > began && at <= end, "the next field begins after this one");
        MUST(is_inside(field.ptr, field.len, page, end), "a field is inside its page");
        reads(field.ptr, field.len);
    }
    free(page);
    END();
}

static void read_of(char version, size_t most) {
    const size_t len = up_to(most);
    uint8_t *page = (uint8_t *)malloc(len + 1);
    motepost_credentials_t credentials;
    int32_t status;
    credentials.scheme = 99;
    ASSUME(len < 4 || page[3] == (uint8_t)version);
#ifdef REACHED
    ASSUME(len < 20); // found sooner
#endif
    status = motepost_credentials_read(page, len, &credentials);
    if (status == MOTEPOST_OK) {
        MUST(credentials.scheme >= MOTEPOST_CREDENTIALS_STATIC && credentials.scheme <= MOTEPOST_CREDENTIALS_SIGNED, "a scheme is one of three");
        MUST(is_inside(credentials.id.ptr, credentials.id.len, page, len), "the id is inside its page");
        MUST(is_inside(credentials.token.ptr, credentials.token.len, page, len), "the token is inside its page");
        MUST(is_inside(credentials.key.ptr, credentials.key.len, page, len), "the key is inside its page");
        MUST(credentials.key.len == (credentials.scheme == MOTEPOST_CREDENTIALS_MINTED ? 32u : 0u), "a key has 32 bytes");
    } else {
        MUST(credentials.scheme == 99, "nothing is written unless all is sound");
    }
    free(page);
}

void prove_read_version_1(void) {
    read_of('1', 40);
    END();
}

void prove_read_version_2(void) {
    read_of('2', 40);
    END();
}

// Bytes that may be credentials with texts of a byte, and a device key or a token: what gives the lengths is set, everything else is any.
static void any_image(uint8_t *page, uint8_t scheme) {
    const uint8_t key = scheme == MOTEPOST_CREDENTIALS_MINTED ? 32 : 0;
    const uint8_t token = scheme == MOTEPOST_CREDENTIALS_MINTED ? 0 : 1;
    const uint8_t len = (uint8_t)(32 + key + token);
    const uint8_t begin[8] = {'M', 'P', 'C', '2', scheme, 0, len, 0};
    const uint8_t lengths[7] = {1, 0, 0, 1, token, 0, key};
    size_t at = 12;
    for (size_t byte = 0; byte < len; byte++) {
        page[byte] = byte < sizeof begin ? begin[byte] : any_u8();
    }
    for (size_t field = 0; field < 7; field++) {
        page[at] = lengths[field];
        page[at + 1] = 0;
        at += 2u + lengths[field];
    }
}

void prove_read_a_device_key(void) {
    uint8_t page[64];
    motepost_credentials_t credentials;
    any_image(page, MOTEPOST_CREDENTIALS_MINTED);
    if (motepost_credentials_read(page, sizeof page, &credentials) == MOTEPOST_OK) {
        MUST(credentials.key.ptr == page + 28 && credentials.key.len == 32, "the key is where it is");
        END();
    }
}

// An image that is sound is changed in eight bytes; of any other, none.
void prove_prepare(void) {
    uint8_t erased[33], image[33];
    const size_t at = up_to(sizeof image - 1);
    uint8_t before;
    int32_t page;
    memset(erased, 0xff, sizeof erased);
    any_image(image, MOTEPOST_CREDENTIALS_STATIC);
    before = image[at];
    page = motepost_credentials_prepare(erased, erased, up_to(33), image, sizeof image);
    MUST(page <= 1, "a page is one of two");
    MUST(image[at] == before || (page >= 0 && ((at >= 8 && at < 12) || at >= 29)), "no other byte is changed");
    if (page >= 0) {
        END();
    }
}
