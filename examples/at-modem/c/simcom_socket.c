// SIMCom SIM70x0: AT+CA…, of which identifier 0 and TLS context 0 are used here.
#include <string.h>

#include "socket.h"

static void simcom_open(at_t *at, motepost_str_t host, uint16_t port, const char *ca_file) {
    at_command(at, "AT+CSSLCFG=\"sslversion\",0,3"); // TLS 1.2
    at_text(at, "AT+CSSLCFG=\"sni\",0,\"");
    at_bytes(at, host.ptr, host.len);
    at_command(at, "\"");
    at_command(at, "AT+CACID=0");
    at_command(at, "AT+CASSLCFG=0,\"SSL\",1");
    at_command(at, "AT+CASSLCFG=0,\"CRINDEX\",0");
    at_text(at, "AT+CASSLCFG=0,\"CACERT\",\"");
    at_text(at, ca_file);
    at_command(at, "\"");
    at_text(at, "AT+CAOPEN=0,0,\"TCP\",\"");
    at_bytes(at, host.ptr, host.len);
    at_text(at, "\",");
    at_number(at, port);
    if (at_info(at, "+CAOPEN:", at->network_timeout) == AT_OK && at_field(at, 1) != 0) {
        at_fail(at, AT_E_RESULT, at_field(at, 1));
    }
}

static void simcom_close(at_t *at) {
    at_close(at, "AT+CACLOSE=0");
}

static void simcom_send(at_t *at, const void *bytes, size_t len) {
    at_give(at, "AT+CASEND=0,", bytes, len, "OK");
}

// `+CARECV: 10,` and ten bytes on the same line, or `+CARECV: 0`.
static size_t simcom_recv(at_t *at, void *buffer, size_t len) {
    int32_t count;
    at_text(at, "AT+CARECV=0,");
    at_number(at, len);
    at_mark(at, "+CARECV:", at->timeout);
    count = at->status == AT_OK ? at_field(at, 0) : 0;
    if (count < 0 || (size_t)count > len) {
        at_fail(at, AT_E_ANSWER, 0);
        return 0;
    }
    at_raw(at, buffer, (size_t)count, at->timeout);
    at_final(at, "OK", NULL, at->timeout);
    return at->status == AT_OK ? (size_t)count : 0;
}

static void simcom_urc(modem_socket_t *socket, const char *line) {
    if (strcmp(line, "+CADATAIND: 0") == 0) {
        socket->has_data = 1;
    } else if (strcmp(line, "+CASTATE: 0,0") == 0) {
        socket->closed = 1;
    }
}

const modem_sockets_t SIMCOM_SOCKETS = {simcom_open, simcom_close, simcom_send, simcom_recv, simcom_urc, 1459};
