// Each header of examples/at-modem/c by itself, and a function of each: what does not say extern "C" does not link.
#include "../../examples/at-modem/c/simcom.h"
#include "../../examples/at-modem/c/quectel.h"
#include "../../examples/at-modem/c/socket.h"
#include "../../examples/at-modem/c/at.h"

int main(int count, char **) {
    const at_port_t port = {};
    at_limit_t limit = {};
    at_t at = {};
    if (count > 9) {
        at_init(&at, &port);
        modem_socket_t socket = {};
        modem_socket_open(&socket, &at, &QUECTEL_TCP, {}, 443, nullptr);
        simcom_http_check(nullptr, &limit);
        quectel_tls(&at, "ca.pem");
    }
    return 0;
}
