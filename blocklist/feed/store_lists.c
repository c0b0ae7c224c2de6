/* store_lists.c - what is known of each list. */
#include "blocklist/feed/store.h"

#include <string.h>

#include "blocklist/feed/store_query.h"
#include "config/base/err.h"

#define COLUMNS                                                                                    \
    "id, recipe, etag, modified, body, state, why, tried, fetched, changed, next, held, "          \
    "held_body, failures, stale_told, rolled_back"
#define SEALED_COLUMNS ", coalesce(signed, 0), coalesce(entries, 0), coalesce(pages, 0)"
#define TABLES "list LEFT JOIN sealed ON sealed.list = list.id"

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
    list->signed_s = store_query_number(query);
    list->sealed_entries = store_query_count(query);
    list->sealed_pages = store_query_count(query);
}

int store_get_list(struct store *store, const char *id, struct store_list *list, struct err *err)
{
    struct store_query query;
    bool found;

    store_query_start(&query, store,
                      "SELECT " COLUMNS SEALED_COLUMNS " FROM " TABLES " WHERE id = ?", err);
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

static int delete_rows(struct store *store, const char *sql, const char *id, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store, sql, err);
    store_query_bind_text(&query, id);
    return store_query_end(&query);
}

static int put_sealed(struct store *store, const struct store_list *list, struct err *err)
{
    struct store_query query;

    if (list->signed_s == 0 && list->sealed_entries == 0 && list->sealed_pages == 0)
        return delete_rows(store, "DELETE FROM sealed WHERE list = ?", list->id, err);
    store_query_start(
        &query, store,
        "INSERT OR REPLACE INTO sealed (list, signed, entries, pages) VALUES (?, ?, ?, ?)", err);
    store_query_bind_text(&query, list->id);
    store_query_bind(&query, list->signed_s);
    store_query_bind(&query, (int64_t)list->sealed_entries);
    store_query_bind(&query, (int64_t)list->sealed_pages);
    return store_query_end(&query);
}

static int put_row(struct store *store, const struct store_list *list, struct err *err)
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

int store_put_list(struct store *store, const struct store_list *list, struct err *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    if (put_row(store, list, err) != 0 || put_sealed(store, list, err) != 0) {
        store_abandon(store);
        return -1;
    }
    return store_commit(store, err);
}

int store_forget(struct store *store, const char *id, struct err *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    if (delete_rows(store, "DELETE FROM segment WHERE list = ?", id, err) != 0 ||
        delete_rows(store, "DELETE FROM sealed WHERE list = ?", id, err) != 0 ||
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

    store_query_start(&query, store,
                      "SELECT " COLUMNS SEALED_COLUMNS " FROM " TABLES " ORDER BY id", err);
    while (result == 0 && store_query_row(&query)) {
        read_list(&query, &list);
        if (!query.failed)
            result = each(context, &list);
    }
    return store_query_end(&query) != 0 ? -1 : result;
}

int store_sealed_set(struct store *store, struct store_sealed_set *set, struct err *err)
{
    struct store_query query;

    memset(set, 0, sizeof *set);
    store_query_start(&query, store,
                      "SELECT number, made, inputs, told FROM sealed_set ORDER BY number DESC",
                      err);
    if (store_query_row(&query)) {
        set->number = store_query_count(&query);
        set->made_s = store_query_number(&query);
        store_query_octets(&query, set->inputs, sizeof set->inputs);
        set->told = store_query_number(&query) != 0;
    }
    return store_query_end(&query);
}

static int put_set(struct store *store, const struct store_sealed_set *set, struct err *err)
{
    struct store_query query;

    if (store_run(store, "DELETE FROM sealed_set", err) != 0)
        return -1;
    store_query_start(&query, store,
                      "INSERT INTO sealed_set (number, made, inputs, told) VALUES (?, ?, ?, ?)",
                      err);
    store_query_bind(&query, (int64_t)set->number);
    store_query_bind(&query, set->made_s);
    store_query_bind_octets(&query, set->inputs, sizeof set->inputs);
    store_query_bind(&query, set->told);
    return store_query_end(&query);
}

int store_put_sealed_set(struct store *store, const struct store_sealed_set *set, struct err *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    if (put_set(store, set, err) != 0) {
        store_abandon(store);
        return -1;
    }
    return store_commit(store, err);
}

const char *list_state_word(enum list_state state)
{
    static const char *const words[LIST_STATES] = {"never", "ok", "failed", "held"};

    return state < LIST_STATES ? words[state] : "unknown";
}
