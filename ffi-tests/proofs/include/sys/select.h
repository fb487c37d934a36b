// A set of files as newlib has it.
#ifndef PROOF_SELECT_H
#define PROOF_SELECT_H

#include <stdint.h>
#include <string.h>

typedef int64_t time_t;
typedef long suseconds_t;
struct timeval {
    time_t tv_sec;
    suseconds_t tv_usec;
};

#define FD_SETSIZE 64
typedef struct {
    uint32_t bits[FD_SETSIZE / 32];
} fd_set;
#define FD_ZERO(set) ((void)memset((set), 0, sizeof *(set)))
#define FD_SET(file, set) ((set)->bits[(file) / 32] |= (uint32_t)1 << ((file) % 32))

int select(int files, fd_set *to_read, fd_set *to_write, fd_set *failed, struct timeval *wait);

#endif
