// esbmc: --32 --unwind 5
//
// motepost_esp_tls.h over any answers of esp_tls.
//
// Assumed:
// - esp_tls_conn_read and esp_tls_conn_write return at most what they were offered, 0, or any negative number; errno is any number,
//   not negative;
// - esp_tls_conn_new_async returns -1, 0 or 1, and waits forever for a timeout of 0 (so esp_tls.c of ESP-IDF 5.x);
// - a file's number may be any, since the header of esp_tls sets no limit;
// - a tick is 10 ms; the count goes on by one to four ticks with each look at it, by what vTaskDelay is asked for, and by up to 255
//   in select. It may wrap;
// - a run has 49 ms at most, the opening 29; in a proof of its own, one step of the opening may have any time. For any
//   longer time, a move is proven from every state that a link can have.
#include <errno.h>

#include "prove.h"

#include "motepost_esp_tls.h"

#include "exchange.h"

int proof_errno;

static esp_tls_t *connection;
static TickType_t ticks;
// A run's first look at the count, and how long it has; for a move alone, its link's.
static TickType_t begun;
static TickType_t allowed;
static int is_limited;
static int has_begun;
// For the opening: it does not take more.
static int is_one_step;
// A move over the socket would wait.
static int does_wait;

TickType_t xTaskGetTickCount(void) {
    ticks += 1 + any_u8() % 4u;
    begun = has_begun ? begun : ticks;
    has_begun = 1;
    return ticks;
}

void vTaskDelay(TickType_t count) {
    MUST(count > 0, "a delay lets others run");
    ticks += count + any_u8() % 4u;
}

esp_tls_t *esp_tls_init(void) {
    connection = any_of_two() ? (esp_tls_t *)malloc(sizeof *connection) : NULL;
    return connection;
}

static void is_used(const esp_tls_t *tls) {
    MUST(tls != NULL && tls == connection, "only an open connection is used");
    sink = (uint8_t)tls->error.last_error;
}

int esp_tls_conn_new_async(const char *host, int host_len, int port, const esp_tls_cfg_t *config, esp_tls_t *tls) {
    const int step = any_i32();
    (void)port;
    is_used(tls);
    reads(host, (size_t)host_len);
    MUST(config->non_block != config->is_plain_tcp, "TLS does not block; in the clear it waits for the connection");
    does_wait = config->is_plain_tcp;
    MUST(config->timeout_ms > 0, "it does not wait forever");
    ASSUME(step == -1 || step == 1 || (step == 0 && !is_one_step));
    return step;
}

static ssize_t any_count(const esp_tls_t *tls, size_t len) {
    const ssize_t count = (ssize_t)any_i32();
    is_used(tls);
    MUST(!is_limited || ticks - begun < allowed, "nothing moves after the deadline");
    ASSUME(count <= 0 || (size_t)count <= len);
    proof_errno = any_i32();
    ASSUME(proof_errno >= 0);
    return count;
}

ssize_t esp_tls_conn_read(esp_tls_t *tls, void *buffer, size_t len) {
    writes(buffer, len);
    return any_count(tls, len);
}

ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *buffer, size_t len) {
    reads(buffer, len);
    return any_count(tls, len);
}

esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *file) {
    is_used(tls);
    *file = any_i32();
    return any_i32();
}

int fcntl(int file, int command, int flags) {
    const int result = any_i32();
    (void)file;
    if (command == F_SETFL && result == 0) {
        MUST(flags & O_NONBLOCK, "only waiting is taken from it");
        does_wait = 0;
    }
    return result;
}

esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *errors) {
    is_used(tls);
    if (any_of_two()) {
        *errors = &tls->error;
        return ESP_OK;
    }
    return ESP_FAIL;
}

esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t errors, int *code, int *flags) {
    (void)code;
    (void)flags;
    return errors->last_error;
}

int esp_tls_conn_destroy(esp_tls_t *tls) {
    is_used(tls);
    connection = NULL;
    free(tls);
    return any_i32();
}

int select(int files, fd_set *to_read, fd_set *to_write, fd_set *failed, struct timeval *wait) {
    MUST(files > 0 && files <= FD_SETSIZE, "the file is one of the set's");
    MUST((to_read == NULL) != (to_write == NULL) && failed == NULL, "it waits for something");
    MUST(wait->tv_sec >= 0 && wait->tv_usec >= 0 && wait->tv_usec < 1000000, "it waits for a time");
    ticks += any_u8();
    return any_i32();
}

static motepost_esp_tls_t any_link(void) {
    motepost_esp_tls_t link;
    connection = (esp_tls_t *)malloc(sizeof *connection);
    link.tls = connection;
    link.waits_to_send = any_of_two();
    link.is_timed = any_of_two();
    link.start = any_u32();
    link.timeout = any_u32();
    ticks = any_u32();
    return link;
}

// esbmc: --z3
void prove_one_move(void) {
    motepost_esp_tls_t link = any_link();
    motepost_transport_t functions;
    functions.recv = motepost_esp_tls_recv;
    functions.send = motepost_esp_tls_send;
    functions.ctx = &link;
    is_limited = link.is_timed;
    has_begun = 1;
    begun = link.start;
    allowed = link.timeout;
    (void)move_of_any_length(&functions);
    MUST(link.waits_to_send == 0 || link.waits_to_send == 1, "it waits for something");
    motepost_esp_tls_close(&link);
    END();
}

// esbmc: --smt-symex-guard
void prove_run(void) {
    motepost_esp_tls_t link = any_link();
    motepost_exchange_t exchange;
    motepost_response_t response;
    const uint32_t milliseconds = (uint32_t)up_to(49);
    int32_t status;
    is_limited = 1;
    allowed = milliseconds / TICK_MS;
    status = motepost_esp_tls_run(&link, &exchange, &response, milliseconds);
    MUST(status != MOTEPOST_AGAIN || ticks - begun >= allowed, "a run goes on until the time is over");
    motepost_esp_tls_close(&link);
    END();
}

static void open_and_close(int milliseconds) {
    const esp_tls_cfg_t config = {any_of_two(), milliseconds, any_of_two()};
    motepost_esp_tls_t link;
    esp_err_t error;
    ticks = any_u32();
    error = motepost_esp_tls_open(&link, "h", 443, &config);
    MUST((error == ESP_OK) == (connection != NULL), "a connection stays open when it is connected, and only then");
    MUST(error != ESP_OK || !does_wait, "a move never waits");
    MUST(link.tls == connection, "the link has the connection");
    motepost_esp_tls_close(&link);
    motepost_esp_tls_close(&link);
    MUST(connection == NULL, "it is closed");
}

void prove_open_and_close(void) {
    open_and_close(1 + (int)up_to(28));
    END();
}

void prove_open_in_one_step_of_any_time(void) {
    is_one_step = 1;
    open_and_close(any_i32());
    END();
}
