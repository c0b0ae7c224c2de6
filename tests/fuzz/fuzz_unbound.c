/* Any octets as unbound configuration: list_fuzz.h. */
#include "tests/fuzz/list_fuzz.h"

LIST_FUZZ_TARGET("unbound")
