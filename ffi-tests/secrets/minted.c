// What a minted token leaves on the stack.
#include "own_stack.h"

#include "motepost.h"

static uint8_t key[MOTEPOST_KEY_LEN];
static char token[MOTEPOST_TOKEN_LEN];
static int32_t status = MOTEPOST_E_STATE;

static void mint(void) {
    static const motepost_str_t id = MOTEPOST_STR("uniqueID");
    status = motepost_token_mint(key, &id, MOTEPOST_TOKEN_TIME, 1790000000u, token);
}

// A copy of the key that nobody wipes, so that the search is known to find one.
static void leave_a_copy(void) {
    volatile uint8_t copy[MOTEPOST_KEY_LEN];
    size_t i;
    for (i = 0; i < sizeof copy; i++) {
        copy[i] = key[i];
    }
    status = MOTEPOST_OK;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    read_key(argv[2], key);
    return write_what_is_left_by(strcmp(argv[1], "mint") == 0 ? mint : leave_a_copy) ||
           status != MOTEPOST_OK;
}
