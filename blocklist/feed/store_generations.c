/* store_generations.c - which sets there are, and which is in force. */
#include "blocklist/feed/store.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/store_query.h"
#include "blocklist/feed/store_segments.h"
#include "config/base/err.h"

#define COLUMNS "number, before, made, current, digest, seed, names, prefixes, octets, why"

static void read_generation(struct store_query *query, struct store_generation *generation)
{
    memset(generation, 0, sizeof *generation);
    generation->number = store_query_count(query);
    generation->before = store_query_count(query);
    generation->made_s = store_query_number(query);
    generation->current = store_query_number(query) == 1;
    store_query_octets(query, generation->digest, sizeof generation->digest);
    generation->seed = (uint64_t)store_query_number(query);
    generation->names = store_query_count(query);
    generation->prefixes = store_query_count(query);
    generation->octets = store_query_count(query);
    store_query_text(query, generation->why, sizeof generation->why);
}

int store_generations(struct store *store, struct store_generation **generations, size_t *count,
                      struct err *err)
{
    struct store_generation *items = NULL, *more;
    struct store_query query;
    size_t used = 0;

    *generations = NULL;
    *count = 0;
    store_query_start(&query, store, "SELECT " COLUMNS " FROM generation ORDER BY number DESC",
                      err);
    while (store_query_row(&query)) {
        more = realloc(items, (used + 1) * sizeof *items);
        if (more == NULL) {
            err_set(err, ERR_MEMORY, "out of memory for %zu generations", used + 1);
            query.failed = true;
            break;
        }
        items = more;
        read_generation(&query, &items[used++]);
    }
    if (store_query_end(&query) != 0) {
        free(items);
        return -1;
    }
    *generations = items;
    *count = used;
    return 0;
}

int store_current(struct store *store, struct store_generation *generation, struct err *err)
{
    struct store_query query;

    memset(generation, 0, sizeof *generation);
    store_query_start(&query, store, "SELECT " COLUMNS " FROM generation WHERE current = 1", err);
    if (store_query_row(&query)) /* there is one at most */
        read_generation(&query, generation);
    return store_query_end(&query);
}

static int run_with_number(struct store *store, const char *sql, uint64_t number, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store, sql, err);
    store_query_bind(&query, (int64_t)number);
    return store_query_end(&query);
}

/* In two steps, since one row at most may be the present one at any instant. */
static int set_current(struct store *store, uint64_t number, struct err *err)
{
    if (store_run(store, "UPDATE generation SET current = 0 WHERE current = 1", err) != 0)
        return -1;
    return run_with_number(store, "UPDATE generation SET current = 1 WHERE number = ?", number,
                           err);
}

static int insert(struct store *store, const struct store_generation *generation, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store,
                      "INSERT INTO generation (number, before, made, current, digest, seed, names, "
                      "prefixes, octets, why) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?)",
                      err);
    store_query_bind(&query, (int64_t)generation->number);
    store_query_bind(&query, (int64_t)generation->before);
    store_query_bind(&query, generation->made_s);
    store_query_bind_octets(&query, generation->digest, sizeof generation->digest);
    store_query_bind(&query, (int64_t)generation->seed);
    store_query_bind(&query, (int64_t)generation->names);
    store_query_bind(&query, (int64_t)generation->prefixes);
    store_query_bind(&query, (int64_t)generation->octets);
    store_query_bind_text(&query, generation->why);
    return store_query_end(&query);
}

int store_put_generation(struct store *store, const struct store_generation *generation,
                         const struct store_segment *segments, size_t count, struct err *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    if (insert(store, generation, err) != 0 ||
        store_segments_keep(store, generation->number, segments, count, err) != 0 ||
        (generation->current && set_current(store, generation->number, err) != 0)) {
        store_abandon(store);
        return -1;
    }
    return store_commit(store, err);
}

int store_set_current(struct store *store, uint64_t number, struct err *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    if (set_current(store, number, err) != 0) {
        store_abandon(store);
        return -1;
    }
    return store_commit(store, err);
}

int store_drop_generation(struct store *store, uint64_t number, struct err *err)
{
    return run_with_number(store, "DELETE FROM generation WHERE number = ?", number, err);
}
