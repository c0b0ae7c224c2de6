/* inbox.h - lists that are delivered by hand: a folder of a list's own in which FILE lies beside
 * FILE.minisig or FILE.p7s.
 *
 * Only a pair whose signature fits is a delivery; by the time that is signed the newest one counts.
 * What is half there is left alone and counted, what does not fit is left to the operator. Neither
 * a name nor an octet of what lies there is told. Once a delivery is in force it is overwritten and
 * removed, with the older ones. */
#ifndef BLOCKLIST_FEED_INBOX_H
#define BLOCKLIST_FEED_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct err;
struct sealed_memory;

/* What lies in an inbox, in files. */
struct inbox_count {
    unsigned waiting; /* without signature, or a signature without file, or still being written */
    unsigned wrong;   /* whose signature does not fit */
    unsigned ahead;   /* that fit, and are signed at a time that is yet to come */
    unsigned other;   /* folders, links, sockets, and what is too much to look at */
    unsigned removed; /* overwritten and removed now */
};

struct inbox_taken {
    bool found;
    int64_t signed_s;
    uint64_t octets;
    struct inbox_count count;
};

/* Copies the newest delivery of LIST into MEMORY, at most MOST octets, and checks the copy. In the
 * fetcher's process: signatures are what a stranger wrote.
 * Errors: -1 with ERR: ERR_REFUSED (others may look into the folder), ERR_DIGEST (what is there is
 *         half delivered, or does not fit), and others; an empty inbox is none. */
int inbox_take(const struct config_list *list, const struct sealed_memory *memory, uint64_t most,
               int64_t now_s, struct inbox_taken *taken, struct err *err);

/* Overwrites and removes the deliveries of LIST that were signed at VERSION_S, which is in force,
 * or before, and fills LEFT with what is left. A process of its own does it. Errors: -1 with ERR.
 */
int inbox_clear(const struct config_list *list, int64_t version_s, int64_t now_s,
                struct inbox_count *left, struct err *err);

/* Writes what COUNT has of what cannot be taken to OUT: `1 without a signature yet, ...`; "" for
 * nothing. Returns OUT. */
char *inbox_text(const struct inbox_count *count, char *out, size_t room);

#endif
