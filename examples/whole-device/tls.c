#include "tls.h"

#include <stdbool.h>

#include "board.h"
#include "clock.h"
#include "configuration.h"
#include "motepost_bearssl.h"
#include "validity.h"

enum { MINIMUM_RSA_BYTES = 2048 / 8, SEED_LEN = 32 };
enum { DAY = 24 * 60 * 60, DAYS_TO_1970 = 719528 }; // BearSSL counts days from the year 0

// In the order of preference: to verify RSA is less work than ECDSA.
static const uint16_t SUITES[] = {
#if CHAINS & CHAINS_RSA
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
#endif
#if CHAINS != CHAINS_RSA
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
#endif
};

#if FAST_CURVE
#define CURVE br_ec_p256_m31
#define ECDSA_VERIFY br_ecdsa_i31_vrfy_asn1
#define RSA_VERIFY br_rsa_i31_pkcs1_vrfy
#else
#define CURVE br_ec_prime_i15
#define ECDSA_VERIFY br_ecdsa_i15_vrfy_asn1
#define RSA_VERIFY br_rsa_i15_pkcs1_vrfy
#endif

#if CONSTANT_TIME_AES
#define AES br_aes_ct_ctr_vtable
#else
#define AES br_aes_small_ctr_vtable
#endif

// Of the curves that BearSSL's code can do, P-256: see bearssl/inner.h.
static br_ec_impl curve;

static br_ssl_client_context client;
static motepost_bearssl_t link;
static unsigned char records[RECORD_BUFFER];

#if CHAINS == CHAINS_PINNED_KEY

static br_x509_knownkey_context pinned;

static void trust(const device_t *device) {
    br_x509_knownkey_init_ec(&pinned, device->pinned, BR_KEYTYPE_SIGN);
    br_ssl_engine_set_x509(&client.eng, &pinned.vtable);
}

static bool is_early(void) {
    return false;
}

#else

// BearSSL's engine for chains, which here reads the dates as well.
static struct {
    br_x509_minimal_context minimal;
    br_x509_class class;
    validity_t validity;
    uint32_t time;
    bool is_early;
} chain;

static void set_time(uint32_t seconds) {
    chain.time = seconds;
    br_x509_minimal_set_time(&chain.minimal, seconds / DAY + DAYS_TO_1970, seconds % DAY);
}

static void start_certificate(const br_x509_class **ctx, uint32_t len) {
    const validity_t anew = {0};
    chain.validity = anew;
    br_x509_minimal_vtable.start_cert(ctx, len);
}

// A clock that was never set knows a floor alone. A certificate made after that is no fault then, but a sign that it is at least
// that late, which can only refuse more of the certificates that have run out.
static void append(const br_x509_class **ctx, const unsigned char *bytes, size_t len) {
    validity_append(&chain.validity, bytes, len);
    if (chain.validity.not_before > chain.time) {
        if (clock_is_set()) {
            chain.is_early = true;
        } else {
            set_time(chain.validity.not_before);
        }
    }
    br_x509_minimal_vtable.append(ctx, bytes, len);
}

static void trust(const device_t *device) {
    br_x509_minimal_init(&chain.minimal, &br_sha256_vtable, device->anchors, device->anchor_count);
    br_x509_minimal_set_minrsa(&chain.minimal, MINIMUM_RSA_BYTES);
    br_x509_minimal_set_hash(&chain.minimal, br_sha256_ID, &br_sha256_vtable);
#if CHAINS & CHAINS_RSA
    br_x509_minimal_set_rsa(&chain.minimal, RSA_VERIFY);
#endif
#if CHAINS & CHAINS_ECDSA
    br_x509_minimal_set_ecdsa(&chain.minimal, &curve, ECDSA_VERIFY);
#endif
    set_time(clock_now());
    chain.is_early = false;
    chain.class = br_x509_minimal_vtable;
    chain.class.start_cert = start_certificate;
    chain.class.append = append;
    chain.minimal.vtable = &chain.class;
    br_ssl_engine_set_x509(&client.eng, &chain.minimal.vtable);
}

static bool is_early(void) {
    return chain.is_early;
}

#endif

// Without a seed, BearSSL does not start: BR_ERR_NO_RANDOM.
static void seed(const device_t *device) {
    unsigned char bytes[SEED_LEN];
    if (device->entropy != NULL && device->entropy(bytes, sizeof bytes)) {
        br_ssl_engine_inject_entropy(&client.eng, bytes, sizeof bytes);
    }
}

int tls_start(const device_t *device) {
    br_ssl_engine_context *engine = &client.eng;
    br_ssl_client_zero(&client);
    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_all_flags(engine, BR_OPT_NO_RENEGOTIATION);
    br_ssl_engine_set_suites(engine, SUITES, sizeof SUITES / sizeof *SUITES);
    br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
    curve = CURVE;
    curve.supported_curves = (uint32_t)1 << BR_EC_secp256r1;
    br_ssl_engine_set_ec(engine, &curve);
#if CHAINS != CHAINS_RSA
    br_ssl_engine_set_ecdsa(engine, ECDSA_VERIFY);
#endif
#if CHAINS & CHAINS_RSA
    br_ssl_engine_set_rsavrfy(engine, RSA_VERIFY);
#endif
    br_ssl_engine_set_aes_ctr(engine, &AES);
    br_ssl_engine_set_ghash(engine, br_ghash_ctmul);
    br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
    trust(device);
    br_ssl_engine_set_buffer(engine, records, sizeof records, 0);
    seed(device);
    br_ssl_client_reset(&client, device->endpoint, 0);
    return br_ssl_engine_last_error(engine);
}

static uint32_t now_ms(void *nothing) {
    (void)nothing;
    return board_now_ms();
}

static void wait(void *nothing) {
    (void)nothing;
    board_wait();
}

int32_t tls_handshake(const motepost_transport_t *below, uint32_t timeout) {
    motepost_bearssl_init(&link, &client.eng, below, now_ms, wait);
    motepost_bearssl_timeout(&link, timeout);
    return motepost_bearssl_handshake(&link);
}

int32_t tls_run(motepost_exchange_t *exchange, motepost_response_t *response, uint32_t timeout) {
    motepost_bearssl_timeout(&link, timeout);
    return motepost_bearssl_run(&link, exchange, response);
}

void tls_close(void) {
    motepost_bearssl_close(&link);
}

int tls_error(void) {
    const int error = link.below_error != 0 ? BR_ERR_IO : br_ssl_engine_last_error(&client.eng);
    return error == BR_ERR_X509_EXPIRED && is_early() ? TLS_E_NOT_YET_VALID : error;
}

int32_t tls_below_error(void) {
    return link.below_error;
}
