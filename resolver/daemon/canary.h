/* canary.h - the node asks itself, over the wire, whether the sealed set is in force.
 *
 * The operator's own name in each sealed set (sealed.canary) is asked of every listener: soon after
 * the start and after a reload that brings another set, then each sealed.canary_every. What comes
 * of it stands in state.db, `status`, the log, `stairgate metrics` and `stairgate evidence`. Main
 * thread only. */
#ifndef RESOLVER_DAEMON_CANARY_H
#define RESOLVER_DAEMON_CANARY_H

#include <jansson.h>

struct canary;
struct control_later;
struct err;
struct server;

/* Makes the canary of SERVER, whose loop and state are there; it asks when the loop runs. Errors:
 * NULL with ERR. */
struct canary *canary_create(struct server *server, struct err *err);

/* Ends it without a word; the memory goes when the loop has closed its handles. NULL is fine. */
void canary_destroy(struct canary *canary);

/* Returns what `status` shows of it; adds a warning to WARNINGS where the last result is not good,
 * or too old. */
json_t *canary_json(const struct canary *canary);
void canary_warn(const struct canary *canary, json_t *warnings);

/* verbs.c: with `now` in REQUEST asks at once, and replies when that is over; else at once. */
void begin_canary(void *context, const json_t *request, struct control_later *later);

#endif
