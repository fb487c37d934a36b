// What motepost_bearssl.h uses of BearSSL, as its headers describe it. The functions stand in the proof.
#ifndef PROOF_BEARSSL_H
#define PROOF_BEARSSL_H

#include <stddef.h>

#define BR_ERR_OK 0
#define BR_ERR_BAD_PARAM 1
#define BR_ERR_UNEXPECTED 10
#define BR_ERR_IO 31
#define BR_SSL_CLOSED 1u
#define BR_SSL_SENDREC 2u
#define BR_SSL_RECVREC 4u
#define BR_SSL_SENDAPP 8u
#define BR_SSL_RECVAPP 16u

typedef struct {
    unsigned char anything;
} br_ssl_engine_context;

unsigned br_ssl_engine_current_state(const br_ssl_engine_context *engine);
int br_ssl_engine_last_error(const br_ssl_engine_context *engine);
unsigned char *br_ssl_engine_sendrec_buf(const br_ssl_engine_context *engine, size_t *len);
unsigned char *br_ssl_engine_recvrec_buf(const br_ssl_engine_context *engine, size_t *len);
unsigned char *br_ssl_engine_sendapp_buf(const br_ssl_engine_context *engine, size_t *len);
unsigned char *br_ssl_engine_recvapp_buf(const br_ssl_engine_context *engine, size_t *len);
void br_ssl_engine_sendrec_ack(br_ssl_engine_context *engine, size_t len);
void br_ssl_engine_recvrec_ack(br_ssl_engine_context *engine, size_t len);
void br_ssl_engine_sendapp_ack(br_ssl_engine_context *engine, size_t len);
void br_ssl_engine_recvapp_ack(br_ssl_engine_context *engine, size_t len);
void br_ssl_engine_flush(br_ssl_engine_context *engine, int force);
void br_ssl_engine_close(br_ssl_engine_context *engine);

#endif
