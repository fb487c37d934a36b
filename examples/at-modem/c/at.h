// Speaks AT with a modem over any UART: writes commands, reads answers line by line, and tells
// them from what the modem says by itself. Allocates nothing; the clock is yours.
//
// The first failure stays in `status`, and everything after it does nothing, so that a sequence of
// commands reads as one and is checked once.
#ifndef AT_H
#define AT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Outside the library's own numbers, so that one int32_t can carry either.
enum {
    AT_OK = 0,
    AT_E_TIMEOUT = -10001, // no answer in time
    AT_E_ERROR = -10002,   // the modem answered ERROR
    AT_E_CME = -10003,     // the modem answered +CME ERROR, with its number in `code`
    AT_E_RESET = -10004,   // the modem started anew in the middle
    AT_E_ANSWER = -10005,  // the modem's answer is not what its manual says
    AT_E_UART = -10006,    // your UART failed, with its number in `code`
    AT_E_RESULT = -10007,  // the modem could not do it, with its number in `code`
    AT_E_TOO_LARGE = -10008, // the request is beyond what the modem takes: see at_limit_t
    AT_E_QUOTE = -10009,     // a value holds a '"', which an AT command cannot carry
    AT_E_STUCK = -10010,     // the modem counts bytes and may not have them all: see at_give
    AT_E_FULL = -10011       // the modem has no room for these bytes yet
};

// What the modem may be at, whatever became of the last command.
enum {
    AT_IDLE,   // it has started, or was asked nothing that it could still answer
    AT_ASKED,  // a reply may come late
    AT_COUNTS  // it takes whatever comes for the raw bytes of a request, until it has as many as it was told
};

// The two functions move up to len bytes and say how many, 0 for none now, a negative number for
// an error of yours: a motepost_transport_t's, without "closed".
typedef struct {
    int32_t (*recv)(void *ctx, void *buffer, size_t len);
    int32_t (*send)(void *ctx, const void *buffer, size_t len);
    // Milliseconds of a clock that never goes back, but may wrap.
    uint32_t (*now_ms)(void *ctx);
    // Called while there is nothing to read: sleep until the UART or a tick wakes you. May be NULL.
    void (*idle)(void *ctx);
    void *ctx;
} at_port_t;

// What did not fit.
typedef struct {
    const char *what;
    size_t needed;
    size_t limit;
} at_limit_t;

typedef struct {
    const at_port_t *port;
    // Given each line that nobody asked for. May be NULL.
    void (*on_urc)(void *ctx, const char *line);
    void *urc_ctx;
    int32_t status;
    int32_t code;
    // Milliseconds for a reply that needs no network, for one that does, and for a publish from
    // at_begin or at_renew to its end.
    uint32_t timeout;
    uint32_t network_timeout;
    uint32_t publish_timeout;
    // Milliseconds of silence after which the modem has nothing late left to say: more than the time
    // that it gives a request, which is 60 s here.
    uint32_t silence;
    // When at_begin or at_renew was called, and when a byte last moved.
    uint32_t begun;
    uint32_t moved;
    int stage;
    // The line that is being read, whose beginning may have come while nobody waited, and the last
    // one that was asked for.
    size_t len;
    int whole;
    char line[96];
    char answer[96];
    const char *raw_after;
} at_t;

// With two seconds of timeout, sixty with the network, 120 for a publish, and 65 of silence.
//
// For a modem that has just started. A device that starts anew resets its modem first, or switches the
// modem's power: it cannot know whether the modem still counts the bytes of a request, and its first
// command would be taken for the rest of them.
void at_init(at_t *at, const at_port_t *port);

// Forgets what was, and turns echo off. Begin each publish with it. After a failure it calls at_resync.
int32_t at_begin(at_t *at);

// Gives the publish that comes now the whole of publish_timeout: call it before each one over a
// connection that stays open. at_begin does it for the first.
void at_renew(at_t *at);

// Forgets the last failure, and reads and drops what the modem still says until no byte has moved for
// `silence`: a late reply to one publish would be taken for the next one's. Gives up with AT_E_TIMEOUT
// after four times as long; then the modem has to be reset. After AT_E_STUCK it does nothing and
// returns that again. A modem that was asked nothing yet needs no silence.
int32_t at_resync(at_t *at);

// Parts of a command.
void at_text(at_t *at, const char *text);
void at_bytes(at_t *at, const void *bytes, size_t len);
void at_number(at_t *at, size_t number);

// Ends the command and waits for OK.
int32_t at_ok(at_t *at);
int32_t at_command(at_t *at, const char *command);
// Ends the command and waits for OK and for the line that begins with `info`, whichever is first.
int32_t at_info(at_t *at, const char *info, uint32_t timeout);
// Ends the command and waits for the line that begins with `mark`, after which raw bytes follow:
// it is over at its first comma, too. A `mark` of ">" is the prompt.
int32_t at_mark(at_t *at, const char *mark, uint32_t timeout);
// Waits for a line that is `final`, or fails as the modem says; after raw bytes.
int32_t at_final(at_t *at, const char *final, const char *info, uint32_t timeout);
// A command that ends in front of the number of raw bytes, such as `AT+QSSLSEND=0,`; at the prompt,
// the bytes; then waits for a line that is `final`.
//
// The modem waits for that many bytes, with no timeout and no way to give up. If the UART lost one of
// them, the next command would complete a request that AWS accepts with a wrong payload. So a failure
// in here is AT_E_STUCK unless the modem says itself how the command ended, and nothing is sent any
// more: reset the modem, then call at_init.
int32_t at_give(at_t *at, const char *command, const void *bytes, size_t len, const char *final);
// Ends a connection by that command, for which Quectel's manual allows 10 s and SIMCom's names no time.
int32_t at_close(at_t *at, const char *command);
// Exactly len raw bytes.
int32_t at_raw(at_t *at, void *buffer, size_t len, uint32_t timeout);

// Takes what came unasked, without waiting.
int32_t at_poll(at_t *at);
// Takes what comes unasked for so long.
int32_t at_pause(at_t *at, uint32_t milliseconds);

// The number at `index` in the last answer, `+X: 0,"POST",200` having 200 at 2; -1 where there is none.
int32_t at_field(const at_t *at, int index);

// Notes a failure, unless there was one before.
int32_t at_fail(at_t *at, int32_t status, int32_t code);

// What a status of this file says, in plain words; NULL for any other.
const char *at_strerror(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
