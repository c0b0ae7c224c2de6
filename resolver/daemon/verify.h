/* verify.h - every octet of the sets in force is checked beside the answering.
 *
 * A start must not wait for it (a large set takes seconds); a reload checks before it swaps. */
#ifndef RESOLVER_DAEMON_VERIFY_H
#define RESOLVER_DAEMON_VERIFY_H

struct server;

/* Checks the sets in force in a thread of their own. What is wrong is logged and becomes a warning
 * of `status`, and the set before takes its place, if there is one: a damaged set is read safely,
 * but names may be missing from it. Threads: main. */
void verify_in_background(struct server *server);

#endif
