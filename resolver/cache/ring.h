/* ring.h - a ring of 64-bit words: records are written at its head and dropped at its tail, under
 * the owner's lock; anybody may read without it.
 *
 * A position is a lap and a place in the ring, so that it never comes back and two are told apart
 * by a subtraction. Who reads without the lock asks ring_holds after the last word that he read:
 * the writer moves the tail past a record before he writes over it. Words are stored with release
 * and loaded with acquire, so that who has seen one word of a later record sees that tail also;
 * no fence is needed, which thread sanitizers would not understand. */
#ifndef RESOLVER_CACHE_RING_H
#define RESOLVER_CACHE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    RING_PLACE_BITS = 24,
    RING_WORDS_MAX = 1 << RING_PLACE_BITS,
    RING_POSITION_BITS = 40, /* that an index word has room for; 65536 laps */
};

#define RING_PLACE_MASK ((uint64_t)RING_WORDS_MAX - 1)
#define RING_POSITION_MASK (((uint64_t)1 << RING_POSITION_BITS) - 1)

struct ring {
    _Atomic uint64_t *words;
    size_t room;           /* in words */
    _Atomic uint64_t tail; /* position of the oldest record that is still whole */
    uint64_t head;         /* position of the next; the owner's, like USED */
    size_t used;           /* words between the two */
};

/* Makes RING of ROOM words of zeroed memory at WORDS. */
static inline void ring_init(struct ring *ring, _Atomic uint64_t *words, size_t room)
{
    ring->words = words;
    ring->room = room;
    ring->head = 0;
    ring->used = 0;
    atomic_init(&ring->tail, 0);
}

/* Returns the number of words that OCTETS octets take. */
static inline size_t ring_words(size_t octets)
{
    return (octets + 7) / 8;
}

static inline size_t ring_free(const struct ring *ring)
{
    return ring->room - ring->used;
}

/* Returns the position WORDS (at most the ring's room) after POSITION. */
static inline uint64_t ring_after(const struct ring *ring, uint64_t position, size_t words)
{
    uint64_t place = (position & RING_PLACE_MASK) + words;

    if (place < ring->room)
        return (position & ~RING_PLACE_MASK) | place;
    return (((position | RING_PLACE_MASK) + 1) & RING_POSITION_MASK) | (place - ring->room);
}

static inline uint64_t ring_load(const struct ring *ring, uint64_t position)
{
    return atomic_load_explicit(&ring->words[position & RING_PLACE_MASK], memory_order_acquire);
}

/* Tells whether all that was loaded so far from the record at POSITION was the record's. */
static inline bool ring_holds(const struct ring *ring, uint64_t position)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    return ((position - tail) & RING_POSITION_MASK) <= RING_POSITION_MASK / 2;
}

/* Returns the last LENGTH % 8 of OCTETS[0..LENGTH) as the ring keeps them, zeros behind. A memcpy
 * of unknown length is a call, which a get would feel. */
static inline uint64_t ring_rest(const uint8_t *octets, size_t length)
{
    unsigned empty = 64 - 8 * (unsigned)(length % 8);
    uint64_t word = 0;

    if (length < 8) {
        memcpy(&word, octets, length);
        return word;
    }
    memcpy(&word, octets + length - 8, 8);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word >> empty : word << empty;
}

/* Tells whether OCTETS[0..LENGTH) lie at POSITION. */
static inline bool ring_equals(const struct ring *ring, uint64_t position, const uint8_t *octets,
                               size_t length)
{
    size_t place = position & RING_PLACE_MASK;
    uint64_t differ = 0, word;

    for (size_t at = 0; at < length / 8; at++) {
        memcpy(&word, octets + at * 8, 8);
        differ |= word ^ atomic_load_explicit(&ring->words[place], memory_order_acquire);
        place = place + 1 == ring->room ? 0 : place + 1;
    }
    if (length % 8 != 0)
        differ |= ring_rest(octets, length) ^
                  atomic_load_explicit(&ring->words[place], memory_order_acquire);
    return differ == 0;
}

/* Copies WORDS whole words at POSITION to OUT. */
static inline void ring_read(const struct ring *ring, uint64_t position, uint8_t *out, size_t words)
{
    size_t place = position & RING_PLACE_MASK;
    size_t first = words < ring->room - place ? words : ring->room - place;

    for (size_t i = 0; i < first; i++) {
        uint64_t word = atomic_load_explicit(&ring->words[place + i], memory_order_acquire);

        memcpy(out + i * 8, &word, 8);
    }
    for (size_t i = first; i < words; i++) {
        uint64_t word = atomic_load_explicit(&ring->words[i - first], memory_order_acquire);

        memcpy(out + i * 8, &word, 8);
    }
}

/* Adds WORD at the head; the owner has seen that there is room. */
static inline void ring_add_word(struct ring *ring, uint64_t word)
{
    atomic_store_explicit(&ring->words[ring->head & RING_PLACE_MASK], word, memory_order_release);
    ring->head = ring_after(ring, ring->head, 1);
    ring->used++;
}

/* Adds OCTETS[0..LENGTH), filled up to whole words with zeros. */
static inline void ring_add(struct ring *ring, const uint8_t *octets, size_t length)
{
    for (size_t at = 0; at < length / 8; at++) {
        uint64_t word;

        memcpy(&word, octets + at * 8, 8);
        ring_add_word(ring, word);
    }
    if (length % 8 != 0)
        ring_add_word(ring, ring_rest(octets, length));
}

/* Adds a copy of the WORDS words at POSITION of FROM. FROM may be RING itself and the record the
 * one just dropped: the head then lies at or before it, and words are copied in their order. */
static inline void ring_add_from(struct ring *ring, const struct ring *from, uint64_t position,
                                 size_t words)
{
    for (size_t i = 0; i < words; i++) {
        ring_add_word(ring, ring_load(from, position));
        position = ring_after(from, position, 1);
    }
}

static inline uint64_t ring_tail(const struct ring *ring)
{
    return atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

/* Drops the oldest record, of WORDS words: from now on it may be written over. */
static inline void ring_drop(struct ring *ring, size_t words)
{
    uint64_t tail = ring_after(ring, ring_tail(ring), words);

    atomic_store_explicit(&ring->tail, tail, memory_order_relaxed);
    ring->used -= words;
}

#endif
