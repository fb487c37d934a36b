// Arduino Uno: ATmega328P, 2 KB of RAM and one UART (data sheet, chapter 20). avr-libc brings the
// start and the linker script.
#include <avr/eeprom.h>
#include <avr/io.h>

#include "../board.h"

void board_start(void) {
    UCSR0A = _BV(U2X0);
    UBRR0 = 16; // 115,200 from 16 MHz, twice the speed
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
}

void board_send(uint8_t byte) {
    while (!(UCSR0A & _BV(UDRE0))) {
    }
    UDR0 = byte;
}

bool board_receive(uint8_t *byte) {
    if (!(UCSR0A & _BV(RXC0))) {
        return false;
    }
    *byte = UDR0;
    return true;
}

// The only UART is taken, so the report goes to the EEPROM: `avrdude -U eeprom:r:-:r` reads it from
// a board, and the emulator logs each byte that is written there.
void board_report(char character) {
    static uint16_t at;
    eeprom_write_byte((uint8_t *)at++, (uint8_t)character);
}

void board_end(void) {
    for (;;) {
    }
}
