/* Any octets as comma-separated values: list_fuzz.h. */
#include "tests/fuzz/list_fuzz.h"

LIST_FUZZ_TARGET("csv")
