// A POSIX serial port for the example programs. On firmware, this is your UART's driver.
#ifndef EXAMPLES_COMMON_UART_H
#define EXAMPLES_COMMON_UART_H

#include <fcntl.h>
#include <termios.h>

// A serial port that never blocks and changes no byte, at 115,200 baud; -1 if there is none.
static int open_uart(const char *device) {
    struct termios settings;
    const int uart = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (uart < 0 || tcgetattr(uart, &settings) != 0) {
        return -1;
    }
    settings.c_iflag = 0;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cflag = CS8 | CREAD | CLOCAL;
    // A read without bytes is EAGAIN that way, and never 0, which would be the end of the line.
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    cfsetispeed(&settings, B115200);
    cfsetospeed(&settings, B115200);
    return tcsetattr(uart, TCSANOW, &settings) == 0 ? uart : -1;
}

#endif
