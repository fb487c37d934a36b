// motepost.h: publishes readings to AWS IoT Core from devices too small for X.509.
//
// One publish is one HTTP request with the credentials of a custom authorizer in its headers. This
// library builds it in your buffer, moves it through your transport (TLS in a modem, mbedTLS, a
// UART to a gateway) and reads the answer. It allocates nothing, keeps nothing in globals, has no
// clock and cannot panic. The whole of it:
//
// ```c
// static int32_t modem_recv(void *ctx, void *buffer, size_t len);       // yours: up to len bytes
// static int32_t modem_send(void *ctx, const void *buffer, size_t len); // likewise
//
// int32_t publish_reading(void *modem, const uint8_t *reading, size_t reading_len) {
//     const motepost_pair_t id = {MOTEPOST_STR("id"), MOTEPOST_STR("uniqueID")};
//     const motepost_publish_t publish = {
//         .endpoint = MOTEPOST_STR("a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"),
//         .topic = MOTEPOST_STR("uniqueID/status"),
//         .payload = {reading, reading_len},
//         .authorizer = MOTEPOST_STR("unsignedAuthorizer"),
//         .token_key = MOTEPOST_STR("token"),
//         .token = MOTEPOST_STR("allow"),
//         .headers = &id,
//         .header_count = 1,
//         .qos = 1,
//     };
//     const motepost_transport_t transport = {modem_recv, modem_send, modem};
//     motepost_exchange_t exchange;
//     motepost_response_t response;
//     uint8_t buffer[320];
//
//     int32_t status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
//     if (status != MOTEPOST_OK) {
//         return status; // which field, and why: nothing was sent
//     }
//     do { // between two calls: wait for the modem, and look at your deadline
//         status = motepost_exchange_run(&exchange, &transport, &response);
//     } while (status == MOTEPOST_AGAIN);
//     return status == MOTEPOST_OK ? response.verdict : status; // MOTEPOST_ACCEPTED is 0
// }
// ```
//
// Rules for every function: a pointer is NULL only where its text says so (elsewhere NULL gives
// MOTEPOST_E_NULL) or where the length beside it is 0, aligned as its type asks, and good for as
// many elements as its length says.
// What a struct points to is only read. Nothing is kept after a call returns, but by an exchange,
// which says what it keeps. Calls on different objects may run at the same time. Structs start from
// zeros ({0} in C, {} in C++). Numbers and layouts, once released, never change.


#ifndef MOTEPOST_H
#define MOTEPOST_H

// Generated from src/ffi by `cargo xtask header`. Do not edit.

#include <stdint.h>
#include <stddef.h>

// The version of this header, major << 16 | minor << 8 | patch. motepost_version() is the archive's.
#define MOTEPOST_VERSION 0x00000100UL
#define MOTEPOST_VERSION_MAJOR 0
#define MOTEPOST_VERSION_MINOR 1
#define MOTEPOST_VERSION_PATCH 0

// Of a literal, without its NUL: motepost_str_t topic = MOTEPOST_STR("uniqueID/status");
#define MOTEPOST_STR(literal) {(literal), sizeof(literal) - 1}

// The field that a status refuses, one of MOTEPOST_FIELD_..., and why, one of MOTEPOST_REASON_...;
// meaningful for a status of MOTEPOST_E_REFUSED and below.
#define MOTEPOST_FIELD_OF(status) (-(status) / 100)
#define MOTEPOST_REASON_OF(status) (-(status) % 100)

// Whether the same request may succeed later, by the answer's verdict.
#define MOTEPOST_MAY_RETRY(verdict) ((verdict) >= MOTEPOST_THROTTLED)


// Done.
#define MOTEPOST_OK 0

// Not done yet: there are bytes to move, or the transport moved none. Call again.
#define MOTEPOST_AGAIN 1

// The buffer is too small. Nothing of use is in it.
#define MOTEPOST_E_BUFFER -1

// A pointer is NULL that must not be.
#define MOTEPOST_E_NULL -2

// The exchange was not begun by an `init` that succeeded, or its answer is not whole yet.
#define MOTEPOST_E_STATE -3

// The peer did not answer with an HTTP/1.0 or HTTP/1.1 status line. Close the connection.
#define MOTEPOST_E_STATUS_LINE -20

// The peer sent a malformed line. Close the connection.
#define MOTEPOST_E_FIELD_LINE -21

// The length of the peer's answer is not certain. Close the connection.
#define MOTEPOST_E_FRAMING -22

// The peer sent a malformed chunk. Close the connection.
#define MOTEPOST_E_CHUNK -23

// The peer's head went past 65,535 bytes. Close the connection.
#define MOTEPOST_E_HEAD_TOO_LONG -24

// The peer closed before its answer was whole. Whether it took the message is not known.
#define MOTEPOST_E_CLOSED -25

// The transport failed; `motepost_exchange_io_error` has its number. Close the connection.
#define MOTEPOST_E_IO -30

// The transport claims to have moved more bytes than it was offered. Close the connection.
#define MOTEPOST_E_OVERRUN -31

// From here downwards a status names a field of the request and the reason for its refusal, as
// `-(100 * field + reason)`: -205 is field 2 (the topic), reason 5 (a wildcard). Nothing was sent.
// `MOTEPOST_FIELD_OF(status)` and `MOTEPOST_REASON_OF(status)` take it apart.
#define MOTEPOST_E_REFUSED -100

// The endpoint.
#define MOTEPOST_FIELD_ENDPOINT 1

// The topic.
#define MOTEPOST_FIELD_TOPIC 2

// The payload.
#define MOTEPOST_FIELD_PAYLOAD 3

// The authorizer's name.
#define MOTEPOST_FIELD_AUTHORIZER 4

// The token key.
#define MOTEPOST_FIELD_TOKEN_KEY 5

// The token.
#define MOTEPOST_FIELD_TOKEN 6

// The signature.
#define MOTEPOST_FIELD_SIGNATURE 7

// The name of one of your headers.
#define MOTEPOST_FIELD_HEADER_NAME 8

// The value of one of your headers.
#define MOTEPOST_FIELD_HEADER_VALUE 9

// The QoS.
#define MOTEPOST_FIELD_QOS 10

// The MQTT 5 content type.
#define MOTEPOST_FIELD_CONTENT_TYPE 11

// The MQTT 5 response topic.
#define MOTEPOST_FIELD_RESPONSE_TOPIC 12

// The name or value of an MQTT 5 user property.
#define MOTEPOST_FIELD_USER_PROPERTY 13

// The MQTT 5 correlation data.
#define MOTEPOST_FIELD_CORRELATION_DATA 14

// The MQTT 5 payload format.
#define MOTEPOST_FIELD_PAYLOAD_FORMAT 15

// A flag, or a reserved byte.
#define MOTEPOST_FIELD_FLAG 16

// The MQTT 5 properties as a whole.
#define MOTEPOST_FIELD_PROPERTIES 17

// It is empty and must not be, or another field needs it.
#define MOTEPOST_REASON_MISSING 1

// It is longer than AWS allows.
#define MOTEPOST_REASON_TOO_LONG 2

// It holds CR, LF, NUL or another control character.
#define MOTEPOST_REASON_CONTROL 3

// It holds a character that this field may not hold.
#define MOTEPOST_REASON_CHARACTER 4

// It holds `+` or `#`, which only a topic filter may.
#define MOTEPOST_REASON_WILDCARD 5

// It has more than seven slashes.
#define MOTEPOST_REASON_TOO_MANY_LEVELS 6

// It is not UTF-8.
#define MOTEPOST_REASON_NOT_UTF8 7

// It is not one line of standard base64. `base64` wraps at 76 columns on Linux: use `base64 -w0`.
#define MOTEPOST_REASON_NOT_ONE_LINE_OF_BASE64 8

// It is a header that the library writes itself.
#define MOTEPOST_REASON_RESERVED 9

// It is a number out of its range.
#define MOTEPOST_REASON_OUT_OF_RANGE 10

// The largest payload that AWS takes, in bytes.
#define MOTEPOST_MAX_PAYLOAD 131072

// The payload's form is not stated.
#define MOTEPOST_PAYLOAD_NOT_STATED 0

// The payload is bytes of no stated form.
#define MOTEPOST_PAYLOAD_BYTES 1

// The payload is text in UTF-8.
#define MOTEPOST_PAYLOAD_UTF8 2

// AWS has the message (2xx).
#define MOTEPOST_ACCEPTED 0

// The credentials or the policy say no (401, 403). AWS never says which. Do not try again.
#define MOTEPOST_DENIED 1

// The request is wrong, or it went to the wrong place (every other status). Do not try again.
#define MOTEPOST_REJECTED 2

// Too many requests (429). Try again, later each time.
#define MOTEPOST_THROTTLED 3

// AWS is in trouble (5xx). Try again, later each time.
#define MOTEPOST_UNAVAILABLE 4

// What a transport returns when the peer closed the connection.
#define MOTEPOST_IO_CLOSED INT32_MIN

// The bytes of a device key.
#define MOTEPOST_KEY_LEN 32

// The characters of a minted token. It does not end in NUL.
#define MOTEPOST_TOKEN_LEN 28

// A token whose value is Unix time in seconds, which the authorizer checks against a window.
#define MOTEPOST_TOKEN_TIME 1

// A token whose value is a counter, which must grow: write it to flash before you send it.
#define MOTEPOST_TOKEN_COUNTER 2

// Text or a part of one: `len` bytes at `ptr`, which need no NUL at their end. Empty is
// `{NULL, 0}` or any pointer with 0. `MOTEPOST_STR("literal")` makes one of a literal.
typedef struct {
    // The first byte.
    const char *ptr;
    // How many bytes.
    size_t len;
} motepost_str_t;

// Bytes, such as a payload: `len` of them at `ptr`. Empty is `{NULL, 0}` or any pointer with 0.
typedef struct {
    // The first byte.
    const uint8_t *ptr;
    // How many bytes.
    size_t len;
} motepost_bytes_t;

// A name and a value: a header of your own, or an MQTT 5 user property.
typedef struct {
    // The name.
    motepost_str_t name;
    // The value.
    motepost_str_t value;
} motepost_pair_t;

// What MQTT 5 subscribers learn beside the payload. Start from zeros; zero is absent. A NULL with a
// length in it refuses `MOTEPOST_FIELD_PROPERTIES`.
typedef struct {
    // Such as `application/json`.
    motepost_str_t content_type;
    // The topic that an answer is awaited on.
    motepost_str_t response_topic;
    // What an answer shall carry back, at most 6,144 bytes; encoded as base64 on the way.
    motepost_bytes_t correlation_data;
    // `user_count` names and values of your own; a name may come more than once.
    const motepost_pair_t *user;
    // How many of them.
    size_t user_count;
    // After how many seconds the message is no longer delivered; 0 is never.
    uint32_t message_expiry;
    // One of `MOTEPOST_PAYLOAD_…`.
    uint8_t payload_format;
    // Must be zeros.
    uint8_t reserved[3];
} motepost_properties_t;

// Writes the signature. Only ever `motepost_encode_signature` or `motepost_copy_signature`.
typedef void (*motepost_encode_signature_t)(void *fields, const uint8_t *signature, size_t len);

// Writes the properties. Only ever `motepost_encode_properties`.
typedef void (*motepost_encode_properties_t)(void *fields, const motepost_properties_t *properties);

// Writes the credentials into the query. Only ever `motepost_credentials_in_query`.
typedef void (*motepost_credentials_in_query_t)(void *fields, const void *publish);

// One reading on its way to one topic. Start from zeros and set what you need; it may be `const`
// and lie in flash. The library only reads it, and only during a call, but for the payload: see
// `motepost_exchange_init`.
//
// Three members are pointers to functions of this library, so that firmware which needs none of them
// does not carry them: your linker drops what nothing points to.
typedef struct {
    // The host name of your account's data endpoint, as `aws iot describe-endpoint --endpoint-type
    // iot:Data-ATS` prints it; at most 253 characters; `:port` behind it for a stand-in.
    motepost_str_t endpoint;
    // At most 256 bytes of UTF-8 and seven slashes; `$aws/rules/<rule>/` counts towards neither.
    motepost_str_t topic;
    // At most 131,072 bytes; may be empty.
    motepost_bytes_t payload;
    // The authorizer's name; empty for the endpoint's default one.
    motepost_str_t authorizer;
    // The authorizer's token key name: 1 to 128 letters, digits, `_` and `-`.
    motepost_str_t token_key;
    // The token.
    motepost_str_t token;
    // The token's signature, as `encode_signature` says; empty for an authorizer without signing.
    motepost_str_t signature;
    // `motepost_encode_signature` when `signature` is raw bytes, 256 for RSA-2048 (cast the
    // pointer); `motepost_copy_signature` when it is one line of standard base64. NULL without a
    // signature; with one, NULL is refused as a signature that is missing.
    motepost_encode_signature_t encode_signature;
    // `motepost_encode_properties` when `properties` is set, otherwise NULL.
    motepost_encode_properties_t encode_properties;
    // `motepost_credentials_in_query` to carry the credentials there instead of in headers: a few
    // bytes shorter, but queries are logged more often. Otherwise NULL.
    motepost_credentials_in_query_t credentials_in_query;
    // What MQTT 5 subscribers learn; NULL for nothing.
    const motepost_properties_t *properties;
    // `header_count` headers of your own; the authorizer's function sees them. `host`,
    // `content-length`, `transfer-encoding` and `connection` are refused.
    const motepost_pair_t *headers;
    // How many of them.
    size_t header_count;
    // 0 or 1. With 1, AWS answers when its broker has the message. AWS has no QoS 2.
    uint8_t qos;
    // 1 to keep the message for later subscribers; needs `iot:RetainPublish` in the policy.
    uint8_t retain;
    // Must be zeros.
    uint8_t reserved[2];
} motepost_publish_t;

// One publish under way. You give it the memory: static, on a stack, or part of your own struct.
// Do not copy it while it is under way, and rely on nothing inside; it holds no other resource,
// so it may be left at any time.
typedef struct {
    // Not for you.
    uint64_t opaque[30];
} motepost_exchange_t;

// How the library reaches your TLS layer, modem or UART. Each function moves up to `len` bytes and
// returns how many it moved; 0 for none now, call again (the meaning that FreeRTOS gives it);
// `MOTEPOST_IO_CLOSED` when the peer closed; any other negative number is an error of yours, kept
// for `motepost_exchange_io_error`. They must not call into the same exchange.
typedef struct {
    // Receives into `buffer`.
    int32_t (*recv)(void *ctx, void *buffer, size_t len);
    // Sends from `buffer`.
    int32_t (*send)(void *ctx, const void *buffer, size_t len);
    // Handed to both as it is; may be NULL.
    void *ctx;
} motepost_transport_t;

// A whole answer.
typedef struct {
    // The body, as far as it fitted the buffer, in which it lies. AWS's has 65 bytes whether it
    // says yes or no.
    motepost_bytes_t body;
    // The HTTP status, 200 to 599.
    uint16_t status;
    // What it means: `MOTEPOST_ACCEPTED` or one of its neighbours. `MOTEPOST_MAY_RETRY(verdict)`
    // is true if the same request may succeed later.
    uint8_t verdict;
    // 1 if the body was longer than the buffer. The verdict is as good as ever.
    uint8_t truncated;
} motepost_response_t;

// What the exchange wants moved: bytes to send, or room to receive into; the other is NULL.
typedef struct {
    // Send the first bytes from here, or NULL.
    const uint8_t *send;
    // Receive to here, or NULL.
    uint8_t *receive;
    // How many bytes at most.
    size_t len;
} motepost_want_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// What a status says, in plain words. For a refused field it is the reason, to follow
// `motepost_field_name(status)`. Never NULL; a constant string that ends in NUL.
const char *motepost_strerror(int32_t status);

// The name of the field that a status refuses, such as `topic`; the empty string for every other
// status. Never NULL; a constant string that ends in NUL.
const char *motepost_field_name(int32_t status);

// The version of the archive, to compare with `MOTEPOST_VERSION` of the header: major, minor and
// patch, a byte each from the third byte down.
uint32_t motepost_version(void);

// For `motepost_publish_t.encode_signature`. Not to be called.
void motepost_encode_signature(void *fields, const uint8_t *signature, size_t len);

// For `motepost_publish_t.encode_signature`. Not to be called.
void motepost_copy_signature(void *fields, const uint8_t *signature, size_t len);

// For `motepost_publish_t.credentials_in_query`. Not to be called.
void motepost_credentials_in_query(void *fields, const void *publish);

// For `motepost_publish_t.encode_properties`. Not to be called.
void motepost_encode_properties(void *fields, const motepost_properties_t *properties);

// Writes the whole request, head and payload, into `buffer`, in which nothing may lie that
// `*publish` points to.
//
// Returns `MOTEPOST_OK` with the request's size in `*len`; `MOTEPOST_E_BUFFER` with the exact size
// that it needs; `MOTEPOST_E_NULL`; or a refused field with 0. A `capacity` of 0 asks for the size.
int32_t motepost_publish_encode(const motepost_publish_t *publish,
                                uint8_t *buffer,
                                size_t capacity,
                                size_t *len);

// The exact size of the head, in `*len`, without a buffer. An exchange needs a buffer of this
// size at least.
//
// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or a refused field with 0.
int32_t motepost_publish_head_len(const motepost_publish_t *publish, size_t *len);

// Writes the head alone, for a payload that you send from where it lies.
//
// Returns as `motepost_publish_encode` does.
int32_t motepost_publish_encode_head(const motepost_publish_t *publish,
                                     uint8_t *buffer,
                                     size_t capacity,
                                     size_t *len);

// Writes the request target alone, such as `/topics/uniqueID/status?qos=1`, for a modem whose AT
// commands do the HTTP.
//
// Returns as `motepost_publish_encode` does.
int32_t motepost_publish_encode_target(const motepost_publish_t *publish,
                                       uint8_t *buffer,
                                       size_t capacity,
                                       size_t *len);

// Writes the field lines that such a modem does not write itself: the credentials, the properties
// and your own, each `name:value` with CRLF, without `host` and `content-length`.
//
// Returns as `motepost_publish_encode` does.
int32_t motepost_publish_encode_field_lines(const motepost_publish_t *publish,
                                            uint8_t *buffer,
                                            size_t capacity,
                                            size_t *len);

// Says where in `buffer` to write a payload, so that it never exists twice: the first of
// `*room_len` bytes at `*room`. The struct's own payload is not used. Then call
// `motepost_publish_compose` or `motepost_exchange_init_composed` with the same arguments.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_BUFFER` with the least size that the buffer needs in
// `*room_len`; `MOTEPOST_E_NULL`; or a refused field.
int32_t motepost_publish_room(const motepost_publish_t *publish,
                              uint8_t *buffer,
                              size_t capacity,
                              uint8_t **room,
                              size_t *room_len);

// Writes the head in front of the `payload_len` bytes that you wrote to the room: the request is
// then `*len` bytes at `*request`, inside `buffer`.
//
// Returns as `motepost_publish_encode` does; a `payload_len` beyond the room is a refused payload.
int32_t motepost_publish_compose(const motepost_publish_t *publish,
                                 uint8_t *buffer,
                                 size_t capacity,
                                 size_t payload_len,
                                 const uint8_t **request,
                                 size_t *len);

// Builds the request of one publish in `buffer` and begins its exchange.
//
// The buffer holds the request first and the answer's body afterwards; it must stay until you are
// done with the answer. It holds the head at least (`motepost_publish_head_len`). With room for
// the payload as well, the request goes out in one write; otherwise the payload is sent from where
// it lies, behind the head, and must stay until it is sent. `*publish` itself is not needed any
// more. Nothing that `*publish` points to may lie in the buffer; for a payload that does there is
// `motepost_exchange_init_composed`.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_BUFFER`, `MOTEPOST_E_NULL` or a refused field, and the
// exchange is not begun. May be called again on the same exchange at any time.
int32_t motepost_exchange_init(motepost_exchange_t *exchange,
                               const motepost_publish_t *publish,
                               uint8_t *buffer,
                               size_t capacity);

// Begins the exchange of a publish whose `payload_len` bytes of payload you wrote to the room of
// `motepost_publish_room`, with the same arguments. They go out with the head in one write.
//
// Returns as `motepost_exchange_init` does; a `payload_len` beyond the room is a refused payload.
int32_t motepost_exchange_init_composed(motepost_exchange_t *exchange,
                                        const motepost_publish_t *publish,
                                        uint8_t *buffer,
                                        size_t capacity,
                                        size_t payload_len);

// Has the exchange look for what an answer says beside its status and its body: the error type,
// whether the connection is reusable, and the date. Call it right behind an `init`; firmware that
// does not call it does not carry the code.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` for an exchange that is not under way;
// `MOTEPOST_E_NULL`.
int32_t motepost_exchange_keep_details(motepost_exchange_t *exchange);

// Moves bytes through the transport for as long as it moves any.
//
// Returns `MOTEPOST_OK` when the answer is whole, with it in `*response`, whatever it says;
// `MOTEPOST_AGAIN` when the transport moved nothing: wait until it can, look at your deadline, and
// call again; otherwise an error, and the same one at each further call.
int32_t motepost_exchange_run(motepost_exchange_t *exchange,
                              const motepost_transport_t *transport,
                              motepost_response_t *response);

// Says what the exchange wants moved, for a transport without callbacks: a modem that is driven by
// interrupts, an AT socket.
//
// Returns `MOTEPOST_AGAIN` with the bytes to send or the room to receive into in `*want`: move
// some, and tell `motepost_exchange_moved`. `MOTEPOST_OK` when the answer is whole, with NULLs in
// `*want`. Otherwise an error.
int32_t motepost_exchange_want(motepost_exchange_t *exchange, motepost_want_t *want);

// Tells the exchange what became of its last want, in a transport's numbers: the bytes moved, 0
// for none yet, `MOTEPOST_IO_CLOSED`, or an error of yours.
//
// Returns `MOTEPOST_AGAIN` when there is more to move, `MOTEPOST_OK` when the answer is whole:
// take it with `motepost_exchange_response`. Otherwise an error.
int32_t motepost_exchange_moved(motepost_exchange_t *exchange, int32_t count);

// The answer, once it is whole. It points into the exchange and its buffer.
//
// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or `MOTEPOST_E_STATE` before that.
int32_t motepost_exchange_response(motepost_exchange_t *exchange, motepost_response_t *response);

// AWS's name for the error in the whole answer, such as `ForbiddenException`: its first 32 bytes,
// empty where there is none, or without `motepost_exchange_keep_details`. It lies in the exchange,
// does not end in NUL, and came over the wire.
//
// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or `MOTEPOST_E_STATE` before the answer is whole.
int32_t motepost_exchange_error_type(motepost_exchange_t *exchange, motepost_str_t *error_type);

// Whether another request may be sent on this connection.
//
// Returns 1 if so; 0 if not, before the answer is whole, without `motepost_exchange_keep_details`,
// or if `exchange` is NULL.
int32_t motepost_exchange_reusable(motepost_exchange_t *exchange);

// The `date` of the whole answer in seconds since 1970, for a device without a clock. Believe it
// only from an authenticated peer: over plain text anybody may have written it.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` before the answer is whole, when it has no date between
// 1970 and 2105, or without `motepost_exchange_keep_details`; `MOTEPOST_E_NULL`.
int32_t motepost_exchange_date(motepost_exchange_t *exchange, uint32_t *unix_seconds);

// The number that your transport returned when it failed; 0 if it did not, or `exchange` is NULL.
int32_t motepost_exchange_io_error(const motepost_exchange_t *exchange);

// Mints a token for one message of the device: `MOTEPOST_TOKEN_LEN` characters in `token`, which
// `motepost_publish_t.token` may then point to. `key` is the device's own, `MOTEPOST_KEY_LEN`
// bytes, as `motepost credentials` writes it; `*device_id` is what the key was made for; `kind` is
// one of `MOTEPOST_TOKEN_…`.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_NULL`; or the token refused as out of range, for another
// `kind`.
int32_t motepost_token_mint(const uint8_t *key,
                            const motepost_str_t *device_id,
                            uint8_t kind,
                            uint32_t value,
                            char *token);

// After a whole answer that denied a `MOTEPOST_TOKEN_TIME` token, for a device whose clock may be
// wrong or that has none. `*time` is the time that the denied token was minted with, 0 for none.
// Where the answer's `date` is another, it goes to `*time`, and a token minted with it to `token`.
//
// Use it only where the peer is authenticated: by TLS on the device, or by a gateway that it
// trusts. On a plain-text hop a forged date would harvest tokens for a time of the forger's
// choosing; there, use `MOTEPOST_TOKEN_COUNTER`.
//
// Returns `MOTEPOST_AGAIN` if one more publish with the new token is worth it; `MOTEPOST_OK` if
// there is nothing to gain, with both left as they were; `MOTEPOST_E_STATE` before the answer is
// whole, or without `motepost_exchange_keep_details`; `MOTEPOST_E_NULL`.
int32_t motepost_token_renew(const motepost_exchange_t *exchange,
                             const uint8_t *key,
                             const motepost_str_t *device_id,
                             uint32_t *time,
                             char *token);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MOTEPOST_H */
