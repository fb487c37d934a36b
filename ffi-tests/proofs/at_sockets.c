// esbmc: --32 --unwind 60
//
// The sockets of examples/at-modem/c (socket.c, quectel_socket.c, quectel_tcp.c, simcom_socket.c) over any modem.
//
// Assumed: what include/modem.h says of at.c. A move is proven from every state that a socket can have, so it holds for any number of them.
#include "modem.h"

#include "socket.c"

#include "quectel_socket.c"
#include "quectel_tcp.c"
#include "simcom_socket.c"

#include "exchange.h"

static at_t at;

static const modem_sockets_t *any_family(void) {
    const unsigned family = any_u8() % 3u;
    return family == 0 ? &SIMCOM_SOCKETS : family == 1 ? &QUECTEL_SOCKETS : &QUECTEL_TCP;
}

void prove_one_move(void) {
    modem_socket_t socket;
    motepost_transport_t transport;
    socket.at = &at;
    socket.commands = any_family();
    socket.has_data = any_of_two();
    socket.closed = any_of_two();
    at.on_urc = on_urc;
    at.urc_ctx = &socket;
    at.status = any_i32();
    transport = modem_socket_transport(&socket);
    ASSUME(at.status == AT_OK || (at.status <= AT_E_TIMEOUT && at.status >= AT_E_FULL));
    (void)move_of_any_length(&transport);
    END();
}

void prove_open_and_close(void) {
    modem_socket_t *socket = (modem_socket_t *)malloc(sizeof *socket);
    const size_t len = up_to(300);
    char *host = (char *)malloc(len + 1);
    const motepost_str_t text = {host, len};
    at.status = AT_OK;
    if (modem_socket_open(socket, &at, any_family(), text, (uint16_t)any_i32(), "ca.pem") == AT_OK) {
        MUST(socket->has_data <= 1 && socket->closed <= 1, "what it knows is set");
    }
    modem_socket_close(socket);
    free(socket);
    free(host);
    (void)at_poll(&at); // what comes afterwards is for nobody
    END();
}
