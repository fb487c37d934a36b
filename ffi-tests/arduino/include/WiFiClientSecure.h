// See Arduino.h. Speaks no TLS: says what it would trust and whom it would name, and connects to 127.0.0.1 at HOST_PORT instead.
#ifndef HOST_WIFI_CLIENT_SECURE_H
#define HOST_WIFI_CLIENT_SECURE_H

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "Client.h"

class WiFiClientSecure : public Client {
public:
    void setCACert(const char *certificate) { printf("CA of %u bytes\n", (unsigned)strlen(certificate)); }

    int connect(const char *host, uint16_t port) override {
        struct sockaddr_in address;
        printf("SNI %s, port %u\n", host, port);
        memset(&address, 0, sizeof address);
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons((uint16_t)atoi(getenv("HOST_PORT")));
        file = socket(AF_INET, SOCK_STREAM, 0);
        return ::connect(file, (struct sockaddr *)&address, sizeof address) == 0;
    }

    size_t write(uint8_t byte) override { return write(&byte, 1); }

    size_t write(const uint8_t *buffer, size_t size) override {
        const ssize_t count = send(file, buffer, size, MSG_NOSIGNAL);
        return count > 0 ? (size_t)count : 0;
    }

    int available() override {
        int count = 0;
        return ioctl(file, FIONREAD, &count) == 0 ? count : 0;
    }

    int read(uint8_t *buffer, size_t size) override { return (int)recv(file, buffer, size, MSG_DONTWAIT); }

    int read() override {
        uint8_t byte;
        return read(&byte, 1) == 1 ? byte : -1;
    }

    int peek() override { return -1; }

    // True while there is something to read, as in Arduino's own libraries.
    uint8_t connected() override {
        uint8_t byte;
        return recv(file, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
    }

    void stop() override { close(file); }

private:
    int file = -1;
};

#endif
