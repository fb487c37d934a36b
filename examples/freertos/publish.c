#include "publish.h"

#include "credentials.h" // written for each device: never in version control
#include "motepost_freertos.h"

int32_t publish_reading(const TransportInterface_t *transport, motepost_response_t *response) {
    static const uint8_t reading[] = READING;
    static const motepost_pair_t id = {MOTEPOST_STR("id"), MOTEPOST_STR(DEVICE_ID)};
    static const motepost_publish_t publish = {
        .endpoint = MOTEPOST_STR(ENDPOINT),
        .topic = MOTEPOST_STR(TOPIC),
        .payload = {reading, sizeof reading - 1},
        .authorizer = MOTEPOST_STR(AUTHORIZER),
        .token_key = MOTEPOST_STR("token"),
        .token = MOTEPOST_STR(TOKEN),
        .headers = &id,
        .header_count = 1,
        .qos = 1,
    };
    static uint8_t buffer[320]; // the response's body is here afterwards
    static motepost_exchange_t exchange;
    const int32_t status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    return status == MOTEPOST_OK ? motepost_freertos_run(transport, &exchange, response, pdMS_TO_TICKS(10000)) : status;
}
