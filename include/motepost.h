// motepost.h: publishes readings to AWS IoT Core from devices too small for X.509.
//
// One publish is one HTTP request with the credentials of a custom authorizer in its headers. This
// library builds it in your buffer, moves it through your transport (TLS in a modem, Mbed TLS, a
// UART to a gateway) and reads the response. It allocates nothing, uses no globals, has no clock and
// cannot panic. This is all that most firmware needs:
//
// ```c
// static int32_t modem_recv(void *ctx, void *buffer, size_t len);       // yours: up to len bytes
// static int32_t modem_send(void *ctx, const void *buffer, size_t len); // yours as well
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
//     do { // between two calls: wait for the modem, and check your deadline
//         status = motepost_exchange_run(&exchange, &transport, &response);
//     } while (status == MOTEPOST_AGAIN);
//     return status == MOTEPOST_OK ? response.verdict : status; // MOTEPOST_ACCEPTED is 0
// }
// ```
//
// Rules for every function: every pointer must be valid, aligned, and cover the length given with it.
// NULL is allowed only with length 0 or where stated; otherwise you get MOTEPOST_E_NULL. Structs that
// you pass in are only read. After the call, only an exchange, a batch and an outbox keep your pointers:
// motepost_exchange_init, motepost_batch_t and motepost_outbox_t list them. Calls on different objects
// may run at the same time. Start every struct that you fill in from zeros ({0} in C, {} in C++).


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

// Where the archive's own header lies in the include path: a compiler that makes code for another core stops here.
#ifdef __has_include
#if __has_include("motepost_core.h")
#include "motepost_core.h"
#endif
#endif

// Text from a string literal, as an initialiser: motepost_str_t topic = MOTEPOST_STR("uniqueID/status");
// To assign one in C: topic = (motepost_str_t)MOTEPOST_STR("uniqueID/status"). A pointer or an array does
// not compile: use motepost_str or motepost_str_n.
#define MOTEPOST_STR(literal) {("" literal ""), sizeof("" literal "") - 1}

// The field that a status refuses, one of MOTEPOST_FIELD_..., and why, one of MOTEPOST_REASON_....
// Valid for MOTEPOST_E_REFUSED and lower.
#define MOTEPOST_FIELD_OF(status) (-(status) / 100)
#define MOTEPOST_REASON_OF(status) (-(status) % 100)

// Whether the same request may succeed later, by the verdict of its response.
#define MOTEPOST_MAY_RETRY(verdict) ((verdict) >= MOTEPOST_THROTTLED)

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// In this header:
//   Text and bytes
//   The message
//   Status
//   The transport
//   One publish
//   More about the response
//   Without callbacks
//   Requests without an exchange
//   Batches
//   SenML
//   Tokens
//   The outbox
//   Names for errors, and members of motepost_publish_t

// --- Text and bytes ---

// Text: `len` bytes at `ptr`, without a NUL at the end. Empty is `{NULL, 0}` or any pointer with 0.
// NULL with a length is refused as a missing field. `MOTEPOST_STR("literal")` makes one of a literal.
typedef struct {
    // The first byte.
    const char *ptr;
    // The number of bytes.
    size_t len;
} motepost_str_t;

// Bytes, such as a payload: `len` of them at `ptr`. Empty is `{NULL, 0}` or any pointer with 0.
// NULL with a length gives `MOTEPOST_E_NULL`, or refuses the properties that it is part of.
typedef struct {
    // The first byte.
    const uint8_t *ptr;
    // The number of bytes.
    size_t len;
} motepost_bytes_t;

// --- The message ---
//
// What to publish, where, and with which credentials.

// The largest payload that AWS takes, in bytes. Where `size_t` has 16 bits, 49,152 bytes are the most.
#define MOTEPOST_MAX_PAYLOAD 131072

// A name and a value: one of your own headers, or an MQTT 5 user property.
typedef struct {
    // The name.
    motepost_str_t name;
    // The value.
    motepost_str_t value;
} motepost_pair_t;

// The payload's format is not stated.
#define MOTEPOST_PAYLOAD_NOT_STATED 0

// The payload is bytes of an unspecified format.
#define MOTEPOST_PAYLOAD_BYTES 1

// The payload is text in UTF-8.
#define MOTEPOST_PAYLOAD_UTF8 2

// What MQTT 5 subscribers receive besides the payload. Start from zeros; zero means absent. NULL with a
// length in here is refused as `MOTEPOST_FIELD_PROPERTIES`.
typedef struct {
    // Such as `application/json`.
    motepost_str_t content_type;
    // The topic for a reply.
    motepost_str_t response_topic;
    // Correlation data to be echoed in the reply, at most 6,144 bytes. Sent as base64.
    motepost_bytes_t correlation_data;
    // `user_count` names and values of your own. A name may come more than once.
    const motepost_pair_t *user;
    // The number of pairs.
    size_t user_count;
    // The message is not delivered after this many seconds. 0 means that it never expires.
    uint32_t message_expiry;
    // One of `MOTEPOST_PAYLOAD_...`.
    uint8_t payload_format;
    // Must be zeros.
    uint8_t reserved[3];
} motepost_properties_t;

// Writes the signature. Use only `motepost_encode_signature`, `motepost_copy_signature` or NULL.
typedef void (*motepost_encode_signature_t)(void *writer, const uint8_t *signature, size_t len);

// Writes the properties. Use only `motepost_encode_properties` or NULL.
typedef void (*motepost_encode_properties_t)(void *writer, const motepost_properties_t *properties);

// Writes the credentials into the query. Use only `motepost_credentials_in_query` or NULL.
typedef void (*motepost_credentials_in_query_t)(void *writer, const void *publish);

// One message to one topic. Three members are function pointers that the library calls: start from zeros
// (`{0}` in C, `{}` in C++), or it may jump to garbage.
//
// It may be `const` and stored in flash. The library only reads it, and only during a call. The payload
// is the exception: see `motepost_exchange_init`.
//
// The three point to functions of this library. Your linker drops each function
// that nothing points to, so firmware does not carry what it does not use.
typedef struct {
    // The host name of your account's data endpoint, at most 253 characters, as `aws iot
    // describe-endpoint --endpoint-type iot:Data-ATS` prints it. A local emulator's may end in `:port`.
    motepost_str_t endpoint;
    // At most 256 bytes of UTF-8 and seven slashes; `$aws/rules/<rule>/` counts towards neither.
    motepost_str_t topic;
    // At most 131,072 bytes. May be empty.
    motepost_bytes_t payload;
    // The authorizer's name. Empty for the endpoint's default authorizer.
    motepost_str_t authorizer;
    // The authorizer's token key name: 1 to 128 letters, digits, `_` and `-`.
    motepost_str_t token_key;
    // The token, at most 6,144 printable characters.
    motepost_str_t token;
    // The token's signature, in the form that `encode_signature` names. Empty without signing.
    motepost_str_t signature;
    // `motepost_encode_signature` if `signature` is raw bytes, 256 for RSA-2048 (cast the pointer).
    // `motepost_copy_signature` if it is one line of standard base64. NULL without a signature; with
    // one, NULL is refused as a missing signature.
    motepost_encode_signature_t encode_signature;
    // `motepost_encode_properties` if `properties` is set, otherwise NULL.
    motepost_encode_properties_t encode_properties;
    // `motepost_credentials_in_query` to send the credentials in the query instead of in headers: a few
    // bytes shorter, but queries are logged more often. Otherwise NULL.
    motepost_credentials_in_query_t credentials_in_query;
    // What MQTT 5 subscribers receive besides the payload, or NULL.
    const motepost_properties_t *properties;
    // `header_count` headers of your own. The authorizer's function receives them. Those that the library
    // writes or that change the framing are refused: `host`, `content-length`, `transfer-encoding`,
    // `connection`, the authorizer's, and the token key.
    const motepost_pair_t *headers;
    // The number of headers.
    size_t header_count;
    // 0 or 1. With 1, AWS responds when its broker has the message. AWS has no QoS 2.
    uint8_t qos;
    // 1 keeps the message for later subscribers. The policy must allow `iot:RetainPublish` too.
    uint8_t retain;
    // Must be zeros.
    uint8_t reserved[2];
} motepost_publish_t;

// --- Status ---
//
// What every function that returns int32_t returns, unless it says otherwise.

// Done.
#define MOTEPOST_OK 0

// Not done yet: there are bytes to move, or the transport moved none. Call again.
#define MOTEPOST_AGAIN 1

// The outbox has no more readings.
#define MOTEPOST_NO_MORE 2

// The buffer is too small. Its contents are not usable, except that a full batch stays complete.
#define MOTEPOST_E_BUFFER -1

// A pointer is NULL but must not be.
#define MOTEPOST_E_NULL -2

// The object is not ready: no exchange, outbox or batch of this kind was begun; the response is not
// complete, or has no date; the batch's room was overwritten; its records carry another SenML base; or the
// cursor is from another outbox.
#define MOTEPOST_E_STATE -3

// The peer's first line is not an HTTP/1.0 or HTTP/1.1 status line. Close the connection.
#define MOTEPOST_E_STATUS_LINE -20

// The peer sent a malformed line. Close the connection.
#define MOTEPOST_E_FIELD_LINE -21

// The length of the response is not certain, or is 2^28 bytes or more. Close the connection.
#define MOTEPOST_E_FRAMING -22

// The peer sent a malformed chunk. Close the connection.
#define MOTEPOST_E_CHUNK -23

// The head of the response, with its chunk lines and trailer, is longer than 65,535 bytes. Close the connection.
#define MOTEPOST_E_HEAD_TOO_LONG -24

// The peer closed before its response was complete. Whether AWS has the message is not known.
#define MOTEPOST_E_CLOSED -25

// The body is more than 65,535 bytes longer than the buffer. Close the connection.
#define MOTEPOST_E_BODY_TOO_LONG -26

// The transport failed; `motepost_exchange_io_error` has its number. Close the connection.
#define MOTEPOST_E_IO -30

// The transport reported more bytes than it was offered. Close the connection.
#define MOTEPOST_E_OVERRUN -31

// A flash function failed. Nothing stored is lost. Try again later, not at once: each call may erase a sector.
#define MOTEPOST_E_FLASH -40

// The sizes in `motepost_flash_t` are not usable.
#define MOTEPOST_E_FLASH_SHAPE -41

// The region holds an outbox of another version or of other sizes. Nothing was changed.
#define MOTEPOST_E_FLASH_FORMAT -42

// The reading is empty, or longer than a sector can hold.
#define MOTEPOST_E_READING -43

// The outbox is full: send and drop readings first.
#define MOTEPOST_E_OUTBOX_FULL -44

// The readings are dropped, but a reset may bring them back: there is no room to write it down. Send more
// readings and drop them before you sleep.
#define MOTEPOST_E_NOT_KEPT -45

// This status and every lower one refuse a field of the request: `-(100 * field + reason)`. -205 is
// field 2 (the topic), reason 5 (a wildcard). Nothing was sent. `MOTEPOST_FIELD_OF(status)` and
// `MOTEPOST_REASON_OF(status)` give the two numbers.
#define MOTEPOST_E_REFUSED -100

// --- The transport ---
//
// Your TLS connection, modem or UART. The deadline of a publish belongs in these functions: a peer
// that sends one byte at a time keeps motepost_exchange_run busy for 131,070 bytes and more. Over a
// blocking socket, with deadline and now in milliseconds:
//
// static int32_t socket_recv(void *ctx, void *buffer, size_t len) {
//     const struct connection *c = ctx;
//     if ((int32_t)(c->deadline - now()) <= 0) {
//         return -1; // yours: too late
//     }
//     const ssize_t count = recv(c->socket, buffer, len, 0); // with SO_RCVTIMEO
//     if (count == 0) {
//         return MOTEPOST_IO_CLOSED;
//     }
//     return count > 0 ? (int32_t)count : errno == EAGAIN ? 0 : -errno;
// }
//
// Over a UART whose interrupt fills a ring:
//
// static int32_t uart_recv(void *ctx, void *buffer, size_t len) {
//     const struct uart *u = ctx;
//     if ((int32_t)(u->deadline - now()) <= 0) {
//         return -1;
//     }
//     return (int32_t)ring_read(u->ring, buffer, len); // 0 for none: run returns MOTEPOST_AGAIN
// }
// static int32_t uart_available(void *ctx) {
//     const struct uart *u = ctx;
//     return (int32_t)ring_count(u->ring); // for motepost_transport_drain, before each init
// }

// What a transport returns when the peer closed the connection.
#define MOTEPOST_IO_CLOSED INT32_MIN

// How the library reaches your TLS layer, modem or UART. Each function moves up to `len` bytes and
// returns how many it moved; 0 for none now, call again (as in FreeRTOS);
// `MOTEPOST_IO_CLOSED` when the peer closed; any other negative number is an error of yours, kept for
// `motepost_exchange_io_error`. After `send` fails, `recv` is called for a response that the peer may have
// sent already; its first 0 ends the exchange. They must not call into the same exchange.
typedef struct {
    // Receives into `buffer`.
    int32_t (*recv)(void *ctx, void *buffer, size_t len);
    // Sends from `buffer`. After `motepost_exchange_init_head`, a NULL `buffer` asks for up to `len` of the
    // next bytes of the payload, from wherever you keep it.
    int32_t (*send)(void *ctx, const void *buffer, size_t len);
    // Passed to both unchanged. May be NULL.
    void *ctx;
} motepost_transport_t;

// Drops what was received before. Call it before each `init` on a line that outlives an exchange, such as
// a UART to a gateway: otherwise a late response to an earlier request would be taken for the response to
// this one. It is not needed on a connection that is new for each exchange.
//
// `available` returns how many received bytes `recv` could give at once, 0 for none. It may be NULL if
// `recv` never waits. A response may also arrive later than this call: after anything but `MOTEPOST_OK`,
// drop what comes until the line was silent for longer than the gateway's timeout, or make the gateway
// hang up.
//
// Returns `MOTEPOST_OK` when nothing is left; `MOTEPOST_AGAIN` after 32 calls of `recv`, each for up to 32
// bytes: check your deadline and call again; `MOTEPOST_E_IO` if `recv` fails; `MOTEPOST_E_NULL`.
int32_t motepost_transport_drain(const motepost_transport_t *transport,
                                 int32_t (*available)(void *ctx));

// --- One publish ---
//
// Most firmware needs four functions: motepost_exchange_init, motepost_exchange_run,
// motepost_exchange_keep_details and motepost_exchange_verdict.

// One publish in progress. You provide the memory: static, on a stack, or in your own struct. Do not
// copy it while it is in progress, and do not rely on its contents. It holds no other resource, so you
// may abandon it at any time.
typedef struct {
    // Private: addresses and lengths, which are smaller on a smaller machine.
    size_t opaque_words[10];
    // Private.
    uint64_t opaque[20];
} motepost_exchange_t;

// Builds the request of one publish in `buffer` and begins its exchange.
//
// The buffer holds the request first and the response's body afterwards. It must not be NULL and must
// stay valid until you are done with the response. It must hold the head at least
// (`motepost_publish_head_len`). With room for the payload as well, the request goes out in one write.
// Otherwise the payload is sent after the head from where it is, and must stay valid until it is sent.
// The exchange keeps these two pointers and no other; `*publish` itself is not needed any more. No string of
// `*publish` may be stored in `buffer`. A payload that is stored there is refused: write it to the room
// of `motepost_publish_room` and use `motepost_exchange_init_composed`.
//
// Returns `MOTEPOST_OK`; or `MOTEPOST_E_BUFFER`, `MOTEPOST_E_NULL` or a refused field, and the
// exchange is not begun. You may call it again on the same exchange at any time.
int32_t motepost_exchange_init(motepost_exchange_t *exchange,
                               const motepost_publish_t *publish,
                               uint8_t *buffer,
                               size_t capacity);

// Begins the exchange of a publish whose `payload_len` bytes of payload you wrote to the room of
// `motepost_publish_room`, with the same arguments. They go out with the head in one write.
//
// The response overwrites the room. To send the same payload again, write it again.
//
// Returns the same as `motepost_exchange_init`, `MOTEPOST_E_BUFFER` also for a `payload_len` that exceeds the
// room.
int32_t motepost_exchange_init_composed(motepost_exchange_t *exchange,
                                        const motepost_publish_t *publish,
                                        uint8_t *buffer,
                                        size_t capacity,
                                        size_t payload_len);

// Builds the head alone, for a payload of `payload_len` bytes that you send yourself, such as one that is
// larger than RAM. The payload in `*publish` is not used.
//
// When the head is sent, `motepost_exchange_run` calls your `send` with a NULL buffer until the payload is
// sent: it sends up to `len` of the next bytes and returns how many, as always. `motepost_exchange_want`
// gives two NULLs and the number of bytes that are left.
//
// Returns the same as `motepost_exchange_init`.
int32_t motepost_exchange_init_head(motepost_exchange_t *exchange,
                                    const motepost_publish_t *publish,
                                    uint8_t *buffer,
                                    size_t capacity,
                                    size_t payload_len);

// AWS has the message (2xx).
#define MOTEPOST_ACCEPTED 0

// The credentials or the policy do not allow it, or the authorizer's function failed (401, 403). AWS never
// says which. Try once more, much later.
#define MOTEPOST_DENIED 10

// The request is wrong, or it went to the wrong place (every other status). Do not try again.
#define MOTEPOST_REJECTED 11

// Too many requests (429). Try again, later each time.
#define MOTEPOST_THROTTLED 12

// AWS is in trouble (5xx and above), or this connection is (408, 421, 425). Try again on a new
// connection, later each time.
#define MOTEPOST_UNAVAILABLE 13

// A complete response.
typedef struct {
    // The body, stored in your buffer; cut if it did not fit (see `truncated`).
    motepost_bytes_t body;
    // The HTTP status, 200 to 999.
    uint16_t status;
    // What it means: `MOTEPOST_ACCEPTED` or one of its neighbours. `MOTEPOST_MAY_RETRY(verdict)`
    // is true if the same request may succeed later.
    uint8_t verdict;
    // 1 if the body was longer than the buffer. Also 1 if it fills the buffer exactly and is chunked or ends
    // with the connection. The verdict is unaffected.
    uint8_t truncated;
} motepost_response_t;

// Moves bytes through the transport for as long as it moves any.
//
// Returns `MOTEPOST_OK` when the response is complete, with it in `*response`, whatever it says;
// `MOTEPOST_AGAIN` when the transport moved nothing: wait until it can, check your deadline, and
// call again; otherwise an error, and the same one at each further call.
int32_t motepost_exchange_run(motepost_exchange_t *exchange,
                              const motepost_transport_t *transport,
                              motepost_response_t *response);

// Gives the verdict as soon as the status line was read, even if the exchange failed afterwards or your
// deadline passed. If you never call it, the linker drops this code.
//
// Returns `MOTEPOST_ACCEPTED` or one of its neighbours; `MOTEPOST_UNAVAILABLE` while no status was read:
// whether AWS has the message is not known; `MOTEPOST_E_STATE` for an exchange that was not begun;
// `MOTEPOST_E_NULL`.
int32_t motepost_exchange_verdict(motepost_exchange_t *exchange);

// Gives the HTTP status as soon as the status line was read, even if the exchange failed afterwards. If you
// never call it, the linker drops this code.
//
// Returns the status, 200 to 999; 0 before that, or if `exchange` is NULL.
int32_t motepost_exchange_status(motepost_exchange_t *exchange);

// Returns the number that your transport returned when it first failed; 0 if it did not, or `exchange` is
// NULL.
int32_t motepost_exchange_io_error(const motepost_exchange_t *exchange);

// --- More about the response ---
//
// Optional: 0.9 KB of flash on a Cortex-M4. If you call none of these, the linker drops them.

// Also records the error type, the date and keep-alive of the response. Call it right after `init`. If
// you never call it, the linker drops this code.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` if the exchange is not in progress; `MOTEPOST_E_NULL`.
int32_t motepost_exchange_keep_details(motepost_exchange_t *exchange);

// Gives AWS's name for the error in a complete response, such as `ForbiddenException`: its first 32
// bytes. Empty if there is none, or without `motepost_exchange_keep_details`. It is stored in the
// exchange, does not end in NUL, and came over the wire.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` before the response is complete; `MOTEPOST_E_NULL`.
int32_t motepost_exchange_error_type(motepost_exchange_t *exchange, motepost_str_t *error_type);

// Gives the `date` of a complete response in seconds since 1970, for a device without a clock. Believe
// it only from an authenticated peer: over plain text anybody may have written it.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` before the response is complete, when it has no date between
// 1970 and 2105 or one in the obsolete forms of RFC 9110 section 5.6.7, or without
// `motepost_exchange_keep_details`; `MOTEPOST_E_NULL`.
int32_t motepost_exchange_date(motepost_exchange_t *exchange,
                               uint32_t *unix_seconds);

// Whether another request may be sent on this connection.
//
// Returns 1 if so; 0 if not, before the response is complete, without `motepost_exchange_keep_details`,
// or if `exchange` is NULL.
int32_t motepost_exchange_reusable(motepost_exchange_t *exchange);

// --- Without callbacks ---
//
// For a modem driven by interrupts or an AT socket: ask what to move, move it, report it. These may be
// called from an interrupt, if nothing else uses the same exchange at that time.

// What the exchange wants moved: bytes to send, or room to receive into. The other one is NULL. Both are
// NULL with a `len` if the next `len` bytes of the payload are yours to send, after
// `motepost_exchange_init_head`.
typedef struct {
    // Send the first bytes from here, or NULL.
    const uint8_t *send;
    // Receive to here, or NULL.
    uint8_t *receive;
    // How many bytes at most.
    size_t len;
} motepost_want_t;

// Says what the exchange wants moved, for a transport without callbacks: a modem driven by interrupts,
// an AT socket.
//
// Returns `MOTEPOST_AGAIN` with the bytes to send or the room to receive into in `*want`: move some,
// then call `motepost_exchange_moved`. `MOTEPOST_OK` when the response is complete, with NULLs in
// `*want`. Otherwise an error.
int32_t motepost_exchange_want(motepost_exchange_t *exchange,
                               motepost_want_t *want);

// Reports what became of the last want, in a transport's numbers: the bytes moved, 0 for none yet,
// `MOTEPOST_IO_CLOSED`, or an error of yours.
//
// Returns `MOTEPOST_AGAIN` when there is more to move; `MOTEPOST_OK` when the response is complete:
// take it with `motepost_exchange_response`. Otherwise an error.
int32_t motepost_exchange_moved(motepost_exchange_t *exchange, int32_t count);

// Gives the response once it is complete. It points into the exchange and its buffer.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_STATE` before that; `MOTEPOST_E_NULL`.
int32_t motepost_exchange_response(motepost_exchange_t *exchange, motepost_response_t *response);

// --- Requests without an exchange ---
//
// The bytes alone, for a modem that does the HTTP itself, or to write the payload in place.

// Writes the request, head and payload, into `buffer`. No string of `*publish` may be stored in `buffer`. A
// payload that is stored there is refused: see `motepost_publish_room`.
//
// Returns `MOTEPOST_OK` with the size of the request in `*len`; `MOTEPOST_E_BUFFER` with the exact size
// needed; `MOTEPOST_E_NULL`; or a refused field with 0. To ask for the size, give a `capacity` of 0.
int32_t motepost_publish_encode(const motepost_publish_t *publish,
                                uint8_t *buffer,
                                size_t capacity,
                                size_t *len);

// Writes the head alone, for a payload that you send from where it is.
//
// Returns the same as `motepost_publish_encode`.
int32_t motepost_publish_encode_head(const motepost_publish_t *publish,
                                     uint8_t *buffer,
                                     size_t capacity,
                                     size_t *len);

// Gives the exact size of the head in `*len`. Needs no buffer. An exchange needs a buffer of at least
// this size.
//
// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or a refused field with 0.
int32_t motepost_publish_head_len(const motepost_publish_t *publish,
                                  size_t *len);

// Writes the request target alone, such as `/topics/uniqueID/status?qos=1`, for a modem whose AT
// commands do the HTTP.
//
// Returns the same as `motepost_publish_encode`.
int32_t motepost_publish_encode_target(const motepost_publish_t *publish,
                                       uint8_t *buffer,
                                       size_t capacity,
                                       size_t *len);

// Writes the field lines that such a modem does not write itself: credentials, properties and your own
// headers, each `name:value` with CRLF, without `host` and `content-length`.
//
// Returns the same as `motepost_publish_encode`.
int32_t motepost_publish_encode_field_lines(const motepost_publish_t *publish,
                                            uint8_t *buffer,
                                            size_t capacity,
                                            size_t *len);

// Lets you write the payload straight into `buffer`: `*room` is where, `*room_len` is how much fits. The
// payload in `*publish` is not used. Then call `motepost_publish_compose` or
// `motepost_exchange_init_composed` with the same arguments.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_BUFFER` with the smallest usable size of the buffer in
// `*room_len`; `MOTEPOST_E_NULL`; or a refused field.
int32_t motepost_publish_room(const motepost_publish_t *publish,
                              uint8_t *buffer,
                              size_t capacity,
                              uint8_t **room,
                              size_t *room_len);

// Writes the head in front of the `payload_len` bytes that you wrote to the room. The request is then
// `*len` bytes at `*request`, inside `buffer`.
//
// Returns the same as `motepost_publish_encode`: for a `payload_len` that exceeds the room,
// `MOTEPOST_E_BUFFER` with the size that it needs.
int32_t motepost_publish_compose(const motepost_publish_t *publish,
                                 uint8_t *buffer,
                                 size_t capacity,
                                 size_t payload_len,
                                 const uint8_t **request,
                                 size_t *len);

// --- Batches ---
//
// Many readings in one payload, which costs what one reading costs. Optional: 0.4 KB of flash on a
// Cortex-M4, 1.1 KB with the check. If you call none of these, the linker drops them. In the buffer of the
// request:
//
// uint8_t *room;
// size_t room_len, len;
// motepost_batch_t batch;
// motepost_publish_room(&publish, buffer, sizeof buffer, &room, &room_len);
// motepost_batch_json(&batch, room, room_len, motepost_batch_check_json);
// motepost_batch_push(&batch, reading, reading_len); // as often as it returns MOTEPOST_OK
// motepost_batch_finish(&batch, &len);
// motepost_exchange_init_composed(&exchange, &publish, buffer, sizeof buffer, len);

// How many levels of arrays and objects a checked value may have.
#define MOTEPOST_BATCH_MAX_DEPTH 16

// Checks a value before it is appended: `motepost_batch_check_json`, `motepost_batch_check_cbor`, or a
// function of your own that returns `MOTEPOST_OK` for a value that may be appended.
typedef int32_t (*motepost_batch_check_t)(const uint8_t *value, size_t len);

// Many readings in one payload: a JSON or CBOR array that grows in place in your room. Its first `len`
// bytes are a complete array after each call, accepted or refused.
//
// It keeps the pointer to the room, which must stay valid and may not move. Only the functions below may
// change the members. In the buffer of an exchange, the response overwrites the room: a batch that was not
// accepted has to be filled again.
typedef struct {
    // Where the array begins.
    uint8_t *room;
    // The number of bytes there.
    size_t capacity;
    // The length of the complete array. 0 before `motepost_batch_json` or `motepost_batch_cbor`.
    size_t len;
    // What a value is checked with, or NULL.
    motepost_batch_check_t check;
    // Identifies the SenML base that a record has carried; 0 if none has yet.
    uint32_t base;
} motepost_batch_t;

// Begins a JSON array in `room`. With `motepost_batch_check_json`, each value is checked to be one JSON
// value. With NULL nothing is checked: you promise that each is one. If you do not name the check, the
// linker drops it.
//
// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or `MOTEPOST_E_BUFFER` for a room of less than two bytes.
int32_t motepost_batch_json(motepost_batch_t *batch,
                            uint8_t *room,
                            size_t capacity,
                            motepost_batch_check_t check);

// The same for a CBOR array of indefinite length, with `motepost_batch_check_cbor` or NULL.
int32_t motepost_batch_cbor(motepost_batch_t *batch,
                            uint8_t *room,
                            size_t capacity,
                            motepost_batch_check_t check);

// Appends one value.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_BUFFER` when it does not fit: publish what is here and append it to
// the next batch; `MOTEPOST_E_NULL`; `MOTEPOST_E_STATE` when the batch was not begun, or its room was
// overwritten; or a refused `MOTEPOST_FIELD_READING`: it is not one value, is nested too deep, is empty, or
// is stored in the room. After an error the batch is as it was.
int32_t motepost_batch_push(motepost_batch_t *batch,
                            const uint8_t *value,
                            size_t len);

// Gives the length of the complete array, which begins where the room does: the payload's length, for
// `motepost_publish_t.payload` or for `motepost_exchange_init_composed`.
//
// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or `MOTEPOST_E_STATE` when the batch was not begun, or its room
// was overwritten, as a response does.
int32_t motepost_batch_finish(const motepost_batch_t *batch,
                              size_t *len);

// Checks that `len` bytes are exactly one JSON value (RFC 8259) of at most `MOTEPOST_BATCH_MAX_DEPTH`
// levels, in constant memory. For `motepost_batch_json`.
//
// Returns `MOTEPOST_OK`, `MOTEPOST_E_NULL`, or a refused `MOTEPOST_FIELD_READING`.
int32_t motepost_batch_check_json(const uint8_t *value,
                                  size_t len);

// The same for a well-formed CBOR data item (RFC 8949), for `motepost_batch_cbor`.
int32_t motepost_batch_check_cbor(const uint8_t *value, size_t len);

// --- SenML ---
//
// Records of RFC 8428 in a batch, in JSON or CBOR: names, units, values and times without a format string.

// What is the same for all SenML records of a batch. It is written with the first one. Start from zeros;
// zero means absent.
typedef struct {
    // The prefix of each record's name, such as `urn:dev:mac:0024befffe804ff1:`.
    motepost_str_t name;
    // Unix time in seconds, to which each record's time is added. Without it the times of the records are
    // relative to when the batch is received, which suits a device without a clock.
    uint32_t time;
} motepost_senml_base_t;

// One SenML record. Start from zeros. The value is always written, the unit and the time unless they are
// empty or zero.
typedef struct {
    // May be empty when there is a base name. Together they are of letters, digits and `-:./_`, and begin
    // with a letter or a digit.
    motepost_str_t name;
    // A unit of the SenML units registry, such as `Cel`, `%RH` or `V`.
    motepost_str_t unit;
    // The digits of the value: 215 for 21.5.
    int32_t value;
    // The digits of the time, in seconds after the base time, or before it.
    int32_t time;
    // Digits of the value after the decimal point: 1 for 21.5. At most 9.
    uint8_t value_places;
    // Digits of the time after the decimal point. At most 9.
    uint8_t time_places;
    // Must be zeros.
    uint8_t reserved[2];
} motepost_senml_record_t;

// Appends a SenML record (RFC 8428) to a batch that `motepost_batch_json` began. Give the same base with
// each record, or NULL for none: the first record that has it carries it, and it holds for all that follow.
// So what differs between records, such as the time of each, belongs in the record. Records of your own,
// which you push between them, may not change it.
//
// Returns the same as `motepost_batch_push`, `MOTEPOST_E_STATE` also for another base than the one that was
// carried, or for none after it; or a refused `MOTEPOST_FIELD_READING_...`.
int32_t motepost_senml_json(motepost_batch_t *batch,
                            const motepost_senml_base_t *base,
                            const motepost_senml_record_t *record);

// The same in CBOR, for a batch that `motepost_batch_cbor` began. Shorter; a number with places is a
// decimal fraction.
int32_t motepost_senml_cbor(motepost_batch_t *batch,
                            const motepost_senml_base_t *base,
                            const motepost_senml_record_t *record);

// --- Tokens ---
//
// Optional: 1.8 KB of flash on a Cortex-M4. If you call none of these, the linker drops them.

// The bytes of a device key.
#define MOTEPOST_KEY_LEN 32

// The characters of a minted token. It does not end in NUL.
#define MOTEPOST_TOKEN_LEN 28

// A token whose value is Unix time in seconds, which the authorizer checks against a window.
#define MOTEPOST_TOKEN_TIME 1

// A token whose value is a counter, which must grow: write it to flash before you send it.
#define MOTEPOST_TOKEN_COUNTER 2

// Mints a token for one message of the device: writes `MOTEPOST_TOKEN_LEN` characters to `token`, for
// `motepost_publish_t.token` to point to. `key` is the device's own, `MOTEPOST_KEY_LEN` bytes, as
// `motepost credentials` writes it. `*device_id` is the id that the key was made for. `kind` is one of
// `MOTEPOST_TOKEN_...`.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_NULL`; the token refused as out of range, for any other `kind`; or the
// device id refused: it has 1 to 128 letters, digits, `-`, `_`, `.` and `:`, and is neither `.` nor `..`.
int32_t motepost_token_mint(const uint8_t *key,
                            const motepost_str_t *device_id,
                            uint8_t kind,
                            uint32_t value,
                            char *token);

// After a complete response that denied a `MOTEPOST_TOKEN_TIME` token: for a device whose clock may be
// wrong, or that has none. `*time` is the time that the denied token was minted with, 0 for none. If the
// response's `date` differs from it, the date goes to `*time`, and a token minted with it to `token`.
//
// Use it only where the peer is authenticated: by TLS on the device, or by a gateway that it
// trusts. On a plain-text hop a forged date would harvest tokens for a time of the forger's
// choosing; there, use `MOTEPOST_TOKEN_COUNTER`.
//
// Returns `MOTEPOST_AGAIN` if one more publish with the new token may succeed; `MOTEPOST_OK` if it would
// not, with both unchanged; `MOTEPOST_E_STATE` before the response is complete, or without
// `motepost_exchange_keep_details`; `MOTEPOST_E_NULL`.
int32_t motepost_token_renew(const motepost_exchange_t *exchange,
                             const uint8_t *key,
                             const motepost_str_t *device_id,
                             uint32_t *time,
                             char *token);

// --- The outbox ---
//
// Readings that survive sleep, resets and power loss at any write, in NOR flash or in RAM that survives
// sleep. Optional: if you call none of these, the linker drops them.
//
// Promised, with one caller, three sectors, flash that keeps what it reported as programmed, and a read
// function that gives zeros for units that it cannot read:
// - After push returned MOTEPOST_OK, the reading survives every power cut until it is dropped.
// - After drop returned MOTEPOST_OK, the dropped readings never come back.
// - A power cut touches only the call under way. A full outbox refuses and never overwrites. No power
//   cut makes the region unusable. A read that fails is an error and never formats.
// Not promised: exactly once (a lost response, or a cut between AWS's 200 and drop, sends again: filter in
// the cloud by device, epoch and number); whether an interrupted push appears; weak cells; secrecy.
//
// const motepost_flash_t flash = {my_read, my_program, my_erase, NULL, 4096, 8, 8, 0};
// motepost_outbox_t outbox;
// motepost_outbox_open(&outbox, &flash, random_number());
// motepost_outbox_push(&outbox, reading, reading_len, NULL);
//
// motepost_outbox_cursor_t cursor = {0}; // later: fill a batch, and drop it once it is accepted
// for (;;) {
//     motepost_outbox_cursor_t next = cursor; // cursor passes a reading only when it is in the batch
//     if (motepost_outbox_next(&outbox, &next, buffer, sizeof buffer, &len) != MOTEPOST_OK ||
//         !add_to_batch(buffer, len)) {
//         break;
//     }
//     cursor = next;
// }
// if (publish_batch() == MOTEPOST_ACCEPTED) {
//     motepost_outbox_drop(&outbox, &cursor);
// }

// How the library reaches the flash of an outbox: a region that is nobody else's. Offsets count from the
// start of the region. Each function returns 0 when done, and any other number when it failed. They must
// not call into the same outbox. Erased bytes must read 0xFF: where they read 0x00 (STM32 L0, L1), let `read` and
// `program` invert every byte.
typedef struct {
    // Reads `len` bytes, at most 32, from and to multiples of the unit and of 4. `buffer` is aligned to 4.
    //
    // A unit that power failed in may be unreadable: on STM32 with ECC the read raises an NMI or a bus fault.
    // Survive it, and give zeros for that unit. Report every other failure: what reads as zeros is taken as
    // torn, what fails is not.
    int32_t (*read)(void *ctx, uint32_t offset, void *buffer, size_t len);
    // Programs `len` bytes, at most 32, whole units, in ascending order, from `bytes`, which is aligned to 4. Returns 0
    // when flash will keep them. If your flash has pages, split what crosses one.
    int32_t (*program)(void *ctx, uint32_t offset, const void *bytes, size_t len);
    // Erases the sector that begins at `offset` and has `len` bytes.
    int32_t (*erase)(void *ctx, uint32_t offset, uint32_t len);
    // Passed to all three unchanged. May be NULL.
    void *ctx;
    // What is erased at once, in bytes: 128 to 524,288, a multiple of the unit and of 4.
    uint32_t sector_size;
    // The number of sectors: 3 to 4,096.
    uint16_t sectors;
    // What is programmed at once, in bytes: 1, 2, 4, 8, 16 or 32.
    uint8_t unit;
    // Must be zero.
    uint8_t reserved;
} motepost_flash_t;

// An outbox that is open. You provide the memory. It holds nothing that a reset could lose.
typedef struct {
    // The flash, which must stay valid. NULL if no `open` succeeded.
    const motepost_flash_t *flash;
    // Private.
    uint32_t opaque[5];
} motepost_outbox_t;

// Where reading goes on: start from zeros, which is the oldest reading. Pushing does not change it.
typedef struct {
    // Private.
    uint32_t position;
    // The number of the reading that was read last. Numbers rise, with gaps.
    uint32_t number;
} motepost_outbox_cursor_t;

// Opens the outbox in a region of flash. Writes nothing. `*flash` must stay valid and unchanged while you use the
// outbox; it may be `const`. One caller at a time may use an outbox, and nothing else its region.
//
// `epoch` is a random number. A blank region takes it with its first push; one in use keeps its own: see
// `motepost_outbox_epoch`.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_FLASH` if a read failed, which is never taken for a blank region;
// `MOTEPOST_E_FLASH_SHAPE`; `MOTEPOST_E_FLASH_FORMAT`; `MOTEPOST_E_NULL`.
int32_t motepost_outbox_open(motepost_outbox_t *outbox,
                             const motepost_flash_t *flash,
                             uint32_t epoch);

// Stores a reading: `len` bytes, at least 1 and at most `sector_size - 44` or 65,535. Its number goes to
// `*number`, which may be NULL. You may push while a batch is being filled or sent.
//
// Once it has returned `MOTEPOST_OK`, the reading survives every later power cut until it is dropped: entire,
// in order, with the same number. Whether a reading appears whose push a power cut interrupted is not known.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_OUTBOX_FULL`; `MOTEPOST_E_READING` for a length out of range;
// `MOTEPOST_E_FLASH`: try again later, not at once, because each call may erase a sector; `MOTEPOST_E_STATE`
// if it is not open; `MOTEPOST_E_NULL`.
int32_t motepost_outbox_push(motepost_outbox_t *outbox,
                             const uint8_t *reading,
                             size_t len,
                             uint32_t *number);

// Copies the reading at the cursor to `buffer`, its length to `*len`, and moves the cursor past it.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_NO_MORE` after the last reading; `MOTEPOST_E_BUFFER` if `room` is less than
// the `*len` of the reading, and the cursor does not move; `MOTEPOST_E_FLASH`; `MOTEPOST_E_STATE` if it is not
// open; `MOTEPOST_E_NULL`. What `buffer` holds is of use with `MOTEPOST_OK` only.
int32_t motepost_outbox_next(motepost_outbox_t *outbox,
                             motepost_outbox_cursor_t *cursor,
                             uint8_t *buffer,
                             size_t room,
                             size_t *len);

// Drops the readings that the cursor has passed, with one small write: call it once a batch, after AWS has
// accepted it.
//
// Once it has returned `MOTEPOST_OK`, none of them comes back. With `MOTEPOST_E_FLASH` and `MOTEPOST_E_NOT_KEPT` they
// stay dropped until a reset, and may come back after it: call again later, with the second after you have sent and
// dropped more. With the other two nothing is dropped.
// If power fails between the verdict and the end of this call, the batch is sent again: filter in the cloud by
// device, epoch and number.
//
// Returns `MOTEPOST_OK`; `MOTEPOST_E_NOT_KEPT`; `MOTEPOST_E_FLASH`; `MOTEPOST_E_STATE` if it is not open or the
// cursor is not its own; `MOTEPOST_E_NULL`.
int32_t motepost_outbox_drop(motepost_outbox_t *outbox,
                             const motepost_outbox_cursor_t *cursor);

// Counts the readings that are not dropped, into `*count`. Reads all of them.
//
// Returns `MOTEPOST_OK`, `MOTEPOST_E_FLASH`, `MOTEPOST_E_STATE` if it is not open, or `MOTEPOST_E_NULL`.
int32_t motepost_outbox_count(motepost_outbox_t *outbox,
                              uint32_t *count);

// Returns the random number that the region was first used with; 0 if it is not open. Numbers begin again when
// you erase the region: a reading is known by device, epoch and number.
uint32_t motepost_outbox_epoch(const motepost_outbox_t *outbox);

// `motepost_flash_t.read` of RAM that survives sleep. The three `motepost_ram_` functions make flash of RAM:
// `ctx` is the RAM, which neither sleep nor your start-up code clears, `unit` is 1, and `sector_size` a
// quarter of it, for example. What a reset damaged is found by its checks.
int32_t motepost_ram_read(void *ctx,
                          uint32_t offset,
                          void *buffer,
                          size_t len);

// `motepost_flash_t.program` of RAM.
int32_t motepost_ram_program(void *ctx, uint32_t offset, const void *bytes, size_t len);

// `motepost_flash_t.erase` of RAM.
int32_t motepost_ram_erase(void *ctx, uint32_t offset, uint32_t len);

// --- Names for errors, and members of motepost_publish_t ---
//
// The numbers of refused fields and their reasons.

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

// The device id that a token is minted for.
#define MOTEPOST_FIELD_DEVICE_ID 18

// A reading for a batch.
#define MOTEPOST_FIELD_READING 19

// The name of a SenML record, together with the base name.
#define MOTEPOST_FIELD_READING_NAME 20

// The unit of a SenML record.
#define MOTEPOST_FIELD_READING_UNIT 21

// The value of a SenML record.
#define MOTEPOST_FIELD_READING_VALUE 22

// The time of a SenML record.
#define MOTEPOST_FIELD_READING_TIME 23

// It is empty, but it is required, or another field needs it.
#define MOTEPOST_REASON_MISSING 1

// It is longer than AWS allows.
#define MOTEPOST_REASON_TOO_LONG 2

// It contains CR, LF, NUL or another control character.
#define MOTEPOST_REASON_CONTROL 3

// It contains a character that this field must not contain.
#define MOTEPOST_REASON_CHARACTER 4

// It contains `+` or `#`, which only a topic filter may contain.
#define MOTEPOST_REASON_WILDCARD 5

// It has more than seven slashes.
#define MOTEPOST_REASON_TOO_MANY_LEVELS 6

// It is not UTF-8.
#define MOTEPOST_REASON_NOT_UTF8 7

// It is not one line of standard base64. `base64` wraps at 76 columns on Linux: use `base64 -w0`.
#define MOTEPOST_REASON_NOT_ONE_LINE_OF_BASE64 8

// It is a header that the library writes itself, the token key among them, or a topic that AWS reserves:
// one that starts with `$` and not with `$aws/`, or with `$aws/rules/` and no rule.
#define MOTEPOST_REASON_RESERVED 9

// It is a number out of its range.
#define MOTEPOST_REASON_OUT_OF_RANGE 10

// It is `.` or `..`, which clients and proxies remove from a path.
#define MOTEPOST_REASON_DOT_SEGMENT 11

// It is stored in the buffer that it is to be written to.
#define MOTEPOST_REASON_OVERLAP 12

// It is not exactly one JSON value, or not exactly one well-formed CBOR data item.
#define MOTEPOST_REASON_NOT_ONE_VALUE 13

// Its arrays and objects are nested more than 16 levels deep.
#define MOTEPOST_REASON_TOO_DEEP 14

// Describes a status. For a refused field it is the reason, to print after `motepost_field_name(status)`.
// Returns a constant string, never NULL. Costs some 2.5 KB of flash on a Cortex-M4, together with
// `motepost_field_name`; if you call neither, the linker drops both.
const char *motepost_strerror(int32_t status);

// Names the field that a status refuses, such as `topic`. Returns a constant string, never NULL: the
// empty string for every other status.
const char *motepost_field_name(int32_t status);

// Returns the version of the archive, to compare with `MOTEPOST_VERSION` of the header:
// `major << 16 | minor << 8 | patch`.
uint32_t motepost_version(void);

// For `motepost_publish_t.encode_signature`. Do not call it.
void motepost_encode_signature(void *writer, const uint8_t *signature, size_t len);

// For `motepost_publish_t.encode_signature`. Do not call it.
void motepost_copy_signature(void *writer, const uint8_t *signature, size_t len);

// For `motepost_publish_t.encode_properties`. Do not call it.
void motepost_encode_properties(void *writer, const motepost_properties_t *properties);

// For `motepost_publish_t.credentials_in_query`. Do not call it.
void motepost_credentials_in_query(void *writer, const void *publish);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

// Text from a string that ends in NUL, such as one that is made at run time. NULL is empty text.
static inline motepost_str_t motepost_str(const char *string) {
    motepost_str_t text = {string, 0};
    while (string != NULL && string[text.len] != 0) {
        text.len++;
    }
    return text;
}

// Text of len bytes that need not end in NUL, such as a minted token.
static inline motepost_str_t motepost_str_n(const char *string, size_t len) {
    const motepost_str_t text = {string, len};
    return text;
}
#endif  /* MOTEPOST_H */
