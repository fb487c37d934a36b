// Memory without protection: what goes beyond a guarded end is not caught on these cores, but on the host.
#ifndef MMAN_H
#define MMAN_H

#include <stddef.h>

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 2
#define MAP_ANONYMOUS 32
#define MAP_FAILED ((void *)-1)

void *mmap(void *at, size_t len, int protection, int flags, int file, long offset);
int mprotect(void *at, size_t len, int protection);

#endif
