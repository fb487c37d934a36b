#include "publish.h"

#include <string.h>

#include "clock.h"
#include "configuration.h"
#include "network.h"
#include "tls.h"

static motepost_exchange_t exchange;
static uint8_t buffer[REQUEST_BUFFER]; // the response's body is here afterwards

static int32_t publish_once(const device_t *device, const char *token, motepost_response_t *response, uint32_t *count) {
    const motepost_pair_t id = {MOTEPOST_STR("id"), device->id};
    const motepost_publish_t publish = {
        .endpoint = {device->endpoint, strlen(device->endpoint)},
        .topic = device->topic,
        .payload = device->reading,
        .authorizer = device->authorizer,
        .token_key = MOTEPOST_STR("token"),
        .token = {token, MOTEPOST_TOKEN_LEN},
        .headers = &id,
        .header_count = 1,
        .qos = 1,
    };
    uint32_t date;
    int32_t status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    if (status != MOTEPOST_OK) {
        return status;
    }
    (void)motepost_exchange_keep_details(&exchange); // for the date
    network_renew();
    status = tls_run(&exchange, response, PUBLISH_TIMEOUT);
    if (status == MOTEPOST_OK) {
        *count += 1;
        if (motepost_exchange_date(&exchange, &date) == MOTEPOST_OK) {
            clock_learn(date);
        }
    }
    return status;
}

int32_t publish_reading(const device_t *device, motepost_response_t *response, uint32_t *count) {
    char token[MOTEPOST_TOKEN_LEN];
    uint32_t time = clock_now();
    int32_t status = motepost_token_mint(device->key, &device->id, MOTEPOST_TOKEN_TIME, time, token);
    if (status == MOTEPOST_OK) {
        status = publish_once(device, token, response, count);
    }
    if (status == MOTEPOST_OK && response->verdict == MOTEPOST_DENIED && motepost_exchange_reusable(&exchange) &&
        motepost_token_renew(&exchange, device->key, &device->id, &time, token) == MOTEPOST_AGAIN) {
        status = publish_once(device, token, response, count);
    }
    return status;
}
