// See Arduino.h.
#ifndef HOST_CLIENT_H
#define HOST_CLIENT_H

#include "Arduino.h"

class Client : public Stream {
public:
    using Print::write;
    using Stream::read;
    virtual int connect(const char *host, uint16_t port) = 0;
    virtual int read(uint8_t *buffer, size_t size) = 0;
    virtual void stop() = 0;
    virtual uint8_t connected() = 0;
};

#endif
