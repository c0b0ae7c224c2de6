/* sealed_public.c - what is left of a list that was public once.
 *
 * An operator may notice late of which class a list is. Its public segments stay in force until the
 * sealed set has its entries, so that nothing is open in between. Then nothing may be left that
 * tells what the list held: neither segments, in force or held, nor octets of a fetch that was cut
 * off, nor an older generation that somebody could go back to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/due.h"
#include "blocklist/feed/generation.h"
#include "blocklist/feed/generation_links.h"
#include "blocklist/feed/sealed_run.h"
#include "blocklist/feed/sealed_set.h"

/* Tells whether ID is the id of a list whose entries are in the sealed set. */
static bool is_sealed(const struct run *run, const char *id)
{
    const struct config_list *list = config_find_list(run->config, id);
    struct store_list known;
    struct err ignored;

    return list != NULL && due_sealed(list) &&
           store_get_list(run->store, id, &known, &ignored) == 0 &&
           known.sealed_entries + known.sealed_pages > 0;
}

static int drop_segments(struct run *run, const char *id, struct err *err)
{
    struct store_event event =
        run_event(run, EVENT_DROPPED, id, "what was kept of it while it was public");

    if (store_begin(run->store, err) != 0)
        return -1;
    if (store_set_segments(run->store, id, false, NULL, 0, err) != 0 ||
        store_set_segments(run->store, id, true, NULL, 0, err) != 0 ||
        store_event(run->store, &event, err) != 0) {
        store_abandon(run->store);
        return -1;
    }
    run_show(run, &event);
    return store_commit(run->store, err);
}

/* Drops what is HELD, or in force, of lists that are sealed now. Returns how many lists, or -1. */
static int drop_all(struct run *run, bool held, struct err *err)
{
    struct store_segment *segments;
    size_t count;
    int dropped = 0;

    if (store_segments(run->store, NULL, held, &segments, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count && dropped >= 0; i++) {
        if ((i > 0 && strcmp(segments[i].list, segments[i - 1].list) == 0) ||
            !is_sealed(run, segments[i].list))
            continue;
        dropped = drop_segments(run, segments[i].list, err) == 0 ? dropped + 1 : -1;
    }
    free(segments);
    return dropped;
}

/* Tells whether GENERATION was made from a list that is sealed now; 1, 0 or -1. */
static int has_sealed(struct run *run, uint64_t generation, struct err *err)
{
    struct store_segment *segments;
    size_t count;
    int found = 0;

    if (store_generation_segments(run->store, generation, &segments, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count && found == 0; i++)
        found = is_sealed(run, segments[i].list);
    free(segments);
    return found;
}

/* Forgets those of GENERATIONS that have such a list, but for the one in force. Returns how many,
 * or -1. */
static int forget(struct run *run, const struct generations *generations, struct err *err)
{
    int forgotten = 0;

    for (size_t i = 0; i < generations->count; i++) {
        const struct store_generation *one = &generations->items[i];
        int found = one->current ? 0 : has_sealed(run, one->number, err);

        if (found < 0 || (found > 0 && store_drop_generation(run->store, one->number, err) != 0))
            return -1;
        forgotten += found;
    }
    return forgotten;
}

/* The one to fall back to may be gone. */
static int link_again(struct run *run, struct err *err)
{
    struct generations generations;
    int result = 0;

    if (generations_load(run->store, &generations, err) != 0)
        return -1;
    if (generations.current != NULL)
        result =
            generation_link(run->config, run->dir, generations.current->number,
                            generations_before(&generations, generations.current->number), err);
    free(generations.items);
    return result;
}

static int forget_generations(struct run *run, struct err *err)
{
    struct generations generations;
    int forgotten;

    if (generations_load(run->store, &generations, err) != 0)
        return -1;
    forgotten = forget(run, &generations, err);
    free(generations.items);
    return forgotten > 0 && link_again(run, err) != 0 ? -1 : forgotten;
}

int sealed_public(struct run *run, struct err *err)
{
    int held = drop_all(run, true, err), dropped = held < 0 ? -1 : drop_all(run, false, err);
    int forgotten;

    if (dropped < 0 || (dropped > 0 && run_publish(run, err) != 0))
        return -1;
    forgotten = forget_generations(run, err);
    if (held + dropped + forgotten > 0)
        generation_tidy(run->store, run->config);
    return forgotten < 0 ? -1 : 0;
}
