// RFC 5280, section 4.1: Certificate { TBSCertificate { [0] version, serialNumber, signature, issuer, Validity { notBefore, …
#include "validity.h"

#include <stdbool.h>

enum { CERTIFICATE, TBS, VERSION, SERIAL, SIGNATURE, ISSUER, VALIDITY, NOT_BEFORE, DONE };
enum { TAG_VERSION = 0xA0, TAG_UTC_TIME = 0x17 };

static uint32_t two_digits(const uint8_t *text) {
    return (uint32_t)(text[0] - '0') * 10 + (uint32_t)(text[1] - '0');
}

// YYMMDDHHMMSSZ, or with four digits of the year (RFC 5280, section 4.1.2.5).
static uint32_t seconds_of(const uint8_t *text, bool is_utc_time) {
    static const uint16_t DAYS_BEFORE[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint32_t year = two_digits(text);
    uint32_t month, days;
    if (is_utc_time) {
        year += year < 50 ? 2000 : 1900;
        text += 2;
    } else {
        year = year * 100 + two_digits(text + 2);
        text += 4;
    }
    month = two_digits(text) - 1;
    if (year < 1970 || year > 2105 || month > 11) {
        return 0;
    }
    days = (year - 1970) * 365 + (year - 1969) / 4 - (year > 2100) + DAYS_BEFORE[month] + two_digits(text + 2) - 1;
    days += month > 1 && year % 4 == 0 && year != 2100;
    return ((days * 24 + two_digits(text + 4)) * 60 + two_digits(text + 6)) * 60 + two_digits(text + 8);
}

// Once the tag and the length are there, the bytes of the header; 0 before.
static uint8_t header_len(const validity_t *validity) {
    const uint8_t first = validity->len > 1 ? validity->bytes[1] : 0;
    const uint8_t len = first & 0x80 ? 2 + (first & 0x7F) : 2;
    return validity->len >= len ? len : 0;
}

// An element's header is complete.
static void element(validity_t *validity, uint8_t header) {
    uint32_t len = validity->bytes[1];
    uint8_t at;
    if (header > 2) {
        len = 0;
        for (at = 2; at < header; at++) {
            len = len << 8 | validity->bytes[at];
        }
    }
    if (validity->step == VERSION && validity->bytes[0] != TAG_VERSION) {
        validity->step = SERIAL; // a version is not there
    }
    switch (validity->step) {
    case CERTIFICATE:
    case TBS:
    case VALIDITY:
        validity->len = 0; // enter it
        break;
    default:
        validity->skip = len;
        validity->len = 0;
        break;
    }
    validity->step++;
}

void validity_append(validity_t *validity, const uint8_t *bytes, size_t len) {
    for (; len > 0 && validity->step != DONE; bytes++, len--) {
        if (validity->skip > 0) {
            validity->skip--;
            continue;
        }
        validity->bytes[validity->len++] = *bytes;
        if (validity->step < NOT_BEFORE) {
            const uint8_t header = header_len(validity);
            if (header > 0) {
                element(validity, header);
            }
        } else if (validity->len > 2 && validity->len == 2 + validity->bytes[1]) {
            validity->not_before = seconds_of(validity->bytes + 2, validity->bytes[0] == TAG_UTC_TIME);
            validity->step = DONE;
        }
        if (validity->len == sizeof validity->bytes) {
            validity->step = DONE; // no certificate: BearSSL says so
        }
    }
}
