/* checklist_checks.h - the checks that config/data/checklist.tsv names, on one config. */
#ifndef TOOLS_STAIRGATE_CHECKLIST_CHECKS_H
#define TOOLS_STAIRGATE_CHECKLIST_CHECKS_H

#include <stddef.h>

struct config;

enum checklist_state { CHECKLIST_DONE, CHECKLIST_GAP, CHECKLIST_NOT_BUILT };

enum { CHECKLIST_TEXT_MAX = 256 };

/* What one check found; TEXT says of what, "" where there is nothing to add. */
struct checklist_finding {
    enum checklist_state state;
    char text[CHECKLIST_TEXT_MAX];
};

/* Runs the check called KEY on CONFIG. Returns 0, -1 where there is none of that name. */
int checklist_check(const char *key, const struct config *config,
                    struct checklist_finding *finding);

#endif
