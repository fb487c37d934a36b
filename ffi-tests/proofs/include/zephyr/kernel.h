// What motepost_zephyr.h uses of Zephyr, as its documentation describes it. The functions stand in the proof.
#ifndef PROOF_ZEPHYR_KERNEL_H
#define PROOF_ZEPHYR_KERNEL_H

#include <stdint.h>

int64_t k_uptime_get(void);

#endif
