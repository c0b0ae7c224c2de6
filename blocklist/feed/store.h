/* store.h - feeds.db: what is known of each list between runs, the generations, and an append-only
 * record of what was fetched, decided and put in force, and why.
 *
 * SQLite with one writer, which holds the directory's lock. A database that is damaged is set aside
 * and a new one made from the segments and sets that are there (they say themselves what they are);
 * what it held besides, validators and the record, is gone then, and the record says so first.
 * Times are Unix seconds; 0 is never. */
#ifndef BLOCKLIST_FEED_STORE_H
#define BLOCKLIST_FEED_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/segment.h"
#include "config/config.h"

struct err;
struct store;

enum { STORE_WHY_MAX = 400, STORE_FILE_MAX = 200, STORE_TAG_MAX = 512 };

enum store_mode { STORE_READ, STORE_WRITE };

/* How a list stands, in the words of `lists status`. */
enum list_state {
    LIST_NEVER,  /* not fetched yet */
    LIST_OK,     /* the newest result is in force */
    LIST_FAILED, /* the last try failed; the last good one is in force, if there is one */
    LIST_HELD,   /* there is a result that waits: why, and until when */
    LIST_STATES
};

/* What is known of a list. */
struct store_list {
    char id[CONFIG_WORD_MAX];
    uint8_t recipe[32]; /* digest of what its segments depend on besides its octets: url, format,
                           categories, rules, version of the readers; another one: fetched without
                           conditions */
    char etag[STORE_TAG_MAX], modified[64]; /* validators of the last good fetch (RFC 9110 §8.8) */
    uint8_t body[32];                       /* digest of the octets as fetched */
    enum list_state state;
    char why[STORE_WHY_MAX];
    int64_t tried_s, fetched_s,
        changed_s;  /* last try; last success, 304 too; last change of the content */
    int64_t next_s; /* not before: schedule, growing pause, Retry-After */
    int64_t held_s; /* since when the held result is the same */
    uint8_t held_body[32];
    unsigned failures; /* in a row */
    bool stale_told;   /* notified of */
    bool rolled_back; /* held_body was in force and taken out by hand: no time lets it through, only
                         sync_accept or other octets (which clear this) */
    /* Of signed lists: the time that the publisher signed, which is the list's version; 0: none. */
    int64_t signed_s;
    /* Of legal and hotline lists, whose entries nobody but the sealed set has: how many there are
     * in force, and how many were pages and are not. BODY and HELD_BODY of these are keyed. */
    uint64_t sealed_entries, sealed_pages;
};

/* A set made of sealed lists. */
struct store_sealed_set {
    uint64_t number; /* 0: none was made */
    int64_t made_s;
    uint8_t inputs[32]; /* keyed, of all that it was made of */
    bool told;          /* the server knows of it */
};

/* One segment of a list: of the result in force, or of the one that is held. Its about.feed is
 * `LIST`, or `LIST/PART`, by which a lost database is made again. */
struct store_segment {
    char list[CONFIG_WORD_MAX], part[CONFIG_WORD_MAX]; /* part "" where the list has none */
    bool held;
    char file[STORE_FILE_MAX]; /* in segments/ */
    uint8_t digest[32];        /* of the segment's header, which holds those of all sections */
    uint64_t seed;
    struct segment_about about;
    uint64_t entries; /* names, ranges and exceptions */
};

/* Fills SEGMENT with what the file FILE in DIR/segments/ says itself, after its header's and small
 * sections' digests were checked; of a WHOLE one the names' too. Errors: -1 with ERR, as
 * segment_open. */
int store_segment_read(const char *dir, const char *file, bool whole, struct store_segment *segment,
                       struct err *err);

struct store_generation {
    uint64_t number;
    uint64_t before; /* the one that it took the place of; 0: none */
    int64_t made_s;
    bool current;
    uint8_t digest[32]; /* root of the set */
    uint64_t seed, names, prefixes, octets;
    char why[STORE_WHY_MAX]; /* which lists changed, or `rollback to 12` */
};

/* Kinds of entries in the record; the words are stable. */
#define STORE_EVENTS(X)                                                                            \
    X(EVENT_FETCHED, "fetched")                                                                    \
    X(EVENT_UNCHANGED, "unchanged")                                                                \
    X(EVENT_FAILED, "failed")                                                                      \
    X(EVENT_READ, "read")                                                                          \
    X(EVENT_HELD, "held")                                                                          \
    X(EVENT_ACCEPTED, "accepted")                                                                  \
    X(EVENT_STALE, "stale")                                                                        \
    X(EVENT_DROPPED, "dropped")                                                                    \
    X(EVENT_PUBLISHED, "published")                                                                \
    X(EVENT_REFUSED, "refused")                                                                    \
    X(EVENT_ROLLED_BACK, "rolled_back")                                                            \
    X(EVENT_HEALED, "healed")

enum store_event_kind {
#define X(kind, word) kind,
    STORE_EVENTS(X)
#undef X
        STORE_EVENT_KINDS
};

struct store_event {
    int64_t number, at_s;
    enum store_event_kind kind;
    char list[CONFIG_WORD_MAX]; /* "" for the set as a whole */
    uint64_t generation;        /* 0: none */
    char text[STORE_WHY_MAX];
};

/* Opens the store in DIR, made where it is missing (STORE_WRITE). CREATED_S is the time now, for
 * the record. Owner:  the caller closes with store_close. Errors: NULL with ERR: ERR_BUSY (another
 * writer; its pid in the text), ERR_NOT_FOUND (STORE_READ and none there), ERR_SYSTEM. */
struct store *store_open(const char *dir, enum store_mode mode, int64_t now_s, struct err *err);
void store_close(struct store *store);

/* Everything between begin and commit is there after a crash, or nothing of it. They may be nested:
 * the outermost commit counts. After an error in between only store_abandon, which undoes it all,
 * has a meaning. Errors: -1 with ERR. */
int store_begin(struct store *store, struct err *err);
int store_commit(struct store *store, struct err *err);
void store_abandon(struct store *store);
bool store_in_transaction(const struct store *store);

/* Fills LIST with what is known of ID, all 0 with LIST_NEVER where nothing is. Errors: -1 with ERR.
 */
int store_get_list(struct store *store, const char *id, struct store_list *list, struct err *err);
int store_put_list(struct store *store, const struct store_list *list, struct err *err);

/* Forgets ID with its segments; the files go when a generation is published (generation_tidy). */
int store_forget(struct store *store, const char *id, struct err *err);

/* Calls EACH with every id that is known, in order. EACH returns 0 to go on. */
int store_each(struct store *store, int (*each)(void *context, const struct store_list *list),
               void *context, struct err *err);

/* Fills *SEGMENTS with those of ID (NULL: of all lists), in force or HELD, by list and part. Owner:
 * the caller frees. */
int store_segments(struct store *store, const char *id, bool held, struct store_segment **segments,
                   size_t *count, struct err *err);

/* Returns how many entries SEGMENTS[0..COUNT) have together. */
uint64_t store_segments_entries(const struct store_segment *segments, size_t count);

/* Tells whether some segment of list ID (NULL: of any) among OTHERS is not the same in SEGMENTS. */
bool store_segments_lack(const struct store_segment *segments, size_t count,
                         const struct store_segment *others, size_t other_count, const char *id);

/* Replaces the segments of ID that are in force, or HELD, by SEGMENTS[0..COUNT). */
int store_set_segments(struct store *store, const char *id, bool held,
                       const struct store_segment *segments, size_t count, struct err *err);

/* Generations, newest first. Owner: the caller frees *GENERATIONS. */
int store_generations(struct store *store, struct store_generation **generations, size_t *count,
                      struct err *err);

/* Fills GENERATION with the present one; its number is 0 where there is none. */
int store_current(struct store *store, struct store_generation *generation, struct err *err);

/* The segments that generation NUMBER was made from, as they were then. Owner: the caller frees. */
int store_generation_segments(struct store *store, uint64_t number, struct store_segment **segments,
                              size_t *count, struct err *err);

/* Adds GENERATION with SEGMENTS[0..COUNT), as the present one if its `current` says so. */
int store_put_generation(struct store *store, const struct store_generation *generation,
                         const struct store_segment *segments, size_t count, struct err *err);

/* Makes NUMBER the present generation; 0: none is. */
int store_set_current(struct store *store, uint64_t number, struct err *err);

/* Forgets generation NUMBER and which segments it had. */
int store_drop_generation(struct store *store, uint64_t number, struct err *err);

/* Fills *FILES with the names in segments/ of those in force, held, or of a generation: each once,
 * in the order of strcmp. Owner: the caller frees. */
int store_files(struct store *store, char (**files)[STORE_FILE_MAX], size_t *count,
                struct err *err);

/* Fills SET with the newest that was put, its number 0 where none was; puts SET in its place.
 * Errors: -1 with ERR. */
int store_sealed_set(struct store *store, struct store_sealed_set *set, struct err *err);
int store_put_sealed_set(struct store *store, const struct store_sealed_set *set, struct err *err);

/* Returns the directory that STORE was opened in; lives as long as it. */
const char *store_dir(const struct store *store);

/* Adds to the record (EVENT->number is not looked at). Errors: -1 with ERR. */
int store_event(struct store *store, const struct store_event *event, struct err *err);

/* Calls EACH with the last MOST entries of the record, oldest first; ID NULL: of all. */
int store_events(struct store *store, const char *id, size_t most,
                 int (*each)(void *context, const struct store_event *event), void *context,
                 struct err *err);

/* What became of a legal or hotline list in a run; the words are stable. */
#define STORE_CHECKS(X)                                                                            \
    X(CHECK_TAKEN, "taken")         /* a new version was read */                                   \
    X(CHECK_SAME, "same")           /* the publisher has what is in force */                       \
    X(CHECK_FAILED, "failed")       /* it was not fetched, not believed or not read */             \
    X(CHECK_HELD, "held")           /* the gate keeps the last good one */                         \
    X(CHECK_PUBLISHED, "published") /* all that was taken before is in the set in force */

enum store_check_outcome {
#define X(outcome, word) outcome,
    STORE_CHECKS(X)
#undef X
        STORE_CHECK_OUTCOMES
};

/* One row of the account from which `stairgate evidence` is made. No text of a publisher, no entry.
 */
struct store_check {
    int64_t at_s;
    char list[CONFIG_WORD_MAX]; /* "" of CHECK_PUBLISHED */
    enum list_class class_;     /* LIST_PUBLIC of CHECK_PUBLISHED */
    enum store_check_outcome outcome;
    char kind[32];       /* of CHECK_FAILED and CHECK_HELD: err_word; else "" */
    int64_t signed_s;    /* the version, of CHECK_TAKEN and CHECK_SAME; 0: unsigned */
    uint64_t entries;    /* likewise; of CHECK_PUBLISHED: of the whole set */
    uint32_t deadline_s; /* of the list as it was configured then; 0: none */
    uint64_t generation; /* of CHECK_PUBLISHED: the sealed set's number */
};

/* Adds CHECK to that account. Errors: -1 with ERR. */
int store_check_add(struct store *store, const struct store_check *check, struct err *err);

/* Calls EACH with every one from FROM_S on and before UNTIL_S, in the order in which they were
 * added. */
int store_checks(struct store *store, int64_t from_s, int64_t until_s,
                 int (*each)(void *context, const struct store_check *check), void *context,
                 struct err *err);

/* Return the stable words for STATE, KIND and OUTCOME. */
const char *list_state_word(enum list_state state);
const char *store_event_word(enum store_event_kind kind);
const char *store_check_word(enum store_check_outcome outcome);

#endif
