// The LAN9118 of Arm's MPS2 (SMSC LAN9118 datasheet, chapter 5), as far as QEMU needs it: a real board's PHY wants more care.
#include "ethernet.h"

#include "FreeRTOS.h"
#include "lwip/etharp.h"
#include "lwip/pbuf.h"
#include "task.h"

#define REGISTER(offset) (*(volatile uint32_t *)(0x40200000 + (offset)))
#define INTERRUPT_ENABLE (*(volatile uint32_t *)0xE000E100)
#define INTERRUPT_PRIORITY(n) (*(volatile uint8_t *)(0xE000E400 + (n)))

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
enum { FIRST_AND_LAST_SEGMENT = 1 << 13 | 1 << 12 };
enum { INTERRUPT = 13, FRAME_LEN = 1518, CRC_LEN = 4 };

static TaskHandle_t receiver;

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

// lwIP calls it from its one task.
static err_t send(struct netif *netif, struct pbuf *packet) {
    static uint32_t frame[(FRAME_LEN + 3) / 4];
    const uint32_t len = pbuf_copy_partial(packet, frame, sizeof frame, 0);
    uint32_t at;
    (void)netif;
    while ((REGISTER(TX_FIFO_INF) & 0xFFFF) < len + 8) {
    }
    REGISTER(TX_DATA) = FIRST_AND_LAST_SEGMENT | len;
    REGISTER(TX_DATA) = len;
    for (at = 0; at < (len + 3) / 4; at++) {
        REGISTER(TX_DATA) = frame[at];
    }
    return ERR_OK;
}

static void receive_one(struct netif *netif) {
    static uint32_t frame[(FRAME_LEN + 3) / 4];
    const uint32_t status = REGISTER(RX_STATUS);
    const uint32_t len = status >> 16 & 0x3FFF;
    struct pbuf *packet;
    uint32_t at;
    for (at = 0; at < (len + 3) / 4; at++) {
        const uint32_t word = REGISTER(RX_DATA);
        if (at < sizeof frame / sizeof *frame) {
            frame[at] = word;
        }
    }
    if ((status & RX_ERROR) || len <= CRC_LEN || len > sizeof frame) {
        return;
    }
    packet = pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_LEN), PBUF_POOL);
    if (packet == NULL) {
        return; // the peer will send it again
    }
    pbuf_take(packet, frame, packet->tot_len);
    if (netif->input(packet, netif) != ERR_OK) {
        pbuf_free(packet);
    }
}

static void receive(void *netif) {
    for (;;) {
        (void)ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        // First of all, so that a frame that comes while the others are read is told of again.
        REGISTER(INT_STS) = RX_STATUS_FIFO_LEVEL;
        while (REGISTER(RX_FIFO_INF) >> 16 & 0xFF) {
            receive_one(netif);
        }
        REGISTER(INT_EN) = RX_STATUS_FIFO_LEVEL;
    }
}

void ethernet_interrupt(void) {
    BaseType_t switch_task = pdFALSE;
    REGISTER(INT_EN) = 0;
    vTaskNotifyGiveFromISR(receiver, &switch_task);
    portYIELD_FROM_ISR(switch_task);
}

err_t ethernet_init(struct netif *netif) {
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
    netif->linkoutput = send;

    if (xTaskCreate(receive, "ethernet", ETHERNET_STACK_WORDS, netif, 3, &receiver) != pdPASS) {
        return ERR_MEM;
    }
    INTERRUPT_PRIORITY(INTERRUPT) = configKERNEL_INTERRUPT_PRIORITY; // it calls the kernel
    INTERRUPT_ENABLE = 1 << INTERRUPT;
    REGISTER(INT_EN) = RX_STATUS_FIFO_LEVEL;
    mac_write(MAC_CR, MAC_RX_ON | MAC_TX_ON);
    return ERR_OK;
}
