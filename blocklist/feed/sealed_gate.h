/* sealed_gate.h - whether what was read of a legal or hotline list may take the place of its last
 * good part.
 *
 * As gate.h has it for other lists, but no message holds a name: list, line, rule and cure. What
 * covers a pin is never let through, by no time and nobody. */
#ifndef BLOCKLIST_FEED_SEALED_GATE_H
#define BLOCKLIST_FEED_SEALED_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct config_list;
struct err;
struct sealed_reader_result;

struct sealed_gate {
    const struct config_list *list;
    const struct sealed_reader_result *result;
    uint64_t before; /* entries and pages of the last good one; 0: the first time */
    bool waited;     /* the same octets were held for long enough, or somebody accepted them: only
                        what nobody may let through is asked */
};

/* Judges GATE. Returns 0, or -1 with ERR_GATE. */
int sealed_gate_judge(const struct sealed_gate *gate, struct err *err);

#endif
