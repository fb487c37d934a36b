// What the example programs share: the flags that each of them has, the request that they make of
// them, and what they print. Functions in a header, so that a program is still built from one command.
#ifndef EXAMPLES_COMMON_PUBLISH_H
#define EXAMPLES_COMMON_PUBLISH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "motepost.h"

// Exit statuses: accepted; AWS said no; wrong usage or a refused field; the transport failed.
enum { ACCEPTED, DENIED, USAGE, TRANSPORT };

static struct {
    // With `endpoint`, that is what the request names; otherwise `host`, and `port` if it is not 443.
    const char *host, *port, *endpoint;
    const char *topic, *authorizer, *token_key, *token, *signature_file, *id, *message;
} options;

// A flag and where its value goes.
typedef struct {
    const char *name;
    const char **value;
} flag_t;

static const char **value_of(const char *name, const flag_t *flags, size_t count) {
    for (; count > 0; count--, flags++) {
        if (strcmp(name, flags->name) == 0) {
            return flags->value;
        }
    }
    return NULL;
}

// Reads these flags, `more` of the program's own, and the message. Without --token the token is the environment's, where other users of
// the machine do not see it. 0 when one is unknown, has no
// value, or is missing; what must be there of a program's own flags, the program checks.
static int read_arguments(int count, char **arguments, const flag_t *more, size_t more_count) {
    static const flag_t COMMON[] = {
        {"--host", &options.host},
        {"--port", &options.port},
        {"--topic", &options.topic},
        {"--authorizer", &options.authorizer},
        {"--token-key", &options.token_key},
        {"--token", &options.token},
        {"--signature-file", &options.signature_file},
        {"--id", &options.id},
    };
    int at;
    for (at = 1; at < count; at++) {
        const char **value = value_of(arguments[at], COMMON, sizeof COMMON / sizeof *COMMON);
        if (value == NULL) {
            value = value_of(arguments[at], more, more_count);
        }
        if (value != NULL && at + 1 < count) {
            *value = arguments[++at];
        } else if (options.message == NULL && arguments[at][0] != '-') {
            options.message = arguments[at];
        } else {
            return 0;
        }
    }
    if (options.token == NULL) {
        options.token = getenv("MOTEPOST_TOKEN");
    }
    return options.topic && options.token_key && options.token && options.id && options.message;
}

static motepost_str_t text(const char *from) {
    const motepost_str_t text = {from, from != NULL ? strlen(from) : 0};
    return text;
}

// The file as it is, without the newline at its end, in memory of its own.
static int read_signature(motepost_str_t *signature) {
    static char line[4096];
    FILE *file = fopen(options.signature_file, "rb");
    size_t len;
    if (file == NULL) {
        return 0;
    }
    len = fread(line, 1, sizeof line, file);
    fclose(file);
    signature->ptr = line;
    signature->len = len > 0 && line[len - 1] == '\n' ? len - 1 : len;
    return 1;
}

// The request that the options describe; 0 when the signature cannot be read.
static int describe(motepost_publish_t *publish) {
    static const motepost_publish_t NOTHING = {0};
    static char endpoint[300];
    static motepost_pair_t id = {MOTEPOST_STR("id"), {NULL, 0}};
    const int with_port = options.port != NULL && strcmp(options.port, "443") != 0;
    if (options.endpoint == NULL) {
        snprintf(endpoint, sizeof endpoint, "%s%s%s", options.host, with_port ? ":" : "",
                 with_port ? options.port : "");
    }
    id.value = text(options.id);
    *publish = NOTHING;
    publish->endpoint = text(options.endpoint != NULL ? options.endpoint : endpoint);
    publish->topic = text(options.topic);
    publish->payload.ptr = (const uint8_t *)options.message;
    publish->payload.len = strlen(options.message);
    publish->authorizer = text(options.authorizer);
    publish->token_key = text(options.token_key);
    publish->token = text(options.token);
    publish->headers = &id;
    publish->header_count = 1;
    publish->qos = 1;
    publish->encode_signature = motepost_copy_signature; // for the one line of base64 in the file
    if (options.signature_file != NULL && !read_signature(&publish->signature)) {
        fprintf(stderr, "publish: cannot read %s\n", options.signature_file);
        return 0;
    }
    return 1;
}

// What came over the wire may hold anything: a terminal gets none of its control characters.
static void print_line(const char *what, const void *bytes, size_t len) {
    const unsigned char *at = bytes;
    printf("%-9s ", what);
    for (; len > 0; len--, at++) {
        putchar(*at >= ' ' && *at < 0x7f ? *at : '.');
    }
    putchar('\n');
}

static const char *verdict_words(int verdict) {
    switch (verdict) {
    case MOTEPOST_ACCEPTED:
        return "accepted";
    case MOTEPOST_DENIED:
        return "denied";
    case MOTEPOST_REJECTED:
        return "rejected";
    case MOTEPOST_THROTTLED:
        return "throttled";
    default:
        return "unavailable";
    }
}

static inline void print_status(const motepost_response_t *response) {
    printf("%-9s %u, %s%s\n", "status", (unsigned)response->status, verdict_words(response->verdict),
           MOTEPOST_MAY_RETRY(response->verdict) ? "; try again later" : "");
}

// Prints the response, and returns the exit status that its verdict means.
static int report(const motepost_response_t *response, motepost_exchange_t *exchange) {
    motepost_str_t error_type = {NULL, 0};
    print_status(response);
    motepost_exchange_error_type(exchange, &error_type);
    if (error_type.len != 0) {
        print_line("error", error_type.ptr, error_type.len);
    }
    print_line("body", response->body.ptr, response->body.len);
    return response->verdict == MOTEPOST_ACCEPTED ? ACCEPTED : DENIED;
}

// Words for a status, which hold nothing of what was sent: no token, no signature.
static int complain(int32_t status, int exit_status) {
    fprintf(stderr, "publish: %s%s%s\n", motepost_field_name(status),
            *motepost_field_name(status) != '\0' ? " " : "", motepost_strerror(status));
    return exit_status;
}

#endif
