// The response that everybody is measured with: AWS's to a publish, 253 bytes.
#ifndef RESPONSE_H
#define RESPONSE_H

// In flash, where the one board with 2 KB of RAM would read it from.
#ifdef __AVR__
#include <avr/pgmspace.h>
#define IN_FLASH PROGMEM
#define FROM_FLASH(at) ((char)pgm_read_byte(at))
#else
#define IN_FLASH
#define FROM_FLASH(at) (*(at))
#endif
static const char ANSWER[] IN_FLASH =
    "HTTP/1.1 200 OK\r\n"
    "content-type: application/json\r\n"
    "content-length: 65\r\n"
    "date: Wed, 05 Apr 2023 18:18:25 GMT\r\n"
    "x-amzn-RequestId: d9b1b1c0-7f7c-4e1d-9c6e-3f4b2a1c0d9e\r\n"
    "connection: keep-alive\r\n"
    "\r\n"
    "{\"message\":\"OK\",\"traceId\":\"d9b1b1c0-7f7c-4e1d-9c6e-3f4b2a1c0d9e\"}";

#endif
