// What the sources call of a C library: small before fast, where newlib's are the other way round.
#include <stddef.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len) {
    unsigned char *at = to;
    const unsigned char *byte = from;
    for (; len > 0; len--) {
        *at++ = *byte++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t len) {
    unsigned char *at = to;
    const unsigned char *byte = from;
    if (at <= byte) {
        return memcpy(to, from, len);
    }
    while (len > 0) {
        len--;
        at[len] = byte[len];
    }
    return to;
}

void *memset(void *to, int value, size_t len) {
    unsigned char *at = to;
    for (; len > 0; len--) {
        *at++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *one, const void *other, size_t len) {
    const unsigned char *a = one;
    const unsigned char *b = other;
    for (; len > 0; len--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    const char *at = text;
    while (*at != '\0') {
        at++;
    }
    return (size_t)(at - text);
}

int strncmp(const char *one, const char *other, size_t len) {
    for (; len > 0; len--, one++, other++) {
        if (*one != *other || *one == '\0') {
            return (unsigned char)*one - (unsigned char)*other;
        }
    }
    return 0;
}

int strcmp(const char *one, const char *other) {
    return strncmp(one, other, (size_t)-1);
}

char *strchr(const char *text, int character) {
    for (; *text != (char)character; text++) {
        if (*text == '\0') {
            return NULL;
        }
    }
    return (char *)text;
}
