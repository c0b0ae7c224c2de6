/* evidence_lists.h - what the account of checks (blocklist/feed/store.h) says of legal and hotline
 * lists in a period: versions, failures, deadlines. Without a list's name, without an entry. */
#ifndef TOOLS_STAIRGATE_EVIDENCE_LISTS_H
#define TOOLS_STAIRGATE_EVIDENCE_LISTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/feed/store.h"

struct config;
struct evidence_lists;

/* Starts the report of SINCE_S up to, and without, UNTIL_S. Owner: the caller ends it with
 * evidence_lists_free. NULL: no memory. */
struct evidence_lists *evidence_lists_create(int64_t since_s, int64_t until_s);
void evidence_lists_free(struct evidence_lists *lists);

/* Takes CHECK, each after those before it, from the first that there is: what was before the period
 * says how it began. For store_checks; CONTEXT is an evidence_lists. Returns 0, -1 without memory.
 */
int evidence_lists_see(void *context, const struct store_check *check);

/* Returns what was seen of CLASS (legal, hotline). A list that CONFIG no longer has is late for
 * nobody from its last check on. Call it once a class, at the end. */
json_t *evidence_lists_json(struct evidence_lists *lists, enum list_class class_,
                            const struct config *config);

#endif
