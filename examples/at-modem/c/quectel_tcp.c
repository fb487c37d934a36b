// Quectel: AT+QI…, of which socket 0 is used here, in buffer access mode: TCP for a device that does the TLS itself.
#include <string.h>

#include "quectel.h"
#include "socket.h"

static void tcp_open(at_t *at, motepost_str_t host, uint16_t port, const char *ca_file) {
    (void)ca_file;
    at_text(at, "AT+QIOPEN=1,0,\"TCP\",\"");
    at_bytes(at, host.ptr, host.len);
    at_text(at, "\",");
    at_number(at, port);
    at_text(at, ",0,0");
    if (at_info(at, "+QIOPEN:", at->network_timeout) == AT_OK && at_field(at, 1) != 0) {
        at_fail(at, AT_E_RESULT, at_field(at, 1));
    }
}

static void tcp_close(at_t *at) {
    at_close(at, "AT+QICLOSE=0");
}

static void tcp_send(at_t *at, const void *bytes, size_t len) {
    at_give(at, "AT+QISEND=0,", bytes, len, "SEND OK");
}

static size_t tcp_recv(at_t *at, void *buffer, size_t len) {
    return quectel_recv(at, "AT+QIRD=0,", "+QIRD:", buffer, len);
}

static void tcp_urc(modem_socket_t *socket, const char *line) {
    if (strcmp(line, "+QIURC: \"recv\",0") == 0) {
        socket->has_data = 1;
    } else if (strcmp(line, "+QIURC: \"closed\",0") == 0) {
        socket->closed = 1;
    }
}

const modem_sockets_t QUECTEL_TCP = {tcp_open, tcp_close, tcp_send, tcp_recv, tcp_urc, 1460};
