// What motepost_arduino.h and the library's examples need of an Arduino core, no more, over this host's sockets: so that they can be
// run where no core for the board is.
#ifndef HOST_ARDUINO_H
#define HOST_ARDUINO_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

// A clock of its own for a test that is about time: from 0 on, a look at it takes a millisecond.
__attribute__((unused)) static long host_time = -1;

static inline unsigned long millis() {
    struct timespec now;
    if (host_time >= 0) {
        return (unsigned long)host_time++;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long)now.tv_sec * 1000 + (unsigned long)now.tv_nsec / 1000000;
}

static inline void delay(unsigned long milliseconds) {
    if (host_time >= 0) {
        host_time += (long)milliseconds;
    } else {
        (void)poll(NULL, 0, (int)milliseconds);
    }
}

class Print {
public:
    virtual ~Print() {}
    virtual size_t write(uint8_t byte) = 0;
    virtual size_t write(const uint8_t *buffer, size_t size) = 0;
};

class Stream : public Print {
public:
    virtual int available() = 0;
    virtual int read() = 0;
    virtual int peek() = 0;
};

class HostSerial {
public:
    void begin(unsigned long) {}
    void print(const char *text) { printf("%s", text); }
    void println(const char *text) { printf("%s\n", text); }
    void println(int number) { printf("%d\n", number); }
};

__attribute__((unused)) static HostSerial Serial;

#endif
