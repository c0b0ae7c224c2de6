/* exceptions.h - what one source takes back: its `@@` names, each with the hashes of its ancestors,
 * so that the builder can ask what holds above it. Used by segment.c and builder.c. */
#ifndef BLOCKLIST_SET_EXCEPTIONS_H
#define BLOCKLIST_SET_EXCEPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/hashes.h"
#include "blocklist/set/segment.h"

struct exceptions {
    /* Records of 1 + labels words: kind | labels << 8, then the hashes of the suffixes, shortest
     * first, so that the last one is the name's own. */
    struct hashes words;
    struct hashes starts; /* of the records in words; sorted by own hash after exceptions_sort */
    uint32_t *table;      /* open addressing, index into starts + 1; made by exceptions_sort */
    size_t slots;
    uint64_t depths[2]; /* label counts in use */
};

/* What an exception does to a listing of its own source. */
enum exception_effect { EXCEPTION_KEEPS, EXCEPTION_DROPS, EXCEPTION_NARROWS };

/* Adds the exception for the name whose suffixes hash to CHAIN[0..LABELS). Errors: -1 with ERR:
 * ERR_MEMORY, ERR_LIMIT. */
int exceptions_add(struct exceptions *exceptions, const uint64_t *chain, unsigned labels,
                   enum entry_kind kind, struct err *err);

/* Sorts by own hash, joins repeated ones, and makes the table for exceptions_effect. Errors: -1
 * with ERR_MEMORY. */
int exceptions_sort(struct exceptions *exceptions, struct err *err);

/* Returns what is left of a listing of *KIND for the name with suffix hashes CHAIN[0..LABELS):
 * dropped, kept, or kept as the narrower *KIND. */
enum exception_effect exceptions_effect(const struct exceptions *exceptions, const uint64_t *chain,
                                        unsigned labels, enum entry_kind *kind);

static inline size_t exceptions_count(const struct exceptions *exceptions)
{
    return exceptions->starts.count;
}

/* Returns the record of exception INDEX in sorted order, and its parts. */
static inline const uint64_t *exceptions_record(const struct exceptions *exceptions, size_t index)
{
    return exceptions->words.items + exceptions->starts.items[index];
}

static inline enum entry_kind exception_kind(const uint64_t *record)
{
    return (enum entry_kind)(record[0] & 3);
}

static inline unsigned exception_labels(const uint64_t *record)
{
    return (unsigned)(record[0] >> 8 & 0x7f);
}

static inline uint64_t exception_hash(const uint64_t *record)
{
    return record[exception_labels(record)];
}

/* Returns the kind that is as wide as A and B together. */
static inline enum entry_kind entry_kind_join(enum entry_kind a, enum entry_kind b)
{
    return a == b ? a : ENTRY_SUBTREE;
}

/* Gives the memory back and leaves EXCEPTIONS empty. */
void exceptions_free(struct exceptions *exceptions);

#endif
