// What motepost_esp_tls.h uses of ESP-IDF, as its documentation describes it. The functions stand in the proof.
#ifndef PROOF_ESP_ERR_H
#define PROOF_ESP_ERR_H

typedef int esp_err_t;
#define ESP_OK 0
#define ESP_FAIL (-1)
#define ESP_ERR_NO_MEM 0x101

#endif
