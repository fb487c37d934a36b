// The time without a battery: a floor below which no certificate and no token is believed, and a clock once an authenticated
// response has told the date.
//
// The floor is the build date, or the latest date ever learned, in one stored word. It never goes back.
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

// Begins at the later of the build date and the stored word. `real_time` is of a clock with a battery; 0 where there is none, and
// one below the floor is not believed: its battery was out.
void clock_start(uint32_t build_date, uint32_t real_time);

// Seconds since 1970. Until the clock is set, the floor: it is at least this late.
uint32_t clock_now(void);

// Whether the time is known, rather than a floor.
bool clock_is_set(void);

// Sets the clock to the date of an authenticated response, unless that is earlier than what is known, and stores it.
void clock_learn(uint32_t date);

#endif
