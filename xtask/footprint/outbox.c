// A firmware that keeps readings in flash: its flash is what the linker keeps of the library for it.
#include "outbox.h"

int main(void) {
    int32_t status = motepost_outbox_open(&outbox, &FLASH, 1);
    if (status == MOTEPOST_OK) {
        status = motepost_outbox_push(&outbox, reading, sizeof reading, NULL);
    }
    while (status == MOTEPOST_OK) {
        status = motepost_outbox_next(&outbox, &cursor, reading, sizeof reading, &reading_len);
    }
    if (status == MOTEPOST_NO_MORE) {
        status = motepost_outbox_drop(&outbox, &cursor);
    }
    return (int)status;
}
