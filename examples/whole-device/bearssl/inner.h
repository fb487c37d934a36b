// BearSSL's own inner.h, with room for the RSA keys of configuration.h and for P-256 alone: its working memory lies on the stack.
// tls.c offers no other curve, and so none is ever worked on.
#ifndef WHOLE_DEVICE_INNER_H
#define WHOLE_DEVICE_INNER_H

#include "../configuration.h"

// The time and the random numbers are given to it: newlib's functions for them would bring a heap along.
#define BR_USE_UNIX_TIME 0
#define BR_USE_URANDOM 0

#include_next "inner.h"

#undef BR_MAX_EC_SIZE
#define BR_MAX_EC_SIZE 256
#undef BR_MAX_RSA_SIZE
#define BR_MAX_RSA_SIZE RSA_BITS

#endif
