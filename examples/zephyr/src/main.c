// Publishes one reading and prints what came of it.
#include <zephyr/kernel.h>
#include <zephyr/net/tls_credentials.h>

#include "motepost_zephyr.h"

enum { CA_TAG = 1 };

#ifdef CONFIG_EXAMPLE_TLS
static const unsigned char CA[] = {
#include "ca.pem.inc" // ends in a comma
    0x00};
static const sec_tag_t TAGS[] = {CA_TAG};
#define TAG_COUNT 1
#else
#define TAGS NULL
#define TAG_COUNT 0
#endif

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

// Returns a status of motepost.h, never an errno: the two overlap.
static int32_t publish_reading(motepost_response_t *response) {
    static const char READING[] = "{\"message\":\"Hello from Zephyr\"}";
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
    motepost_zephyr_t link;
    int error;
    int32_t status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);

    if (status != MOTEPOST_OK) {
        printk("motepost: %s %s\n", motepost_field_name(status), motepost_strerror(status));
        return status;
    }
    error = motepost_zephyr_open(&link, CONFIG_EXAMPLE_HOST, CONFIG_EXAMPLE_PORT, TAGS, TAG_COUNT);
    if (error != 0) {
        printk("motepost: cannot connect (%d)\n", error);
        return MOTEPOST_E_IO;
    }
    status = motepost_zephyr_run(&link, &exchange, response, 10000);
    motepost_zephyr_close(&link);
    if (status == MOTEPOST_AGAIN) {
        printk("motepost: no response within 10 s\n");
    } else if (status != MOTEPOST_OK) {
        printk("motepost: %s (%d)\n", motepost_strerror(status), (int)motepost_exchange_io_error(&exchange));
    }
    return status;
}

int main(void) {
    motepost_response_t response;

#ifdef CONFIG_EXAMPLE_TLS
    if (tls_credential_add(CA_TAG, TLS_CREDENTIAL_CA_CERTIFICATE, CA, sizeof CA) != 0) {
        printk("motepost: the CA certificate cannot be stored\n");
        return 0;
    }
#endif
    if (publish_reading(&response) == MOTEPOST_OK) {
        printk("motepost: %u, %s\n", (unsigned)response.status, words_of(response.verdict));
    }
    return 0;
}
