// lwIP's compiler and processor: GCC on a little-endian Arm.
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdint.h>

#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_NO_CTYPE_H 1
#define LWIP_PLATFORM_DIAG(message)
#define LWIP_PLATFORM_ASSERT(message)

// From the same source as the keys.
uint32_t network_random(void);
#define LWIP_RAND() network_random()

#endif
