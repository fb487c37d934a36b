// See esp_err.h. A host is connected already.
#ifndef HOST_ESP_NETIF_H
#define HOST_ESP_NETIF_H

#include "esp_err.h"

static inline esp_err_t esp_netif_init(void) {
    return ESP_OK;
}

#endif
