/* cache_policy - what share of questions each way of eviction answers from the cache.
 *
 *     cache_policy [MILLIONS of questions for each size; 10]
 *
 * Questions: 70 % for a million names by Zipf's law with exponent 1, 30 % for names that are asked
 * once and never again, as trackers, probes and reverse lookups make them. "ours" is the store that
 * the server runs, asked and filled as the server does it; LRU and SIEVE are simulated with as many
 * entries as our store holds, none of their own cost in memory counted; "ceiling" keeps the most
 * popular names, known beforehand, in that many entries. The first half of the questions fills. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "resolver/cache/store.h"

enum { NAMES = 1000000, ONCE_PERCENT = 30, NONE = -1 };

static uint64_t mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return x ^ x >> 31;
}

/* The questions: numbers below NAMES are names by popularity, from there on names asked once. */
struct stream {
    double *sums; /* of 1/k */
    uint64_t random, once;
};

static void stream_start(struct stream *stream)
{
    double sum = 0;

    if (stream->sums == NULL)
        stream->sums = calloc(NAMES, sizeof *stream->sums);
    must(stream->sums != NULL);
    for (size_t i = 0; i < NAMES; i++)
        stream->sums[i] = sum += 1.0 / (double)(i + 1);
    stream->random = 1;
    stream->once = NAMES;
}

static uint64_t next_random(struct stream *stream)
{
    return mixed(stream->random++);
}

static uint64_t stream_next(struct stream *stream)
{
    double wanted;
    size_t low = 0, high = NAMES - 1;

    if (next_random(stream) % 100 < ONCE_PERCENT)
        return stream->once++;
    wanted = (double)(next_random(stream) >> 11) / 0x1p53 * stream->sums[NAMES - 1];
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (stream->sums[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* LRU and SIEVE: entries in a list, found by a table that is as long as all names. */
struct node {
    uint64_t name;
    int32_t newer, older;
    bool visited;
};

struct list {
    struct node *nodes;
    int32_t *places; /* of a name; those asked once stand in it modulo its length */
    size_t length, room, used;
    int32_t newest, oldest, hand;
};

static void list_create(struct list *list, size_t room)
{
    *list = (struct list){
        .room = room, .length = NAMES + 4 * room, .newest = NONE, .oldest = NONE, .hand = NONE};
    list->nodes = calloc(room, sizeof *list->nodes);
    list->places = malloc(list->length * sizeof *list->places);
    must(list->nodes != NULL && list->places != NULL);
    for (size_t i = 0; i < list->length; i++)
        list->places[i] = NONE;
}

static void list_destroy(struct list *list)
{
    free(list->nodes);
    free(list->places);
}

static int32_t *place_of(struct list *list, uint64_t name)
{
    return &list->places[name < NAMES ? name : NAMES + name % (list->length - NAMES)];
}

static void unlink_node(struct list *list, int32_t at)
{
    struct node *node = &list->nodes[at];

    *(node->newer == NONE ? &list->newest : &list->nodes[node->newer].older) = node->older;
    *(node->older == NONE ? &list->oldest : &list->nodes[node->older].newer) = node->newer;
}

static void link_newest(struct list *list, int32_t at)
{
    list->nodes[at].newer = NONE;
    list->nodes[at].older = list->newest;
    *(list->newest == NONE ? &list->oldest : &list->nodes[list->newest].newer) = at;
    list->newest = at;
}

static int32_t sieve_victim(struct list *list)
{
    int32_t at = list->hand == NONE ? list->oldest : list->hand;

    while (list->nodes[at].visited) {
        list->nodes[at].visited = false;
        at = list->nodes[at].newer == NONE ? list->oldest : list->nodes[at].newer;
    }
    list->hand = list->nodes[at].newer;
    return at;
}

static bool list_ask(struct list *list, uint64_t name, bool sieve)
{
    int32_t at = *place_of(list, name);

    if (at != NONE && list->nodes[at].name == name) {
        list->nodes[at].visited = true;
        if (!sieve) {
            unlink_node(list, at);
            link_newest(list, at);
        }
        return true;
    }
    if (list->used < list->room) {
        at = (int32_t)list->used++;
    } else {
        at = sieve ? sieve_victim(list) : list->oldest;
        unlink_node(list, at);
        *place_of(list, list->nodes[at].name) = NONE;
    }
    list->nodes[at] = (struct node){.name = name};
    link_newest(list, at);
    *place_of(list, name) = at;
    return false;
}

/* Ours, with keys and values as long as common ones: 20 to 51 and 60 to 315 octets. */
static bool store_ask(struct store *store, uint64_t name)
{
    uint64_t shape = mixed(name), octets[7] = {name, 1, 2, 3, 4, 5, 6}, value[40] = {name};
    struct store_key key = {mixed(shape), (uint8_t *)octets, 20 + (shape & 31)};
    size_t length = 60 + (shape >> 5 & 255);

    if (store_get(store, &key, (uint8_t *)value, sizeof value, NULL) > 0)
        return true;
    store_put(store, &key, (uint8_t *)value, length);
    return false;
}

static double measure_list(struct stream *stream, uint64_t questions, size_t room, bool sieve)
{
    struct list list;
    uint64_t hits = 0;

    list_create(&list, room);
    stream_start(stream);
    for (uint64_t i = 0; i < questions; i++) {
        bool hit = list_ask(&list, stream_next(stream), sieve);

        hits += hit && i >= questions / 2;
    }
    list_destroy(&list);
    return 100.0 * (double)hits / (double)(questions - questions / 2);
}

static double measure_store(struct stream *stream, uint64_t questions, size_t octets,
                            size_t *entries)
{
    struct store *store = store_create(octets, NULL);
    struct store_stats stats;
    uint64_t hits = 0;

    must(store != NULL);
    stream_start(stream);
    for (uint64_t i = 0; i < questions; i++) {
        bool hit = store_ask(store, stream_next(stream));

        hits += hit && i >= questions / 2;
    }
    store_stats(store, &stats);
    *entries = stats.entries;
    store_destroy(store);
    return 100.0 * (double)hits / (double)(questions - questions / 2);
}

int main(int count, char **words)
{
    static const size_t sizes[] = {1, 2, 4, 8, 16, 64}; /* MiB */
    uint64_t questions = 1000000 * (count > 1 ? strtoull(words[1], NULL, 10) : 10);
    struct stream stream = {NULL, 0, 0};

    printf("| MiB | entries | LRU | SIEVE | ours | ceiling | ours - LRU |\n"
           "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t entries;
        double ours = measure_store(&stream, questions, sizes[i] << 20, &entries);
        double lru = measure_list(&stream, questions, entries, false);
        double sieve = measure_list(&stream, questions, entries, true);
        double ceiling = (100 - ONCE_PERCENT) * stream.sums[entries < NAMES ? entries - 1 : 0] /
                         stream.sums[NAMES - 1];

        printf("| %zu | %zu | %.1f | %.1f | %.1f | %.1f | %+.1f |\n", sizes[i], entries, lru, sieve,
               ours, ceiling, ours - lru);
        fflush(stdout);
    }
    free(stream.sums);
    return 0;
}
