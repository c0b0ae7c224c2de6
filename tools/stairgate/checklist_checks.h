/* checklist_checks.h - the checks that config/data/checklist.tsv names, on one config. */
#ifndef TOOLS_STAIRGATE_CHECKLIST_CHECKS_H
#define TOOLS_STAIRGATE_CHECKLIST_CHECKS_H

#include <jansson.h>
#include <stddef.h>

struct config;

enum checklist_state {
    CHECKLIST_DONE,
    CHECKLIST_GAP,
    CHECKLIST_NOT_BUILT,
    CHECKLIST_NOT_NEEDED,
    CHECKLIST_STATES
};

enum { CHECKLIST_TEXT_MAX = 256 };

/* What one check found; TEXT says of what, "" where there is nothing to add. */
struct checklist_finding {
    enum checklist_state state;
    char text[CHECKLIST_TEXT_MAX];
};

/* Makes FINDING a gap, and adds to what it says. */
void checklist_gap(struct checklist_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs the check called KEY on CONFIG, and on STATUS, what the running server says of itself (NULL:
 * none answers). Returns 0, -1 where there is none of that name. */
int checklist_check(const char *key, const struct config *config, const json_t *status,
                    struct checklist_finding *finding);

#endif
