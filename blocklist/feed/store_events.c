/* store_events.c - the record: what was fetched, decided and put in force, and why. It is only
 * added to. */
#include "blocklist/feed/store.h"

#include <string.h>

#include "blocklist/feed/store_query.h"
#include "config/base/err.h"

static const char *const words[STORE_EVENT_KINDS] = {
#define X(kind, word) word,
    STORE_EVENTS(X)
#undef X
};

const char *store_event_word(enum store_event_kind kind)
{
    return kind < STORE_EVENT_KINDS ? words[kind] : "unknown";
}

int store_event(struct store *store, const struct store_event *event, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store,
                      "INSERT INTO event (at, kind, list, generation, text) VALUES (?, ?, ?, ?, ?)",
                      err);
    store_query_bind(&query, event->at_s);
    store_query_bind_text(&query, store_event_word(event->kind));
    store_query_bind_text(&query, event->list);
    store_query_bind(&query, (int64_t)event->generation);
    store_query_bind_text(&query, event->text);
    return store_query_end(&query);
}

static void read_event(struct store_query *query, struct store_event *event)
{
    char word[32];
    size_t kind = 0;

    memset(event, 0, sizeof *event);
    event->number = store_query_number(query);
    event->at_s = store_query_number(query);
    store_query_text(query, word, sizeof word);
    while (kind < STORE_EVENT_KINDS && strcmp(words[kind], word) != 0)
        kind++;
    event->kind = (enum store_event_kind)kind; /* STORE_EVENT_KINDS: shown as unknown */
    store_query_text(query, event->list, sizeof event->list);
    event->generation = store_query_count(query);
    store_query_text(query, event->text, sizeof event->text);
}

int store_events(struct store *store, const char *id, size_t most,
                 int (*each)(void *context, const struct store_event *event), void *context,
                 struct err *err)
{
    struct store_query query;
    struct store_event event;
    int result = 0;

    store_query_start(&query, store,
                      "SELECT number, at, kind, list, generation, text FROM"
                      " (SELECT * FROM event WHERE ?1 = '' OR list = ?1 ORDER BY number DESC"
                      " LIMIT ?2) ORDER BY number",
                      err);
    store_query_bind_text(&query, id != NULL ? id : "");
    store_query_bind(&query, most > INT32_MAX ? INT32_MAX : (int64_t)most);
    while (result == 0 && store_query_row(&query)) {
        read_event(&query, &event);
        if (!query.failed)
            result = each(context, &event);
    }
    return store_query_end(&query) != 0 ? -1 : result;
}
