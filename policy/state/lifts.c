#include "policy/state/lifts.h"

#include <sodium.h>
#include <string.h>

#include "config/base/err.h"
#include "policy/state/seqlock.h"

enum { BUCKETS = 2 * LIFTS_MOST, NONE = 0 /* no entry: numbers are from 1 */ };

struct entry {
    uint64_t hash[2];
    int64_t from_s, until_s;
    uint64_t next; /* of its bucket, or of the free ones */
};

struct lifts {
    struct seqlock lock;
    uint64_t key[2];
    uint64_t count, free;
    uint64_t buckets[BUCKETS];
    struct entry entries[LIFTS_MOST + 1];
};

/* One look-up. */
struct search {
    const struct name *name;
    uint8_t starts[NAME_LABELS_MAX];
    size_t labels;
    int64_t wall_s;
    int64_t until_s; /* the latest end of what covers the name now; 0: nothing does */
    int64_t from_s;  /* the next beginning */
};

static void hash_octets(const uint64_t key[2], const uint8_t *octets, size_t length,
                        uint64_t hash[2])
{
    crypto_shorthash_siphashx24((unsigned char *)hash, octets, length, (const unsigned char *)key);
}

/* ---- the writer ---- */

static void empty(struct lifts *lifts)
{
    SEQLOCK_STORE(lifts->count, 0);
    SEQLOCK_STORE(lifts->free, NONE);
    for (size_t i = 0; i < BUCKETS; i++)
        SEQLOCK_STORE(lifts->buckets[i], NONE);
    for (uint64_t i = LIFTS_MOST; i >= 1; i--) {
        SEQLOCK_STORE(lifts->entries[i].next, lifts->free);
        lifts->free = i;
    }
}

void lifts_rekey(struct lifts *lifts, const uint8_t key[LIFTS_KEY_OCTETS])
{
    uint64_t words[2];

    memcpy(words, key, sizeof words);
    seqlock_write_begin(&lifts->lock);
    SEQLOCK_STORE(lifts->key[0], words[0]);
    SEQLOCK_STORE(lifts->key[1], words[1]);
    empty(lifts);
    seqlock_write_end(&lifts->lock);
    sodium_memzero(words, sizeof words);
}

struct lifts *lifts_create(const uint8_t key[LIFTS_KEY_OCTETS], struct err *err)
{
    struct lifts *lifts = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *lifts);

    if (lifts == NULL) {
        err_set(err, ERR_MEMORY, "no memory for lifts");
        return NULL;
    }
    memset(lifts, 0, sizeof *lifts);
    lifts_rekey(lifts, key);
    return lifts;
}

void lifts_free(struct lifts *lifts)
{
    sodium_free(lifts);
}

void lifts_hash(const struct lifts *lifts, const struct name *name, uint64_t hash[2])
{
    hash_octets(lifts->key, name->wire, name->length - 1, hash);
}

/* Returns the link to the entry of HASH, or to the end of its bucket. */
static uint64_t *link_to(struct lifts *lifts, const uint64_t hash[2])
{
    uint64_t *link = &lifts->buckets[hash[0] % BUCKETS];

    while (*link != NONE && memcmp(lifts->entries[*link].hash, hash, 2 * sizeof *hash) != 0)
        link = &lifts->entries[*link].next;
    return link;
}

static void fill(struct lifts *lifts, uint64_t *link, const uint64_t hash[2])
{
    uint64_t number = lifts->free;
    struct entry *entry = &lifts->entries[number];

    lifts->free = entry->next;
    SEQLOCK_STORE(entry->hash[0], hash[0]);
    SEQLOCK_STORE(entry->hash[1], hash[1]);
    SEQLOCK_STORE(entry->next, NONE);
    SEQLOCK_STORE(*link, number);
    SEQLOCK_STORE(lifts->count, lifts->count + 1);
}

int lifts_put(struct lifts *lifts, const uint64_t hash[2], const struct lifts_span *span,
              struct err *err)
{
    uint64_t *link = link_to(lifts, hash);

    if (*link == NONE && lifts->free == NONE)
        return err_set(err, ERR_LIMIT, "%d lifts are there already; end some", LIFTS_MOST);
    seqlock_write_begin(&lifts->lock);
    if (*link == NONE)
        fill(lifts, link, hash);
    SEQLOCK_STORE(lifts->entries[*link].from_s, span->from_s);
    SEQLOCK_STORE(lifts->entries[*link].until_s, span->until_s);
    seqlock_write_end(&lifts->lock);
    return 0;
}

/* Takes the entry out that LINK leads to. */
static void take_out(struct lifts *lifts, uint64_t *link)
{
    uint64_t number = *link;
    struct entry *entry = &lifts->entries[number];

    seqlock_write_begin(&lifts->lock);
    SEQLOCK_STORE(*link, entry->next);
    SEQLOCK_STORE(entry->next, lifts->free);
    lifts->free = number;
    SEQLOCK_STORE(lifts->count, lifts->count - 1);
    seqlock_write_end(&lifts->lock);
}

void lifts_remove(struct lifts *lifts, const uint64_t hash[2])
{
    uint64_t *link = link_to(lifts, hash);

    if (*link != NONE)
        take_out(lifts, link);
}

void lifts_tidy(struct lifts *lifts, int64_t wall_s)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (uint64_t *link = &lifts->buckets[i]; *link != NONE;) {
            struct entry *entry = &lifts->entries[*link];

            if (entry->until_s <= wall_s)
                take_out(lifts, link);
            else
                link = &entry->next;
        }
    }
}

/* ---- readers ---- */

size_t lifts_count(const struct lifts *lifts)
{
    return (size_t)SEQLOCK_LOAD(lifts->count);
}

static void consider(struct search *s, int64_t from_s, int64_t until_s)
{
    if (s->wall_s < from_s && from_s < s->from_s)
        s->from_s = from_s;
    if (s->wall_s >= from_s && s->wall_s < until_s && until_s > s->until_s)
        s->until_s = until_s;
}

static void probe(const struct lifts *lifts, const uint64_t hash[2], struct search *s)
{
    uint64_t number = SEQLOCK_LOAD(lifts->buckets[hash[0] % BUCKETS]);

    /* A chain that is written meanwhile may lead anywhere, but never outside, nor for ever. */
    for (unsigned steps = 0; number != NONE && number <= LIFTS_MOST && steps <= LIFTS_MOST;
         steps++) {
        const struct entry *entry = &lifts->entries[number];

        if (SEQLOCK_LOAD(entry->hash[0]) == hash[0] && SEQLOCK_LOAD(entry->hash[1]) == hash[1])
            consider(s, SEQLOCK_LOAD(entry->from_s), SEQLOCK_LOAD(entry->until_s));
        number = SEQLOCK_LOAD(entry->next);
    }
}

/* All suffixes are looked at, found or not. */
static void find(const struct lifts *lifts, struct search *s)
{
    const uint64_t key[2] = {SEQLOCK_LOAD(lifts->key[0]), SEQLOCK_LOAD(lifts->key[1])};
    uint64_t hash[2];

    for (size_t i = 0; i < s->labels; i++) {
        hash_octets(key, s->name->wire + s->starts[i], s->name->length - 1u - s->starts[i], hash);
        probe(lifts, hash, s);
    }
}

bool lifts_find(const struct lifts *lifts, const struct name *name, int64_t wall_s,
                int64_t *until_s)
{
    struct search s = {.name = name, .wall_s = wall_s};
    uint64_t begin;

    if (lifts == NULL || lifts_count(lifts) == 0)
        return false;
    s.labels = name_label_starts(name, s.starts);
    do {
        begin = seqlock_read_begin(&lifts->lock);
        s.until_s = 0;
        s.from_s = INT64_MAX;
        find(lifts, &s);
    } while (seqlock_read_again(&lifts->lock, begin));
    if (s.until_s != 0 && s.until_s < *until_s)
        *until_s = s.until_s;
    if (s.until_s == 0 && s.from_s < *until_s)
        *until_s = s.from_s;
    return s.until_s != 0;
}
