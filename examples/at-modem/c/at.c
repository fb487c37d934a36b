#include "at.h"

#include <string.h>

static int begins(const char *line, const char *with) {
    return strncmp(line, with, strlen(with)) == 0;
}

static int32_t number_at(const char *text) {
    int32_t number = 0;
    int digits = 0;
    for (; *text == ' '; text++) {
    }
    for (; *text >= '0' && *text <= '9' && digits < 9; text++, digits++) {
        number = 10 * number + (*text - '0');
    }
    return digits > 0 ? number : -1;
}

int32_t at_fail(at_t *at, int32_t status, int32_t code) {
    if (at->status == AT_OK) {
        at->status = at->stage == AT_COUNTS ? AT_E_STUCK : status;
        at->code = code;
    }
    return at->status;
}

void at_init(at_t *at, const at_port_t *port) {
    memset(at, 0, sizeof *at);
    at->port = port;
    at->timeout = 2000;
    at->network_timeout = 60000;
    at->publish_timeout = 120000;
    at->silence = 65000;
    at->begun = port->now_ms(port->ctx);
    at->moved = at->begun;
}

static uint32_t now(const at_t *at) {
    return at->port->now_ms(at->port->ctx);
}

// Looked at before every byte and not only when none is there: a modem that always has one more to
// say must not keep us.
static int is_over(const at_t *at, uint32_t started, uint32_t timeout) {
    const uint32_t time = now(at);
    return time - started >= timeout || time - at->begun >= at->publish_timeout;
}

// What recv returns, for a byte.
static int32_t take_byte(at_t *at, char *byte) {
    const int32_t count = at->port->recv(at->port->ctx, byte, 1);
    if (count == 1) {
        at->moved = now(at);
    }
    return count;
}

// Takes one byte; 1 when a line is whole. A line longer than the room for it loses its end.
static int take(at_t *at, char byte) {
    const char *mark = at->raw_after;
    if (at->whole) {
        at->whole = 0;
        at->len = 0;
    }
    if (byte == '\n') {
        while (at->len > 0 && at->line[at->len - 1] == '\r') {
            at->len--;
        }
        at->line[at->len] = '\0';
        at->whole = at->len > 0;
        return at->whole;
    }
    if (at->len < sizeof at->line - 1 && !(at->len == 0 && (byte == ' ' || byte == '\r'))) {
        at->line[at->len++] = byte;
    }
    at->line[at->len] = '\0';
    at->whole = mark != NULL && begins(at->line, mark) && (byte == ',' || (byte == '>' && *mark == '>'));
    return at->whole;
}

static void unasked(at_t *at) {
    if (begins(at->line, "AT")) {
        return; // the echo of a command
    }
    if (strcmp(at->line, "RDY") == 0) {
        at->stage = AT_IDLE;
        at_fail(at, AT_E_RESET, 0);
    }
    if (at->on_urc != NULL) {
        at->on_urc(at->urc_ctx, at->line);
    }
}

// One byte within the timeout that began at `started`.
static int32_t next_byte(at_t *at, char *byte, uint32_t started, uint32_t timeout) {
    const at_port_t *port = at->port;
    while (at->status == AT_OK) {
        const int32_t count = is_over(at, started, timeout) ? 0 : take_byte(at, byte);
        if (count == 1) {
            break;
        }
        if (count != 0) {
            at_fail(at, AT_E_UART, count);
        } else if (is_over(at, started, timeout)) {
            at_fail(at, AT_E_TIMEOUT, 0);
        } else if (port->idle != NULL) {
            port->idle(port->ctx);
        }
    }
    return at->status;
}

static int32_t next_line(at_t *at, uint32_t started, uint32_t timeout) {
    char byte;
    while (next_byte(at, &byte, started, timeout) == AT_OK && !take(at, byte)) {
    }
    return at->status;
}

int32_t at_poll(at_t *at) {
    char byte;
    int32_t count = 1;
    while (at->status == AT_OK && count == 1) {
        if (is_over(at, at->begun, at->publish_timeout)) {
            return at_fail(at, AT_E_TIMEOUT, 0);
        }
        count = take_byte(at, &byte);
        if (count == 1 && take(at, byte)) {
            unasked(at);
        }
    }
    return count < 0 ? at_fail(at, AT_E_UART, count) : at->status;
}

int32_t at_pause(at_t *at, uint32_t milliseconds) {
    const uint32_t started = now(at);
    while (at_poll(at) == AT_OK && now(at) - started < milliseconds) {
        if (at->port->idle != NULL) {
            at->port->idle(at->port->ctx);
        }
    }
    return at->status;
}

int32_t at_resync(at_t *at) {
    const at_port_t *port = at->port;
    const uint32_t started = now(at);
    char byte;
    int32_t count;
    if (at->stage == AT_COUNTS) {
        return at_fail(at, AT_E_STUCK, 0);
    }
    at->status = AT_OK;
    at->code = 0;
    at->len = 0;
    at->whole = 0;
    at->raw_after = NULL;
    if (at->stage == AT_IDLE) {
        return at->status;
    }
    while ((count = take_byte(at, &byte)) != 0 || now(at) - at->moved < at->silence) {
        if (count < 0) {
            return at_fail(at, AT_E_UART, count);
        }
        // A silence that was there before is part of this time, too.
        if (now(at) - started >= 4 * at->silence) {
            return at_fail(at, AT_E_TIMEOUT, 0);
        }
        if (count == 0 && port->idle != NULL) {
            port->idle(port->ctx);
        }
    }
    return at->status;
}

void at_renew(at_t *at) {
    at->begun = now(at);
}

int32_t at_begin(at_t *at) {
    char byte;
    if (at->status != AT_OK && at_resync(at) != AT_OK) {
        return at->status;
    }
    at_renew(at);
    at->stage = AT_IDLE;
    at->len = 0;
    at->whole = 0;
    while (!is_over(at, at->begun, at->timeout) && take_byte(at, &byte) == 1) {
        // What it said by itself since.
    }
    if (at_command(at, "ATE0") != AT_OK && at->status != AT_E_TIMEOUT && at->status != AT_E_UART) {
        at->status = AT_OK; // the answer to something earlier, or a reset that is over
        at_command(at, "ATE0");
    }
    at_command(at, "AT+CMEE=1");
    // An OK that came late is told from ours by what must come before it.
    at_text(at, "AT+CMEE?");
    at_mark(at, "+CMEE:", at->timeout);
    return at_final(at, "OK", NULL, at->timeout);
}

void at_bytes(at_t *at, const void *bytes, size_t len) {
    const at_port_t *port = at->port;
    const uint8_t *from = bytes;
    const uint32_t started = now(at);
    while (at->status == AT_OK && len > 0) {
        const int32_t count = is_over(at, started, at->network_timeout) ? 0 : port->send(port->ctx, from, len);
        if (count < 0 || (size_t)count > len) {
            at_fail(at, AT_E_UART, count);
        } else if (count > 0) {
            from += count;
            len -= (size_t)count;
            at->moved = now(at);
        } else if (is_over(at, started, at->network_timeout)) {
            at_fail(at, AT_E_TIMEOUT, 0);
        } else if (port->idle != NULL) {
            port->idle(port->ctx);
        }
    }
}

void at_text(at_t *at, const char *text) {
    at_bytes(at, text, strlen(text));
}

void at_number(at_t *at, size_t number) {
    char digits[20];
    size_t from = sizeof digits;
    do {
        digits[--from] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0 && from > 0);
    at_bytes(at, digits + from, sizeof digits - from);
}

int32_t at_final(at_t *at, const char *final, const char *info, uint32_t timeout) {
    const uint32_t started = now(at);
    int waits_for_final = final != NULL;
    int waits_for_info = info != NULL;
    while ((waits_for_final || waits_for_info) && next_line(at, started, timeout) == AT_OK) {
        if (waits_for_final && strcmp(at->line, final) == 0) {
            at->stage = AT_ASKED;
            waits_for_final = 0;
        } else if (waits_for_info && begins(at->line, info)) {
            memcpy(at->answer, at->line, sizeof at->answer);
            waits_for_info = 0;
        } else if (strcmp(at->line, "ERROR") == 0) {
            at->stage = AT_ASKED;
            at_fail(at, AT_E_ERROR, 0);
        } else if (strcmp(at->line, "SEND FAIL") == 0) {
            at->stage = AT_ASKED;
            at_fail(at, AT_E_FULL, 0);
        } else if (begins(at->line, "+CME ERROR:")) {
            at->stage = AT_ASKED;
            at_fail(at, AT_E_CME, number_at(at->line + strlen("+CME ERROR:")));
        } else {
            unasked(at);
        }
    }
    return at->status;
}

int32_t at_info(at_t *at, const char *info, uint32_t timeout) {
    at_text(at, "\r");
    return at_final(at, "OK", info, timeout);
}

int32_t at_ok(at_t *at) {
    return at_info(at, NULL, at->timeout);
}

int32_t at_command(at_t *at, const char *command) {
    at_text(at, command);
    return at_ok(at);
}

int32_t at_mark(at_t *at, const char *mark, uint32_t timeout) {
    at_text(at, "\r");
    at->raw_after = mark;
    at_final(at, NULL, mark, timeout);
    at->raw_after = NULL;
    return at->status;
}

int32_t at_give(at_t *at, const char *command, const void *bytes, size_t len, const char *final) {
    at_text(at, command);
    at_number(at, len);
    // From the end of the command on, since the prompt may be what is lost.
    at->stage = at->status == AT_OK ? AT_COUNTS : at->stage;
    at_mark(at, ">", at->timeout);
    at_bytes(at, bytes, len);
    return at_final(at, final, NULL, at->network_timeout);
}

int32_t at_close(at_t *at, const char *command) {
    at_text(at, command);
    return at_info(at, NULL, 12000);
}

int32_t at_raw(at_t *at, void *buffer, size_t len, uint32_t timeout) {
    const uint32_t started = now(at);
    char *to = buffer;
    while (len > 0 && next_byte(at, to, started, timeout) == AT_OK) {
        to++;
        len--;
    }
    return at->status;
}

int32_t at_field(const at_t *at, int index) {
    const char *from = strchr(at->answer, ':');
    for (; from != NULL && index > 0; index--) {
        from = strchr(from + 1, ',');
    }
    return from != NULL ? number_at(from + 1) : -1;
}

const char *at_strerror(int32_t status) {
    switch (status) {
    case AT_E_TIMEOUT:
        return "the modem does not answer in time: is it on, is the line's speed right?";
    case AT_E_ERROR:
        return "the modem answers ERROR";
    case AT_E_CME:
        return "the modem answers +CME ERROR";
    case AT_E_RESET:
        return "the modem started anew in the middle: whether the message was taken is not known";
    case AT_E_ANSWER:
        return "the modem's answer is not what its manual says";
    case AT_E_UART:
        return "the UART failed";
    case AT_E_RESULT:
        return "the modem could not reach the endpoint, or does not trust its certificate";
    case AT_E_TOO_LARGE:
        return "the request is larger than this modem's HTTP takes: use its sockets";
    case AT_E_QUOTE:
        return "a value holds a quotation mark, which this modem's HTTP cannot carry";
    case AT_E_STUCK:
        return "the modem may still wait for bytes of the request: reset it, or the next command becomes part of the payload";
    case AT_E_FULL:
        return "the modem has no room for more bytes yet";
    default:
        return NULL;
    }
}
