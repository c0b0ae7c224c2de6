/* priority.h - a run stands back behind everything else on the machine, and is nobody important.
 */
#ifndef BLOCKLIST_FEED_PRIORITY_H
#define BLOCKLIST_FEED_PRIORITY_H

struct config;
struct err;

/* Lowers what this process and those it starts get of processor and disk, and offers it first where
 * memory runs out. What the machine does not grant is left. */
void priority_lower(void);

/* Where root started this process: makes the lists' directory feeds.user's (or server.user's), with
 * all that is in it, and becomes that user; with no such user it stays root. Errors: -1 with ERR;
 * the process must not go on then. */
int priority_become(const struct config *config, struct err *err);

#endif
