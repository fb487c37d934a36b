// As much of C's library as the programs of ffi-tests/c use, on QEMU's Xtensa cores: Debian has one for the call0 ABI alone.
//
// With register windows clang 22 loses variable arguments, so there a format is printed as it is. A program whose checks fail still
// ends with an error; one that needs snprintf does not link.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int32_t simulator(int32_t call, intptr_t a, intptr_t b, intptr_t c); // xtask/footprint/xtensa.c

size_t strlen(const char *text) {
    size_t len = 0;
    while (text[len] != 0) {
        len++;
    }
    return len;
}

int strncmp(const char *a, const char *b, size_t most) {
    while (most != 0 && *a != 0 && *a == *b) {
        a++;
        b++;
        most--;
    }
    return most == 0 ? 0 : (uint8_t)*a - (uint8_t)*b;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }

char *strcpy(char *to, const char *from) { return memcpy(to, from, strlen(from) + 1); }

char *strstr(const char *in, const char *part) {
    const size_t len = strlen(part);
    for (; strlen(in) >= len; in++) {
        if (memcmp(in, part, len) == 0) {
            return (char *)(uintptr_t)in;
        }
    }
    return NULL;
}

void exit(int code) {
    simulator(1, code, 0, 0);
    for (;;) {
    }
}

void abort(void) { exit(134); }

long sysconf(int name) {
    (void)name;
    return 64;
}

void *mmap(void *at, size_t len, int protection, int flags, int file, long offset) {
    // The simulator's RAM, which the linker scripts do not use.
#ifdef WINDOWED
    static uintptr_t next = 0x02000000;
#else
    static uintptr_t next = 0x60000000;
#endif
    const uintptr_t here = next;
    (void)at, (void)protection, (void)flags, (void)file, (void)offset;
    next += (len + 63) & ~(size_t)63;
    return (void *)here;
}

int mprotect(void *at, size_t len, int protection) {
    (void)at, (void)len, (void)protection;
    return 0;
}

#ifdef WINDOWED
static int print(intptr_t file, const char *form) {
    const size_t len = strlen(form);
    simulator(4, file, (intptr_t)form, (intptr_t)len);
    return (int)len;
}

int printf(const char *form, ...) { return print(1, form); }

int fprintf(FILE *file, const char *form, ...) { return print((intptr_t)file, form); }
#else
typedef struct {
    char *to;
    size_t room, len;
} text_t;

static void add(text_t *text, char letter) {
    if (text->len + 1 < text->room) {
        text->to[text->len] = letter;
    }
    text->len++;
}

static void add_number(text_t *text, long number, int is_signed) {
    unsigned long rest = is_signed && number < 0 ? 0UL - (unsigned long)number : (unsigned long)number;
    char digits[12];
    int count = 0;
    if (is_signed && number < 0) {
        add(text, '-');
    }
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    while (count-- != 0) {
        add(text, digits[count]);
    }
}

// %s, %.*s, %d, %ld, %lld (32 bits of it) and %lu.
static int format(char *to, size_t room, const char *format, va_list values) {
    text_t text;
    text.to = to;
    text.room = room;
    text.len = 0;
    for (; *format != 0; format++) {
        int longs = 0, most = INT32_MAX;
        if (*format != '%') {
            add(&text, *format);
            continue;
        }
        format++;
        if (*format == '.') {
            most = va_arg(values, int);
            format += 2;
        }
        while (*format == 'l') {
            longs++;
            format++;
        }
        if (*format == 's') {
            const char *from = va_arg(values, const char *);
            while (most-- != 0 && *from != 0) {
                add(&text, *from++);
            }
        } else if (longs == 2) {
            add_number(&text, (long)va_arg(values, long long), 1);
        } else {
            add_number(&text, va_arg(values, long), *format == 'd');
        }
    }
    if (room != 0) {
        to[text.len < room ? text.len : room - 1] = 0;
    }
    return (int)text.len;
}

static int print(intptr_t file, const char *form, va_list values) {
    static char line[4096];
    const int len = format(line, sizeof line, form, values);
    simulator(4, file, (intptr_t)line, len < (int)sizeof line ? len : (int)sizeof line - 1);
    return len;
}

int printf(const char *form, ...) {
    va_list values;
    int len;
    va_start(values, form);
    len = print(1, form, values);
    va_end(values);
    return len;
}

int fprintf(FILE *file, const char *form, ...) {
    va_list values;
    int len;
    va_start(values, form);
    len = print((intptr_t)file, form, values);
    va_end(values);
    return len;
}

int snprintf(char *to, size_t room, const char *form, ...) {
    va_list values;
    int len;
    va_start(values, form);
    len = format(to, room, form, values);
    va_end(values);
    return len;
}
#endif
