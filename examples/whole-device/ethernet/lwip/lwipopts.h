// lwIP for one connection: IPv4, DHCP, DNS and TCP by the raw API, without an operating system.
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include "../../configuration.h"

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 // nothing of lwIP runs in an interrupt
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_STATS 0
#define LWIP_NOASSERT

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_TCP 1
#define LWIP_UDP 1
#define LWIP_DNS 1
#define LWIP_DHCP 1
// Not answered: pings. Not needed: fragments, raw sockets, multicast, a look for who else has our address (seven seconds).
#define LWIP_ICMP 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define IP_FORWARD 0
#define LWIP_RAW 0
#define LWIP_IGMP 0
#define LWIP_AUTOIP 0
#define LWIP_ACD 0
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_DHCP_BOOTP_FILE 0
#define LWIP_DHCP_GET_NTP_SRV 0
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF 0
#define LWIP_NETIF_HOSTNAME 0
#define LWIP_SINGLE_NETIF 1
#define ARP_QUEUEING 0
#define ETHARP_SUPPORT_STATIC_ENTRIES 0
#define LWIP_CHECKSUM_ON_COPY 0

// The peer sends what was lost, and what came after it, again.
#define TCP_QUEUE_OOSEQ 0
#define LWIP_TCP_TIMESTAMPS 0
#define TCP_LISTEN_BACKLOG 0
#define TCP_OVERSIZE 0
#define TCP_CALCULATE_EFF_SEND_MSS 0

#define TCP_MSS SEGMENT
#define TCP_WND (SEGMENTS * SEGMENT)
#define TCP_SND_BUF (2 * SEGMENT)
#define TCP_SND_QUEUELEN 4
#define TCP_SNDLOWAT SEGMENT
#define TCP_SNDQUEUELOWAT 1
#define MEMP_NUM_TCP_SEG TCP_SND_QUEUELEN
#define MEMP_NUM_TCP_PCB 2 // one may still be closing
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_UDP_PCB 2 // DHCP's and DNS's
#define MEMP_NUM_PBUF 1
#define PBUF_POOL_SIZE (SEGMENTS + 2)
#define MEM_ALIGNMENT 4
#define MEM_SIZE 1600
#define ARP_TABLE_SIZE 2
#define DNS_TABLE_SIZE 1
#define DNS_MAX_SERVERS 1
#define DNS_MAX_NAME_LENGTH 80 // AWS's longest endpoint has some 60 characters
#define LWIP_DNS_SECURE LWIP_DNS_SECURE_RAND_XID

#endif
