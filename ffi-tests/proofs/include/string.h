// The prover's C library is its own and knows these by name; its headers are of this machine's width only.
#ifndef PROOF_STRING_H
#define PROOF_STRING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *memcpy(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
void *memchr(const void *bytes, int byte, size_t len);
size_t strlen(const char *text);
int strcmp(const char *one, const char *other);
int strncmp(const char *one, const char *other, size_t len);
char *strchr(const char *text, int character);

#ifdef __cplusplus
}
#endif

#endif
