// Ethernet, DHCP, DNS and TCP by lwIP's raw API. Everything runs in the one loop that calls it.
#include "network.h"

#include <stdbool.h>

#include "../../freertos/board/lan9118.h"
#include "board.h"
#include "configuration.h"
#include "device.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/init.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

static struct netif netif;
static struct dhcp dhcp;
static struct tcp_pcb *connection;
// lwIP's resolver writes to it, even after we have stopped waiting.
static ip_addr_t address;
// What came in and was not taken yet.
static struct pbuf *received;
// What is being waited for has happened.
static bool is_done;
static bool is_closed;
// lwIP's, after which it has freed the connection itself.
static err_t failure;

u32_t sys_now(void) {
    return board_now_ms();
}

uint32_t network_random(void) {
    uint32_t number = 0;
    if (DEVICE.entropy != NULL) {
        (void)DEVICE.entropy(&number, sizeof number);
    }
    return number;
}

// Lets lwIP do what is due.
static void poll(void) {
    while (lan9118_has_frame()) {
        struct pbuf *packet = lan9118_receive();
        if (packet != NULL && netif.input(packet, &netif) != ERR_OK) {
            pbuf_free(packet);
        }
    }
    sys_check_timeouts();
}

// Polls until that or a failure, or until the time that began at `started` is over.
static int32_t until_done(uint32_t started) {
    for (;;) {
        poll();
        if (is_done || failure != ERR_OK) {
            return failure;
        }
        if (board_now_ms() - started >= DEVICE.connect_timeout) {
            return NETWORK_E_TIMEOUT;
        }
        board_wait();
    }
}

static err_t start_interface(struct netif *interface) {
    lan9118_start(interface);
    return ERR_OK;
}

int32_t network_start(void) {
    const uint32_t started = board_now_ms();
    lwip_init();
    netif_add_noaddr(&netif, NULL, start_interface, ethernet_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    dhcp_set_struct(&netif, &dhcp);
    if (dhcp_start(&netif) != ERR_OK) {
        return ERR_MEM;
    }
    while (!dhcp_supplied_address(&netif)) {
        if (board_now_ms() - started >= NETWORK_TIMEOUT) {
            return NETWORK_E_TIMEOUT;
        }
        board_wait();
        poll();
    }
    return 0;
}

static void on_found(const char *name, const ip_addr_t *found, void *nothing) {
    (void)name;
    (void)nothing;
    if (found == NULL) {
        failure = ERR_ARG; // there is no such name
        return;
    }
    address = *found;
    is_done = true;
}

static err_t on_connected(void *nothing, struct tcp_pcb *pcb, err_t error) {
    (void)nothing;
    (void)pcb;
    (void)error; // always ERR_OK
    is_done = true;
    return ERR_OK;
}

static err_t on_received(void *nothing, struct tcp_pcb *pcb, struct pbuf *packet, err_t error) {
    (void)nothing;
    (void)pcb;
    (void)error; // always ERR_OK
    if (packet == NULL) {
        is_closed = true;
    } else if (received == NULL) {
        received = packet;
    } else {
        pbuf_cat(received, packet);
    }
    return ERR_OK;
}

static void on_failed(void *nothing, err_t error) {
    (void)nothing;
    connection = NULL;
    failure = error;
}

static int32_t look_up(const char *host, uint32_t started) {
    err_t error;
    is_done = false;
    error = dns_gethostbyname(host, &address, on_found, NULL);
    return error == ERR_INPROGRESS ? until_done(started) : error;
}

int32_t network_connect(const char *host, uint16_t port) {
    const uint32_t started = board_now_ms();
    int32_t status;
    failure = ERR_OK;
    is_closed = false;
    status = look_up(host, started);
    if (status != ERR_OK) {
        return status;
    }
    connection = tcp_new();
    if (connection == NULL) {
        return ERR_MEM;
    }
    is_done = false;
    tcp_recv(connection, on_received);
    tcp_err(connection, on_failed);
    status = tcp_connect(connection, &address, port, on_connected);
    return status == ERR_OK ? until_done(started) : status;
}

static int32_t take(void *nothing, void *buffer, size_t len) {
    u16_t count;
    (void)nothing;
    poll();
    if (received != NULL) {
        count = pbuf_copy_partial(received, buffer, len < UINT16_MAX ? (u16_t)len : UINT16_MAX, 0);
        received = pbuf_free_header(received, count);
        if (connection != NULL) {
            tcp_recved(connection, count);
        }
        return count;
    }
    return failure != ERR_OK ? failure : is_closed ? MOTEPOST_IO_CLOSED : 0;
}

static int32_t give(void *nothing, const void *buffer, size_t len) {
    err_t error;
    (void)nothing;
    poll();
    if (failure != ERR_OK) {
        return failure;
    }
    len = len < tcp_sndbuf(connection) ? len : tcp_sndbuf(connection);
    error = tcp_write(connection, buffer, (u16_t)len, TCP_WRITE_FLAG_COPY);
    if (error == ERR_MEM) {
        return 0; // when the peer has confirmed some
    }
    (void)tcp_output(connection);
    return error == ERR_OK ? (int32_t)len : error;
}

void network_renew(void) {
    // lwIP keeps no time of a publish's.
}

motepost_transport_t network_transport(void) {
    const motepost_transport_t transport = {take, give, NULL};
    return transport;
}

void network_close(void) {
    if (received != NULL) {
        pbuf_free(received);
        received = NULL;
    }
    if (connection != NULL) {
        tcp_err(connection, NULL);
        tcp_recv(connection, NULL);
        if (tcp_close(connection) != ERR_OK) {
            tcp_abort(connection);
        }
        connection = NULL;
    }
    poll();
}
