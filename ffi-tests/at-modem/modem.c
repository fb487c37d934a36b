// The driver of examples/at-modem/c with a modem in memory and a clock on which each look takes a millisecond: modem FAMILY CASE.
// The modem is one by its manual, at its worst: it takes exactly as many bytes as it was told and gives up none, and its replies
// may be late. Prints each step with its status and how long it took.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/at-modem/c/socket.h"

static uint32_t clock_ms;

// What the modem does wrong.
static uint32_t deaf_until, close_takes;
static int full_times, loses_byte, loses_prompt, restarts;

// The modem itself.
static char said[512];
static size_t said_len, said_at;
static uint32_t said_from;
static char command[128];
static size_t command_len;
static size_t counts;
static int sends;
static int completed_by_a_command;

static void say(const char *text) {
    if (said_at == said_len) {
        said_at = said_len = 0;
        said_from = clock_ms;
    }
    memcpy(said + said_len, text, strlen(text));
    said_len += strlen(text);
}

static int has(const char *text) {
    return strstr(command, text) != NULL;
}

static void obey(void) {
    if (has("SEND=")) {
        sends++;
        counts = (size_t)atoi(strchr(command, ',') + 1);
        say(loses_prompt ? "" : "\r\n> ");
    } else if (has("CLOSE")) {
        say("\r\nOK\r\n");
        said_from = clock_ms + close_takes;
    } else if (has("QSSLOPEN")) {
        say("\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n");
    } else if (has("QIOPEN")) {
        say("\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n");
    } else if (has("CAOPEN")) {
        say("\r\n+CAOPEN: 0,0\r\n\r\nOK\r\n");
    } else if (has("CMEE?")) {
        say("\r\n+CMEE: 1\r\n\r\nOK\r\n");
    } else {
        say("\r\nOK\r\n");
    }
}

static void take_data(char byte) {
    completed_by_a_command |= byte == 'A'; // every one begins so, and no reading here
    if (loses_byte) {
        loses_byte = 0;
        return;
    }
    if (--counts > 0) {
        return;
    }
    if (restarts) {
        say("\r\nRDY\r\n");
    } else if (full_times > 0) {
        full_times--;
        say("\r\nSEND FAIL\r\n");
    } else {
        say(has("CASEND") ? "\r\nOK\r\n" : "\r\nSEND OK\r\n");
    }
}

static int32_t uart_send(void *nothing, const void *bytes, size_t len) {
    size_t at;
    (void)nothing;
    for (at = 0; at < len && clock_ms >= deaf_until; at++) {
        const char byte = ((const char *)bytes)[at];
        if (counts > 0) {
            take_data(byte);
        } else if (byte == '\r') {
            command[command_len] = '\0';
            command_len = 0;
            obey();
        } else if (command_len < sizeof command - 1) {
            command[command_len++] = byte;
        }
    }
    return (int32_t)len;
}

static int32_t uart_recv(void *nothing, void *buffer, size_t len) {
    (void)nothing;
    (void)len;
    if (said_at == said_len || clock_ms < said_from) {
        return 0;
    }
    *(char *)buffer = said[said_at++];
    return 1;
}

static uint32_t now_ms(void *nothing) {
    (void)nothing;
    return clock_ms++;
}

static void idle(void *nothing) {
    (void)nothing;
    clock_ms += 10;
}

static const at_port_t PORT = {uart_recv, uart_send, now_ms, idle, NULL};
static const modem_sockets_t *family;
static at_t at;
static modem_socket_t modem_socket;
static uint32_t step_began;

static void step(const char *name, int32_t status) {
    printf("%s %ld in %lu s\n", name, (long)status, (unsigned long)((clock_ms - step_began) / 1000));
    step_began = clock_ms;
}

static int32_t open_socket(void) {
    const motepost_str_t host = MOTEPOST_STR("localhost");
    return modem_socket_open(&modem_socket, &at, family, host, 443, "ca.pem");
}

static int32_t send_reading(void) {
    const motepost_transport_t transport = modem_socket_transport(&modem_socket);
    return transport.send(transport.ctx, "a reading", 9);
}

int main(int count, char **arguments) {
    const char *name = count == 3 ? arguments[2] : "";
    int reading;
    family = strcmp(arguments[1], "simcom") == 0 ? &SIMCOM_SOCKETS
             : strcmp(arguments[1], "tcp") == 0  ? &QUECTEL_TCP
                                                 : &QUECTEL_SOCKETS;
    at_init(&at, &PORT);
    if (strcmp(name, "starts") == 0) {
        deaf_until = 4000;
        step("open", open_socket());
        clock_ms = deaf_until;
        step("wait", 0);
        step("open", open_socket());
    } else if (strcmp(name, "closes") == 0) {
        close_takes = 10000;
        step("open", open_socket());
    } else if (strcmp(name, "kept") == 0) {
        step("open", open_socket());
        for (reading = 0; reading < 3; reading++) {
            clock_ms += 100000;
            at_renew(&at);
            step("send", send_reading());
        }
        clock_ms += 120000;
        step("late", send_reading());
    } else if (strcmp(name, "full") == 0 || strcmp(name, "never") == 0) {
        full_times = strcmp(name, "full") == 0 ? 3 : 1 << 30;
        step("open", open_socket());
        while ((reading = (int)send_reading()) == 0) {
        }
        step("send", reading);
    } else if (strcmp(name, "restarts") == 0) {
        restarts = 1;
        step("open", open_socket());
        step("send", send_reading());
        step("open", open_socket());
    } else {
        loses_byte = strcmp(name, "byte") == 0;
        loses_prompt = strcmp(name, "prompt") == 0;
        step("open", open_socket());
        step("send", send_reading());
        step("open", open_socket());
        step("resync", at_resync(&at));
        modem_socket_close(&modem_socket);
        // As firmware does it.
        loses_prompt = 0;
        counts = 0;
        at_init(&at, &PORT);
        step("reset", open_socket());
        step("send", send_reading());
    }
    printf("sends %d, completed by a command %d\n", sends, completed_by_a_command);
    return 0;
}
