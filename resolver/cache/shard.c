/* shard.c - one part of a store: readers without a lock, writers under one, S3-FIFO between them.
 *
 * The problem: workers ask millions of times a second and must not wait for each other; memory is
 * fixed; a scan of names that nobody asks for twice must not push out what everybody asks for.
 *
 * The idea: records lie in two rings (ring.h). What is new goes into the small one; at its end it
 * moves to the main one if it was asked for again, else only its mark is kept (ghost.h), and what
 * comes back while its mark is known goes to the main ring at once. At the end of the main ring a
 * record that was used gets another turn for each use, up to three. A hit reads one line of the
 * index and the record, and writes only while the uses are fewer than three.
 *
 * Replacing appends, and the old record is dead weight until the tail gets there: in place would
 * need a sequence number a record, and readers that wait. Dropped also: SIEVE, one list with a hand
 * that walks it, needs links, 16 octets an entry, and was no better (docs/benchmarks.md); TinyLFU's
 * sketch costs a write a hit. */
#include "resolver/cache/shard.h"

#include "config/base/err.h"

enum {
    LENGTH_BITS = 17, /* of a header: value's length, key's length, mark */
    KEY_BITS = 9,
    MARK_BITS = 64 - LENGTH_BITS - KEY_BITS,
    PREFETCH = 256,    /* octets of a record: most answers */
    TRIES = 4,         /* of a get whose record moves while it is read */
    TURNS_MOST = 256,  /* given to used records by one put: its cost is bounded */
    SMALL_PART = 8,    /* of the small ring: what is larger goes to the main one */
    SWEEP_SLICE = 512, /* slots: a worker that puts waits for some 30 us */
    MAIN_PART = 4,     /* of the main ring: what is larger is not kept */
};

#define GONE SIZE_MAX

_Static_assert(STORE_VALUE_MAX < 1 << LENGTH_BITS, "a header holds the value's length");
_Static_assert(STORE_KEY_MAX < 1 << KEY_BITS, "a header holds the key's length");
_Static_assert(MARK_BITS >= 32, "a mark finds its lines in the index");

/* What a record's first word says. The mark is that much of its hash. */
struct record {
    uint64_t mark;
    size_t key_length, length, words;
};

static uint64_t header_of(const struct store_key *key, size_t length)
{
    return key->hash << (64 - MARK_BITS) | (uint64_t)key->length << LENGTH_BITS | length;
}

static struct record record_of(uint64_t header)
{
    struct record record = {
        .mark = header >> (LENGTH_BITS + KEY_BITS),
        .length = header & ((1U << LENGTH_BITS) - 1),
        .key_length = header >> LENGTH_BITS & ((1U << KEY_BITS) - 1),
    };

    record.words = 1 + ring_words(record.key_length) + ring_words(record.length);
    return record;
}

static const struct ring *ring_of(const struct shard *shard, uint64_t word)
{
    return word & INDEX_MAIN ? &shard->main : &shard->small;
}

static struct slot *slot_of(const struct store_ref *ref)
{
    return (struct slot *)(uintptr_t)ref->place;
}

int shard_init(struct shard *shard, const struct shard_share *share, void *memory, struct err *err)
{
    _Atomic uint64_t *words = memory;

    shard->index = (struct index){.slots = memory, .pairs = share->pairs};
    words += share->pairs * INDEX_PAIR;
    shard->ghost = (struct ghost){.sets = (void *)words, .count = share->ghost_sets};
    words += share->ghost_sets * sizeof *shard->ghost.sets / sizeof *words;
    ring_init(&shard->small, words, share->small_words);
    ring_init(&shard->main, words + share->small_words, share->main_words);
    if (pthread_mutex_init(&shard->lock, NULL) != 0)
        return err_set(err, ERR_SYSTEM, "cannot make a lock for the cache");
    return 0;
}

void shard_release(struct shard *shard)
{
    pthread_mutex_destroy(&shard->lock);
}

void shard_prefetch(const struct shard *shard, uint64_t hash)
{
    __builtin_prefetch((const void *)index_home(&shard->index, hash));
}

void shard_prefetch_value(const struct shard *shard, uint64_t hash)
{
    const struct slot *home = index_home(&shard->index, hash);
    unsigned fitting = index_fitting(home, index_tag(hash));
    const char *octets;
    uint64_t word;

    if (fitting == 0)
        return;
    word = slot_load(&home[__builtin_ctz(fitting)]);
    octets = (const char *)&ring_of(shard, word)->words[word & RING_PLACE_MASK];
    for (size_t at = 0; at < PREFETCH; at += 64)
        __builtin_prefetch(octets + at);
}

/* Copies the LENGTH octets at POSITION to OUT, of ROOM octets: in whole words where there is room,
 * since what lies behind the value is nobody's. */
static void read_value(const struct ring *ring, uint64_t position, uint8_t *out, size_t room,
                       size_t length)
{
    size_t words = ring_words(length) * 8 <= room ? ring_words(length) : length / 8;
    uint64_t last;

    ring_read(ring, position, out, words);
    if (words * 8 >= length)
        return;
    last = ring_load(ring, ring_after(ring, position, words));
    memcpy(out + words * 8, &last, length - words * 8);
}

/* Copies the value of the record at WORD; 0 when it is another key's or does not fit, GONE when it
 * was dropped meanwhile. */
static size_t read_record(const struct shard *shard, uint64_t word, const struct store_key *key,
                          uint8_t *out, size_t room)
{
    const struct ring *ring = ring_of(shard, word);
    uint64_t position = word & RING_POSITION_MASK;
    struct record record = record_of(ring_load(ring, position));
    bool same;

    if (!ring_holds(ring, position))
        return GONE; /* before lengths are believed that may be anything */
    if (record.key_length != key->length || record.length > room)
        return 0;
    position = ring_after(ring, position, 1);
    same = ring_equals(ring, position, key->octets, key->length);
    if (same)
        read_value(ring, ring_after(ring, position, ring_words(key->length)), out, room,
                   record.length);
    if (!ring_holds(ring, word & RING_POSITION_MASK))
        return GONE;
    return same ? record.length : 0;
}

/* Looks for KEY in LINE; GONE when it moved or was dropped meanwhile. */
static size_t get_from(const struct shard *shard, struct slot *line, const struct store_key *key,
                       uint8_t *out, size_t room, struct store_ref *ref)
{
    uint64_t tag = index_tag(key->hash);
    size_t answer = 0;

    for (unsigned fit = index_fitting(line, tag); fit != 0; fit &= fit - 1) {
        struct slot *slot = &line[__builtin_ctz(fit)];
        uint64_t word = slot_load(slot);
        size_t length = (word & INDEX_TAG) == tag ? read_record(shard, word, key, out, room) : GONE;

        if (length == GONE) {
            answer = GONE;
        } else if (length > 0) {
            *ref = (struct store_ref){.place = (uintptr_t)slot, .word = slot_use(slot, word)};
            return length;
        }
    }
    return answer;
}

size_t shard_get(const struct shard *shard, const struct store_key *key, uint8_t *out, size_t room,
                 struct store_ref *ref)
{
    struct slot *home = index_home(&shard->index, key->hash);
    struct store_ref unwanted;
    size_t length = GONE;

    ref = ref != NULL ? ref : &unwanted;
    *ref = (struct store_ref){0, 0};
    for (int try = 0; try < TRIES && length == GONE; try++) {
        length = get_from(shard, home, key, out, room, ref);
        if (length == 0)
            length = get_from(shard, index_sister(home), key, out, room, ref);
    }
    return length == GONE ? 0 : length;
}

bool shard_claim(const struct store_ref *ref)
{
    return slot_claim(slot_of(ref), ref->word);
}

/* From here on: under the lock. */

static struct record record_at(const struct shard *shard, uint64_t word)
{
    return record_of(ring_load(ring_of(shard, word), word & RING_POSITION_MASK));
}

static void forget(struct shard *shard, struct slot *slot)
{
    shard->words -= record_at(shard, slot_load(slot)).words;
    shard->entries--;
    atomic_store_explicit(&slot->word, 0, memory_order_release);
}

/* Forgets the entry of SLOT to make room; one that had no time to show its worth is noted. */
static void push_out(struct shard *shard, struct slot *slot)
{
    uint64_t word = slot_load(slot);

    if ((word & INDEX_MAIN) == 0)
        ghost_add(&shard->ghost, record_at(shard, word).mark);
    forget(shard, slot);
    shard->evicted++;
}

/* Drops the oldest record of the main ring, or gives it another turn if it was used and MAY. The
 * record of OWN is being replaced. */
static void leave_main(struct shard *shard, const struct slot *own, bool may)
{
    struct ring *ring = &shard->main;
    uint64_t position = ring_tail(ring), moved;
    struct record record = record_of(ring_load(ring, position));
    struct slot *slot = index_find(&shard->index, record.mark, position | INDEX_MAIN);
    bool live = slot != NULL && slot != own;
    bool stays = live && may && (slot_load(slot) & INDEX_USES) != 0;

    if (live && !stays)
        push_out(shard, slot);
    ring_drop(ring, record.words);
    if (!stays)
        return;
    moved = ring->head;
    ring_add_from(ring, ring, position, record.words);
    slot_move(slot, moved | INDEX_MAIN, INDEX_TAG | INDEX_CLAIMED | INDEX_USES, INDEX_USE);
}

static void make_room_in_main(struct shard *shard, size_t words, const struct slot *own)
{
    for (unsigned turns = 0; ring_free(&shard->main) < words; turns++)
        leave_main(shard, own, turns < TURNS_MOST);
}

/* Drops dead records at the end of the main ring; tells whether WORDS are free then. */
static bool main_has_room(struct shard *shard, size_t words)
{
    struct ring *ring = &shard->main;

    while (ring->used > 0) {
        uint64_t position = ring_tail(ring);
        struct record record = record_of(ring_load(ring, position));

        if (index_find(&shard->index, record.mark, position | INDEX_MAIN) != NULL)
            break;
        ring_drop(ring, record.words);
    }
    return ring_free(ring) >= words;
}

static void move_to_main(struct shard *shard, struct slot *slot, uint64_t position, size_t words)
{
    uint64_t moved = shard->main.head;

    ring_add_from(&shard->main, &shard->small, position, words);
    slot_move(slot, moved | INDEX_MAIN, INDEX_TAG | INDEX_CLAIMED, 0);
}

/* Drops the oldest record of the small ring. It moves to the main one if it was used, and while
 * that has room to spare: nothing needs to go before memory is full. */
static void leave_small(struct shard *shard, const struct slot *own)
{
    uint64_t position = ring_tail(&shard->small);
    struct record record = record_of(ring_load(&shard->small, position));
    struct slot *slot = index_find(&shard->index, record.mark, position);

    if (slot != NULL && slot != own) {
        bool used = (slot_load(slot) & INDEX_USES) != 0;

        if (used)
            make_room_in_main(shard, record.words, own);
        if (used || main_has_room(shard, record.words))
            move_to_main(shard, slot, position, record.words);
        else
            push_out(shard, slot);
    }
    ring_drop(&shard->small, record.words);
}

static struct slot *find(const struct shard *shard, const struct store_key *key)
{
    struct slot *pair = index_pair(&shard->index, key->hash);

    for (size_t i = 0; i < INDEX_PAIR; i++) {
        uint64_t word = slot_load(&pair[i]), position = word & RING_POSITION_MASK;
        const struct ring *ring = ring_of(shard, word);

        if ((word & INDEX_TAG) == index_tag(key->hash) &&
            record_at(shard, word).key_length == key->length &&
            ring_equals(ring, ring_after(ring, position, 1), key->octets, key->length))
            return &pair[i];
    }
    return NULL;
}

/* The ring for a record of WORDS words whose key stands at OWN, or nowhere. */
static struct ring *choose_ring(struct shard *shard, const struct slot *own, uint64_t mark,
                                size_t words)
{
    bool known = own != NULL ? (slot_load(own) & INDEX_MAIN) != 0 : ghost_take(&shard->ghost, mark);

    return known || words > shard->small.room / SMALL_PART ? &shard->main : &shard->small;
}

/* Returns the place of what is written. */
static uint64_t append(struct shard *shard, struct ring *ring, const struct store_key *key,
                       const uint8_t *value, size_t length)
{
    uint64_t position = ring->head;

    ring_add_word(ring, header_of(key, length));
    ring_add(ring, key->octets, key->length);
    ring_add(ring, value, length);
    return position | (ring == &shard->main ? INDEX_MAIN : 0);
}

static void add_slot(struct shard *shard, uint64_t hash, uint64_t place)
{
    struct slot *slot = index_room(&shard->index, hash);

    if (slot_load(slot) != 0)
        push_out(shard, slot);
    atomic_store_explicit(&slot->word, index_tag(hash) | place, memory_order_release);
    shard->entries++;
}

/* Writes the record and points OWN (where the key stands already) or a new slot at it. */
static void write(struct shard *shard, struct slot *own, const struct store_key *key,
                  const uint8_t *value, size_t length)
{
    struct record record = record_of(header_of(key, length));
    struct ring *ring = choose_ring(shard, own, record.mark, record.words);
    uint64_t place;

    if (own != NULL)
        shard->words -= record_at(shard, slot_load(own)).words;
    if (ring == &shard->main)
        make_room_in_main(shard, record.words, own);
    while (ring_free(ring) < record.words)
        leave_small(shard, own);
    place = append(shard, ring, key, value, length);
    if (own != NULL)
        slot_move(own, place, INDEX_TAG | INDEX_USES, 0);
    else
        add_slot(shard, key->hash, place);
    shard->words += record.words;
    shard->inserted++;
}

/* Asks for the lines that a put of HASH reads: its own in index and ghosts, and those of the record
 * that is the next to leave, whose header the put before has asked for. One after the other they
 * would cost more than all else of a put. */
static void prefetch_put(const struct shard *shard, uint64_t hash)
{
    uint64_t header = ring_load(&shard->small, ring_tail(&shard->small));
    uint64_t marks[] = {hash & (UINT64_MAX >> (64 - MARK_BITS)), record_of(header).mark};

    for (size_t i = 0; i < 2; i++) {
        const struct slot *pair = index_pair(&shard->index, marks[i]);

        __builtin_prefetch((const void *)pair);
        __builtin_prefetch((const void *)(pair + INDEX_LINE));
        ghost_prefetch(&shard->ghost, marks[i]);
    }
}

static void prefetch_tail(const struct ring *ring)
{
    __builtin_prefetch((const void *)&ring->words[ring_tail(ring) & RING_PLACE_MASK]);
}

bool shard_put(struct shard *shard, const struct store_ref *ref, const struct store_key *key,
               const uint8_t *value, size_t length)
{
    size_t words = 1 + ring_words(key->length) + ring_words(length);
    bool there = true;
    struct slot *own;

    pthread_mutex_lock(&shard->lock);
    prefetch_put(shard, key->hash);
    own = ref != NULL && ref->place != 0 ? slot_of(ref) : find(shard, key);
    if (ref != NULL)
        there = ref->place != 0 ? index_is_same(slot_load(own), ref->word) : own == NULL;
    if (there && length > 0 && length <= STORE_VALUE_MAX && words <= shard->main.room / MAIN_PART)
        write(shard, own, key, value, length);
    else if (there && own != NULL)
        forget(shard, own); /* what cannot be kept leaves nothing older behind */
    prefetch_tail(&shard->small);
    prefetch_tail(&shard->main);
    pthread_mutex_unlock(&shard->lock);
    return there;
}

/* Shows the entry of SLOT, and forgets it if SWEEP says so; tells whether. */
static bool show(struct shard *shard, struct slot *slot, const struct shard_sweep *sweep)
{
    uint64_t word = slot_load(slot);
    const uint8_t *key = (const uint8_t *)(sweep->copy + 1);
    struct record record;

    if (word == 0)
        return false;
    record = record_at(shard, word);
    ring_read(ring_of(shard, word), word & RING_POSITION_MASK, (uint8_t *)sweep->copy,
              record.words);
    if (!sweep->see(sweep->context, key, record.key_length, key + ring_words(record.key_length) * 8,
                    record.length))
        return false;
    forget(shard, slot);
    return true;
}

size_t shard_sweep(struct shard *shard, const struct shard_sweep *sweep)
{
    struct slot *slots = shard->index.slots;
    size_t count = shard->index.pairs * INDEX_PAIR, gone = 0;

    for (size_t at = 0; at < count;) {
        size_t end = at + SWEEP_SLICE < count ? at + SWEEP_SLICE : count;

        pthread_mutex_lock(&shard->lock); /* an entry never changes its slot */
        for (; at < end; at++)
            gone += show(shard, &slots[at], sweep);
        pthread_mutex_unlock(&shard->lock);
    }
    return gone;
}

void shard_count(struct shard *shard, struct store_stats *stats)
{
    pthread_mutex_lock(&shard->lock);
    stats->entries += shard->entries;
    stats->used += shard->words * 8;
    stats->inserted += shard->inserted;
    stats->evicted += shard->evicted;
    pthread_mutex_unlock(&shard->lock);
}
