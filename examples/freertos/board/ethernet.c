// The board's Ethernet by interrupt and task.
#include "ethernet.h"

#include "FreeRTOS.h"
#include "lan9118.h"
#include "task.h"

#define INTERRUPT_ENABLE (*(volatile uint32_t *)0xE000E100)
#define INTERRUPT_PRIORITY(n) (*(volatile uint8_t *)(0xE000E400 + (n)))

enum { INTERRUPT = 13 };

static TaskHandle_t receiver;

static void receive_one(struct netif *netif) {
    struct pbuf *packet = lan9118_receive();
    if (packet != NULL && netif->input(packet, netif) != ERR_OK) {
        pbuf_free(packet);
    }
}

static void receive(void *netif) {
    for (;;) {
        (void)ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        // First of all, so that a frame that comes while the others are read is told of again.
        lan9118_acknowledge();
        while (lan9118_has_frame()) {
            receive_one(netif);
        }
        lan9118_allow_interrupt(true);
    }
}

void ethernet_interrupt(void) {
    BaseType_t switch_task = pdFALSE;
    lan9118_allow_interrupt(false);
    vTaskNotifyGiveFromISR(receiver, &switch_task);
    portYIELD_FROM_ISR(switch_task);
}

err_t ethernet_init(struct netif *netif) {
    if (xTaskCreate(receive, "ethernet", ETHERNET_STACK_WORDS, netif, 3, &receiver) != pdPASS) {
        return ERR_MEM;
    }
    lan9118_start(netif);
    INTERRUPT_PRIORITY(INTERRUPT) = configKERNEL_INTERRUPT_PRIORITY; // it calls the kernel
    INTERRUPT_ENABLE = 1 << INTERRUPT;
    lan9118_allow_interrupt(true);
    return ERR_OK;
}
