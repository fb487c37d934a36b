// A TCP connection for the example programs. On firmware, this is your network stack.
#ifndef EXAMPLES_COMMON_TCP_H
#define EXAMPLES_COMMON_TCP_H

#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deadline.h"

// A connected socket that never blocks, or -1.
static int open_tcp(const char *host, const char *port) {
    struct addrinfo wanted, *found = NULL, *at;
    int opened = -1;
    memset(&wanted, 0, sizeof wanted);
    wanted.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &wanted, &found) != 0) {
        return -1;
    }
    for (at = found; at != NULL && opened < 0; at = at->ai_next) {
        int error = 0;
        socklen_t size = sizeof error;
        opened = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (opened < 0) {
            continue;
        }
        fcntl(opened, F_SETFL, O_NONBLOCK);
        if (connect(opened, at->ai_addr, at->ai_addrlen) != 0 &&
            (errno != EINPROGRESS || !wait_for(opened, POLLOUT) ||
             getsockopt(opened, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)) {
            close(opened);
            opened = -1;
        }
    }
    freeaddrinfo(found);
    return opened;
}

#endif
