// A modem's TLS socket as a motepost_transport_t: the request goes through as it is, of any size,
// and the answer is the library's to read.
#ifndef MODEM_SOCKET_H
#define MODEM_SOCKET_H

#include "at.h"
#include "motepost.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct modem_socket modem_socket_t;

// The commands of one family of modems, for its first socket.
typedef struct {
    // Opens TLS to the host, trusting the CA in that file of the modem alone.
    void (*open)(at_t *at, motepost_str_t host, uint16_t port, const char *ca_file);
    void (*close)(at_t *at);
    void (*send)(at_t *at, const void *bytes, size_t len);
    // Returns how many bytes there were, at most len.
    size_t (*recv)(at_t *at, void *buffer, size_t len);
    // What the modem says by itself of the socket.
    void (*urc)(modem_socket_t *socket, const char *line);
    // How many bytes one command moves.
    size_t most;
} modem_sockets_t;

extern const modem_sockets_t SIMCOM_SOCKETS;  // SIM7070, SIM7080, SIM7090
extern const modem_sockets_t QUECTEL_SOCKETS; // BG95, BG96, EC21, EC25, EG91 …
// The same modems without their TLS, for a device that does its own; the CA file is not looked at.
extern const modem_sockets_t QUECTEL_TCP;

struct modem_socket {
    at_t *at;
    const modem_sockets_t *commands;
    int has_data;
    int closed;
};

// Leaves `*socket` in use by `*at` until modem_socket_close, which is due after a failure, too.
//
// From here on everything over the socket has publish_timeout together (at.h; 120 s), then its functions
// return AT_E_TIMEOUT. Over a connection that stays open, call at_renew before each publish.
int32_t modem_socket_open(modem_socket_t *socket, at_t *at, const modem_sockets_t *commands,
                          motepost_str_t host, uint16_t port, const char *ca_file);
// Its send refuses the payload after motepost_exchange_init_head, which it does not have: MOTEPOST_E_NULL.
motepost_transport_t modem_socket_transport(modem_socket_t *socket);
void modem_socket_close(modem_socket_t *socket);

#ifdef __cplusplus
}
#endif

#endif
