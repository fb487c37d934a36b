// One reading to AWS IoT Core over Serial, at whose other end a gateway does the TLS: `socat` on a computer, or a modem. For any
// board, an Uno too. The built-in LED then tells: on for good when AWS has taken it, blinking when not.
#include <motepost_arduino.h>

#include "arduino_secrets.h"

static uint8_t buffer[272]; // for the request, then for the response's body
static motepost_exchange_t exchange;

static int32_t publishReading(motepost_response_t *response) {
    static const char reading[] = "{\"message\":\"Hello from Arduino\"}";
    static const motepost_pair_t id = {MOTEPOST_STR("id"), MOTEPOST_STR(DEVICE_ID)};
    motepost_publish_t publish = {};
    publish.endpoint = MOTEPOST_STR(ENDPOINT);
    publish.topic = MOTEPOST_STR(DEVICE_ID "/status");
    publish.payload.ptr = reinterpret_cast<const uint8_t *>(reading);
    publish.payload.len = sizeof reading - 1;
    publish.authorizer = MOTEPOST_STR(AUTHORIZER);
    publish.token_key = MOTEPOST_STR("token");
    publish.token = MOTEPOST_STR(SECRET_TOKEN);
    publish.headers = &id;
    publish.header_count = 1;
    publish.qos = 1;

    const int32_t status = motepost_exchange_init(&exchange, &publish, buffer, sizeof buffer);
    return status == MOTEPOST_OK ? motepost_arduino_run(Serial, &exchange, response, 10000) : status;
}

static bool taken;

void setup() {
    motepost_response_t response;
    pinMode(LED_BUILTIN, OUTPUT);
    Serial.begin(115200);
    taken = publishReading(&response) == MOTEPOST_OK && response.verdict == MOTEPOST_ACCEPTED;
    digitalWrite(LED_BUILTIN, HIGH);
}

void loop() {
    if (!taken) {
        digitalWrite(LED_BUILTIN, millis() / 250 % 2 == 0 ? HIGH : LOW);
    }
}
