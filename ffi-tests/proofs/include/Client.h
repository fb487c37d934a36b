// See Arduino.h.
#ifndef PROOF_CLIENT_H
#define PROOF_CLIENT_H

#include "Arduino.h"

class Client : public Stream {
public:
    using Stream::read;
    virtual int read(uint8_t *buffer, size_t size) = 0;
    virtual uint8_t connected() = 0;
};

#endif
