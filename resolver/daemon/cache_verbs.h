/* cache_verbs.h - the cache for people: counts for everybody, names for the operator alone.
 *
 * A name that is kept is one that somebody has looked at. Nobody can tell who; in a small house it
 * may be plain all the same. */
#ifndef RESOLVER_DAEMON_CACHE_VERBS_H
#define RESOLVER_DAEMON_CACHE_VERBS_H

#include <jansson.h>

struct core_counters;
struct server;

/* Returns the counts of SERVER's cache, those of its workers (SUM) among them. */
json_t *cache_counts(const struct server *server, const struct core_counters *sum);

/* The verbs (struct control_verb, docs/control.md). */
json_t *run_cache_stats(void *context, const json_t *request, json_t *errors);
json_t *run_cache_lookup(void *context, const json_t *request, json_t *errors);
json_t *run_cache_flush(void *context, const json_t *request, json_t *errors);

#endif
