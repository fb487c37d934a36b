// A firmware that publishes one reading: its flash is what the linker keeps of the library for it.
#include "article.h"

int main(void) {
    int32_t status;
#ifdef MINTED
    status = mint();
    if (status != MOTEPOST_OK) {
        return (int)status;
    }
#endif
#ifdef FILLS
    status = fill();
    if (status != MOTEPOST_OK) {
        return (int)status;
    }
#endif
    status = motepost_exchange_init(&exchange, &PUBLISH, buffer, sizeof buffer);
    while (status == MOTEPOST_OK || status == MOTEPOST_AGAIN) {
        status = motepost_exchange_run(&exchange, &TRANSPORT, &response);
        if (status == MOTEPOST_OK) {
            return response.verdict;
        }
    }
    return (int)status;
}
