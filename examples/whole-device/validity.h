// Reads the two dates of a certificate while it comes in, for a clock that may be a mere floor.
#ifndef VALIDITY_H
#define VALIDITY_H

#include <stddef.h>
#include <stdint.h>

// One certificate. Start from zeros.
typedef struct {
    // Which element of the certificate comes next, and how many bytes of it are to be passed over.
    uint8_t step;
    uint32_t skip;
    // The header or the date that is being read.
    uint8_t len;
    uint8_t bytes[18];
    // Seconds since 1970; 0 until it was read, or where it lies outside 1970 to 2105.
    uint32_t not_before;
} validity_t;

// Takes the next bytes of a certificate in DER.
void validity_append(validity_t *validity, const uint8_t *bytes, size_t len);

#endif
