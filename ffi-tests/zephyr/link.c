// What motepost_zephyr.h says of a peer: link HOST PORT MILLISECONDS, with the largest payload where a fourth argument follows, of which
// there is the length alone where that is "head"
#include <stdlib.h>
#include <string.h>

#include "motepost_zephyr.h"

int main(int count, char **arguments) {
    static uint8_t buffer[320];
    static const uint8_t large[MOTEPOST_MAX_PAYLOAD] = {0};
    motepost_publish_t publish = {.endpoint = MOTEPOST_STR("localhost"), .topic = MOTEPOST_STR("a")};
    motepost_exchange_t exchange;
    motepost_response_t response;
    motepost_zephyr_t link;
    int32_t status;

    if (count == 5) {
        publish.payload = (motepost_bytes_t){large, sizeof large};
    }
    if (count < 4) {
        return 1;
    }
    if (count == 5 && strcmp(arguments[4], "head") == 0) {
        status = motepost_exchange_init_head(&exchange, &publish, buffer, sizeof buffer, sizeof large);
    } else {
        status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    }
    if (status != MOTEPOST_OK) {
        return 1;
    }
    status = motepost_zephyr_open(&link, arguments[1], arguments[2], NULL, 0);
    printf("open %d\n", (int)status);
    if (status == 0) {
        status = motepost_zephyr_run(&link, &exchange, &response, atoi(arguments[3]));
        printf("run %d, io error %d\n", (int)status, (int)motepost_exchange_io_error(&exchange));
        if (status == MOTEPOST_OK) {
            printf("%u, verdict %u\n", response.status, response.verdict);
        }
        motepost_zephyr_close(&link);
        motepost_zephyr_close(&link);
    }
    printf("socket %d\n", link.socket);
    return 0;
}
