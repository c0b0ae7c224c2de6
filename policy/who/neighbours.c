/* neighbours.c - the MAC behind an address, for every query of a client on a link of ours.
 *
 * The problem: the main thread learns and forgets neighbours while workers look them up at line
 * rate, and a hostile host on the link can make the kernel learn as many addresses as it likes. The
 * idea: a table of fixed size in buckets of eight, each under a seqlock of its own; who comes to a
 * full bucket takes the place of the one written longest ago there. An address of IPv6 that changes
 * daily costs a slot until the kernel forgets it.
 *
 * The bucket is the address's alone, so that a query of which nobody knows where it came in is
 * found as well; where two links have that address with two MACs, it is nobody's then.
 *
 * Dropped: one seqlock for all (a scan of the link would stop every reader), and chains (memory).
 */
#include "policy/who/neighbours.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/siphash.h"
#include "policy/state/seqlock.h"

enum {
    WAYS = 8,
    SLOTS_FOR_EACH = 2, /* as many slots as entries wanted would overflow in some buckets */
    MAC_OCTETS = 6,
};

struct slot {
    uint64_t high, low; /* the address */
    uint64_t link;      /* ifindex, and the address's bits; 0: the slot is free */
    uint64_t mac;
    uint64_t turn; /* of the last write; for the writer alone */
};

struct bucket {
    struct seqlock lock;
    struct slot slots[WAYS];
};

struct neighbours {
    struct siphash_key key;
    uint64_t turn;
    size_t mask; /* buckets - 1 */
    struct bucket buckets[];
};

/* An address as the slots keep it; a scope is told by the link. */
struct place {
    uint64_t high, low, bits;
};

static struct place place_of(const struct addr *addr)
{
    return (struct place){load_le64(addr->octets), load_le64(addr->octets + 8), addr->bits};
}

static uint64_t link_of(const struct place *place, uint32_t ifindex)
{
    return (uint64_t)ifindex << 8 | place->bits;
}

static size_t bucket_of(const struct neighbours *neighbours, const struct addr *addr)
{
    return siphash_whole(&neighbours->key, addr->octets, sizeof addr->octets) & neighbours->mask;
}

struct neighbours *neighbours_create(size_t most, uint64_t seed, struct err *err)
{
    struct neighbours *neighbours;
    size_t buckets = 1;

    while (buckets * WAYS < most * SLOTS_FOR_EACH)
        buckets *= 2;
    neighbours = calloc(1, sizeof *neighbours + buckets * sizeof *neighbours->buckets);
    if (neighbours == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for %zu neighbours", most);
        return NULL;
    }
    neighbours->key = siphash_key_from_seed(seed);
    neighbours->mask = buckets - 1;
    return neighbours;
}

void neighbours_free(struct neighbours *neighbours)
{
    free(neighbours);
}

static bool is_at(const struct slot *slot, const struct place *place, uint64_t link)
{
    return slot->link == link && slot->high == place->high && slot->low == place->low;
}

/* Returns the slot of PLACE, else a free one, else the one that was written longest ago. */
static struct slot *slot_for(struct bucket *bucket, const struct place *place, uint64_t link)
{
    struct slot *worst = &bucket->slots[0];

    for (size_t i = 0; i < WAYS; i++) {
        struct slot *slot = &bucket->slots[i];

        if (is_at(slot, place, link))
            return slot;
        if (slot->turn < worst->turn) /* a free one has turn 0 */
            worst = slot;
    }
    return worst;
}

bool neighbours_put(struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex,
                    const uint8_t mac[6])
{
    struct place place = place_of(addr);
    struct bucket *bucket = &neighbours->buckets[bucket_of(neighbours, addr)];
    struct slot *slot = slot_for(bucket, &place, link_of(&place, ifindex));
    uint8_t octets[8] = {0};

    memcpy(octets, mac, MAC_OCTETS);
    slot->turn = ++neighbours->turn;
    if (is_at(slot, &place, link_of(&place, ifindex)) && slot->mac == load_le64(octets))
        return false;
    seqlock_write_begin(&bucket->lock);
    SEQLOCK_STORE(slot->high, place.high);
    SEQLOCK_STORE(slot->low, place.low);
    SEQLOCK_STORE(slot->link, link_of(&place, ifindex));
    SEQLOCK_STORE(slot->mac, load_le64(octets));
    seqlock_write_end(&bucket->lock);
    return true;
}

bool neighbours_remove(struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex)
{
    struct place place = place_of(addr);
    struct bucket *bucket = &neighbours->buckets[bucket_of(neighbours, addr)];

    for (size_t i = 0; i < WAYS; i++) {
        struct slot *slot = &bucket->slots[i];

        if (!is_at(slot, &place, link_of(&place, ifindex)))
            continue;
        slot->turn = 0;
        seqlock_write_begin(&bucket->lock);
        SEQLOCK_STORE(slot->link, 0);
        seqlock_write_end(&bucket->lock);
        return true;
    }
    return false;
}

uint64_t neighbours_turn(const struct neighbours *neighbours)
{
    return neighbours->turn;
}

static size_t sweep_bucket(struct bucket *bucket, uint64_t turn)
{
    size_t swept = 0;

    seqlock_write_begin(&bucket->lock);
    for (size_t i = 0; i < WAYS; i++) {
        struct slot *slot = &bucket->slots[i];

        if (slot->link == 0 || slot->turn > turn)
            continue;
        slot->turn = 0;
        SEQLOCK_STORE(slot->link, 0);
        swept++;
    }
    seqlock_write_end(&bucket->lock);
    return swept;
}

size_t neighbours_sweep(struct neighbours *neighbours, uint64_t turn)
{
    size_t swept = 0;

    for (size_t i = 0; i <= neighbours->mask; i++)
        swept += sweep_bucket(&neighbours->buckets[i], turn);
    return swept;
}

/* Reads what BUCKET says of PLACE. Returns how many MACs it has there: more than one on several
 * links, where IFINDEX is 0. */
static unsigned read_bucket(const struct bucket *bucket, const struct place *place,
                            uint32_t ifindex, uint64_t *mac)
{
    unsigned found = 0;

    for (size_t i = 0; i < WAYS; i++) {
        const struct slot *slot = &bucket->slots[i];
        uint64_t link = SEQLOCK_LOAD(slot->link), own;

        if (link == 0 || (link & 0xff) != place->bits || (ifindex != 0 && link >> 8 != ifindex))
            continue;
        if (SEQLOCK_LOAD(slot->high) != place->high || SEQLOCK_LOAD(slot->low) != place->low)
            continue;
        own = SEQLOCK_LOAD(slot->mac);
        found += found == 0 || own != *mac;
        *mac = own;
    }
    return found;
}

bool neighbours_find(const struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex,
                     uint8_t mac[6])
{
    struct place place = place_of(addr);
    const struct bucket *bucket = &neighbours->buckets[bucket_of(neighbours, addr)];
    uint64_t begin, octets = 0;
    uint8_t room[8];
    unsigned found;

    if (ifindex == 0)
        ifindex = addr->scope;
    do {
        begin = seqlock_read_begin(&bucket->lock);
        found = read_bucket(bucket, &place, ifindex, &octets);
    } while (seqlock_read_again(&bucket->lock, begin));
    if (found != 1)
        return false;
    store_le64(room, octets);
    memcpy(mac, room, MAC_OCTETS);
    return true;
}
