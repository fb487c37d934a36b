// What motepost_arduino.h uses of an Arduino core. The functions stand in the proof.
#ifndef PROOF_ARDUINO_H
#define PROOF_ARDUINO_H

#include <stddef.h>
#include <stdint.h>

unsigned long millis();
void delay(unsigned long milliseconds);

class Stream {
public:
    virtual int available() = 0;
    virtual int read() = 0;
    virtual size_t write(const uint8_t *buffer, size_t size) = 0;
};

#endif
