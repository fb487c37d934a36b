// motepost_credentials.h: a device's credentials in flash, as `motepost credentials --format bin`
// writes them. C99 to C++17, freestanding, header only: it needs motepost.h and no archive.
//
// Two pages hold the credentials. A rotation writes the page that is not in use, so a power cut at any
// write leaves the old credentials or the new ones. You drive the flash:
//
// ```c
// #define PAGE ((const uint8_t *)0x0803f000) // two pages of 2,048 bytes, one after the other
//
// int32_t load(motepost_credentials_t *device, motepost_publish_t *publish) {
//     int32_t page = motepost_credentials_newest(PAGE, PAGE + 2048, 2048, device);
//     if (page < 0) {
//         return page; // neither page is sound
//     }
//     publish->endpoint = device->endpoint;
//     publish->authorizer = device->authorizer;
//     publish->token_key = device->token_key;
//     publish->token = device->token;         // minted: from motepost_token_mint and device->key
//     publish->signature.ptr = (const char *)device->signature.ptr;
//     publish->signature.len = device->signature.len;
//     if (device->scheme == MOTEPOST_CREDENTIALS_SIGNED) {
//         publish->encode_signature = motepost_encode_signature;
//     }
//     return MOTEPOST_OK;
// }
//
// // `image` has `room` bytes, a multiple of UNIT, the bytes that your flash programs at once; after
// // the `len` bytes that you received it is filled with 0xff.
// int32_t rotate(uint8_t *image, size_t len, size_t room) {
//     motepost_credentials_t device;
//     int32_t page = motepost_credentials_prepare(PAGE, PAGE + 2048, 2048, image, len);
//     if (page < 0) {
//         return page; // nothing was written
//     }
//     flash_erase(page);
//     flash_program(page, UNIT, image + UNIT, room - UNIT);
//     flash_program(page, 0, image, UNIT); // last: until now the page holds no credentials
//     return motepost_credentials_newest(PAGE, PAGE + 2048, 2048, &device) == page ? MOTEPOST_OK : -1;
// }
// ```
//
// A program unit that a power cut tore may raise a fault when it is read, on flash with ECC such as
// the STM32's L4, G0, G4, U5 and H5 (an NMI). Let the handler return and the bytes be anything: the
// checksum refuses them. Flash that is not mapped is read into RAM first, one page after the other.
//
// The bytes: docs/credentials-format.md. The Rust twin: `motepost::credentials`.

#ifndef MOTEPOST_CREDENTIALS_H
#define MOTEPOST_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>

#include "motepost.h"

#ifdef __cplusplus
extern "C" {
#endif

// What a device proves itself with: `scheme` of the credentials.
//
// The same `token` with each message.
#define MOTEPOST_CREDENTIALS_STATIC 1
// A token made for each message with `key`.
#define MOTEPOST_CREDENTIALS_MINTED 2
// A `token` and its `signature`.
#define MOTEPOST_CREDENTIALS_SIGNED 3

// No credentials begin here: the page is erased, or its last write never happened.
#define MOTEPOST_CREDENTIALS_E_MISSING -60
// They begin and are not what was written: a write was cut, or bits have changed.
#define MOTEPOST_CREDENTIALS_E_DAMAGED -61
// They are of a version that this header does not read, or cannot rotate.
#define MOTEPOST_CREDENTIALS_E_VERSION -62
// They are longer than the page.
#define MOTEPOST_CREDENTIALS_E_TOO_LONG -63

// What a device needs to publish. Everything points into the page that it was read from. Texts are
// visible ASCII, without a NUL at their end.
typedef struct {
    // Counts the rotations; the newer of two pages has the greater one. 0 in version 1.
    uint32_t revision;
    // One of MOTEPOST_CREDENTIALS_STATIC, _MINTED and _SIGNED.
    uint8_t scheme;
    // The device.
    motepost_str_t id;
    // The data endpoint. Empty: the firmware gets it in another way.
    motepost_str_t endpoint;
    // The authorizer's name. Empty: the endpoint's default one.
    motepost_str_t authorizer;
    // The authorizer's token key name.
    motepost_str_t token_key;
    // The token. Empty if minted.
    motepost_str_t token;
    // The token's signature as raw bytes. Empty unless signed.
    motepost_bytes_t signature;
    // The device key, 32 bytes for motepost_token_mint. Empty unless minted.
    motepost_bytes_t key;
} motepost_credentials_t;

// CRC-32 as Ethernet, zlib and PNG have it, bit by bit: a table would take 1,024 bytes of flash.
static inline uint32_t motepost_credentials_crc(const uint8_t *bytes, size_t len) {
    uint32_t crc = 0xffffffffu;
    for (size_t at = 0; at < len; at++) {
        crc ^= bytes[at];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
        }
    }
    return crc ^ 0xffffffffu;
}

static inline uint32_t motepost_credentials_number(const uint8_t *bytes, size_t len) {
    uint32_t number = 0;
    while (len > 0) {
        number = (number << 8) | bytes[--len];
    }
    return number;
}

static inline void motepost_credentials_put(uint8_t *bytes, uint32_t number) {
    for (size_t at = 0; at < 4; at++) {
        bytes[at] = (uint8_t)(number >> (8 * at));
    }
}

// Takes the next field off [*at, end). Bytes that are not text fail where text is asked for.
static inline int motepost_credentials_field(const uint8_t *image, size_t *at, size_t end, int is_text,
                                             motepost_bytes_t *field) {
    if (end - *at < 2) {
        return 0;
    }
    field->len = (size_t)motepost_credentials_number(image + *at, 2);
    field->ptr = image + *at + 2;
    if (end - *at - 2 < field->len) {
        return 0;
    }
    *at += 2 + field->len;
    if (is_text) {
        for (size_t byte = 0; byte < field->len; byte++) {
            if (field->ptr[byte] < '!' || field->ptr[byte] > '~') {
                return 0;
            }
        }
    }
    return 1;
}

// Reads `len` bytes at `page` that begin with credentials of version 1 or 2. Bytes after them do not
// matter. Gives MOTEPOST_OK, MOTEPOST_E_NULL or MOTEPOST_CREDENTIALS_E_...; `credentials` is written only
// with MOTEPOST_OK.
static inline int32_t motepost_credentials_read(const uint8_t *page, size_t len,
                                                motepost_credentials_t *credentials) {
    if (page == NULL || credentials == NULL) {
        return MOTEPOST_E_NULL;
    }
    if (len < 8 || page[0] != 'M' || page[1] != 'P' || page[2] != 'C') {
        return MOTEPOST_CREDENTIALS_E_MISSING;
    }
    if (page[3] != '1' && page[3] != '2') {
        return MOTEPOST_CREDENTIALS_E_VERSION;
    }
    size_t at = 8;
    size_t end = (size_t)motepost_credentials_number(page + 6, 2);
    if (page[5] != 0 || end < 16 || end > len) {
        return MOTEPOST_CREDENTIALS_E_DAMAGED;
    }
    uint32_t revision = 0;
    if (page[3] == '2') {
        end -= 4;
        if (motepost_credentials_crc(page, end) != motepost_credentials_number(page + end, 4)) {
            return MOTEPOST_CREDENTIALS_E_DAMAGED;
        }
        revision = motepost_credentials_number(page + at, 4);
        at += 4;
    }
    motepost_bytes_t fields[7];
    for (int field = 0; field < 7; field++) {
        if (!motepost_credentials_field(page, &at, end, field < 5, &fields[field])) {
            return MOTEPOST_CREDENTIALS_E_DAMAGED;
        }
    }
    const int is_minted = page[4] == MOTEPOST_CREDENTIALS_MINTED;
    const int is_signed = page[4] == MOTEPOST_CREDENTIALS_SIGNED;
    if (at != end || (!is_minted && !is_signed && page[4] != MOTEPOST_CREDENTIALS_STATIC) ||
        fields[0].len == 0 || fields[3].len == 0 || (fields[4].len == 0) != is_minted ||
        (fields[5].len != 0) != is_signed || fields[6].len != (is_minted ? 32u : 0u)) {
        return MOTEPOST_CREDENTIALS_E_DAMAGED;
    }
    motepost_str_t *const texts[5] = {&credentials->id, &credentials->endpoint, &credentials->authorizer,
                                      &credentials->token_key, &credentials->token};
    for (int text = 0; text < 5; text++) {
        texts[text]->ptr = (const char *)fields[text].ptr;
        texts[text]->len = fields[text].len;
    }
    credentials->revision = revision;
    credentials->scheme = page[4];
    credentials->signature = fields[5];
    credentials->key = fields[6];
    return MOTEPOST_OK;
}

// Reads two pages of `len` bytes each and gives the number of the one in use, 0 or 1: of two sound
// pages, the one with the newer revision; if both are equal, the first. Gives an error as
// motepost_credentials_read does when neither is sound: the first page's, unless that page is erased.
static inline int32_t motepost_credentials_newest(const uint8_t *page0, const uint8_t *page1, size_t len,
                                                  motepost_credentials_t *credentials) {
    motepost_credentials_t second;
    const int32_t status0 = motepost_credentials_read(page0, len, credentials);
    const int32_t status1 = motepost_credentials_read(page1, len, &second);
    if (status0 == MOTEPOST_E_NULL || status1 == MOTEPOST_E_NULL) {
        return MOTEPOST_E_NULL;
    }
    if (status1 != MOTEPOST_OK) {
        return status0 == MOTEPOST_CREDENTIALS_E_MISSING ? status1 : status0;
    }
    // RFC 1982: a count that has wrapped is still the newer one.
    if (status0 == MOTEPOST_OK &&
        (uint32_t)(second.revision - credentials->revision - 1u) >= 0x7fffffffu) {
        return 0;
    }
    *credentials = second;
    return 1;
}

// Prepares a rotation: checks the new credentials, `image_len` bytes in RAM at `image`, gives them the
// revision after the newest one, and returns the number of the page to write, 0 or 1, which is the
// one not in use. Then erase that page, program what is after the first program unit, and program the
// first unit last, as above. Gives an error as motepost_credentials_read does, for `image`, or
// MOTEPOST_CREDENTIALS_E_TOO_LONG; `image` is unchanged then.
static inline int32_t motepost_credentials_prepare(const uint8_t *page0, const uint8_t *page1, size_t len,
                                                   uint8_t *image, size_t image_len) {
    motepost_credentials_t credentials;
    const int32_t status = motepost_credentials_read(image, image_len, &credentials);
    if (status != MOTEPOST_OK) {
        return status;
    }
    if (image[3] != '2') {
        return MOTEPOST_CREDENTIALS_E_VERSION;
    }
    const size_t end = (size_t)motepost_credentials_number(image + 6, 2);
    if (end > len) {
        return MOTEPOST_CREDENTIALS_E_TOO_LONG;
    }
    credentials.revision = 0;
    const int32_t newest = motepost_credentials_newest(page0, page1, len, &credentials);
    if (newest == MOTEPOST_E_NULL) {
        return newest;
    }
    motepost_credentials_put(image + 8, newest < 0 ? 1u : credentials.revision + 1u);
    motepost_credentials_put(image + end - 4, motepost_credentials_crc(image, end - 4));
    return newest == 0;
}

#ifdef __cplusplus
}
#endif

#endif
