/* asked.h - what people have asked about without the server, so that this costs them as much.
 *
 * Who holds the key and the set can ask `stairgate why --config` and `stairgate test` as often as a
 * loop runs. So what is paid there is kept in a file beside the set, which outlives processes: for
 * each user how often he met a name that rule 2 blocks, since when, and which, as keyed hashes. A
 * name that was paid for once stays free: who asks again learns nothing new, and an operator's file
 * of expectations costs once. Time is the kernel's since its start; after another start a window
 * begins anew, with what was counted before. */
#ifndef BLOCKLIST_SEALED_ASKED_H
#define BLOCKLIST_SEALED_ASKED_H

#include <stdint.h>

struct asked;
struct config;
struct err;
struct name;

enum { ASKED_PERSONS_MOST = 16, ASKED_NAMES_MOST = 1024, ASKED_BOOT_OCTETS = 16 };

/* Opens the file `asked` beside CONFIG's sealed set, with its key and its budget; makes it where
 * there is none.
 * Owner:  the caller closes it; CONFIG is not kept.
 * Errors: NULL with ERR: ERR_REFUSED (others may read it), ERR_FORMAT, ERR_SYSTEM, and those of
 *         sealed_key_read. The sealed set is not to be looked into then. */
struct asked *asked_open(const struct config *config, struct err *err);
void asked_close(struct asked *asked);

/* The time, and which start of the kernel it counts from. */
struct asked_now {
    uint64_t ms;
    uint8_t boot[ASKED_BOOT_OCTETS];
};
void asked_now(struct asked_now *now);

/* Has user WHO pay for MET, or for NULL tells whether he may ask. Returns 0; 1 with LEFT_MS where
 * his budget is used up; -1 with ERR where the file cannot be read or written. What is paid is
 * written before it returns. */
int asked_pay(struct asked *asked, uint32_t who, const struct name *met,
              const struct asked_now *now, uint64_t *left_ms, struct err *err);

#endif
