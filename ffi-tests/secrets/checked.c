// What the cloud's half of device tokens leaves on the stack: of a key that was checked with or
// minted with, and then dropped, and of the fleet key.
#include "own_stack.h"

int32_t check_token(const uint8_t *key, const char *token);
void mint_token(const uint8_t *key, uint32_t seconds, char *token);
void derive_key(const uint8_t *fleet_key, uint8_t *key);
void hold_device_key(const uint8_t *key);
void hold_fleet_key(const uint8_t *fleet_key);

static uint8_t key[32], derived[32];
static char token[28];
static int32_t verdict = -1;

static void check(void) { verdict = check_token(key, token); }
static void mint(void) { mint_token(key, 1790000000u, token); }
static void derive(void) { derive_key(key, derived); }
static void hold_device(void) { hold_device_key(key); }
static void hold_fleet(void) { hold_fleet_key(key); }

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*call)(void);
    } calls[] = {
        {"check", check},
        {"mint", mint},
        {"derive", derive},
        {"hold a device key", hold_device},
        {"hold a fleet key", hold_fleet},
    };
    size_t i;
    if (argc != 3) {
        return 2;
    }
    read_key(argv[2], key);
    mint_token(key, 1790000000u, token);
    for (i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(argv[1], calls[i].name) == 0) {
            return write_what_is_left_by(calls[i].call) || (calls[i].call == check && verdict != 0);
        }
    }
    return 2;
}
