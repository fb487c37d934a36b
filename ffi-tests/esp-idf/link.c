// What motepost_esp_tls.h says of a peer: link HOST PORT MILLISECONDS, by TLS where a fourth argument follows, whose
// handshake never ends where that is "stuck", and with the largest payload where it is "large", of which there is the length alone where
// it is "head". With "timed" it is in the clear, and the milliseconds are the connection's as well.
#include <stdlib.h>

#include "motepost_esp_tls.h"

int main(int count, char **arguments) {
    static uint8_t buffer[320];
    static const uint8_t large[MOTEPOST_MAX_PAYLOAD] = {0};
    motepost_publish_t publish = {.endpoint = MOTEPOST_STR("localhost"), .topic = MOTEPOST_STR("a")};
    const int is_stuck = count > 4 && strcmp(arguments[4], "stuck") == 0;
    const int is_timed = count > 4 && strcmp(arguments[4], "timed") == 0;
    const esp_tls_cfg_t config = {.is_plain_tcp = count == 4 || is_timed,
                                  .timeout_ms = is_stuck || is_timed ? atoi(arguments[3]) : 0};
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_esp_tls_t link;
    int32_t status;

    const int is_head = count > 4 && strcmp(arguments[4], "head") == 0;

    if (count > 4 && strcmp(arguments[4], "large") == 0) {
        publish.payload = (motepost_bytes_t){large, sizeof large};
    }
    if (count < 4) {
        return 1;
    }
    if (is_head) {
        status = motepost_exchange_init_head(&exchange, &publish, buffer, sizeof buffer, sizeof large);
    } else {
        status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    }
    if (status != MOTEPOST_OK) {
        return 1;
    }
    host_handshake_steps = is_stuck ? 1 << 30 : host_handshake_steps;
    status = motepost_esp_tls_open(&link, arguments[1], atoi(arguments[2]), &config);
    printf("open 0x%x\n", (unsigned)status);
    if (status == 0) {
        status = motepost_esp_tls_run(&link, &exchange, &response, (uint32_t)atoi(arguments[3]));
        printf("run %d, io error %d\n", (int)status, (int)motepost_exchange_io_error(&exchange));
        if (status == MOTEPOST_OK) {
            printf("%u, verdict %u\n", response.status, response.verdict);
        }
        motepost_esp_tls_close(&link);
        motepost_esp_tls_close(&link);
    }
    printf("closed %d\n", link.tls == NULL);
    return 0;
}
