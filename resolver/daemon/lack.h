/* lack.h - what leaves people without an answer or without protection, though nothing is wrong with
 * the files: "loaded" and "answering" must mean that somebody is protected. */
#ifndef RESOLVER_DAEMON_LACK_H
#define RESOLVER_DAEMON_LACK_H

#include <jansson.h>

struct snapshot;

/* Adds a sentence to WARNINGS (message_add_error) for each thing that SNAPSHOT lacks, with
 * a word for it as `event`: unused_lists, no_upstream, previous_set. */
void lack_add_all(json_t *warnings, const struct snapshot *snapshot);

#endif
