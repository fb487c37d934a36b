// Publishes one reading and prints what came of it.
#include <stdio.h>

#include "esp_err.h"
#include "esp_event.h"
#include "esp_netif.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"
#ifdef CONFIG_EXAMPLE_TLS
#include "esp_crt_bundle.h"
#endif

#include "motepost_esp_tls.h"

static const char *words_of(int verdict) {
    switch (verdict) {
    case MOTEPOST_ACCEPTED:
        return "accepted";
    case MOTEPOST_DENIED:
        return "denied";
    case MOTEPOST_REJECTED:
        return "rejected";
    case MOTEPOST_THROTTLED:
        return "throttled";
    default:
        return "unavailable";
    }
}

static int32_t publish_reading(motepost_response_t *response) {
    static const char READING[] = "{\"message\":\"Hello from ESP-IDF\"}";
    static uint8_t buffer[512]; // the response's body is here afterwards
    static motepost_exchange_t exchange;
    static const motepost_pair_t id = {MOTEPOST_STR("id"), MOTEPOST_STR(CONFIG_EXAMPLE_ID)};
    static const motepost_publish_t publish = {
        .endpoint = MOTEPOST_STR(CONFIG_EXAMPLE_HOST),
        .topic = MOTEPOST_STR(CONFIG_EXAMPLE_ID "/status"),
        .payload = {(const uint8_t *)READING, sizeof READING - 1},
        .authorizer = MOTEPOST_STR(CONFIG_EXAMPLE_AUTHORIZER),
        .token_key = MOTEPOST_STR("token"),
        .token = MOTEPOST_STR(CONFIG_EXAMPLE_TOKEN),
        .headers = &id,
        .header_count = 1,
        .qos = 1,
    };
    const esp_tls_cfg_t config = {
        .timeout_ms = 10000,
#ifdef CONFIG_EXAMPLE_TLS
        .crt_bundle_attach = esp_crt_bundle_attach,
#else
        .is_plain_tcp = true,
#endif
    };
    motepost_esp_tls_t link;
    int32_t status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);

    if (status != MOTEPOST_OK) {
        printf("motepost: %s %s\n", motepost_field_name(status), motepost_strerror(status));
        return status;
    }
    status = motepost_esp_tls_open(&link, CONFIG_EXAMPLE_HOST, CONFIG_EXAMPLE_PORT, &config);
    if (status != ESP_OK) {
        printf("motepost: cannot connect (0x%x)\n", (unsigned)status);
        return MOTEPOST_E_IO;
    }
    status = motepost_esp_tls_run(&link, &exchange, response, 10000);
    motepost_esp_tls_close(&link);
    if (status == MOTEPOST_AGAIN) {
        printf("motepost: no response within 10 s\n");
    } else if (status != MOTEPOST_OK) {
        printf("motepost: %s (%d)\n", motepost_strerror(status), (int)motepost_exchange_io_error(&exchange));
    }
    return status;
}

void app_main(void) {
    motepost_response_t response;

    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());
    if (publish_reading(&response) == MOTEPOST_OK) {
        printf("motepost: %u, %s\n", (unsigned)response.status, words_of(response.verdict));
    }
}
