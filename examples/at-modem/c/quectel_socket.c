// Quectel: AT+QSSL…, of which client 0 and TLS context 1 are used here, in buffer access mode.
#include <string.h>

#include "quectel.h"
#include "socket.h"

void quectel_tls(at_t *at, const char *ca_file) {
    at_command(at, "AT+QSSLCFG=\"sslversion\",1,3"); // TLS 1.2
    at_command(at, "AT+QSSLCFG=\"seclevel\",1,1");   // the server's certificate is checked,
    at_command(at, "AT+QSSLCFG=\"checkhost\",1,1");  // and that it is for this host
    at_text(at, "AT+QSSLCFG=\"cacert\",1,\"");
    at_text(at, ca_file);
    at_command(at, "\"");
    at_command(at, "AT+QSSLCFG=\"sni\",1,1");
}

static void quectel_open(at_t *at, motepost_str_t host, uint16_t port, const char *ca_file) {
    quectel_tls(at, ca_file);
    at_text(at, "AT+QSSLOPEN=1,1,0,\"");
    at_bytes(at, host.ptr, host.len);
    at_text(at, "\",");
    at_number(at, port);
    at_text(at, ",0");
    if (at_info(at, "+QSSLOPEN:", at->network_timeout) == AT_OK && at_field(at, 1) != 0) {
        at_fail(at, AT_E_RESULT, at_field(at, 1));
    }
}

static void quectel_close(at_t *at) {
    at_close(at, "AT+QSSLCLOSE=0");
}

// `+QSSLRECV: 10`, a line end and ten bytes.
size_t quectel_recv(at_t *at, const char *command, const char *mark, void *buffer, size_t len) {
    int32_t count;
    at_text(at, command);
    at_number(at, len);
    at_mark(at, mark, at->timeout);
    count = at->status == AT_OK ? at_field(at, 0) : 0;
    if (count < 0 || (size_t)count > len) {
        at_fail(at, AT_E_ANSWER, 0);
        return 0;
    }
    at_raw(at, buffer, (size_t)count, at->timeout);
    at_final(at, "OK", NULL, at->timeout);
    return at->status == AT_OK ? (size_t)count : 0;
}

static void tls_send(at_t *at, const void *bytes, size_t len) {
    at_give(at, "AT+QSSLSEND=0,", bytes, len, "SEND OK");
}

static size_t tls_recv(at_t *at, void *buffer, size_t len) {
    return quectel_recv(at, "AT+QSSLRECV=0,", "+QSSLRECV:", buffer, len);
}

static void quectel_urc(modem_socket_t *socket, const char *line) {
    if (strcmp(line, "+QSSLURC: \"recv\",0") == 0) {
        socket->has_data = 1;
    } else if (strcmp(line, "+QSSLURC: \"closed\",0") == 0) {
        socket->closed = 1;
    }
}

const modem_sockets_t QUECTEL_SOCKETS = {quectel_open, quectel_close, tls_send, tls_recv, quectel_urc, 1460};
