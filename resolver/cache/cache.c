/* cache.c - the life of entries.
 *
 * Problem: three kinds of words lie side by side (answers, the denial of a whole subtree, failures)
 * and each must give way to the right other one: a failure must not hide an answer that is good,
 * nor an old answer a newer denial. Idea: one look finds the entry of the question itself; if that
 * is fresh, as nearly always, it is the answer. Only otherwise the denials of the name and of those
 * above it are looked at, all their lines asked for first. Nothing is thrown away when its time is
 * over: it may be wanted as a stale answer, and the store makes room by itself.
 *
 * A failure beside an old answer is noted in that answer (failed_until_ms), so that neither hides
 * the other. */
#include "resolver/cache/cache.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/siphash.h"

enum {
    RENEWED_FROM_S = 10,        /* shorter lives are not renewed ahead */
    REPEATED_WITHIN_MS = 30000, /* a failure after another */
};

/* RFC 9520 §3.2: at least 1 s, at most 5 min; a house would not wait for more than seconds. */
static const uint8_t pauses_s[] = {1, 2, 4, 5};

enum { PAUSES = sizeof pauses_s };

struct cache {
    struct store *store; /* NULL: keeps nothing */
    struct siphash_key sip;
};

struct cache *cache_create(size_t octets, uint64_t seed, struct err *err)
{
    struct cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the cache");
        return NULL;
    }
    cache->sip = siphash_key_from_seed(seed);
    if (octets == 0)
        return cache;
    cache->store = store_create(octets, err);
    if (cache->store != NULL)
        return cache;
    free(cache);
    return NULL;
}

void cache_destroy(struct cache *cache)
{
    if (cache == NULL)
        return;
    if (cache->store != NULL)
        store_destroy(cache->store);
    free(cache);
}

void cache_spot(const struct cache *cache, const struct cache_key *key, struct cache_spot *spot)
{
    cache_spot_fill(spot, key, &cache->sip);
}

void cache_prefetch(const struct cache *cache, const struct cache_spot *spot)
{
    if (cache->store != NULL)
        store_prefetch(cache->store, spot->hash);
}

void cache_prefetch_entry(const struct cache *cache, const struct cache_spot *spot)
{
    if (cache->store != NULL)
        store_prefetch_value(cache->store, spot->hash);
}

static struct store_key key_of(const struct cache_spot *spot)
{
    return (struct store_key){spot->hash, spot->octets, spot->length};
}

/* --- finding --- */

static uint64_t end_of(const struct entry *entry)
{
    return entry->stored_ms + (uint64_t)entry->lifetime_s * 1000;
}

static enum cache_state state_of(const struct entry *entry, const struct cache_when *when)
{
    uint64_t end = end_of(entry);

    if (when->now_ms < end)
        return (entry->flags & ENTRY_FAILURE) != 0 ? CACHE_FAILED : CACHE_FRESH;
    if ((entry->flags & ENTRY_FAILURE) != 0 || when->now_ms - end >= when->stale_s * UINT64_C(1000))
        return CACHE_NONE; /* RFC 8767 §5: a failure is never stale */
    return CACHE_OLD;
}

static void note_failures(struct cache_found *found, const struct entry *entry, uint64_t now_ms)
{
    if ((entry->flags & ENTRY_FAILURE) != 0 && now_ms < end_of(entry) + REPEATED_WITHIN_MS)
        found->failures = entry->failures;
}

/* Gets what lies at SPOT into ROOM. */
static void get_one(struct cache *cache, const struct cache_spot *spot,
                    const struct cache_when *when, uint8_t *room, struct cache_found *found)
{
    struct store_key key = key_of(spot);
    size_t length = store_get(cache->store, &key, room, STORE_VALUE_MAX, &found->ref);

    found->state = CACHE_NONE;
    found->entry = NULL;
    found->spot = spot;
    found->failures = 0;
    if (length == 0)
        return;
    found->entry = (struct entry *)(void *)room;
    found->state = state_of(found->entry, when);
    note_failures(found, found->entry, when->now_ms);
}

/* Tells whether A, an entry of a denial, is to be taken rather than B, which is not fresh. */
static bool is_better(const struct cache_found *a, const struct cache_found *b)
{
    if (a->state != CACHE_OLD || b->state == CACHE_FAILED)
        return a->state == CACHE_FRESH;
    return b->state == CACHE_NONE || a->entry->stored_ms > b->entry->stored_ms;
}

/* Fills the denials of ROOM for the name of SPOT and those above it; returns how many. */
static size_t fill_denials(struct cache *cache, const struct cache_spot *spot,
                           struct cache_room *room)
{
    const uint8_t *name = spot->octets + CACHE_SPOT_FIXED;
    size_t count = 0;

    for (size_t skip = 0; name[skip] != 0 && count < CACHE_DENIALS_MAX; count++) {
        cache_spot_denial(&room->denials[count], spot, skip, &cache->sip);
        store_prefetch(cache->store, room->denials[count].hash);
        skip += (size_t)name[skip] + 1;
    }
    return count;
}

/* Tells whether the name of FOUND was there when it was last asked for. Some servers deny a name
 * that has others below it (which RFC 8020 §2 rules out): what is said of a name above is then no
 * reason not to ask, and better than nothing where nobody answers. */
static bool was_there(const struct cache_found *found)
{
    return found->state == CACHE_OLD && found->entry->answers > 0;
}

/* Looks for the word that the name of SPOT, or one above it, does not exist. */
static void get_denial(struct cache *cache, const struct cache_spot *spot,
                       const struct cache_when *when, struct cache_room *room,
                       struct cache_found *found)
{
    size_t count = fill_denials(cache, spot, room);
    bool known = was_there(found);

    for (size_t i = 0; i < count && found->state != CACHE_FRESH; i++) {
        bool first = (uint8_t *)found->entry == room->entries[0];
        struct cache_found other;

        get_one(cache, &room->denials[i], when, room->entries[first], &other);
        other.failures = found->failures;
        if (known && i > 0 && other.state == CACHE_FRESH)
            other.state = CACHE_OLD;
        if (is_better(&other, found))
            *found = other;
    }
}

void cache_get(struct cache *cache, const struct cache_spot *spot, const struct cache_when *when,
               struct cache_room *room, struct cache_found *found)
{
    found->state = CACHE_NONE;
    found->failures = 0;
    if (cache->store == NULL)
        return;
    get_one(cache, spot, when, room->entries[0], found);
    if (found->state != CACHE_FRESH)
        get_denial(cache, spot, when, room, found);
}

/* --- keeping --- */

void cache_put(struct cache *cache, const struct cache_spot *spot, const struct entry *entry)
{
    struct cache_spot denial;
    struct store_key key = key_of(spot);

    if (cache->store == NULL)
        return;
    if ((entry->flags & ENTRY_DENIAL) != 0) {
        cache_spot_denial(&denial, spot, 0, &cache->sip);
        key = key_of(&denial);
    }
    store_put(cache->store, &key, (const uint8_t *)entry, entry_length(entry));
}

void cache_touch(struct cache *cache, const struct cache_found *found)
{
    struct store_key key = key_of(found->spot);

    store_replace(cache->store, &found->ref, &key, (const uint8_t *)found->entry,
                  entry_length(found->entry));
}

static uint32_t pause_s(uint8_t failures)
{
    return pauses_s[failures <= PAUSES ? failures - 1 : PAUSES - 1];
}

static uint8_t one_more(uint8_t failures)
{
    return failures < UINT8_MAX ? (uint8_t)(failures + 1) : failures;
}

/* Notes in the answer that is there that its renewal has failed. */
static void note_failure(struct cache *cache, const struct cache_found *found, uint64_t now_ms)
{
    struct entry *entry = found->entry;

    if (now_ms >= entry->failed_until_ms + REPEATED_WITHIN_MS)
        entry->failures = 0;
    entry->failures = one_more(entry->failures);
    entry->failed_until_ms = now_ms + pause_s(entry->failures) * 1000;
    cache_touch(cache, found);
}

/* Puts FAILURE at SPOT, where a look has just brought FOUND. Not over what another worker has put
 * there since, which is an answer more likely than not. */
static void put_failure(struct cache *cache, const struct cache_spot *spot,
                        const struct entry *failure, const struct cache_found *found)
{
    struct store_key key = key_of(spot);

    if (cache->store != NULL && found->spot == spot)
        store_replace(cache->store, &found->ref, &key, (const uint8_t *)failure,
                      entry_length(failure));
    else
        cache_put(cache, spot, failure); /* beside an old denial of the name, or of one above */
}

void cache_fail(struct cache *cache, const struct cache_spot *spot, const struct cache_when *when,
                struct entry *failure, bool final, struct cache_room *room,
                struct cache_found *found)
{
    cache_get(cache, spot, when, room, found);
    if (found->state == CACHE_FRESH || (found->state == CACHE_OLD && !final)) {
        note_failure(cache, found, when->now_ms);
        return;
    }
    failure->failures = one_more(found->failures);
    failure->lifetime_s = pause_s(failure->failures);
    put_failure(cache, spot, failure, found);
    found->state = CACHE_FAILED;
    found->entry = failure;
    found->spot = spot;
}

bool cache_renews(struct cache *cache, const struct cache_found *found, uint64_t now_ms)
{
    const struct entry *entry = found->entry;
    uint64_t life_ms = (uint64_t)entry->lifetime_s * 1000, end = end_of(entry);

    if (end - now_ms > life_ms / 10 || entry->lifetime_s < RENEWED_FROM_S ||
        now_ms < entry->failed_until_ms)
        return false;
    return store_claim(cache->store, &found->ref);
}

/* --- for the operator --- */

struct sweep {
    const struct name *name; /* NULL: all */
    bool below, forget;
    uint64_t now_ms;
    void (*see)(void *context, const struct cache_line *line);
    void *context;
    size_t seen;
};

static bool is_meant(const struct sweep *sweep, const struct cache_key *key)
{
    if (sweep->name == NULL || name_equal(sweep->name, &key->name))
        return true;
    if (key->type == CACHE_TYPE_NONE && name_is_below_or_at(sweep->name, &key->name))
        return true;
    return sweep->below && name_is_below_or_at(&key->name, sweep->name);
}

static void show(const struct sweep *sweep, const struct cache_key *key, const struct entry *entry,
                 size_t octets)
{
    uint64_t end = end_of(entry), now_ms = sweep->now_ms;
    struct cache_line line = {
        .key = *key,
        .rcode = entry->rcode,
        .records = (uint16_t)(entry->answers + entry->authorities),
        .failure = (entry->flags & ENTRY_FAILURE) != 0,
        .ttl_s = now_ms < end ? (uint32_t)((end - now_ms + 999) / 1000) : 0,
        .age_s = now_ms > entry->stored_ms ? (uint32_t)((now_ms - entry->stored_ms) / 1000) : 0,
        .octets = octets,
    };

    sweep->see(sweep->context, &line);
}

static bool on_value(void *context, const uint8_t *octets, size_t octets_length,
                     const uint8_t *value, size_t length)
{
    struct sweep *sweep = context;
    struct cache_key key = cache_key_read(octets, octets_length);
    struct entry head;

    if (!is_meant(sweep, &key))
        return false;
    sweep->seen++;
    memcpy(&head, value, sizeof head);
    if (sweep->see != NULL)
        show(sweep, &key, &head, octets_length + length);
    return sweep->forget;
}

size_t cache_list(struct cache *cache, const struct name *name, bool below, uint64_t now_ms,
                  void (*see)(void *context, const struct cache_line *line), void *context)
{
    struct sweep sweep = {
        .name = name, .below = below, .now_ms = now_ms, .see = see, .context = context};

    if (cache->store != NULL)
        store_sweep(cache->store, on_value, &sweep);
    return sweep.seen;
}

size_t cache_flush(struct cache *cache, const struct name *name, bool below)
{
    struct sweep sweep = {.name = name, .below = below, .forget = true};

    return cache->store != NULL ? store_sweep(cache->store, on_value, &sweep) : 0;
}

void cache_stats(struct cache *cache, struct cache_stats *stats)
{
    struct store_stats store = {0};

    if (cache->store != NULL)
        store_stats(cache->store, &store);
    *stats = (struct cache_stats){
        .octets = store.octets,
        .entries = store.entries,
        .used = store.used,
        .inserted = store.inserted,
        .evicted = store.evicted,
    };
}
