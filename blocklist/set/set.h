/* set.h - which categories a name is listed in.
 *
 * A set is an immutable file, made by builder.h and mapped read-only here. Open it once, share it
 * with every worker, close it when the last worker has let go (the snapshot counts them). Format:
 * docs/set-file.md.
 *
 * A lookup walks from the top-level label to the whole name; at each listed suffix
 *     mask = (mask & ~clear) | add
 * with the row's `here` masks at the name itself and its `below` masks above it. */
#ifndef BLOCKLIST_SET_SET_H
#define BLOCKLIST_SET_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/mask.h"
#include "config/base/name.h"

struct addr;
struct err;
struct taxonomy;
struct set;

struct set_hit {
    struct mask mask; /* category bits of the taxonomy given to set_open; none when the name is not
                         listed */
    uint32_t row;     /* of the longest listed suffix, meaningful when labels > 0 */
    uint8_t labels;   /* of the longest listed suffix that applies here; 0 when none is listed */
    bool terms; /* terms (terms.h) have a say here, or a list that is only observed: set_find_terms
                   knows, and its mask takes the place of this one */
};

/* The hashes of one name's suffixes, between set_hash and set_probe. */
struct set_probe {
    uint64_t hashes[NAME_LABELS_MAX];
    uint8_t count;  /* hashes filled: labels, at most the deepest in the set */
    uint8_t labels; /* of the name */
};

/* Opens the set at PATH: checks size, version, header and the sections' bounds; set_verify checks
 * every octet. The keys of its categories are mapped to the bits of TAXONOMY; keys that TAXONOMY
 * does not know are left out. Without TAXONOMY (NULL) the bit of a category is its number in the
 * set (set_category). Owner:   the caller closes the result with set_close; PATH and
 * TAXONOMY are not kept. Errors:  NULL with ERR filled: ERR_NOT_FOUND, ERR_FORMAT, ERR_VERSION,
 * ERR_DIGEST, ERR_LIMIT (too large for the address space), ERR_SYSTEM. Cost:    one mmap and the
 * small sections, whatever the number of names. */
struct set *set_open(const char *path, const struct taxonomy *taxonomy, struct err *err);

/* Like set_open for OCTETS[0..LENGTH), which must outlive the result. */
struct set *set_open_memory(const uint8_t *octets, size_t length, const struct taxonomy *taxonomy,
                            struct err *err);

/* Makes an empty set, in which nothing is listed: what stands for a set that is not configured. */
struct set *set_open_empty(struct err *err);

/* Closes SET; NULL is fine. */
void set_close(struct set *set);

/* Gives the memory behind SET back, 2 MiB of it at a time; returns whether there was any
 * left. What looks a name up after the first call gets it anew from the file; so call it when
 * nobody does, and set_close when there is nothing left: that is then cheap, whatever the size.
 * Cost:    some 50 us. It takes memory from the process as a whole, so that every thread of it
 *          waits for its part of that; never long enough to be felt, which one munmap might be. */
bool set_shrink(struct set *set);

/* Checks every chunk's digest. Errors: -1 with ERR_DIGEST and the first bad chunk. Cost: reads the
 * whole file. */
int set_verify(const struct set *set, struct err *err);

/* Checks the digest of chunk CHUNK (from 0), a MiB, which lies in memory and in the process's page
 * tables afterwards, so that no lookup has to wait for it. Returns 1; 0 past the last one.
 * Errors:  -1 with ERR_DIGEST. */
int set_verify_chunk(const struct set *set, uint64_t chunk, struct err *err);

/* Finds the categories of NAME (lower-cased) and fills HIT. Threads: any number on one set. Cost:
 * one cache line a suffix, no allocation. */
void set_lookup(const struct set *set, const struct name *name, struct set_hit *hit);

/* The three steps of a lookup, for a batch: hash all names, prefetch all, then probe all. */
void set_hash(const struct set *set, const struct name *name, struct set_probe *probe);
void set_prefetch(const struct set *set, const struct set_probe *probe);
void set_find(const struct set *set, const struct set_probe *probe, struct set_hit *hit);

/* Gives what each feed lists a bit of its own, beside that of its category: the one that BIT_OF
 * returns for its id, 64 and above; 0: none. Terms and observed feeds have none. Before SET is
 * shared. Errors: -1 with ERR_MEMORY. Cost: once through all rows where any feed has a bit. */
int set_tag_feeds(struct set *set, unsigned (*bit_of)(const void *context, const char *feed),
                  const void *context, struct err *err);

/* What the listings of one name come to for one type of question. */
struct set_terms {
    struct mask mask;     /* categories of all listings that hold for the type, with terms or not */
    struct mask observed; /* of those that are only observed, and not in mask */
    struct mask acted;    /* of mask, those whose every listing has an action of its own */
    uint8_t action; /* enum terms_action: that of the longest listing in a category of `acted`;
                       TERMS_STYLE where there is none */
    const uint8_t *records; /* of TERMS_REWRITE, as in struct terms; live as long as the set */
    size_t records_length;
    const char *feed; /* whose action it is; without one, who has the longest listing in `mask`;
                         NULL where that is empty */
    uint8_t labels;   /* of the suffix that this listing stands on */
};

/* Fills TERMS with what SET says of NAME, asked for TYPE: for names whose hit has `terms`, though
 * right for all. Cost: a walk over the entries of each suffix's row, for each listing whose feed
 * has an exception there once more; no allocation. */
void set_find_terms(const struct set *set, const struct name *name, uint16_t type,
                    struct set_terms *terms);

/* The same, but `acted`, the action and whose it is are of the categories AMONG alone: those that
 * whoever asks blocks. */
void set_find_terms_among(const struct set *set, const struct name *name, uint16_t type,
                          struct mask among, struct set_terms *terms);

/* The same for whatever type at least one listing holds for: what is lifted for some types only is
 * still listed. */
void set_find_any_terms(const struct set *set, const struct name *name, struct set_terms *terms);

/* The same for ADDR: ranges have no terms, but may be observed; labels is the range's length. */
void set_find_terms_addr(const struct set *set, const struct addr *addr, struct set_terms *terms);

/* Finds the categories of ADDR in the prefix section, longest prefix first; HIT->labels is then the
 * prefix length. */
void set_lookup_addr(const struct set *set, const struct addr *addr, struct set_hit *hit);

/* One feed's word on a name, for `why` and `set lookup`. */
struct set_witness {
    const char *feed;     /* its id; lives as long as the set */
    const char *category; /* its key */
    uint8_t labels;       /* of the suffix that the feed lists */
    bool exact;           /* that name alone, not what is below */
    bool exception;       /* it lifts its own listing (`@@`) */
    bool observed;        /* the list is only observed: this blocks nothing */
    bool limited;         /* it holds for some types of question only */
    bool important;       /* exceptions of its own list do not lift it */
    uint8_t action;       /* enum terms_action */
};

/* Fills WITNESSES[0..MOST) with what each feed says of NAME, longest suffix first; returns how many
 * were filled. Listings that an exception of the same feed lifts for every type are left out, the
 * exception is shown instead; so every witness counts that is neither exception nor observed, where
 * it is limited for some types. */
size_t set_witnesses(const struct set *set, const struct name *name, struct set_witness *witnesses,
                     size_t most);

/* The same for ADDR; labels is the length of the range. */
size_t set_witnesses_addr(const struct set *set, const struct addr *addr,
                          struct set_witness *witnesses, size_t most);

/* Returns the categories in which an exception somewhere in SET, or a listing with an answer of its
 * own, leaves a name answered: what is listed in others stays blocked whatever is asked below it.
 * (Names are kept as hashes, so that nobody can tell what lies below one.) */
struct mask set_liftable(const struct set *set);

/* Counts of the whole set. */
struct set_info {
    uint64_t names, prefixes, octets, rows, lines, seed, escapes;
    unsigned categories, feeds, deepest, id_bits;
    uint8_t digest[32]; /* the root: two sets with the same one are the same */
};

/* Fills INFO with what `set info` shows. */
void set_info(const struct set *set, struct set_info *info);

/* What a set knows of one of its feeds; texts live as long as the set. */
struct set_feed {
    const char *id, *feed_class, *category, *format, *licence, *attribution;
    uint64_t names, duplicates, lines, refused;
    const uint8_t *source_digest; /* 32 octets: of the list as it was read */
    bool observed;                /* its listings are counted and block nothing */
};

/* Fills FEED with feed number INDEX (from 0); returns false past the last. */
bool set_feed(const struct set *set, unsigned index, struct set_feed *feed);

/* Fills KEY and NAMES (which may be NULL) of category number INDEX (from 0); returns false past the
 * last. */
bool set_category(const struct set *set, unsigned index, const char **key, uint64_t *names);

#endif
