/* Any octets are deadlines or none: what is taken is written and read again as it was, what is not
 * leaves nothing known. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "blocklist/sealed/deadlines.h"
#include "config/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct deadline deadlines[DEADLINE_CLASSES];
    struct err err;
    int result = deadlines_parse(deadlines, (const char *)octets, length, &err);

    for (size_t i = 0; i < DEADLINE_CLASSES; i++) {
        must(result == 0 || !deadlines[i].known);
        must(deadlines[i].due_s >= 0 && deadlines[i].version_s >= 0 && deadlines[i].checked_s >= 0);
    }
    must(result == 0 || err.code == ERR_FORMAT);
    return 0;
}
