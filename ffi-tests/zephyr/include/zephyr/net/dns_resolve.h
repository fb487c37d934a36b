// See kernel.h.
#ifndef HOST_ZEPHYR_NET_DNS_RESOLVE_H
#define HOST_ZEPHYR_NET_DNS_RESOLVE_H

// Zephyr's number.
#define DNS_EAI_MEMORY (-10)

#endif
