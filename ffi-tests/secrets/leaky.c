// Code that leaks a secret is reported, and code that does not is not: without that, the programs
// next to this one would prove nothing. Run under memcheck.
#include "check.h"
#include "undefined.h"

static uint8_t secret[2];

static void a_jump_on_a_secret_is_reported(void) {
    static volatile int jumped;
    const int before = reports();
    if (secret[0] & 1) {
        jumped++;
    }
    EQUAL(reports() - before, 1);
}

static void a_table_that_a_secret_indexes_is_reported(void) {
    static const volatile uint8_t table[256] = {1};
    static volatile uint8_t found;
    const int before = reports();
    found = table[secret[0]];
    (void)found;
    EQUAL(reports() - before, 1);
}

static void a_comparison_that_stops_early_is_reported_for_each_byte(void) {
    static uint8_t mac[16], guess[16];
    const int before = reports();
    size_t i;
    make_secret(mac, sizeof mac);
    for (i = 0; i < sizeof mac && mac[i] == guess[i]; i++) {
    }
    EQUAL(i, 16);
    EQUAL(reports() - before, 16);
}

static void arithmetic_on_a_secret_is_not_reported(void) {
    static volatile uint8_t sum;
    const int before = reports();
    sum = (uint8_t)(secret[0] + (secret[1] << 3));
    (void)sum;
    EQUAL(reports() - before, 0);
}

int main(void) {
    must_run_under_memcheck();
    make_secret(secret, sizeof secret);
    a_jump_on_a_secret_is_reported();
    a_table_that_a_secret_indexes_is_reported();
    a_comparison_that_stops_early_is_reported_for_each_byte();
    arithmetic_on_a_secret_is_not_reported();
    return failures();
}
