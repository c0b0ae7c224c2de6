/* The problem: every query asks whether its client is out, workers charge the same client at the
 * same time, and addresses can be forged, so that whatever is remembered of clients can be flooded.
 * The idea: a set-associative table of atomics. A place is two words: the keyed hash of its client,
 * and a word that is changed by compare-and-swap alone: how many names, since when, whether out.
 * The word also holds a part of the client's hash, so that a worker which still believes the place
 * to be another's changes nothing. Of races there remain a hit too many or too few.
 *
 * Time is in tenths of a second, so that a word has room for it, and goes round after 13 years.
 *
 * Dropped: counting by buckets that several clients share (a sketch silences who did not ask), a
 * newcomer that takes over the count of whom he replaces (the same), and a window that slides,
 * which needs a time for each name: with one that starts anew a client may meet twice as many
 * around its end, and in the long run no more. */
#include "resolver/budget.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "config/base/siphash.h"
#include "config/config.h"

enum {
    PLACES = 8, /* of a bucket: where one client may be */
    TENTHS_MS = 100,
    TENTHS_S = 10,
    NETWORK_OCTETS = 8, /* of an IPv6 /64, whose addresses are all at one client's hand */
    HITS_MOST = 0x7fff,
    PERSON_BUCKETS = 4,
};

/* A place's word, from the top: part of the client's hash, out or not, hits, since when. */
enum { CHECK_SHIFT = 48, OUT_SHIFT = 47, HITS_SHIFT = 32 };

struct bucket {
    _Atomic uint64_t tags[PLACES]; /* 0: free */
    _Atomic uint64_t words[PLACES];
    _Atomic uint32_t names[PLACES][BUDGET_NAMES]; /* the hashes of the last; as many as hits say */
};

struct table {
    struct bucket *buckets;
    size_t count; /* a power of two */
};

struct budget {
    struct table clients, persons;
    struct siphash_key sip;
    _Alignas(64) _Atomic uint32_t hits; /* 0: no budget */
    _Atomic uint32_t per, drop;         /* in tenths of a second */
    _Atomic uint64_t last_out;          /* when the last client went out, + 1; 0: never */
};

/* A place's word in parts. */
struct state {
    uint16_t check;
    bool out;
    uint32_t hits, since;
};

/* Who is charged for what, when. */
struct meeting {
    uint64_t tag;
    uint32_t name, now;
};

static uint64_t word_of(const struct state *state)
{
    return (uint64_t)state->check << CHECK_SHIFT | (uint64_t)state->out << OUT_SHIFT |
           (uint64_t)state->hits << HITS_SHIFT | state->since;
}

static struct state state_of(uint64_t word)
{
    return (struct state){
        .check = (uint16_t)(word >> CHECK_SHIFT),
        .out = (word >> OUT_SHIFT & 1) != 0,
        .hits = (uint32_t)(word >> HITS_SHIFT) & HITS_MOST,
        .since = (uint32_t)word,
    };
}

static uint16_t check_of(uint64_t tag)
{
    return (uint16_t)(tag >> CHECK_SHIFT);
}

static uint32_t tenths(uint64_t mono_ms)
{
    return (uint32_t)(mono_ms / TENTHS_MS);
}

/* Returns how long ago SINCE was; another worker's batch may have begun a moment later. */
static uint32_t age(uint32_t now, uint32_t since)
{
    uint32_t passed = now - since;

    return passed > INT32_MAX ? 0 : passed;
}

/* ---- the life of a table ---- */

static size_t buckets_for(enum tier tier)
{
    switch (tier) {
    case TIER_ROUTER:
        return 128; /* 1024 clients, 144 KiB */
    case TIER_ISP:
        return 8192; /* 65536 clients, 9 MiB */
    case TIER_UNSET:
    case TIER_SCHOOL:
        break;
    }
    return 1024; /* 8192 clients, 1.1 MiB */
}

/* Its pages are taken as they are touched. */
static int table_open(struct table *table, size_t count, struct err *err)
{
    size_t octets = count * sizeof *table->buckets;
    void *memory = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return err_set(err, ERR_MEMORY, "no memory for the budgets of clients");
    (void)madvise(memory, octets, MADV_DONTDUMP);
    *table = (struct table){memory, count};
    return 0;
}

static void table_close(struct table *table)
{
    if (table->buckets != NULL)
        munmap(table->buckets, table->count * sizeof *table->buckets);
}

struct budget *budget_create(const struct config *config, uint64_t seed, struct err *err)
{
    struct budget *budget = aligned_alloc(64, (sizeof *budget + 63) / 64 * 64);

    if (budget == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the budgets of clients");
        return NULL;
    }
    memset(budget, 0, sizeof *budget);
    budget->sip = siphash_key_from_seed(seed);
    if (table_open(&budget->clients, buckets_for(config->tier), err) < 0 ||
        table_open(&budget->persons, PERSON_BUCKETS, err) < 0) {
        budget_free(budget);
        return NULL;
    }
    budget_set(budget, config);
    return budget;
}

void budget_free(struct budget *budget)
{
    if (budget == NULL)
        return;
    table_close(&budget->clients);
    table_close(&budget->persons);
    free(budget);
}

static uint32_t bound_of(uint32_t seconds)
{
    return seconds > INT32_MAX / TENTHS_S ? INT32_MAX : seconds * TENTHS_S;
}

void budget_set(struct budget *budget, const struct config *config)
{
    const struct config_sealed *sealed = &config->sealed;
    uint32_t hits = sealed->budget_hits < HITS_MOST ? sealed->budget_hits : HITS_MOST - 1;

    atomic_store_explicit(&budget->per, bound_of(sealed->budget_per_s), memory_order_relaxed);
    atomic_store_explicit(&budget->drop, bound_of(sealed->budget_drop_s), memory_order_relaxed);
    atomic_store_explicit(&budget->hits, hits, memory_order_relaxed);
}

/* ---- places ---- */

static uint32_t load(const _Atomic uint32_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static uint64_t load_word(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_acquire);
}

static struct bucket *bucket_of(const struct table *table, uint64_t tag)
{
    return &table->buckets[tag & (table->count - 1)];
}

/* Tells how long the one in WORD still is out, in tenths of a second. */
static uint32_t out_for(const struct budget *budget, struct state state, uint32_t now)
{
    uint32_t passed = age(now, state.since), drop = load(&budget->drop);

    return state.out && passed < drop ? drop - passed : 0;
}

/* Tells whether what STATE says is over. */
static bool is_over(const struct budget *budget, struct state state, uint32_t now)
{
    return state.out ? out_for(budget, state, now) == 0
                     : age(now, state.since) >= load(&budget->per);
}

/* Tells whether PLACE of BUCKET is that of TAG: its word says so as well, where no other worker is
 * giving it away. */
static bool is_place_of(const struct bucket *bucket, size_t place, uint64_t tag)
{
    return load_word(&bucket->tags[place]) == tag &&
           state_of(load_word(&bucket->words[place])).check == check_of(tag);
}

/* Two workers that meet a new client at once may give it two places. */
static uint32_t left(const struct budget *budget, const struct table *table, uint64_t tag,
                     uint32_t now)
{
    const struct bucket *bucket = bucket_of(table, tag);
    uint32_t most = 0;

    for (size_t i = 0; i < PLACES; i++) {
        uint32_t one;

        if (!is_place_of(bucket, i, tag))
            continue;
        one = out_for(budget, state_of(load_word(&bucket->words[i])), now);
        if (one > most)
            most = one;
    }
    return most;
}

/* Returns what STATE's place is worth: 0 may be taken at any time, INT32_MAX never. */
static uint32_t worth(const struct budget *budget, struct state state, uint32_t now)
{
    if (is_over(budget, state, now))
        return 0;
    return state.out ? INT32_MAX : state.hits;
}

/* Takes the place of BUCKET that is worth least for TAG; returns its number, or -1 where all are
 * out, or another worker was faster. */
static int claim(const struct budget *budget, struct bucket *bucket, uint64_t tag, uint32_t now)
{
    const struct state fresh = {.check = check_of(tag), .since = now};
    uint32_t least = INT32_MAX;
    uint64_t seen = 0;
    int at = -1;

    for (int i = 0; i < PLACES; i++) {
        uint64_t word = load_word(&bucket->words[i]);
        bool vacant = load_word(&bucket->tags[i]) == 0;
        uint32_t value = vacant ? 0 : worth(budget, state_of(word), now);

        if (value >= least)
            continue;
        least = value;
        seen = word;
        at = i;
    }
    if (at < 0 || !atomic_compare_exchange_strong(&bucket->words[at], &seen, word_of(&fresh)))
        return -1;
    atomic_store_explicit(&bucket->tags[at], tag, memory_order_release);
    return at;
}

static int find(const struct bucket *bucket, uint64_t tag)
{
    for (int i = 0; i < PLACES; i++) {
        if (is_place_of(bucket, (size_t)i, tag))
            return i;
    }
    return -1;
}

/* ---- charging ---- */

/* Tells whether NAME is among the last of HITS. */
static bool is_known(const _Atomic uint32_t names[BUDGET_NAMES], uint32_t hits, uint32_t name)
{
    uint32_t count = hits < BUDGET_NAMES ? hits : BUDGET_NAMES;

    for (uint32_t i = 0; i < count; i++) {
        if (load(&names[i]) == name)
            return true;
    }
    return false;
}

static void note_out(struct budget *budget, uint32_t now)
{
    uint64_t before = load_word(&budget->last_out), after = (uint64_t)now + 1;

    while (before < after && !atomic_compare_exchange_weak(&budget->last_out, &before, after))
        ;
}

/* Counts MEETING at PLACE; returns false where the one who stands there is out. */
static bool count(struct budget *budget, struct bucket *bucket, int place,
                  const struct meeting *meeting)
{
    uint64_t word = load_word(&bucket->words[place]);
    struct state state;

    do {
        state = state_of(word);
        if (state.check != check_of(meeting->tag))
            return true; /* it has become another's */
        if (is_over(budget, state, meeting->now))
            state = (struct state){.check = state.check, .since = meeting->now};
        if (state.out)
            return false;
        if (is_known(bucket->names[place], state.hits, meeting->name))
            return true;
        state.hits++;
        state.out = state.hits > load(&budget->hits);
        if (state.out)
            state.since = meeting->now;
    } while (!atomic_compare_exchange_weak(&bucket->words[place], &word, word_of(&state)));
    atomic_store_explicit(&bucket->names[place][(state.hits - 1) % BUDGET_NAMES], meeting->name,
                          memory_order_relaxed);
    if (state.out)
        note_out(budget, meeting->now);
    return !state.out;
}

static bool charge(struct budget *budget, const struct table *table, const struct meeting *meeting)
{
    struct bucket *bucket = bucket_of(table, meeting->tag);
    int place = find(bucket, meeting->tag);

    if (place < 0)
        place = claim(budget, bucket, meeting->tag, meeting->now);
    return place < 0 || count(budget, bucket, place, meeting);
}

/* ---- clients and persons ---- */

/* Tells whether ADDR is link-local: there one /64 is everybody on the link. */
static bool is_on_link(const struct addr *addr)
{
    return addr->bits == 128 && addr->octets[0] == 0xfe && (addr->octets[1] & 0xc0) == 0x80;
}

/* Returns what stands for CLIENT; never 0. */
static uint64_t tag_of(const struct budget *budget, const struct addr *client)
{
    uint8_t octets[1 + sizeof client->octets + sizeof client->scope] = {client->bits};

    memcpy(octets + 1, client->octets, is_on_link(client) ? sizeof client->octets : NETWORK_OCTETS);
    memcpy(octets + 1 + sizeof client->octets, &client->scope, sizeof client->scope);
    return siphash_whole(&budget->sip, octets, sizeof octets) | (uint64_t)1 << (CHECK_SHIFT - 1);
}

static uint64_t person_tag(const struct budget *budget, uint32_t who)
{
    uint8_t octets[sizeof who];

    memcpy(octets, &who, sizeof who);
    return siphash_whole(&budget->sip, octets, sizeof octets) | (uint64_t)1 << (CHECK_SHIFT - 1);
}

static struct meeting meeting_of(const struct budget *budget, uint64_t tag, const struct name *name,
                                 uint64_t mono_ms)
{
    return (struct meeting){
        .tag = tag,
        .name = (uint32_t)siphash_whole(&budget->sip, name->wire, name->length),
        .now = tenths(mono_ms),
    };
}

/* Tells whether somebody may be out: the only thing most queries ask. */
static bool is_anybody_out(const struct budget *budget, uint32_t now)
{
    uint64_t last = atomic_load_explicit(&budget->last_out, memory_order_relaxed);

    return last != 0 && age(now, (uint32_t)(last - 1)) < load(&budget->drop) &&
           load(&budget->hits) > 0;
}

bool budget_is_out(const struct budget *budget, const struct addr *client, uint64_t mono_ms)
{
    uint32_t now = tenths(mono_ms);

    return budget != NULL && is_anybody_out(budget, now) &&
           left(budget, &budget->clients, tag_of(budget, client), now) > 0;
}

bool budget_charge(struct budget *budget, const struct addr *client, const struct name *name,
                   uint64_t mono_ms)
{
    struct meeting meeting;

    if (budget == NULL || load(&budget->hits) == 0)
        return true;
    meeting = meeting_of(budget, tag_of(budget, client), name, mono_ms);
    return charge(budget, &budget->clients, &meeting);
}

bool budget_charge_person(struct budget *budget, uint32_t who, const struct name *name,
                          uint64_t mono_ms)
{
    struct meeting meeting;

    if (load(&budget->hits) == 0)
        return true;
    meeting = meeting_of(budget, person_tag(budget, who), name, mono_ms);
    return charge(budget, &budget->persons, &meeting);
}

bool budget_person_is_out(const struct budget *budget, uint32_t who, uint64_t mono_ms,
                          uint64_t *left_ms)
{
    uint32_t tenths_left = 0;

    if (load(&budget->hits) > 0)
        tenths_left = left(budget, &budget->persons, person_tag(budget, who), tenths(mono_ms));
    *left_ms = (uint64_t)tenths_left * TENTHS_MS;
    return tenths_left > 0;
}
