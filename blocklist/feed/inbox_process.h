/* inbox_process.h - does what reads deliveries in a process of its own, which is locked in memory,
 * in no dump, and gone with all that it read. */
#ifndef BLOCKLIST_FEED_INBOX_PROCESS_H
#define BLOCKLIST_FEED_INBOX_PROCESS_H

struct err;
struct inbox_count;

typedef int inbox_work(const void *work, struct inbox_count *count, struct err *err);

/* Runs DO_WORK on WORK in a fork and brings back its COUNT and ERR.
 * Errors: -1 with ERR: what it says, or that it died. */
int inbox_process(inbox_work *do_work, const void *work, struct inbox_count *count,
                  struct err *err);

#endif
