// What ESP-IDF does before the application.
#include <stdio.h>

void app_main(void);

int main(void) {
    app_main();
    return 0;
}
