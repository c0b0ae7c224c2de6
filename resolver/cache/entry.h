/* entry.h - what an upstream said on one question, reduced, checked, and laid out so that it can be
 * written for any client with a copy and a few patches.
 *
 * It is one piece of memory, good for a store: this head, the offset of each record's TTL, the
 * targets of the answer's records (wire/targets.h), and the message: header, question in lower
 * case, records compressed, no OPT. All offsets are checked when it is made and trusted from then
 * on. A failure is an entry too, without records.
 *
 * Times are those of core_now.mono_ms; TTLs are as of stored_ms. */
#ifndef RESOLVER_CACHE_ENTRY_H
#define RESOLVER_CACHE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/check.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/reply.h"

struct question;
struct snapshot;

enum entry_flag {
    ENTRY_AUTHENTIC = 1, /* an upstream that we trust has set AD */
    ENTRY_FAILURE = 2,   /* no upstream could answer: SERVFAIL */
    ENTRY_TRUNCATED = 4, /* not whole: not to be kept, and good for UDP alone */
    ENTRY_DENIAL = 8, /* the name itself does not exist, and so nothing below it (RFC 8020 §2) */
};

struct entry {
    uint64_t rules;           /* snapshot_id of those that `class` was made with */
    struct check_class class; /* of all targets */
    uint64_t stored_ms;
    uint64_t failed_until_ms; /* a renewal has failed: not to be asked again before */
    uint32_t lifetime_s;      /* 0: not to be kept */
    uint16_t rcode;
    uint16_t ede[REPLY_EDE_MAX];
    uint16_t answers, authorities;       /* records */
    uint16_t targets, question, message; /* how many; octets of the asked name; octets */
    uint8_t flags, ede_count;
    uint8_t failures; /* in a row */
};

struct entry_target {
    uint16_t at, kind; /* enum target_kind */
};

enum {
    /* Where a rule names one of them all are looked at for each client, which must not be work for
     * milliseconds: 64 KiB have room for 16 thousand hints. */
    ENTRY_TARGETS_MAX = 1024,
    ENTRY_DENIAL_MAX = 4096, /* octets of a denial that is written anew for each name below */
    ENTRY_MAX =
        sizeof(struct entry) + DNS_MESSAGE_MAX + 1 + 2 * REPLY_RECORDS_MAX + 4 * ENTRY_TARGETS_MAX,
};

/* The bounds of how long something is kept. */
struct entry_limits {
    uint32_t min_s, max_s, negative_s;
};

/* An upstream's word, to be made an entry. */
struct entry_source {
    const struct reply *reply;       /* REPLY_OK */
    const struct question *question; /* of any client that asked it */
    bool trusted;                    /* its AD counts */
    struct entry_limits limits;
    uint64_t now_ms;
    uint8_t *message; /* DNS_MESSAGE_MAX octets to work in */
};

/* Makes ENTRY (ENTRY_MAX octets) from SOURCE: the records' TTLs within the limits, `lifetime_s` the
 * least of them; 0 where it must not be kept: cut, TTL 0, or a negative answer without SOA. Returns
 * false where that cannot be done or the answer leads to more than ENTRY_TARGETS_MAX names and
 * addresses, for which the upstream is to blame.
 * RFC: 2308 §5 (negative answers), 2181 §8. */
bool entry_make(struct entry *entry, const struct entry_source *source);

/* Makes ENTRY the failure of QUESTION at NOW_MS with COUNT extended errors EDE (the first
 * REPLY_EDE_MAX of them). */
void entry_fail(struct entry *entry, const struct question *question, uint64_t now_ms,
                const uint16_t *ede, size_t count);

/* Makes ENTRY (ENTRY_MAX octets) the answer to QUESTION from DENIAL of a name above its own; REPLY
 * and MESSAGE (DNS_MESSAGE_MAX octets) are room to work in. Returns false where that cannot be. */
bool entry_extend(struct entry *entry, const struct entry *denial, const struct question *question,
                  struct reply *reply, uint8_t *message);

/* What the answer of one name becomes where another was asked for. */
struct entry_alias {
    const struct question *question; /* asked */
    struct name target;              /* looked up */
    uint32_t ttl_s;                  /* of the CNAME between them */
    uint64_t now_ms;
};

/* Makes ENTRY (ENTRY_MAX octets) the answer to ALIAS->question: a CNAME, and what FOUND, which is
 * TARGET's, says; REPLY and MESSAGE (DNS_MESSAGE_MAX octets) are room to work in. It has no targets
 * to check: those of FOUND were. Returns false where that cannot be. */
bool entry_lead(struct entry *entry, const struct entry *found, const struct entry_alias *alias,
                struct reply *reply, uint8_t *message);

/* Returns how many octets ENTRY has. */
size_t entry_length(const struct entry *entry);

/* Fills ENTRY's class from SNAPSHOT. */
void entry_classify(struct entry *entry, const struct snapshot *snapshot);

/* Decides on each target of ENTRY; false with BLOCKED filled by the first that does not pass
 * (check_decide), whose index goes to AT. Where all pass, its valid_until_s is how long that holds.
 */
bool entry_decide(const struct entry *entry, const struct snapshot *snapshot, const struct ask *ask,
                  const struct verdict *verdict, struct verdict *blocked, size_t *at);

/* Reads target INDEX of ENTRY (from 0) into ITEM, whose name is kept in NAME; returns false past
 * the last. */
bool entry_item(const struct entry *entry, size_t index, struct name_buf *name,
                struct check_item *item);

/* How an entry is to be written. */
struct entry_view {
    uint64_t now_ms;
    uint32_t most_ttl_s; /* 0: no cap of this client's */
    bool stale;          /* past its time: each TTL is ENTRY_STALE_TTL_S */
};

enum { ENTRY_STALE_TTL_S = 30 }; /* RFC 8767 §4 */

/* Writes ENTRY into ANSWER (answer_begin, its extended errors already added), with the question as
 * the client wrote it; cut at a record where the room is too small. */
void entry_write(const struct entry *entry, struct answer *answer, const struct entry_view *view);

#endif
