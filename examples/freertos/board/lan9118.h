// The LAN9118 of Arm's MPS2 for lwIP, with or without an operating system: frames go from and into lwIP's buffers directly.
#ifndef LAN9118_H
#define LAN9118_H

#include <stdbool.h>

#include "lwip/err.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

// Resets the controller, starts it, and makes `netif` its Ethernet interface, but for what differs between users: its input.
void lan9118_start(struct netif *netif);

// For netif->linkoutput; waits while the controller has no room.
err_t lan9118_send(struct netif *netif, struct pbuf *packet);

// Whether a frame is there.
bool lan9118_has_frame(void);

// The next frame; NULL where it was damaged or there was no buffer for it: the peer will send it again.
struct pbuf *lan9118_receive(void);

// Lets the controller interrupt when a frame comes, or no longer.
void lan9118_allow_interrupt(bool allowed);

// Ends the interrupt for the frames that came so far.
void lan9118_acknowledge(void);

#endif
