// Another client, in place of the library: what the linker keeps of it and, with MEASURE, what it takes to run.
#include <stddef.h>
#include <stdint.h>

#include "response.h"

// peers/src/lib.rs: each gives 0 when the work was done.
int32_t peer_build(uint8_t *sent, size_t sent_len);
int32_t peer_before_parse(uint8_t *sent, size_t sent_len);
int32_t peer_parse(uint8_t *to, size_t len, const char *from, size_t from_len);
int32_t peer_publish(uint8_t *sent, size_t sent_len, uint8_t *to, size_t len, const char *from,
                     size_t from_len);

static uint8_t sent[512], received[512];

static int32_t publish(void) {
    return peer_publish(sent, sizeof sent, received, sizeof received, ANSWER, sizeof ANSWER - 1);
}

#ifdef MEASURE
#include "measuring.h"

static int32_t build(void) { return peer_build(sent, sizeof sent); }

static int32_t before_parse(void) { return peer_before_parse(sent, sizeof sent); }

static int32_t parse(void) {
    return peer_parse(received, sizeof received, ANSWER, sizeof ANSWER - 1);
}

static __attribute__((noinline)) uint32_t stack_of(const char *name, int32_t (*step)(void)) {
    int32_t status;
    const uint32_t used = STACK_USED_BY(status, step());
    must_be_done(name, status);
    return used;
}

int main(void) {
    put_number("stack_build", stack_of("build", build));
    put_number("stack_parse", stack_of("parse", parse));
    put_number("stack_publish", stack_of("publish", publish));
    counter_start();
    put_number("times", TIMES);
    put_number("steps_nothing", steps_of(nothing, nothing));
    put_number("steps_thousand_nops", steps_of(nothing, thousand_nops));
    put_number("steps_build", steps_of(nothing, build));
    put_number("steps_await", steps_of(nothing, before_parse));
    put_number("steps_parse", steps_of(nothing, parse));
    put("end\n");
    for (;;) {
    }
}
#else
int main(void) { return publish(); }
#endif
