// A TCP socket in a cellular modem, by AT commands over the UART. The TLS is ours, so the UART carries no secret in the clear.
#include "network.h"

#include <string.h>

#include "../../at-modem/c/socket.h"
#include "board.h"
#include "device.h"

static at_t at;
static modem_socket_t socket;

static int32_t uart_receive(void *nothing, void *buffer, size_t len) {
    (void)nothing;
    return (int32_t)board_uart_receive(buffer, len);
}

static int32_t uart_send(void *nothing, const void *buffer, size_t len) {
    (void)nothing;
    (void)len;
    board_uart_send(*(const uint8_t *)buffer);
    return 1;
}

static uint32_t now_ms(void *nothing) {
    (void)nothing;
    return board_now_ms();
}

static void idle(void *nothing) {
    (void)nothing;
    board_wait();
}

int32_t network_start(void) {
    static const at_port_t PORT = {uart_receive, uart_send, now_ms, idle, NULL};
    board_uart_start();
    // A board whose processor can start anew without its modem resets the modem here: see at_init.
    at_init(&at, &PORT);
    at.network_timeout = DEVICE.connect_timeout;
    return at_begin(&at);
}

int32_t network_connect(const char *host, uint16_t port) {
    const motepost_str_t name = {host, strlen(host)};
    return modem_socket_open(&socket, &at, &QUECTEL_TCP, name, port, NULL);
}

void network_renew(void) {
    at_renew(&at);
}

motepost_transport_t network_transport(void) {
    return modem_socket_transport(&socket);
}

void network_close(void) {
    if (socket.at != NULL) {
        modem_socket_close(&socket);
    }
}
