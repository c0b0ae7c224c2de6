/* store_lists.c - what is known of each list. */
#include "blocklist/feed/store.h"

#include <string.h>

#include "blocklist/feed/store_query.h"
#include "config/base/err.h"

#define COLUMNS                                                                                    \
    "id, recipe, etag, modified, body, state, why, tried, fetched, changed, next, held, "          \
    "held_body, failures, stale_told, rolled_back"

static void read_list(struct store_query *query, struct store_list *list)
{
    memset(list, 0, sizeof *list);
    store_query_text(query, list->id, sizeof list->id);
    store_query_octets(query, list->recipe, sizeof list->recipe);
    store_query_text(query, list->etag, sizeof list->etag);
    store_query_text(query, list->modified, sizeof list->modified);
    store_query_octets(query, list->body, sizeof list->body);
    list->state = (enum list_state)(store_query_count(query) % LIST_STATES);
    store_query_text(query, list->why, sizeof list->why);
    list->tried_s = store_query_number(query);
    list->fetched_s = store_query_number(query);
    list->changed_s = store_query_number(query);
    list->next_s = store_query_number(query);
    list->held_s = store_query_number(query);
    store_query_octets(query, list->held_body, sizeof list->held_body);
    list->failures = (unsigned)store_query_count(query);
    list->stale_told = store_query_number(query) != 0;
    list->rolled_back = store_query_number(query) != 0;
}

int store_get_list(struct store *store, const char *id, struct store_list *list, struct err *err)
{
    struct store_query query;
    bool found;

    store_query_start(&query, store, "SELECT " COLUMNS " FROM list WHERE id = ?", err);
    store_query_bind_text(&query, id);
    found = store_query_row(&query);
    if (found)
        read_list(&query, list);
    if (store_query_end(&query) != 0)
        return -1;
    if (!found) {
        memset(list, 0, sizeof *list);
        if (strlen(id) >= sizeof list->id)
            return err_set(err, ERR_LIMIT, "the id of a list is too long: '%.80s'", id);
        memcpy(list->id, id, strlen(id) + 1);
    }
    return 0;
}

int store_put_list(struct store *store, const struct store_list *list, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store,
                      "INSERT OR REPLACE INTO list (" COLUMNS
                      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      err);
    store_query_bind_text(&query, list->id);
    store_query_bind_octets(&query, list->recipe, sizeof list->recipe);
    store_query_bind_text(&query, list->etag);
    store_query_bind_text(&query, list->modified);
    store_query_bind_octets(&query, list->body, sizeof list->body);
    store_query_bind(&query, list->state);
    store_query_bind_text(&query, list->why);
    store_query_bind(&query, list->tried_s);
    store_query_bind(&query, list->fetched_s);
    store_query_bind(&query, list->changed_s);
    store_query_bind(&query, list->next_s);
    store_query_bind(&query, list->held_s);
    store_query_bind_octets(&query, list->held_body, sizeof list->held_body);
    store_query_bind(&query, list->failures);
    store_query_bind(&query, list->stale_told);
    store_query_bind(&query, list->rolled_back);
    return store_query_end(&query);
}

static int delete_rows(struct store *store, const char *sql, const char *id, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store, sql, err);
    store_query_bind_text(&query, id);
    return store_query_end(&query);
}

int store_forget(struct store *store, const char *id, struct err *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    if (delete_rows(store, "DELETE FROM segment WHERE list = ?", id, err) != 0 ||
        delete_rows(store, "DELETE FROM list WHERE id = ?", id, err) != 0) {
        store_abandon(store);
        return -1;
    }
    return store_commit(store, err);
}

int store_each(struct store *store, int (*each)(void *context, const struct store_list *list),
               void *context, struct err *err)
{
    struct store_query query;
    struct store_list list;
    int result = 0;

    store_query_start(&query, store, "SELECT " COLUMNS " FROM list ORDER BY id", err);
    while (result == 0 && store_query_row(&query)) {
        read_list(&query, &list);
        if (!query.failed)
            result = each(context, &list);
    }
    return store_query_end(&query) != 0 ? -1 : result;
}

const char *list_state_word(enum list_state state)
{
    static const char *const words[LIST_STATES] = {"never", "ok", "failed", "held"};

    return state < LIST_STATES ? words[state] : "unknown";
}
