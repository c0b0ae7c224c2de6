/* Any octets as a v2fly domain list: list_fuzz.h. */
#include "tests/fuzz/list_fuzz.h"

LIST_FUZZ_TARGET("v2fly")
