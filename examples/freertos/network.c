#include "network.h"

#include "ethernet.h"
#include "lwip/dhcp.h"
#include "lwip/netifapi.h"
#include "lwip/tcpip.h"
#include "task.h"

BaseType_t network_start(TickType_t ticks) {
    static struct netif netif;
    TimeOut_t since;

    tcpip_init(NULL, NULL);
    if (netifapi_netif_add(&netif, NULL, NULL, NULL, NULL, ethernet_init, tcpip_input) != ERR_OK ||
        netifapi_netif_set_default(&netif) != ERR_OK || netifapi_netif_set_up(&netif) != ERR_OK ||
        netifapi_dhcp_start(&netif) != ERR_OK) {
        return pdFALSE;
    }
    vTaskSetTimeOutState(&since);
    while (!dhcp_supplied_address(&netif)) {
        if (xTaskCheckForTimeOut(&since, &ticks) != pdFALSE) {
            return pdFALSE;
        }
        vTaskDelay(1);
    }
    return pdTRUE;
}
