// The least that C by hand can do: memcpy, and a look for line ends in what it is given. It checks
// no topic, escapes nothing, reads no chunk, and trusts the peer.
#include <stddef.h>
#include <string.h>

typedef struct {
    char *at;
    char *end;
} out_t;

static int put(out_t *out, const char *text, size_t len) {
    if ((size_t)(out->end - out->at) < len) {
        return 0;
    }
    memcpy(out->at, text, len);
    out->at += len;
    return 1;
}

static int put_checked(out_t *out, const char *text) {
    const size_t len = strlen(text);
    size_t i;
    for (i = 0; i < len; i++) {
        if (text[i] == '\r' || text[i] == '\n') {
            return 0;
        }
    }
    return put(out, text, len);
}

static int put_number(out_t *out, size_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return put(out, digits + at, sizeof digits - at);
}

#define PUT(out, literal) put(out, literal, sizeof literal - 1)

// The request's length, or 0.
size_t floor_build(char *buffer, size_t capacity, const char *path, const char *host,
                   const char *authorizer, const char *token, const char *id,
                   const char *body, size_t body_len) {
    out_t out = {buffer, buffer + capacity};
    const int whole =
        PUT(&out, "POST ") && put_checked(&out, path) && PUT(&out, " HTTP/1.1\r\nhost:") &&
        put_checked(&out, host) && PUT(&out, "\r\nx-amz-customauthorizer-name:") &&
        put_checked(&out, authorizer) && PUT(&out, "\r\ntoken:") && put_checked(&out, token) &&
        PUT(&out, "\r\nid:") && put_checked(&out, id) && PUT(&out, "\r\ncontent-length:") &&
        put_number(&out, body_len) && PUT(&out, "\r\n\r\n") && put(&out, body, body_len);
    return whole ? (size_t)(out.at - buffer) : 0;
}

static int is_content_length(const char *line, size_t len) {
    static const char NAME[] = "content-length:";
    size_t i;
    if (len < sizeof NAME - 1) {
        return 0;
    }
    for (i = 0; i < sizeof NAME - 1; i++) {
        if ((line[i] | 0x20) != (NAME[i] | 0x20)) {
            return 0;
        }
    }
    return 1;
}

// The status, or 0; the body's place in *body and *body_len.
int floor_parse(const char *answer, size_t len, size_t *body, size_t *body_len) {
    const char *line = answer, *const end = answer + len;
    int status;
    if (len < 12 || memcmp(answer, "HTTP/1.1 ", 9) != 0) {
        return 0;
    }
    status = (answer[9] - '0') * 100 + (answer[10] - '0') * 10 + (answer[11] - '0');
    *body_len = 0;
    while (line < end) {
        const char *const line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL) {
            return 0;
        }
        if (line_end - line <= 1) {
            *body = (size_t)(line_end + 1 - answer);
            return *body + *body_len <= len ? status : 0;
        }
        if (is_content_length(line, (size_t)(line_end - line))) {
            const char *digit = line + 15;
            while (*digit == ' ') {
                digit++;
            }
            for (; *digit >= '0' && *digit <= '9'; digit++) {
                *body_len = *body_len * 10 + (size_t)(*digit - '0');
            }
        }
        line = line_end + 1;
    }
    return 0;
}
