// Whether the archive links, and says the header's version.
#include "motepost.h"

int main(void) {
    static uint8_t buffer[320];
    static const motepost_publish_t publish = {.endpoint = MOTEPOST_STR("localhost"), .topic = MOTEPOST_STR("a")};
    size_t len = 0;
    return motepost_version() != MOTEPOST_VERSION || motepost_publish_encode(&publish, buffer, sizeof buffer, &len) != MOTEPOST_OK;
}
