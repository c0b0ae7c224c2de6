/* One slot for each suffix of each name, by its hash; suffixes that several names share are joined
 * by a chain. An entry's hash is there already, so that a name that nobody watches costs one look.
 */
#include "blocklist/format/watch.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/terms.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "config/base/siphash.h"

/* A suffix of a watched name. */
struct suffix {
    uint64_t hash;
    uint32_t name;
    uint32_t next; /* another one with this hash, + 1; 0: none */
    bool whole;    /* the name itself */
};

/* What was seen of a watched name: the first listing, and the first of those at the longest suffix;
 * important ones, which an exception does not lift; those with exceptions of their own. */
struct seen {
    uint64_t line, longest_line, firm_line, scope_line;
    unsigned longest, lifted_above; /* labels; of the longest scoped exception */
    unsigned scope, lifted_scope;
    bool lifted;
};

enum { SCOPE_MANY = UINT16_MAX + 1 };

struct watch {
    struct siphash_key key;
    struct suffix *suffixes;
    size_t suffix_count, suffix_room;
    uint32_t *slots; /* index into suffixes, + 1 */
    size_t mask;
    struct seen *seen;
    size_t count;
};

static int add_suffix(struct watch *watch, uint64_t hash, size_t name, bool whole)
{
    if (watch->suffix_count == watch->suffix_room) {
        size_t room = watch->suffix_room == 0 ? 64 : watch->suffix_room * 2;
        struct suffix *more = realloc(watch->suffixes, room * sizeof *more);

        if (more == NULL || room > UINT32_MAX)
            return -1;
        watch->suffixes = more;
        watch->suffix_room = room;
    }
    watch->suffixes[watch->suffix_count++] = (struct suffix){hash, (uint32_t)name, 0, whole};
    return 0;
}

static int add_name(struct watch *watch, const struct name *name, size_t index)
{
    uint64_t chain[NAME_LABELS_MAX];
    size_t labels = siphash_suffixes(&watch->key, name, chain, NAME_LABELS_MAX);

    for (size_t i = 0; i < labels; i++) {
        if (add_suffix(watch, chain[i], index, i + 1 == labels) != 0)
            return -1;
    }
    return 0;
}

/* Returns the slot of HASH: that of its first suffix, or the empty one where it would stand. */
static uint32_t *find_slot(const struct watch *watch, uint64_t hash)
{
    size_t at = (size_t)hash & watch->mask;

    while (watch->slots[at] != 0 && watch->suffixes[watch->slots[at] - 1].hash != hash)
        at = (at + 1) & watch->mask;
    return &watch->slots[at];
}

static int fill_table(struct watch *watch)
{
    size_t slots = 16;

    while (slots < watch->suffix_count * 2)
        slots *= 2;
    watch->mask = slots - 1;
    watch->slots = calloc(slots, sizeof *watch->slots);
    watch->seen = calloc(watch->count + 1, sizeof *watch->seen);
    if (watch->slots == NULL || watch->seen == NULL)
        return -1;
    for (size_t i = 0; i < watch->suffix_count; i++) {
        uint32_t *slot = find_slot(watch, watch->suffixes[i].hash);

        watch->suffixes[i].next = *slot;
        *slot = (uint32_t)(i + 1);
    }
    return 0;
}

struct watch *watch_create(const struct name *names, size_t count, uint64_t seed, struct err *err)
{
    struct watch *watch = calloc(1, sizeof *watch);
    int result = watch == NULL ? -1 : 0;

    if (watch != NULL) {
        watch->key = siphash_key_from_seed(seed);
        watch->count = count;
    }
    for (size_t i = 0; i < count && result == 0; i++)
        result = add_name(watch, &names[i], i);
    if (result == 0 && fill_table(watch) == 0)
        return watch;
    err_set(err, ERR_MEMORY, "out of memory for %zu names to watch", count);
    watch_free(watch);
    return NULL;
}

void watch_free(struct watch *watch)
{
    if (watch == NULL)
        return;
    free(watch->suffixes);
    free(watch->slots);
    free(watch->seen);
    free(watch);
}

static void see_exception(struct seen *seen, const struct watched *entry)
{
    const struct terms *terms = entry->terms;

    if (terms != NULL && terms->type_count > 0)
        return;
    if (terms == NULL || !terms->scoped)
        seen->lifted = true;
    else if (terms->scope != 0)
        seen->lifted_scope = terms->scope;
    else if (entry->labels > seen->lifted_above)
        seen->lifted_above = entry->labels;
}

static void note_first(uint64_t *first, uint64_t line)
{
    if (*first == 0)
        *first = line;
}

static void see_listing(struct seen *seen, const struct watched *entry)
{
    const struct terms *terms = entry->terms;

    if (terms != NULL && terms->scope != 0) {
        note_first(&seen->scope_line, entry->line);
        seen->scope = seen->scope == 0 || seen->scope == terms->scope ? terms->scope : SCOPE_MANY;
        return;
    }
    if (terms != NULL && terms->important) {
        note_first(&seen->firm_line, entry->line);
        return;
    }
    note_first(&seen->line, entry->line);
    if (entry->labels > seen->longest) {
        seen->longest = entry->labels;
        seen->longest_line = entry->line;
    }
}

void watch_see(struct watch *watch, const struct watched *entry)
{
    for (uint32_t at = *find_slot(watch, entry->hash); at != 0; at = watch->suffixes[at - 1].next) {
        const struct suffix *suffix = &watch->suffixes[at - 1];
        struct seen *seen = &watch->seen[suffix->name];

        if (entry->kind != ENTRY_SUBTREE && suffix->whole != (entry->kind == ENTRY_EXACT))
            continue;
        if (entry->operation == ENTRY_EXCEPT)
            see_exception(seen, entry);
        else
            see_listing(seen, entry);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

uint64_t watch_line(const struct watch *watch, size_t index)
{
    const struct seen *seen = &watch->seen[index];
    uint64_t line = seen->firm_line;

    if (!seen->lifted)
        line = earlier(line, seen->lifted_above == 0               ? seen->line
                             : seen->longest >= seen->lifted_above ? seen->longest_line
                                                                   : 0);
    return seen->scope == seen->lifted_scope ? line : earlier(line, seen->scope_line);
}
