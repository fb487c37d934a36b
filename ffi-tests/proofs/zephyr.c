// esbmc: --32 --unwind 4
//
// motepost_zephyr.h over any answers of Zephyr's sockets.
//
// Assumed:
// - zsock_recv and zsock_send return at most what they were offered, 0, or -1 with errno 1 to 200; the other calls that fail set
//   errno as well;
// - zsock_getaddrinfo gives 0 to 3 addresses, or an error and nothing to free;
// - k_uptime_get is not negative, is less than 2^62, and goes on by one to four milliseconds with each look at it, and by up to 255
//   in zsock_poll;
// - a run has 2 milliseconds at most, or none, or less, and begins in the first 255: it looks at differences alone. For any longer
//   time, a move is proven from every state that a link can have.
#include <errno.h>

#include "prove.h"

#include "motepost_zephyr.h"

#include "exchange.h"

int proof_errno;

// The one socket that is open; -1 for none.
static int open_socket = -1;
static int64_t now;
// A run's first look at the clock, and how long it has; for a move alone, its link's deadline.
static int64_t begun = -1;
static int64_t allowed;

static int fails(void) {
    if (any_of_two()) {
        proof_errno = 1 + (int)up_to(199);
        return 1;
    }
    return 0;
}

int64_t k_uptime_get(void) {
    now += 1 + any_u8() % 4;
    begun = begun < 0 ? now : begun;
    return now;
}

static ssize_t any_count(int socket, size_t len) {
    MUST(socket >= 0 && socket == open_socket, "only an open socket is used");
    MUST(now - begun < allowed, "nothing moves after the deadline");
    return fails() ? -1 : (ssize_t)up_to(len);
}

ssize_t zsock_recv(int socket, void *buffer, size_t len, int flags) {
    MUST(flags == ZSOCK_MSG_DONTWAIT, "it does not wait");
    writes(buffer, len);
    return any_count(socket, len);
}

ssize_t zsock_send(int socket, const void *buffer, size_t len, int flags) {
    MUST(flags == ZSOCK_MSG_DONTWAIT, "it does not wait");
    reads(buffer, len);
    return any_count(socket, len);
}

int zsock_poll(struct zsock_pollfd *files, int count, int milliseconds) {
    MUST(count == 1 && files->fd == open_socket, "only an open socket is used");
    MUST(files->events == ZSOCK_POLLIN || files->events == ZSOCK_POLLOUT, "it waits for something");
    MUST(milliseconds > 0, "it does not wait forever");
    files->revents = (short)any_i32();
    now += any_u8();
    return fails() ? -1 : any_of_two();
}

static struct zsock_addrinfo *resolved;

int zsock_getaddrinfo(const char *host, const char *port, const struct zsock_addrinfo *wanted, struct zsock_addrinfo **found) {
    reads(host, 2);
    reads(port, 4);
    reads(wanted, sizeof *wanted);
    if (any_of_two()) {
        const int error = any_i32();
        ASSUME(error != 0);
        return error;
    }
    for (size_t count = up_to(3); count > 0; count--) {
        struct zsock_addrinfo *one = (struct zsock_addrinfo *)malloc(sizeof *one);
        one->ai_addr = (struct sockaddr *)malloc(sizeof *one->ai_addr);
        one->ai_addrlen = up_to(sizeof *one->ai_addr);
        one->ai_next = resolved;
        resolved = one;
    }
    *found = resolved;
    return 0;
}

void zsock_freeaddrinfo(struct zsock_addrinfo *found) {
    MUST(found == resolved, "all addresses are freed");
    while (found != NULL) {
        struct zsock_addrinfo *next = found->ai_next;
        free(found->ai_addr);
        free(found);
        found = next;
    }
    resolved = NULL;
}

int zsock_socket(int family, int type, int protocol) {
    MUST(open_socket == -1, "one socket is open at a time");
    (void)family;
    (void)type;
    (void)protocol;
    if (!fails()) {
        open_socket = any_i32();
        ASSUME(open_socket >= 0);
    }
    return open_socket;
}

int zsock_setsockopt(int socket, int level, int option, const void *value, socklen_t len) {
    MUST(socket == open_socket, "only an open socket is used");
    (void)level;
    (void)option;
    reads(value, len);
    return fails() ? -1 : 0;
}

int zsock_connect(int socket, const struct sockaddr *address, socklen_t len) {
    MUST(socket == open_socket, "only an open socket is used");
    reads(address, len);
    return fails() ? -1 : 0;
}

int zsock_close(int socket) {
    MUST(socket >= 0 && socket == open_socket, "only an open socket is closed");
    open_socket = -1;
    return fails() ? -1 : 0;
}

static motepost_zephyr_t any_link(void) {
    motepost_zephyr_t link;
    link.socket = any_i32();
    ASSUME(link.socket >= 0);
    open_socket = link.socket;
    link.waits_for = any_of_two() ? ZSOCK_POLLIN : ZSOCK_POLLOUT;
    link.deadline = any_i64();
    now = any_i64();
    ASSUME(now >= 0 && now < INT64_MAX / 2);
    return link;
}

void prove_one_move(void) {
    motepost_zephyr_t link = any_link();
    motepost_transport_t functions;
    functions.recv = motepost_zephyr_recv;
    functions.send = motepost_zephyr_send;
    functions.ctx = &link;
    begun = 0;
    allowed = link.deadline == 0 ? INT64_MAX : link.deadline;
    (void)move_of_any_length(&functions);
    END();
}

void prove_run(void) {
    motepost_zephyr_t link = any_link();
    motepost_exchange_t exchange;
    motepost_response_t response;
    const int32_t milliseconds = any_i32();
    int32_t status;
    ASSUME(milliseconds <= 2 && now < 256);
    allowed = milliseconds;
    status = motepost_zephyr_run(&link, &exchange, &response, milliseconds);
    MUST(status != MOTEPOST_AGAIN || now - begun >= allowed, "a run goes on until the time is over");
    END();
}

void prove_open_and_close(void) {
    motepost_zephyr_t link;
    const sec_tag_t tags[2] = {1, 2};
    int error;
    error = motepost_zephyr_open(&link, "h", "443", tags, up_to(2));
    MUST(resolved == NULL, "all addresses are freed");
    MUST(error <= 0, "an error is negative");
    MUST((error == 0) == (open_socket >= 0), "a socket stays open when it is connected, and only then");
    MUST(link.socket == open_socket, "the link has the open socket");
    motepost_zephyr_close(&link);
    motepost_zephyr_close(&link);
    MUST(open_socket == -1, "it is closed");
    END();
}
