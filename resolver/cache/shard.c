/* shard.c - one part of a store: readers without a lock, writers under one, S3-FIFO between them.
 *
 * The problem: workers ask millions of times a second and must not wait for each other; memory is
 * fixed; a scan of names that nobody asks for twice must not push out what everybody asks for.
 *
 * The idea: records lie in two rings (ring.h). What is new goes into the small one; at its end it
 * moves to the main one if it was asked for again, else only its mark is kept (ghost.h), and what
 * comes back while its mark is known goes to the main ring at once. At the end of the main ring a
 * record that was used gets another turn for each use, up to three. An index word says all of an
 * entry: tag, claim, uses, ring, position. A hit reads one line of the index and the record, and
 * writes only while the uses are fewer than three. Whatever a writer does to an entry is one
 * compare-and-swap of that word; a position never comes back, so a word that is still the same
 * still means the same.
 *
 * Replacing appends, and the old record is dead weight until the tail gets there: in place would
 * need a sequence number a record, and readers that wait. Dropped also: one list for all with a
 * hand that walks it (SIEVE) needs links, which cost 16 octets an entry and a lock to keep; a
 * count-min sketch costs a write a hit. */
#include "resolver/cache/shard.h"

#include "config/base/err.h"

enum {
    LENGTH_BITS = 17, /* of a header: value's length, key's length, mark */
    KEY_BITS = 9,
    MARK_BITS = 64 - LENGTH_BITS - KEY_BITS,
    USE_SHIFT = RING_POSITION_BITS + 1,
    TAG_SHIFT = USE_SHIFT + 3,
    TRIES = 4,        /* of a get whose record moves while it is read */
    TURNS_MOST = 256, /* given to used records by one put: its cost is bounded */
    SMALL_PART = 8,   /* of the small ring: what is larger goes to the main one */
    MAIN_PART = 4,    /* of the main ring: what is larger is not kept */
};

#define IN_MAIN ((uint64_t)1 << RING_POSITION_BITS)
#define ONE_USE ((uint64_t)1 << USE_SHIFT)
#define USES (3 * ONE_USE)
#define CLAIMED (4 * ONE_USE)
#define TAG (~(uint64_t)0 << TAG_SHIFT)
#define PLACE (IN_MAIN | RING_POSITION_MASK)
#define GONE SIZE_MAX

_Static_assert(STORE_VALUE_MAX < 1 << LENGTH_BITS, "a header holds the value's length");
_Static_assert(STORE_KEY_MAX < 1 << KEY_BITS, "a header holds the key's length");

/* A record to be written, or one found. */
struct record {
    uint64_t header;
    size_t key_length, length, words;
};

static struct record record_of(uint64_t header)
{
    struct record record = {
        .header = header,
        .length = header & ((1U << LENGTH_BITS) - 1),
        .key_length = header >> LENGTH_BITS & ((1U << KEY_BITS) - 1),
    };

    record.words = 1 + ring_words(record.key_length) + ring_words(record.length);
    return record;
}

static uint64_t mark_of(uint64_t header)
{
    return header >> (LENGTH_BITS + KEY_BITS);
}

static uint64_t header_of(const struct store_key *key, size_t length)
{
    return key->hash << (64 - MARK_BITS) | (uint64_t)key->length << LENGTH_BITS | length;
}

/* Never 0, so that no word in use is. */
static uint64_t tag_of(uint64_t hash)
{
    uint64_t tag = hash >> 32 << TAG_SHIFT;

    return tag != 0 ? tag : (uint64_t)1 << TAG_SHIFT;
}

/* The pair of lines for HASH, of which its mark suffices. */
static struct slot *pair_of(const struct shard *shard, uint64_t hash)
{
    return shard->slots + ((hash & UINT32_MAX) * shard->pairs >> 32) * SHARD_PAIR;
}

/* Which line of the pair is the home of HASH: 0 or 8. */
static size_t home_of(uint64_t hash)
{
    return hash >> 52 & 1 ? SHARD_PAIR / 2 : 0;
}

static uint64_t load(const struct slot *slot)
{
    return atomic_load_explicit(&slot->word, memory_order_acquire);
}

static const struct ring *ring_of(const struct shard *shard, uint64_t word)
{
    return word & IN_MAIN ? &shard->main : &shard->small;
}

int shard_init(struct shard *shard, const struct shard_share *share, void *memory, struct err *err)
{
    _Atomic uint64_t *words = memory;

    shard->slots = memory;
    shard->pairs = share->pairs;
    words += share->pairs * SHARD_PAIR;
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
    __builtin_prefetch((const void *)(pair_of(shard, hash) + home_of(hash)));
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
        ring_read(ring, ring_after(ring, position, ring_words(key->length)), out, record.length);
    if (!ring_holds(ring, word & RING_POSITION_MASK))
        return GONE;
    return same ? record.length : 0;
}

/* Counts a use; one that is lost to somebody else's write is no loss. Returns the word as it was
 * left, which stands for the record that was read even if it has gone. */
static uint64_t count_use(struct slot *slot, uint64_t word)
{
    uint64_t now = word;

    if ((word & USES) == USES ||
        !atomic_compare_exchange_strong_explicit(&slot->word, &now, word + ONE_USE,
                                                 memory_order_relaxed, memory_order_relaxed))
        return word;
    return word + ONE_USE;
}

size_t shard_get(struct shard *shard, const struct store_key *key, uint8_t *out, size_t room,
                 struct store_ref *ref)
{
    struct slot *pair = pair_of(shard, key->hash);
    size_t home = home_of(key->hash);
    uint64_t tag = tag_of(key->hash);
    bool gone = true;

    for (int try = 0; try < TRIES && gone; try++) {
        gone = false;
        for (size_t i = 0; i < SHARD_PAIR; i++) {
            struct slot *slot = &pair[i ^ home];
            uint64_t word = load(slot);
            size_t length;

            if ((word & TAG) != tag)
                continue;
            length = read_record(shard, word, key, out, room);
            if (length == GONE) {
                gone = true;
            } else if (length > 0) {
                word = count_use(slot, word);
                if (ref != NULL)
                    *ref = (struct store_ref){.place = (uintptr_t)slot, .word = word};
                return length;
            }
        }
    }
    return 0;
}

static struct slot *slot_of(const struct store_ref *ref)
{
    return (struct slot *)(uintptr_t)ref->place;
}

/* Tells whether WORD and REF stand for the same record, whatever its uses. */
static bool is_same(uint64_t word, const struct store_ref *ref)
{
    return ((word ^ ref->word) & (TAG | PLACE)) == 0;
}

bool shard_claim(const struct store_ref *ref)
{
    struct slot *slot = slot_of(ref);
    uint64_t word = load(slot);

    while (is_same(word, ref) && (word & CLAIMED) == 0) {
        if (atomic_compare_exchange_weak_explicit(&slot->word, &word, word | CLAIMED,
                                                  memory_order_acq_rel, memory_order_acquire))
            return true;
    }
    return false;
}

/* From here on: under the lock. */

/* Points SLOT at PLACE and keeps of the word what KEEP says, less MINUS. Readers count uses and
 * claim meanwhile, so it is a swap. */
static void repoint(struct slot *slot, uint64_t place, uint64_t keep, uint64_t minus)
{
    uint64_t word = load(slot);

    while (!atomic_compare_exchange_weak_explicit(&slot->word, &word,
                                                  ((word & keep) - minus) | place,
                                                  memory_order_acq_rel, memory_order_acquire))
        ;
}

static uint64_t header_at(const struct shard *shard, uint64_t word)
{
    return ring_load(ring_of(shard, word), word & RING_POSITION_MASK);
}

static void forget(struct shard *shard, struct slot *slot)
{
    shard->words -= record_of(header_at(shard, load(slot))).words;
    shard->entries--;
    atomic_store_explicit(&slot->word, 0, memory_order_release);
}

/* Forgets the entry of SLOT to make room; one that had no time to show its worth is noted. */
static void push_out(struct shard *shard, struct slot *slot)
{
    uint64_t word = load(slot);

    if ((word & IN_MAIN) == 0)
        ghost_add(&shard->ghost, mark_of(header_at(shard, word)));
    forget(shard, slot);
    shard->evicted++;
}

/* The slot that points at PLACE, where the record with HEADER lies; NULL when the record is dead.
 */
static struct slot *slot_at(const struct shard *shard, uint64_t header, uint64_t place)
{
    struct slot *pair = pair_of(shard, mark_of(header));

    for (size_t i = 0; i < SHARD_PAIR; i++) {
        uint64_t word = load(&pair[i]);

        if ((word & PLACE) == place && word != 0)
            return &pair[i];
    }
    return NULL;
}

/* Drops the oldest record of the main ring, or gives it another turn if it was used and MAY. The
 * record of OWN is being replaced. */
static void leave_main(struct shard *shard, const struct slot *own, bool may)
{
    struct ring *ring = &shard->main;
    uint64_t position = ring_tail(ring), moved;
    struct record record = record_of(ring_load(ring, position));
    struct slot *slot = slot_at(shard, record.header, position | IN_MAIN);

    if (slot == NULL || slot == own) {
        ring_drop(ring, record.words);
    } else if (may && (load(slot) & USES) != 0) {
        ring_drop(ring, record.words);
        moved = ring->head;
        ring_add_from(ring, ring, position, record.words);
        repoint(slot, moved | IN_MAIN, TAG | CLAIMED | USES, ONE_USE);
    } else {
        push_out(shard, slot);
        ring_drop(ring, record.words);
    }
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

        if (slot_at(shard, record.header, position | IN_MAIN) != NULL)
            break;
        ring_drop(ring, record.words);
    }
    return ring_free(ring) >= words;
}

/* Drops the oldest record of the small ring. It moves to the main one if it was used, and while
 * that has room to spare: nothing needs to go before memory is full. */
static void leave_small(struct shard *shard, const struct slot *own)
{
    uint64_t position = ring_tail(&shard->small), moved;
    struct record record = record_of(ring_load(&shard->small, position));
    struct slot *slot = slot_at(shard, record.header, position);

    if (slot != NULL && slot != own) {
        if ((load(slot) & USES) != 0 || main_has_room(shard, record.words)) {
            make_room_in_main(shard, record.words, own);
            moved = shard->main.head;
            ring_add_from(&shard->main, &shard->small, position, record.words);
            repoint(slot, moved | IN_MAIN, TAG | CLAIMED, 0);
        } else {
            push_out(shard, slot);
        }
    }
    ring_drop(&shard->small, record.words);
}

static struct slot *find(const struct shard *shard, const struct store_key *key)
{
    struct slot *pair = pair_of(shard, key->hash);
    uint64_t tag = tag_of(key->hash);

    for (size_t i = 0; i < SHARD_PAIR; i++) {
        uint64_t word = load(&pair[i]), position = word & RING_POSITION_MASK;
        const struct ring *ring = ring_of(shard, word);

        if ((word & TAG) == tag && record_of(ring_load(ring, position)).key_length == key->length &&
            ring_equals(ring, ring_after(ring, position, 1), key->octets, key->length))
            return &pair[i];
    }
    return NULL;
}

/* A slot for a new entry of HASH: an empty one at home, else in the sister line, else that of the
 * least used, which has to go. */
static struct slot *free_slot(struct shard *shard, uint64_t hash)
{
    struct slot *pair = pair_of(shard, hash), *least = NULL;

    for (size_t i = 0; i < SHARD_PAIR; i++) {
        struct slot *slot = &pair[i ^ home_of(hash)];
        uint64_t word = load(slot);

        if (word == 0)
            return slot;
        if (least == NULL || (word & (USES | IN_MAIN)) < (load(least) & (USES | IN_MAIN)))
            least = slot;
    }
    push_out(shard, least);
    return least;
}

/* The ring for a record of WORDS words whose key stands at OWN, or nowhere. */
static struct ring *choose_ring(struct shard *shard, const struct slot *own, uint64_t mark,
                                size_t words)
{
    bool known = own != NULL ? (load(own) & IN_MAIN) != 0 : ghost_take(&shard->ghost, mark);

    return known || words > shard->small.room / SMALL_PART ? &shard->main : &shard->small;
}

/* Returns where the record is written. */
static uint64_t append(struct shard *shard, struct ring *ring, uint64_t header,
                       const struct store_key *key, const uint8_t *value)
{
    uint64_t position = ring->head;

    ring_add_word(ring, header);
    ring_add(ring, key->octets, key->length);
    ring_add(ring, value, record_of(header).length);
    return position | (ring == &shard->main ? IN_MAIN : 0);
}

/* Writes the record and points OWN (where the key stands already) or a new slot at it. */
static void write(struct shard *shard, struct slot *own, const struct store_key *key,
                  const uint8_t *value, size_t length)
{
    struct record record = record_of(header_of(key, length));
    struct ring *ring = choose_ring(shard, own, mark_of(record.header), record.words);
    uint64_t place;

    if (own != NULL)
        shard->words -= record_of(header_at(shard, load(own))).words;
    if (ring == &shard->main)
        make_room_in_main(shard, record.words, own);
    while (ring_free(ring) < record.words)
        leave_small(shard, own);
    place = append(shard, ring, record.header, key, value);
    if (own != NULL) {
        repoint(own, place, TAG | USES, 0);
    } else {
        own = free_slot(shard, key->hash);
        atomic_store_explicit(&own->word, tag_of(key->hash) | place, memory_order_release);
        shard->entries++;
    }
    shard->words += record.words;
    shard->inserted++;
}

bool shard_put(struct shard *shard, const struct store_ref *ref, const struct store_key *key,
               const uint8_t *value, size_t length)
{
    size_t words = 1 + ring_words(key->length) + ring_words(length);
    bool there = true;
    struct slot *own;

    pthread_mutex_lock(&shard->lock);
    if (ref != NULL) {
        own = slot_of(ref);
        there = is_same(load(own), ref);
    } else {
        own = find(shard, key);
    }
    if (there && length > 0 && length <= STORE_VALUE_MAX && words <= shard->main.room / MAIN_PART)
        write(shard, own, key, value, length);
    else if (there && own != NULL)
        forget(shard, own); /* what cannot be kept leaves nothing older behind */
    pthread_mutex_unlock(&shard->lock);
    return there;
}

size_t shard_sweep(struct shard *shard, uint64_t copy[SHARD_RECORD_WORDS],
                   bool (*see)(void *, const uint8_t *, size_t, const uint8_t *, size_t),
                   void *context)
{
    size_t gone = 0;

    pthread_mutex_lock(&shard->lock);
    for (struct slot *slot = shard->slots; slot < shard->slots + shard->pairs * SHARD_PAIR;
         slot++) {
        uint64_t word = load(slot), position = word & RING_POSITION_MASK;
        const struct ring *ring = ring_of(shard, word);
        struct record record;
        const uint8_t *key, *value;

        if (word == 0)
            continue;
        record = record_of(ring_load(ring, position));
        ring_read(ring, position, (uint8_t *)copy, record.words * 8);
        key = (const uint8_t *)(copy + 1);
        value = (const uint8_t *)(copy + 1 + ring_words(record.key_length));
        if (see(context, key, record.key_length, value, record.length)) {
            forget(shard, slot);
            gone++;
        }
    }
    pthread_mutex_unlock(&shard->lock);
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
