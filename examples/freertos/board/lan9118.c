// SMSC LAN9118 datasheet, chapters 3 and 5, as far as QEMU needs it: a real board's PHY wants more care.
#include "lan9118.h"

#include "lwip/etharp.h"

#define REGISTER(offset) (*(volatile uint32_t *)(0x40200000 + (offset)))

enum {
    RX_DATA = 0x00,
    TX_DATA = 0x20,
    RX_STATUS = 0x40,
    IRQ_CFG = 0x54,
    INT_STS = 0x58,
    INT_EN = 0x5C,
    FIFO_INT = 0x68,
    TX_CFG = 0x70,
    HW_CFG = 0x74,
    RX_FIFO_INF = 0x7C,
    TX_FIFO_INF = 0x80,
    MAC_CSR_CMD = 0xA4,
    MAC_CSR_DATA = 0xA8,
};
enum { MAC_CR = 1, MAC_ADDRH = 2, MAC_ADDRL = 3 };
enum { MAC_RX_ON = 1 << 2, MAC_TX_ON = 1 << 3 };
enum { IRQ_ON_ACTIVE_HIGH_PUSH_PULL = 1 << 8 | 1 << 4 | 1 << 0 };
enum { RX_STATUS_FIFO_LEVEL = 1 << 3, RX_ERROR = 1 << 15, TX_ON_ALLOW_OVERRUN = 1 << 1 | 1 << 2 };
enum { SOFT_RESET = 1 << 0, TX_FIFO_5_KB_STORE_AND_FORWARD = 5 << 16 | 1 << 20 };
enum { FIRST_SEGMENT = 1 << 13, LAST_SEGMENT = 1 << 12, DATA_START = 16 };
enum { CRC_LEN = 4 };

static void mac(uint32_t command) {
    REGISTER(MAC_CSR_CMD) = 1U << 31 | command;
    while (REGISTER(MAC_CSR_CMD) & 1U << 31) {
    }
}

static uint32_t mac_read(uint32_t index) {
    mac(1U << 30 | index);
    return REGISTER(MAC_CSR_DATA);
}

static void mac_write(uint32_t index, uint32_t value) {
    REGISTER(MAC_CSR_DATA) = value;
    mac(index);
}

// Each part of the packet is a buffer of its own to the controller, which passes over what lies in front of it in its first word.
err_t lan9118_send(struct netif *netif, struct pbuf *packet) {
    const struct pbuf *part;
    (void)netif;
    while ((REGISTER(TX_FIFO_INF) & 0xFFFF) < packet->tot_len + 16U * pbuf_clen(packet)) {
    }
    for (part = packet; part != NULL; part = part->next) {
        const uint32_t before = (uintptr_t)part->payload % 4;
        const uint32_t *word = (const uint32_t *)((uintptr_t)part->payload - before);
        uint32_t words = (before + part->len + 3) / 4;
        REGISTER(TX_DATA) = before << DATA_START | (part == packet ? FIRST_SEGMENT : 0) |
                            (part->next == NULL ? LAST_SEGMENT : 0) | part->len;
        REGISTER(TX_DATA) = packet->tot_len;
        for (; words > 0; words--) {
            REGISTER(TX_DATA) = *word++;
        }
    }
    return ERR_OK;
}

bool lan9118_has_frame(void) {
    return (REGISTER(RX_FIFO_INF) >> 16 & 0xFF) != 0;
}

// The pool's buffers begin at a word and have room for whole ones.
struct pbuf *lan9118_receive(void) {
    const uint32_t status = REGISTER(RX_STATUS);
    const uint32_t len = status >> 16 & 0x3FFF;
    uint32_t words = (len + 3) / 4;
    struct pbuf *packet = NULL;
    const struct pbuf *part;
    if (!(status & RX_ERROR) && len > CRC_LEN) {
        packet = pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_LEN), PBUF_POOL);
    }
    for (part = packet; part != NULL; part = part->next) {
        uint32_t *to = part->payload;
        uint32_t here = (part->len + 3U) / 4;
        words -= here;
        for (; here > 0; here--) {
            *to++ = REGISTER(RX_DATA);
        }
    }
    for (; words > 0; words--) {
        (void)REGISTER(RX_DATA);
    }
    return packet;
}

void lan9118_allow_interrupt(bool allowed) {
    REGISTER(INT_EN) = allowed ? RX_STATUS_FIFO_LEVEL : 0;
}

void lan9118_acknowledge(void) {
    REGISTER(INT_STS) = RX_STATUS_FIFO_LEVEL;
}

void lan9118_start(struct netif *netif) {
    uint32_t low, high;
    REGISTER(HW_CFG) = SOFT_RESET;
    while (REGISTER(HW_CFG) & SOFT_RESET) {
    }
    REGISTER(HW_CFG) = TX_FIFO_5_KB_STORE_AND_FORWARD;
    REGISTER(TX_CFG) = TX_ON_ALLOW_OVERRUN;
    REGISTER(FIFO_INT) = 0;
    REGISTER(IRQ_CFG) = IRQ_ON_ACTIVE_HIGH_PUSH_PULL;

    low = mac_read(MAC_ADDRL);
    high = mac_read(MAC_ADDRH);
    SMEMCPY(netif->hwaddr, &low, 4);
    SMEMCPY(netif->hwaddr + 4, &high, 2);
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->mtu = 1500;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = lan9118_send;
    mac_write(MAC_CR, MAC_RX_ON | MAC_TX_ON);
}
