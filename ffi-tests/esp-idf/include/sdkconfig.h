// See esp_err.h. The settings are on the compiler's command line.
