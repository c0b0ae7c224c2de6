/* Any octets as a response policy zone: list_fuzz.h. */
#include "tests/fuzz/list_fuzz.h"

LIST_FUZZ_TARGET("rpz")
