// Paints the stack and counts instructions around each step of a publish, and prints what it saw.
#include "article.h"
#include "measuring.h"

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

#ifdef FILLS
static __attribute__((noinline)) uint32_t stack_of_fill(void) {
    int32_t status;
    const uint32_t used = STACK_USED_BY(status, fill());
    must_be_done("fill", status);
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
#ifdef FILLS
    most = stack_of_fill();
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
