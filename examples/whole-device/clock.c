#include "clock.h"

#include "board.h"

// How far the stored word may fall behind before it is written again: flash wears out.
enum { STORE_EVERY = 24 * 60 * 60 };

static uint32_t seconds;
static uint32_t since_ms;
static bool is_set;

static uint32_t stored(void) {
    const uint32_t word = board_load_time();
    return word == UINT32_MAX ? 0 : word; // as erased flash reads
}

void clock_start(uint32_t build_date, uint32_t real_time) {
    const uint32_t last = stored();
    seconds = last > build_date ? last : build_date;
    since_ms = board_now_ms();
    is_set = real_time >= seconds;
    if (is_set) {
        seconds = real_time;
    }
}

uint32_t clock_now(void) {
    const uint32_t elapsed = (board_now_ms() - since_ms) / 1000;
    seconds += elapsed;
    since_ms += elapsed * 1000;
    return seconds;
}

bool clock_is_set(void) {
    return is_set;
}

void clock_learn(uint32_t date) {
    if (date < clock_now()) {
        return;
    }
    seconds = date;
    since_ms = board_now_ms();
    is_set = true;
    if (date - stored() >= STORE_EVERY) {
        board_store_time(date);
    }
}
