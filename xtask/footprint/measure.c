// Paints the stack and counts instructions around each step of a publish, and prints what it saw.
#include "article.h"
#include "board.h"

#define PAINT 0xa5
#define TIMES 100

static void put_number(const char *name, uint32_t value) {
    char digits[12];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put(name);
    put("=");
    put(at);
    put("\n");
}

static void failed(const char *step, int32_t status) {
    put("failed=");
    put(step);
    put_number(" minus_status", (uint32_t)-status);
    put("end\n");
    for (;;) {
    }
}

// The bytes of stack that a statement writes to below this function's frame. Nothing lives below
// the stack pointer here: no interrupt is on, and none of these boards has a red zone.
#define STACK_USED_BY(status, call) STACK_ABOVE(stack_limit, status, call)

#define STACK_ABOVE(limit, status, call)                                  \
    ({                                                                    \
        volatile uint8_t *const top = stack_pointer();                    \
        volatile uint8_t *at;                                             \
        for (at = limit; at < top; at++) {                                \
            *at = PAINT;                                                  \
        }                                                                 \
        status = (call);                                                  \
        for (at = limit; at < top && *at == PAINT; at++) {                \
        }                                                                 \
        if (at == limit) {                                                \
            failed("stack", 0); /* it went further, who knows where */    \
        }                                                                 \
        (uint32_t)(top - at);                                             \
    })

static void must_be_done(const char *step, int32_t status) {
    if (status != MOTEPOST_OK) {
        failed(step, status);
    }
}

static __attribute__((noinline)) uint32_t stack_of_build(void) {
    size_t len;
    int32_t status;
    const uint32_t used =
        STACK_USED_BY(status, motepost_publish_encode(&PUBLISH, buffer, sizeof buffer, &len));
    must_be_done("build", status);
    return used;
}

static __attribute__((noinline)) uint32_t stack_of_moved(void) {
    int32_t status;
    const uint32_t used =
        STACK_USED_BY(status, motepost_exchange_moved(&exchange, sizeof ANSWER - 1));
    must_be_done("parse", status);
    return used;
}

static __attribute__((noinline)) uint32_t stack_of_response(void) {
    int32_t status;
    const uint32_t used = STACK_USED_BY(status, motepost_exchange_response(&exchange, &response));
    must_be_done("response", status);
    return used;
}

static __attribute__((noinline)) uint32_t stack_of_init(void) {
    int32_t status;
    const uint32_t used = STACK_USED_BY(
        status, motepost_exchange_init(&exchange, &PUBLISH, buffer, sizeof buffer));
    must_be_done("init", status);
    return used;
}

static __attribute__((noinline)) uint32_t stack_of_run(void) {
    int32_t status;
    const uint32_t used =
        STACK_USED_BY(status, motepost_exchange_run(&exchange, &TRANSPORT, &response));
    must_be_done("run", status);
    return used;
}

#ifdef MINTED
static __attribute__((noinline)) uint32_t stack_of_mint(void) {
    const motepost_str_t id = MOTEPOST_STR("uniqueID");
    int32_t status;
    const uint32_t used =
        STACK_ABOVE(stack_limit_of_mint, status,
                    motepost_token_mint(KEY, &id, MOTEPOST_TOKEN_TIME, 1680718705, token));
    must_be_done("mint", status);
    return used;
}
#endif

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

// Brings the exchange to where the request is out and the answer has come in.
static int32_t await_answer(void) {
    motepost_want_t want;
    int32_t status = motepost_exchange_init(&exchange, &PUBLISH, buffer, sizeof buffer);
    if (status == MOTEPOST_OK) {
        status = motepost_exchange_want(&exchange, &want);
    }
    if (status == MOTEPOST_AGAIN && want.send != NULL) {
        status = motepost_exchange_moved(&exchange, (int32_t)want.len);
    }
    if (status == MOTEPOST_AGAIN) {
        status = motepost_exchange_want(&exchange, &want);
    }
    if (status != MOTEPOST_AGAIN || want.receive == NULL || want.len < sizeof ANSWER - 1) {
        return MOTEPOST_E_STATE;
    }
    receive_answer(NULL, want.receive, want.len);
    return MOTEPOST_OK;
}

#ifdef COUNTER
// The steps. Each is a whole function, so that each is called alike and pays for the same call.
static int32_t build(void) {
    size_t len;
    return motepost_publish_encode(&PUBLISH, buffer, sizeof buffer, &len);
}

static int32_t parse(void) {
    const int32_t status = motepost_exchange_moved(&exchange, sizeof ANSWER - 1);
    return status == MOTEPOST_OK ? motepost_exchange_response(&exchange, &response) : status;
}

static int32_t nothing(void) {
    __asm__ volatile("");
    return MOTEPOST_OK;
}

static int32_t thousand_nops(void) {
    __asm__ volatile(".rept 1000\n nop\n .endr");
    return MOTEPOST_OK;
}

// Through a pointer that the compiler cannot see through, so that every step pays for one call.
typedef int32_t (*volatile step_t)(void);

static __attribute__((noinline)) uint32_t steps_of(step_t preparation, step_t step) {
    uint32_t from;
    int i;
    from = counter_read();
    for (i = 0; i < TIMES; i++) {
        if (preparation() != MOTEPOST_OK || step() != MOTEPOST_OK) {
            failed("count", 0);
        }
    }
    return counter_steps(from, counter_read());
}

static void count_instructions(void) {
    counter_start();
    put_number("times", TIMES);
    put_number("steps_nothing", steps_of(nothing, nothing));
    put_number("steps_thousand_nops", steps_of(nothing, thousand_nops));
    put_number("steps_build", steps_of(nothing, build));
    put_number("steps_await", steps_of(await_answer, nothing));
    put_number("steps_parse", steps_of(await_answer, parse));
#ifdef MINTED
    put_number("steps_mint", steps_of(nothing, mint));
#endif
}
#endif

int main(void) {
    uint32_t moved, most = 0;
#ifdef MINTED
    most = stack_of_mint();
#endif
    put_number("stack_build", stack_of_build());
    must_be_done("await", await_answer());
    moved = stack_of_moved();
    put_number("stack_parse", larger(moved, stack_of_response()));
    most = larger(most, stack_of_init());
    most = larger(most, stack_of_run());
    put_number("stack_publish", most);
#ifdef COUNTER
    count_instructions();
#endif
    put("end\n");
    for (;;) {
    }
}
