// The request that everybody is measured with, and a transport in memory that gives the response.
#ifndef ARTICLE_H
#define ARTICLE_H

#include "motepost.h"
#include "response.h"

#if !defined(BATCH) && !defined(CHECKED)
static const char PAYLOAD[] = "{\"message\":\"Hello from unsigned custom auth\"}";
#endif
static const motepost_pair_t ID = {MOTEPOST_STR("id"), MOTEPOST_STR("uniqueID")};

#ifdef SIGNED
// An RSA-2048 signature has 256 bytes; which ones is all one to base64.
static const char SIGNATURE[256] = {1, 2, 3};
#endif

#ifdef MINTED
static const uint8_t KEY[MOTEPOST_KEY_LEN] = {1, 2, 3};
static char token[MOTEPOST_TOKEN_LEN];

static inline int32_t mint(void) {
    const motepost_str_t id = MOTEPOST_STR("uniqueID");
    return motepost_token_mint(KEY, &id, MOTEPOST_TOKEN_TIME, 1680718705, token);
}
#endif

// Readings in a JSON array, taken as they are or checked.
#if defined(BATCH) || defined(CHECKED)
#define FILLS
#ifdef CHECKED
#define CHECK motepost_batch_check_json
#else
#define CHECK NULL
#endif
static const char READING[] = "{\"t\":1760000000,\"c\":21.5}";
#define READINGS 3
static uint8_t readings[READINGS * sizeof READING + 1];

static inline int32_t fill(void) {
    motepost_batch_t batch;
    size_t i, len;
    int32_t status = motepost_batch_json(&batch, readings, sizeof readings, CHECK);
    for (i = 0; i < READINGS && status == MOTEPOST_OK; i++) {
        status = motepost_batch_push(&batch, (const uint8_t *)READING, sizeof READING - 1);
    }
    if (status == MOTEPOST_OK) {
        status = motepost_batch_finish(&batch, &len);
    }
    return status == MOTEPOST_OK && len != sizeof readings ? MOTEPOST_E_STATE : status;
}
#endif

static const motepost_publish_t PUBLISH = {
    .endpoint = MOTEPOST_STR("a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"),
    .topic = MOTEPOST_STR("uniqueID/status"),
#ifdef FILLS
    .payload = {readings, sizeof readings},
#else
    .payload = {(const uint8_t *)PAYLOAD, sizeof PAYLOAD - 1},
#endif
    .authorizer = MOTEPOST_STR("unsignedAuthorizer"),
    .token_key = MOTEPOST_STR("token"),
#ifdef MINTED
    .token = {token, sizeof token},
#else
    .token = MOTEPOST_STR("allow"),
#endif
#ifdef SIGNED
    .signature = {SIGNATURE, sizeof SIGNATURE},
    .encode_signature = motepost_encode_signature,
#endif
    .headers = &ID,
    .header_count = 1,
    .qos = 1,
};

// In static memory, as the firmware would have them: what is measured as stack is the library's.
#define NOT_WHILE_MINTING __attribute__((section(".noinit")))
#ifdef SIGNED
static uint8_t buffer[628] NOT_WHILE_MINTING;
#elif defined(FILLS)
static uint8_t buffer[320] NOT_WHILE_MINTING;
#else
static uint8_t buffer[272] NOT_WHILE_MINTING;
#endif
static motepost_exchange_t exchange NOT_WHILE_MINTING;
static motepost_response_t response NOT_WHILE_MINTING;

// Taken as sent, as a DMA channel would.
static int32_t send_nowhere(void *ctx, const void *bytes, size_t len) {
    (void)ctx;
    (void)bytes;
    return (int32_t)len;
}

static int32_t receive_answer(void *ctx, void *to, size_t len) {
    size_t i;
    (void)ctx;
    for (i = 0; i < sizeof ANSWER - 1 && i < len; i++) {
        ((char *)to)[i] = FROM_FLASH(&ANSWER[i]);
    }
    return (int32_t)i;
}

static const motepost_transport_t TRANSPORT = {receive_answer, send_nowhere, NULL};

#endif
