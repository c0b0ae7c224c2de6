/* Any octets as rules of proxies: list_fuzz.h. */
#include "tests/fuzz/list_fuzz.h"

LIST_FUZZ_TARGET("surge")
