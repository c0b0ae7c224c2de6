/* store_checks.c - the account of checks of legal and hotline lists, kept for years: what was taken
 * when, and what went wrong, of which kind. It is only added to. */
#include "blocklist/feed/store.h"

#include <string.h>

#include "blocklist/feed/store_query.h"
#include "config/base/err.h"

static const char *const words[STORE_CHECK_OUTCOMES] = {
#define X(outcome, word) word,
    STORE_CHECKS(X)
#undef X
};

const char *store_check_word(enum store_check_outcome outcome)
{
    return outcome < STORE_CHECK_OUTCOMES ? words[outcome] : "unknown";
}

int store_check_add(struct store *store, const struct store_check *check, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store,
                      "INSERT INTO sealed_check (at, list, class, outcome, kind, signed, entries,"
                      " deadline, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      err);
    store_query_bind(&query, check->at_s);
    store_query_bind_text(&query, check->list);
    store_query_bind(&query, check->class_);
    store_query_bind_text(&query, store_check_word(check->outcome));
    store_query_bind_text(&query, check->kind);
    store_query_bind(&query, check->signed_s);
    store_query_bind(&query, (int64_t)check->entries);
    store_query_bind(&query, check->deadline_s);
    store_query_bind(&query, (int64_t)check->generation);
    return store_query_end(&query);
}

static void read_check(struct store_query *query, struct store_check *check)
{
    char word[32];
    size_t outcome = 0;

    memset(check, 0, sizeof *check);
    check->at_s = store_query_number(query);
    store_query_text(query, check->list, sizeof check->list);
    check->class_ = (enum list_class)store_query_number(query);
    store_query_text(query, word, sizeof word);
    while (outcome < STORE_CHECK_OUTCOMES && strcmp(words[outcome], word) != 0)
        outcome++;
    check->outcome =
        (enum store_check_outcome)outcome; /* STORE_CHECK_OUTCOMES: of later versions */
    store_query_text(query, check->kind, sizeof check->kind);
    check->signed_s = store_query_number(query);
    check->entries = store_query_count(query);
    check->deadline_s = (uint32_t)store_query_count(query);
    check->generation = store_query_count(query);
}

int store_checks(struct store *store, int64_t from_s, int64_t until_s,
                 int (*each)(void *context, const struct store_check *check), void *context,
                 struct err *err)
{
    struct store_query query;
    struct store_check check;
    int result = 0;

    store_query_start(&query, store,
                      "SELECT at, list, class, outcome, kind, signed, entries, deadline, generation"
                      " FROM sealed_check WHERE at >= ? AND at < ? ORDER BY number",
                      err);
    store_query_bind(&query, from_s);
    store_query_bind(&query, until_s);
    while (result == 0 && store_query_row(&query)) {
        read_check(&query, &check);
        if (!query.failed)
            result = each(context, &check);
    }
    return store_query_end(&query) != 0 ? -1 : result;
}
