/* Any octets as a rule set of sing-box: list_fuzz.h. */
#include "tests/fuzz/list_fuzz.h"

LIST_FUZZ_TARGET("singbox")
