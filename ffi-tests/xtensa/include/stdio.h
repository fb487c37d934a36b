// As much of C's library as the programs of ffi-tests/c use: see libc.c.
#ifndef STDIO_H
#define STDIO_H

#include <stddef.h>

typedef struct file FILE;
#define stdout ((FILE *)1)
#define stderr ((FILE *)2)

int printf(const char *format, ...);
int fprintf(FILE *file, const char *format, ...);
int snprintf(char *to, size_t room, const char *format, ...);

#endif
