/* checklist_sealed.h - the checks of legal and hotline lists, for checklist_checks.c alone: of the
 * config, of files that tell no entry, and of what the running server says. */
#ifndef TOOLS_STAIRGATE_CHECKLIST_SEALED_H
#define TOOLS_STAIRGATE_CHECKLIST_SEALED_H

#include <jansson.h>

#include "tools/stairgate/checklist_checks.h"

/* Each fills FINDING by CONFIG and STATUS, the server's (NULL: none answers). */
typedef void checklist_sealed_check(const struct config *config, const json_t *status,
                                    struct checklist_finding *finding);

checklist_sealed_check checklist_sealed_set, checklist_sealed_key, checklist_sealed_canary,
    checklist_sealed_deadline, checklist_sealed_operators, checklist_sealed_budget,
    checklist_sealed_evidence;

#endif
