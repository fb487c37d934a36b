// See Arduino.h.
#ifndef HOST_WIFI_H
#define HOST_WIFI_H

enum { WL_CONNECTED = 3 };

class HostWiFi {
public:
    void begin(const char *, const char *) {}
    int status() { return WL_CONNECTED; }
};

static HostWiFi WiFi;

#endif
