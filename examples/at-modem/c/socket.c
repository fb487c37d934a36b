#include "socket.h"

// After which a modem without room is asked again.
enum { FULL_PAUSE = 500 };

static void on_urc(void *ctx, const char *line) {
    modem_socket_t *socket = ctx;
    socket->commands->urc(socket, line);
}

int32_t modem_socket_open(modem_socket_t *socket, at_t *at, const modem_sockets_t *commands,
                          motepost_str_t host, uint16_t port, const char *ca_file) {
    socket->at = at;
    socket->commands = commands;
    at->on_urc = on_urc;
    at->urc_ctx = socket;
    at_begin(at);
    // Whatever an earlier publish left open; there is nothing to close as a rule, and that is an error.
    if (at->status == AT_OK) {
        commands->close(at);
        if (at->status == AT_E_ERROR || at->status == AT_E_CME) {
            at->status = AT_OK;
        }
    }
    // What it said of that one is not of this.
    socket->has_data = 0;
    socket->closed = 0;
    commands->open(at, host, port, ca_file);
    return at->status;
}

static int32_t socket_send(void *ctx, const void *buffer, size_t len) {
    modem_socket_t *socket = ctx;
    const size_t count = len < socket->commands->most ? len : socket->commands->most;
    at_t *at = socket->at;
    int32_t status;
    if (buffer == NULL) {
        return MOTEPOST_E_NULL;
    }
    socket->commands->send(at, buffer, count);
    status = at->status;
    if (status == AT_E_FULL) {
        at->status = AT_OK;
        return at_pause(at, FULL_PAUSE);
    }
    if (status == AT_E_ERROR || status == AT_E_CME) {
        // The peer takes no more, and may have said why. The modem still has that: it is asked for.
        at->status = AT_OK;
        socket->has_data = 1;
    }
    return status == AT_OK ? (int32_t)count : status;
}

static int32_t socket_recv(void *ctx, void *buffer, size_t len) {
    modem_socket_t *socket = ctx;
    at_t *at = socket->at;
    size_t count = 0;
    if (at_poll(at) == AT_OK && socket->has_data) {
        // Cleared first: what arrives meanwhile is announced anew.
        socket->has_data = 0;
        count = socket->commands->recv(at, buffer, len < socket->commands->most ? len : socket->commands->most);
        // It may have more than was asked for, and does not always say so.
        socket->has_data = socket->has_data || count > 0;
    }
    if (at->status != AT_OK) {
        return at->status;
    }
    return count == 0 && socket->closed && !socket->has_data ? MOTEPOST_IO_CLOSED : (int32_t)count;
}

motepost_transport_t modem_socket_transport(modem_socket_t *socket) {
    const motepost_transport_t transport = {.recv = socket_recv, .send = socket_send, .ctx = socket};
    return transport;
}

void modem_socket_close(modem_socket_t *socket) {
    at_t *at = socket->at;
    if (at->status == AT_OK) {
        socket->commands->close(at);
        at->status = AT_OK; // it may have been closed already
    }
    at->on_urc = NULL;
}
