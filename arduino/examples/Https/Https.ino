// One reading to AWS IoT Core by HTTPS, from a board with Wi-Fi whose core has WiFiClientSecure, such as an ESP32-C3.
#include <WiFi.h>
#include <WiFiClientSecure.h>
#include <motepost_arduino.h>

#include "arduino_secrets.h"

static uint8_t buffer[512]; // for the request, then for the response's body
static motepost_exchange_t exchange;

static int32_t publishReading(Client &client, motepost_response_t *response) {
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
    return status == MOTEPOST_OK ? motepost_arduino_run(client, &exchange, response, 10000) : status;
}

void setup() {
    WiFiClientSecure client;
    motepost_response_t response;
    Serial.begin(115200);
    WiFi.begin(SECRET_SSID, SECRET_PASSWORD);
    while (WiFi.status() != WL_CONNECTED) {
        delay(100);
    }
    client.setCACert(AMAZON_ROOT_CA);
    // connect() sends this name as SNI, which tells AWS the account.
    if (!client.connect(ENDPOINT, 443)) {
        Serial.println("motepost: cannot connect");
        return;
    }
    const int32_t status = publishReading(client, &response);
    client.stop();
    Serial.print("motepost: ");
    if (status == MOTEPOST_OK) {
        Serial.println(response.status);
    } else {
        Serial.println(status == MOTEPOST_AGAIN ? "no response within 10 s" : motepost_strerror(status));
    }
}

void loop() {}
