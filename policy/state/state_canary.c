#include "policy/state/state_db.h"

#include "policy/state/state_query.h"

int state_db_canary_add(struct state_db *db, const struct state_canary *canary, struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_CANARY_ADD, err);
    state_query_bind(&query, canary->at_s);
    state_query_bind(&query, canary->result);
    state_query_bind(&query, (int64_t)canary->generation);
    if (state_query_end(&query) != 0)
        return -1;
    state_query_start(&query, db, STATE_CANARIES_TIDY, err);
    state_query_bind(&query, STATE_CANARIES_KEPT);
    return state_query_end(&query);
}

static void read_canary(struct state_query *query, struct state_canary *canary)
{
    canary->at_s = state_query_time(query);
    canary->result = state_query_number(query, UINT32_MAX);
    canary->generation = (uint64_t)state_query_time(query);
}

int state_db_canary_last(struct state_db *db, struct state_canary *canary, struct err *err)
{
    struct state_query query;
    bool found;

    state_query_start(&query, db, STATE_CANARY_LAST, err);
    found = state_query_row(&query);
    if (found)
        read_canary(&query, canary);
    return state_query_end(&query) == 0 ? found : -1;
}

int state_db_canaries_each(struct state_db *db, int64_t from_s, int64_t until_s,
                           int (*see)(void *context, const struct state_canary *canary),
                           void *context, struct err *err)
{
    struct state_query query;
    struct state_canary canary;
    int result = 0;

    state_query_start(&query, db, STATE_CANARIES, err);
    state_query_bind(&query, from_s);
    state_query_bind(&query, until_s);
    while (result == 0 && state_query_row(&query)) {
        read_canary(&query, &canary);
        if (!query.failed)
            result = see(context, &canary);
    }
    return state_query_end(&query) == 0 ? result : -1;
}
