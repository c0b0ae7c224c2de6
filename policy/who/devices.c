/* devices.c - a table of devices that grows a bucket at a time.
 *
 * The problem: a million keys, one change now and then, readers that wait for nobody and may never
 * see memory that was given back; and no change may cost more than milliseconds. The idea: linear
 * hashing (Litwin 1980). The buckets stand in one range of address space, reserved once for the
 * most that there may be and touched as it is needed: the table grows by splitting one bucket, and
 * nothing ever moves or is freed, so that a reader that is overtaken reads rubbish at worst, sees
 * by the seqlock that it did, and reads again. A bucket is two cache lines of five entries; what
 * finds no place in it hangs behind it.
 *
 * An entry is 24 octets: the key as it is (a long name of a line: 128 bits of a keyed hash of it),
 * what kind it is of, the device's id, and the number of its profile and group together
 * (device_classes.h). With four entries a bucket on average that makes 36 octets a key.
 *
 * Dropped: doubling (a stall of 50 ms, or two tables at a time), a trie (four times the memory), an
 * index on ids: who changes a device knows its keys. */
#include "policy/who/devices.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/siphash.h"
#include "policy/state/seqlock.h"
#include "policy/who/device_classes.h"
#include "policy/who/device_signs.h"

enum {
    ENTRIES = 5,          /* of a bucket */
    FILL = 4,             /* entries a bucket on average */
    FIRST_BUCKETS = 8,    /* a power of two */
    CHAIN_MOST = 256,     /* entries behind one bucket; a reader who sees more reads rubbish */
    LENGTH_WORDS = 3,     /* bits 0 to 128 */
    EXACT_OCTETS = 16,    /* of a key that stands in its entry */
    LARGE_FROM = 2 << 20, /* octets of buckets */
};

/* Words, since whoever reads them does so beside the writer. */
struct entry {
    uint64_t key[2];
    uint64_t rest; /* id, class << 32, tag << 48; 0: empty */
};

/* What hangs behind a bucket: numbers into spills, from 1. */
struct spill {
    struct entry entry;
    uint64_t next;
};

struct bucket {
    struct entry entries[ENTRIES];
    uint64_t next;
};

/* What an entry is found by. */
struct wanted {
    uint64_t key[2], hash;
    uint16_t tag; /* kind, length or prefix */
};

struct devices {
    struct seqlock lock;
    uint64_t bucket_count;
    uint64_t lengths[2][LENGTH_WORDS]; /* prefixes of IPv4 and IPv6 in use */
    struct bucket *buckets;
    struct spill *spills; /* 0 is none */
    struct device_classes *classes;
    struct device_signs *signs;
    struct siphash_key hash_key;

    size_t count;

    /* the writer's */
    size_t most, bucket_most, spill_most, spill_used;
    uint64_t spill_free; /* a list through next */
    bool large_pages;
    uint32_t uses[2][LENGTH_WORDS * 64];
};

static void *reserve(size_t octets)
{
    void *range = mmap(NULL, octets, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return range == MAP_FAILED ? NULL : range;
}

struct devices *devices_create(size_t most, uint64_t seed, struct err *err)
{
    struct devices *d = calloc(1, sizeof *d);

    if (d == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for the devices");
        return NULL;
    }
    d->most = most;
    d->hash_key = siphash_key_from_seed(seed);
    d->bucket_count = FIRST_BUCKETS;
    d->bucket_most = most / FILL + FIRST_BUCKETS + 1;
    d->spill_most = most / 2 + CHAIN_MOST;
    d->classes = device_classes_create(err);
    d->signs = calloc(1, sizeof *d->signs);
    d->buckets = reserve(d->bucket_most * sizeof *d->buckets);
    d->spills = reserve((d->spill_most + 1) * sizeof *d->spills);
    if (d->classes != NULL && d->signs != NULL && d->buckets != NULL && d->spills != NULL)
        return d;
    err_set(err, ERR_MEMORY, "out of memory for %zu devices", most);
    devices_free(d);
    return NULL;
}

void devices_free(struct devices *d)
{
    if (d == NULL)
        return;
    if (d->spills != NULL)
        munmap(d->spills, (d->spill_most + 1) * sizeof *d->spills);
    if (d->buckets != NULL)
        munmap(d->buckets, d->bucket_most * sizeof *d->buckets);
    free(d->signs);
    device_classes_free(d->classes);
    free(d);
}

/* Tells the kinds apart, and 7 octets from 7 octets and a zero; never 0. */
static uint16_t tag_of(const struct device_key *key)
{
    unsigned low = key->kind == DEVICE_PREFIX ? key->prefix : 0;

    return (uint16_t)(((unsigned)key->kind << 6 | key->length) << 8 | low);
}

static uint64_t hash_of(const struct devices *d, const struct wanted *wanted)
{
    uint8_t octets[EXACT_OCTETS + 2];

    store_le64(octets, wanted->key[0]);
    store_le64(octets + 8, wanted->key[1]);
    store_le16(octets + EXACT_OCTETS, wanted->tag);
    return siphash_whole(&d->hash_key, octets, sizeof octets);
}

static void want(const struct devices *d, const struct device_key *key, struct wanted *wanted)
{
    uint8_t octets[DEVICE_CPE_MAX + 1] = {0};

    memcpy(octets, key->octets, key->length > DEVICE_CPE_MAX ? DEVICE_CPE_MAX : key->length);
    wanted->tag = tag_of(key);
    if (key->length <= EXACT_OCTETS) {
        wanted->key[0] = load_le64(octets);
        wanted->key[1] = load_le64(octets + 8);
    } else {
        wanted->key[0] = siphash_whole(&d->hash_key, octets, DEVICE_CPE_MAX);
        octets[DEVICE_CPE_MAX] = 1; /* another hash of the same */
        wanted->key[1] = siphash_whole(&d->hash_key, octets, DEVICE_CPE_MAX + 1);
    }
    wanted->hash = hash_of(d, wanted);
}

/* Returns the bucket of HASH in a table of COUNT: those from COUNT on are not split off yet. */
static uint64_t bucket_of(uint64_t hash, uint64_t count)
{
    uint64_t low = (uint64_t)1 << (63 - __builtin_clzll(count));
    uint64_t bucket = hash & (2 * low - 1);

    return bucket < count ? bucket : hash & (low - 1);
}

/* Returns the rest of ENTRY where it is WANTED, else 0. */
static uint64_t match(const struct entry *entry, const struct wanted *wanted)
{
    uint64_t rest = SEQLOCK_LOAD(entry->rest);

    return rest >> 48 == wanted->tag && SEQLOCK_LOAD(entry->key[0]) == wanted->key[0] &&
                   SEQLOCK_LOAD(entry->key[1]) == wanted->key[1]
               ? rest
               : 0;
}

/* Returns the entry that is WANTED and fills REST, or NULL. What a reader sees may be rubbish. */
static struct entry *find(const struct devices *d, const struct wanted *wanted, uint64_t *rest)
{
    struct bucket *bucket = &d->buckets[bucket_of(wanted->hash, SEQLOCK_LOAD(d->bucket_count))];
    uint64_t next;

    __builtin_prefetch(&bucket->next); /* its second line, along with the first */
    next = SEQLOCK_LOAD(bucket->next);
    for (unsigned i = 0; i < ENTRIES; i++) {
        if ((*rest = match(&bucket->entries[i], wanted)) != 0)
            return &bucket->entries[i];
    }
    for (unsigned i = 0; i < CHAIN_MOST && next != 0 && next <= d->spill_most; i++) {
        struct spill *spill = &d->spills[next];

        if ((*rest = match(&spill->entry, wanted)) != 0)
            return &spill->entry;
        next = SEQLOCK_LOAD(spill->next);
    }
    return NULL;
}

static void write_entry(struct entry *entry, const struct entry *value)
{
    SEQLOCK_STORE(entry->key[0], value->key[0]);
    SEQLOCK_STORE(entry->key[1], value->key[1]);
    SEQLOCK_STORE(entry->rest, value->rest);
}

static void give_spill(struct devices *d, uint64_t number)
{
    SEQLOCK_STORE(d->spills[number].next, d->spill_free);
    d->spill_free = number;
}

/* Returns 0 where there is none left, which a keyed hash does not let happen. */
static uint64_t take_spill(struct devices *d)
{
    uint64_t number = d->spill_free;

    if (number != 0)
        d->spill_free = d->spills[number].next;
    else if (d->spill_used < d->spill_most)
        number = ++d->spill_used;
    return number;
}

/* Puts ENTRY, which is not there, behind BUCKET or into it. Returns false without room. */
static bool place(struct devices *d, struct bucket *bucket, const struct entry *entry)
{
    uint64_t number;

    for (unsigned i = 0; i < ENTRIES; i++) {
        if (bucket->entries[i].rest != 0)
            continue;
        write_entry(&bucket->entries[i], entry);
        return true;
    }
    number = take_spill(d);
    if (number == 0)
        return false;
    write_entry(&d->spills[number].entry, entry);
    SEQLOCK_STORE(d->spills[number].next, bucket->next);
    SEQLOCK_STORE(bucket->next, number);
    return true;
}

/* Takes all entries out of BUCKET into ENTRIES_OUT; returns how many. */
static size_t empty(struct devices *d, struct bucket *bucket, struct entry *entries_out)
{
    static const struct entry nothing;
    uint64_t next = bucket->next;
    size_t count = 0;

    for (unsigned i = 0; i < ENTRIES; i++) {
        if (bucket->entries[i].rest != 0)
            entries_out[count++] = bucket->entries[i];
        write_entry(&bucket->entries[i], &nothing);
    }
    SEQLOCK_STORE(bucket->next, 0);
    while (next != 0) {
        uint64_t after = d->spills[next].next;

        entries_out[count++] = d->spills[next].entry;
        give_spill(d, next);
        next = after;
    }
    return count;
}

static size_t chain_length(const struct devices *d, const struct bucket *bucket)
{
    size_t length = 0;

    for (uint64_t next = bucket->next; next != 0; next = d->spills[next].next)
        length++;
    return length;
}

/* A table beyond the reach of small pages asks for large ones; a small one shall stay small. */
static void enlarge_pages(struct devices *d)
{
    size_t octets = d->bucket_count * sizeof *d->buckets, reserved;

    if (d->large_pages || octets < LARGE_FROM)
        return;
    d->large_pages = true;
    reserved = d->bucket_most * sizeof *d->buckets;
    madvise(d->buckets, reserved, MADV_HUGEPAGE); /* no matter where that is not known */
}

/* Splits the bucket whose turn it is. Every spill it had is free for what goes back. */
static void grow(struct devices *d)
{
    struct entry entries[ENTRIES + CHAIN_MOST];
    uint64_t count = d->bucket_count + 1;
    uint64_t low = (uint64_t)1 << (63 - __builtin_clzll(d->bucket_count));
    struct bucket *old = &d->buckets[d->bucket_count - low];
    size_t taken = empty(d, old, entries);

    SEQLOCK_STORE(d->bucket_count, count);
    enlarge_pages(d);
    for (size_t i = 0; i < taken; i++) {
        struct wanted wanted = {
            .key = {entries[i].key[0], entries[i].key[1]},
            .tag = (uint16_t)(entries[i].rest >> 48)
        };

        must(place(d, &d->buckets[bucket_of(hash_of(d, &wanted), count)], &entries[i]));
    }
}

void devices_expect(struct devices *d, size_t count)
{
    uint64_t buckets = (count < d->most ? count : d->most) / FILL;

    if (d->count > 0 || buckets <= d->bucket_count)
        return;
    seqlock_write_begin(&d->lock);
    SEQLOCK_STORE(d->bucket_count, buckets);
    enlarge_pages(d);
    seqlock_write_end(&d->lock);
}

/* Counts one key of TAG's length more (or less, by -1), so that a length without any is not looked
 * for. */
static void count_length(struct devices *d, const struct device_key *key, int by)
{
    unsigned family = key->length == 4 ? 0 : 1, word = key->prefix / 64;
    uint64_t bit = (uint64_t)1 << key->prefix % 64;
    uint32_t uses;

    if (key->kind != DEVICE_PREFIX)
        return;
    uses = d->uses[family][key->prefix] += (uint32_t)by;
    SEQLOCK_STORE(d->lengths[family][word],
                  uses > 0 ? d->lengths[family][word] | bit : d->lengths[family][word] & ~bit);
}

/* Puts what is new; the lock is held. */
static bool add(struct devices *d, const struct device_key *key, const struct wanted *wanted,
                uint64_t rest)
{
    struct entry entry = {
        .key = {wanted->key[0], wanted->key[1]},
          .rest = rest
    };
    struct bucket *bucket;

    if (d->count >= FILL * d->bucket_count && d->bucket_count < d->bucket_most)
        grow(d);
    bucket = &d->buckets[bucket_of(wanted->hash, d->bucket_count)];
    if (chain_length(d, bucket) >= CHAIN_MOST || !place(d, bucket, &entry))
        return false;
    count_length(d, key, 1);
    SEQLOCK_STORE(d->count, d->count + 1);
    return true;
}

int devices_put(struct devices *d, const struct device_key *key, const struct device *device,
                struct err *err)
{
    long class = device_classes_number(d->classes, device, err);
    struct wanted wanted;
    struct entry *entry;
    uint64_t rest;
    bool room = true;

    if (class < 0)
        return -1;
    want(d, key, &wanted);
    entry = find(d, &wanted, &rest);
    if (entry == NULL && d->count >= d->most)
        return err_set(err, ERR_LIMIT, "there are %zu keys of devices, the most", d->most);
    rest = (uint64_t)wanted.tag << 48 | (uint64_t) class << 32 | device->id;
    seqlock_write_begin(&d->lock);
    if (entry != NULL)
        SEQLOCK_STORE(entry->rest, rest);
    else
        room = add(d, key, &wanted, rest);
    seqlock_write_end(&d->lock);
    return room ? 0 : err_set(err, ERR_LIMIT, "no room for another key of a device");
}

/* What hangs behind the bucket moves into the gap, so that chains stay short. */
void devices_remove(struct devices *d, const struct device_key *key)
{
    static const struct entry nothing;
    struct wanted wanted;
    struct bucket *bucket;
    struct entry *entry;
    uint64_t rest, head;

    want(d, key, &wanted);
    entry = find(d, &wanted, &rest);
    if (entry == NULL)
        return;
    bucket = &d->buckets[bucket_of(wanted.hash, d->bucket_count)];
    head = bucket->next;
    seqlock_write_begin(&d->lock);
    if (head == 0) {
        write_entry(entry, &nothing);
    } else {
        write_entry(entry, &d->spills[head].entry);
        SEQLOCK_STORE(bucket->next, d->spills[head].next);
        give_spill(d, head);
    }
    count_length(d, key, -1);
    SEQLOCK_STORE(d->count, d->count - 1);
    seqlock_write_end(&d->lock);
}

size_t devices_count(const struct devices *d)
{
    return d->count;
}

bool devices_any(const struct devices *d)
{
    return SEQLOCK_LOAD(d->count) > 0;
}

size_t devices_octets(const struct devices *d)
{
    return sizeof *d + d->bucket_count * sizeof *d->buckets + d->spill_used * sizeof *d->spills +
           device_classes_octets(d->classes) + sizeof *d->signs;
}

static void fill(const struct devices *d, uint64_t rest, struct device *device)
{
    device->id = (uint32_t)rest;
    device_classes_fill(d->classes, (uint16_t)(rest >> 32), device);
}

bool devices_find(const struct devices *d, const struct device_key *key, struct device *device)
{
    struct wanted wanted;
    uint64_t begin, rest;
    bool found;

    want(d, key, &wanted);
    do {
        begin = seqlock_read_begin(&d->lock);
        found = find(d, &wanted, &rest) != NULL;
        if (found)
            fill(d, rest, device);
    } while (seqlock_read_again(&d->lock, begin));
    return found;
}

/* Returns the longest length in use that is at most LENGTH, -1 where there is none. */
static int next_length(const struct devices *d, unsigned family, int length)
{
    while (length >= 0) {
        unsigned word = (unsigned)length / 64, bit = (unsigned)length % 64;
        uint64_t in_use = SEQLOCK_LOAD(d->lengths[family][word]) & (UINT64_MAX >> (63 - bit));

        if (in_use != 0)
            return (int)(word * 64) + 63 - __builtin_clzll(in_use);
        length = (int)(word * 64) - 1;
    }
    return -1;
}

static bool find_addr(const struct devices *d, const struct addr *addr, struct device *device,
                      uint8_t *length_out)
{
    unsigned family = addr->bits == 32 ? 0 : 1;
    int length = addr->bits == 0 ? -1 : addr->bits;

    while ((length = next_length(d, family, length)) >= 0) {
        struct device_key key;
        struct prefix prefix;
        struct wanted wanted;
        uint64_t rest;

        prefix_of(&prefix, addr, (unsigned)length);
        device_key_of_prefix(&prefix, &key);
        want(d, &key, &wanted);
        if (find(d, &wanted, &rest) != NULL) {
            fill(d, rest, device);
            *length_out = (uint8_t)length;
            return true;
        }
        length--;
    }
    return false;
}

bool devices_find_addr(const struct devices *d, const struct addr *addr, struct device *device,
                       uint8_t *length)
{
    uint64_t begin;
    bool found;

    do {
        begin = seqlock_read_begin(&d->lock);
        found = find_addr(d, addr, device, length);
    } while (seqlock_read_again(&d->lock, begin));
    return found;
}

void devices_count_bypass(struct devices *d, uint32_t id)
{
    device_signs_add(d->signs, id);
}

uint32_t devices_bypass(const struct devices *d, uint32_t id)
{
    return device_signs_count(d->signs, id);
}
