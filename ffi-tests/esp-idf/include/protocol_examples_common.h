// See esp_err.h. A host is connected already.
#ifndef HOST_PROTOCOL_EXAMPLES_COMMON_H
#define HOST_PROTOCOL_EXAMPLES_COMMON_H

#include "esp_err.h"

static inline esp_err_t example_connect(void) {
    return ESP_OK;
}

#endif
