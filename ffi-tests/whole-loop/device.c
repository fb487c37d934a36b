// A board that samples every minute, keeps what it measured in its outbox, sends it as batches when there is coverage, and loses
// power at any moment: in the middle of a write to flash, of a byte of the request, of the response.
//
// Its flash, its clock with a battery, and what the host wants of a boot are files, by semihosting: what is in RAM is lost.
#include <string.h>

#include "board.h"
#include "motepost.h"
#include "semihosting.h"

enum { OPEN_UPDATE_BINARY = 3, SYS_SEEK = 0x0a };
enum { EXIT_DONE = 0, EXIT_POWER = 3, EXIT_FAULT = 4, EXIT_NO_RESPONSE = 5, EXIT_REFUSED = 6, EXIT_FULL = 7 };
enum { SECTOR = 4096, SECTORS = 16, UNIT = 4 };

// What the host wrote for this boot.
static struct {
    uint32_t end;    // the minute at which it stops
    uint32_t cut;    // power fails at this event; 0 never
    uint32_t random; // for the epoch, and for what a torn write leaves
    uint32_t drain;  // there is coverage, whatever the hour
} boot;

static uintptr_t flash_file;
static uintptr_t clock_file;
static uint8_t flash[SECTOR * SECTORS]; // as the file has it

static uintptr_t open_file(const char *name) {
    const uintptr_t block[] = {(uintptr_t)name, OPEN_UPDATE_BINARY, strlen(name)};
    return semihosting(SYS_OPEN, (uintptr_t)block);
}

static void seek(uintptr_t file, uint32_t to) {
    const uintptr_t block[] = {file, to};
    semihosting(SYS_SEEK, (uintptr_t)block);
}

static void read_file(uintptr_t file, void *bytes, size_t len) {
    const uintptr_t block[] = {file, (uintptr_t)bytes, len};
    seek(file, 0);
    if (semihosting(SYS_READ, (uintptr_t)block) != 0) {
        semihosting_exit(EXIT_FAULT);
    }
}

static void write_file(uintptr_t file, uint32_t at, const void *bytes, size_t len) {
    const uintptr_t block[] = {file, (uintptr_t)bytes, len};
    seek(file, at);
    if (semihosting(SYS_WRITE, (uintptr_t)block) != 0) {
        semihosting_exit(EXIT_FAULT);
    }
}

void board_fault(void) {
    semihosting_exit(EXIT_FAULT);
}

static uint32_t next_random(void) {
    boot.random = boot.random * 1664525u + 1013904223u;
    return boot.random;
}

// Whether power fails here.
static bool power_fails(void) {
    return boot.cut != 0 && --boot.cut == 0;
}

static void event(void) {
    if (power_fails()) {
        semihosting_exit(EXIT_POWER);
    }
}

static int32_t flash_read(void *ctx, uint32_t offset, void *buffer, size_t len) {
    (void)ctx;
    memcpy(buffer, flash + offset, len);
    return 0;
}

static int32_t flash_program(void *ctx, uint32_t offset, const void *bytes, size_t len) {
    const uint8_t *from = bytes;
    size_t at;
    (void)ctx;
    for (at = 0; at < len; at += UNIT) {
        if (power_fails()) {
            // What is whole so far, and a unit of any bits.
            const uint32_t torn = next_random();
            memcpy(flash + offset + at, &torn, UNIT);
            write_file(flash_file, offset, flash + offset, at + UNIT);
            semihosting_exit(EXIT_POWER);
        }
        memcpy(flash + offset + at, from + at, UNIT);
    }
    write_file(flash_file, offset, flash + offset, len);
    return 0;
}

static int32_t flash_erase(void *ctx, uint32_t offset, uint32_t len) {
    const uint32_t erased = power_fails() ? next_random() % len : len;
    (void)ctx;
    memset(flash + offset, 0xff, erased);
    write_file(flash_file, offset, flash + offset, len);
    if (erased != len) {
        semihosting_exit(EXIT_POWER);
    }
    return 0;
}

static const motepost_flash_t FLASH_REGION = {
    .read = flash_read, .program = flash_program, .erase = flash_erase,
    .sector_size = SECTOR, .sectors = SECTORS, .unit = UNIT,
};

static char *digits(char *at, uint32_t number) {
    char text[10];
    int count = 0;
    do {
        text[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) {
        *at++ = text[--count];
    }
    return at;
}

static char *text(char *at, const char *from) {
    while (*from != '\0') {
        *at++ = *from++;
    }
    return at;
}

// A line for the host: a word and two numbers.
static void report(const char *word, uint32_t one, uint32_t two) {
    char line[64];
    char *at = text(line, word);
    *at++ = ' ';
    at = digits(at, one);
    *at++ = ' ';
    at = digits(at, two);
    *at++ = '\n';
    *at = '\0';
    semihosting(SYS_WRITE0, (uintptr_t)line);
}

// Some minutes of a busy machine. The response of an earlier request cannot come late: a boot that had none ends.
static uint32_t looks_left;

// The gateway sends a NUL where its connection is gone.
static bool is_gone;

static int32_t uart_recv(void *ctx, void *bytes, size_t len) {
    uint8_t *at = bytes;
    int32_t count = 0;
    (void)ctx;
    while ((size_t)count < len && !is_gone && board_receive(at)) {
        event();
        is_gone = *at == 0;
        at++;
        count += !is_gone;
    }
    looks_left -= looks_left > 0;
    return is_gone && count == 0 ? MOTEPOST_IO_CLOSED : count;
}

static int32_t uart_send(void *ctx, const void *bytes, size_t len) {
    const uint8_t *at = bytes;
    size_t left;
    (void)ctx;
    for (left = len; left > 0; left--) {
        event();
        board_send(*at++);
    }
    return (int32_t)len;
}

static motepost_outbox_t outbox;
static uint8_t room[1400];
static uint8_t buffer[2048];

static int32_t publish(const uint8_t *payload, size_t len) {
    static motepost_exchange_t exchange;
    static const motepost_pair_t id = {MOTEPOST_STR("id"), MOTEPOST_STR("loop")};
    const motepost_transport_t uart = {.recv = uart_recv, .send = uart_send};
    char topic[64];
    char *end = digits(text(topic, "$aws/rules/readings/loop/batch/"), motepost_outbox_epoch(&outbox));
    motepost_publish_t publish = {0};
    motepost_response_t response = {0};
    int32_t status;

    publish.endpoint = (motepost_str_t)MOTEPOST_STR("localhost");
    publish.topic = (motepost_str_t){topic, (size_t)(end - topic)};
    publish.payload = (motepost_bytes_t){payload, len};
    publish.authorizer = (motepost_str_t)MOTEPOST_STR("any");
    publish.token_key = (motepost_str_t)MOTEPOST_STR("token");
    publish.token = (motepost_str_t)MOTEPOST_STR("t");
    publish.headers = &id;
    publish.header_count = 1;
    publish.qos = 1;
    status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    if (status != MOTEPOST_OK) {
        return status;
    }
    looks_left = UINT32_MAX;
    is_gone = false;
    do {
        status = motepost_exchange_run(&exchange, &uart, &response);
    } while (status == MOTEPOST_AGAIN && looks_left > 0);
    if (status == MOTEPOST_AGAIN) {
        semihosting_exit(EXIT_NO_RESPONSE);
    }
    return status == MOTEPOST_OK ? response.verdict : status;
}

// What is kept of a reading is `time,{"c":minute}`, and the number goes in front of it: [number,time,reading].
static int32_t sample(uint32_t minute) {
    char reading[64];
    char *at = digits(reading, 1750000000u + minute * 60u);
    uint32_t number;
    int32_t status;
    at = text(at, ",{\"c\":");
    at = digits(at, minute);
    at = text(at, "}");
    status = motepost_outbox_push(&outbox, (const uint8_t *)reading, (size_t)(at - reading), &number);
    if (status == MOTEPOST_OK) {
        report("put", number, minute);
    }
    return status;
}

// One batch of what it has. MOTEPOST_NO_MORE when nothing is left, MOTEPOST_E_CLOSED when the connection died.
static int32_t send_batch(void) {
    motepost_outbox_cursor_t cursor = {0, 0};
    motepost_batch_t batch;
    uint8_t kept[64];
    char element[96];
    uint32_t count = 0;
    size_t len;
    int32_t status = motepost_batch_json(&batch, room, sizeof room, motepost_batch_check_json);
    while (status == MOTEPOST_OK) {
        motepost_outbox_cursor_t next = cursor;
        status = motepost_outbox_next(&outbox, &next, kept, sizeof kept, &len);
        if (status == MOTEPOST_OK) {
            char *at = digits(text(element, "["), next.number);
            *at++ = ',';
            memcpy(at, kept, len);
            at += len;
            *at++ = ']';
            status = motepost_batch_push(&batch, (const uint8_t *)element, (size_t)(at - element));
        }
        if (status == MOTEPOST_OK) {
            cursor = next;
            count++;
        }
    }
    if (status != MOTEPOST_NO_MORE && status != MOTEPOST_E_BUFFER) {
        return status;
    }
    if (motepost_batch_finish(&batch, &len) != MOTEPOST_OK || count == 0) {
        return MOTEPOST_NO_MORE;
    }
    status = publish(room, len);
    if (status == MOTEPOST_E_CLOSED) {
        report("gone", count, 0);
        return status; // nobody knows whether it was accepted: it is sent again
    }
    if (status != MOTEPOST_ACCEPTED) {
        report("refused", (uint32_t)-status, count);
        semihosting_exit(EXIT_REFUSED);
    }
    report("accepted", count, 0);
    return motepost_outbox_drop(&outbox, &cursor);
}

int main(void) {
    uint32_t minute;
    int32_t status;
    bool is_fresh = true;
    board_start();
    read_file(open_file("boot"), &boot, sizeof boot);
    flash_file = open_file("flash");
    clock_file = open_file("clock");
    read_file(flash_file, flash, sizeof flash);
    read_file(clock_file, &minute, sizeof minute);
    status = motepost_outbox_open(&outbox, &FLASH_REGION, next_random() | 1u);
    while (status == MOTEPOST_OK && minute < boot.end) {
        // The clock goes on whatever happens, so that no minute is measured twice.
        const uint32_t now = minute++;
        write_file(clock_file, 0, &minute, sizeof minute);
        event();
        status = sample(now);
        // There is coverage one hour in six. It sends twice in it, and after a reset, which may have ended an earlier attempt.
        if (status == MOTEPOST_OK && now / 60 % 6 == 5 && (now % 30 == 0 || is_fresh)) {
            while (status == MOTEPOST_OK) {
                status = send_batch();
            }
            if (status == MOTEPOST_NO_MORE || status == MOTEPOST_E_CLOSED) {
                status = MOTEPOST_OK; // the rest has to wait
            }
        }
        is_fresh = false;
    }
    while (boot.drain != 0 && (status == MOTEPOST_OK || status == MOTEPOST_E_CLOSED)) {
        status = send_batch();
    }
    if (status == MOTEPOST_OK || status == MOTEPOST_NO_MORE) {
        semihosting_exit(EXIT_DONE);
    }
    report("failed", (uint32_t)-status, minute);
    semihosting_exit(status == MOTEPOST_E_OUTBOX_FULL ? EXIT_FULL : EXIT_FAULT);
}
