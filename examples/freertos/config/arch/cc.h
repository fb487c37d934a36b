// lwIP's compiler and processor: GCC on a little-endian Arm.
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdint.h>

#include "board.h"

#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_PLATFORM_DIAG(message)
#define LWIP_PLATFORM_ASSERT(message) board_end(BOARD_ASSERT)
#define LWIP_RAND() board_random()

#endif
