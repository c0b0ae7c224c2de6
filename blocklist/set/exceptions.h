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
    /* Records of 1 + labels words: kind | drops << 7 | labels << 8 | number of its terms << 16
     * (from 1; 0 for none), then the hashes of the suffixes, shortest first, so that the last one
     * is the name's own. */
    struct hashes words;
    struct hashes starts; /* of the records in words; sorted by own hash and terms after
                             exceptions_sort */
    uint32_t *table;      /* of those that drop: open addressing, index into starts + 1; made by
                             exceptions_sort */
    size_t slots;
    uint64_t depths[2]; /* label counts in use */
    bool drop;          /* one of them drops listings */
};

/* What an exception does to a listing of its own source. */
enum exception_effect { EXCEPTION_KEEPS, EXCEPTION_DROPS };

enum { EXCEPTION_DROPS_BIT = 1 << 7 };

/* Makes the first word of a record: TERMS counted from 1, 0 for none; DROPS says that it drops its
 * list's common listings at and below its name, as those do that hold for all types and have no
 * scope. */
static inline uint64_t exception_head(enum entry_kind kind, unsigned labels, uint32_t terms,
                                      bool drops)
{
    return (uint64_t)kind | (drops ? EXCEPTION_DROPS_BIT : 0) | (uint64_t)labels << 8 |
           (uint64_t)terms << 16;
}

/* Adds the exception HEAD for the name whose suffixes hash to CHAIN. Errors: -1 with ERR:
 * ERR_MEMORY, ERR_LIMIT. */
int exceptions_add(struct exceptions *exceptions, uint64_t head, const uint64_t *chain,
                   struct err *err);

/* Sorts by own hash, joins repeated ones of the same terms, and makes the table for
 * exceptions_effect. Errors: -1 with ERR_MEMORY. */
int exceptions_sort(struct exceptions *exceptions, struct err *err);

/* Tells whether a listing of *KIND for the name with suffix hashes CHAIN[0..LABELS) is dropped;
 * what is kept may be so as a narrower *KIND. */
enum exception_effect exceptions_effect(const struct exceptions *exceptions, const uint64_t *chain,
                                        unsigned labels, enum entry_kind *kind);

/* Returns the index of the first exception with HASH, or of any other one where there is none. */
size_t exceptions_find(const struct exceptions *exceptions, uint64_t hash);

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

static inline uint32_t exception_terms(const uint64_t *record)
{
    return (uint32_t)(record[0] >> 16);
}

static inline bool exception_drops(const uint64_t *record)
{
    return (record[0] & EXCEPTION_DROPS_BIT) != 0;
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
