// What motepost_esp_tls.h and examples/esp-idf need of ESP-IDF, no more, over this host's sockets. Written from its documentation;
// it proves that the calls are as documented and that the exchange goes over them, not that ESP-IDF does as it says.
#ifndef HOST_ESP_ERR_H
#define HOST_ESP_ERR_H

#include <stdlib.h>

typedef int esp_err_t;

#define ESP_OK 0
#define ESP_FAIL (-1)
#define ESP_ERR_NO_MEM 0x101
#define ESP_ERROR_CHECK(call) ((call) == ESP_OK ? (void)0 : abort())

#endif
