// An Arduino core's main, around the sketch in SKETCH.
#include <Arduino.h>

#include SKETCH

int main() {
    setup();
    return 0;
}
