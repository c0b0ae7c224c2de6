/* Any octets are a zone or none; what a zone shows is within a day of UTC, its changes lead on, and
 * its clocks are where zone_instant says. */
#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "policy/when/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

enum { STEPS = 50, OFFSET_MOST = 2 * 86400 };

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct err err;
    struct zone *zone = zone_parse(octets, length, &err);
    static const int64_t beginnings[] = {INT64_MIN / 2, -86400, 0, 1767225600, INT64_MAX / 4};

    if (zone == NULL)
        return 0;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        int64_t at = beginnings[i];

        for (int step = 0; step < STEPS && at != INT64_MAX; step++) {
            int64_t next = zone_next_change(zone, at), instant = zone_instant(zone, at);

            must(zone_offset(zone, at) < OFFSET_MOST && zone_offset(zone, at) > -OFFSET_MOST);
            must(next > at);
            must(next == INT64_MAX || zone_offset(zone, next) != zone_offset(zone, at));
            must(instant + zone_offset(zone, instant) >= at);
            at = next;
        }
    }
    zone_free(zone);
    return 0;
}
