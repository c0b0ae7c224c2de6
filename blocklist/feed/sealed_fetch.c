/* sealed_fetch.c - one legal or hotline list over the wire into locked memory, by a fetcher of its
 * own, which has neither the key nor another list. One list after the other: so one list's memory
 * is all that must be locked. */
#include <string.h>

#include "blocklist/feed/sealed_memory.h"
#include "blocklist/feed/sealed_run.h"
#include "blocklist/sealed/sealed_key.h"

/* Of locked memory for each list, or feeds.limits.size where that is less. */
enum { LIST_OCTETS_MAX = 16 << 20 };

struct fetching {
    struct run *run;
    struct sealed_work *work;
    bool came;
};

static void on_progress(void *context, size_t request, uint64_t got, uint64_t of)
{
    struct fetching *fetching = context;
    const struct sync_hooks *hooks = &fetching->run->request->hooks;

    (void)request;
    if (hooks->fetched != NULL)
        hooks->fetched(hooks->context, fetching->work->work.list->id, got, of);
}

static void on_result(void *context, const struct fetch_result *result)
{
    struct fetching *fetching = context;

    fetching->work->work.fetched = *result;
    fetching->came = true;
}

static void on_done(void *context)
{
    struct fetching *fetching = context;

    fetcher_end(fetching->run->fetcher);
    fetching->run->fetcher = NULL;
}

/* Runs a fetcher to its end. */
static int run_fetcher(struct fetching *fetching, const struct fetch_request *request,
                       struct err *err)
{
    const struct fetch_hooks hooks = {on_progress, on_result, on_done, fetching};
    struct run *run = fetching->run;

    if (uv_loop_init(&run->loop) != 0)
        return err_set(err, ERR_SYSTEM, "cannot start a loop");
    run->fetcher = fetcher_start(&run->loop, run->config, request, 1, &hooks, err);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    uv_loop_close(&run->loop);
    return fetching->came ? 0 : -1;
}

static int fetch(struct fetching *fetching, struct sealed_memory *memory, struct err *err)
{
    const struct config_list *list = fetching->work->work.list;
    const struct fetch_request request = {
        .list = list, .memory = memory, .into = "", .etag = "", .modified = ""};
    struct fetch_result *result = &fetching->work->work.fetched;

    err_set(err, ERR_SYSTEM, "the fetcher came to nothing");
    if (sealed_memory_open(memory,
                           fetching->run->config->feeds.size_most < LIST_OCTETS_MAX
                               ? (size_t)fetching->run->config->feeds.size_most
                               : (size_t)LIST_OCTETS_MAX,
                           err) != 0 ||
        run_fetcher(fetching, &request, err) != 0)
        return -1;
    if (result->outcome == FETCH_FAILED) {
        *err = result->fault;
        return -1;
    }
    if (result->outcome == FETCH_UNCHANGED && list->inbox != NULL)
        return 0;
    if (result->outcome != FETCH_NEW)
        return err_set(err, ERR_FORMAT, "unchanged, although it was asked for without conditions");
    /* No validator is kept, and the digest is made under the key. */
    result->etag[0] = result->modified[0] = '\0';
    memset(result->body, 0, sizeof result->body);
    return sealed_memory_settle(memory, err);
}

bool sealed_fetch(struct sealed_run *sealed, struct sealed_work *work, struct sealed_memory *memory)
{
    struct fetching fetching = {.run = sealed->run, .work = work};
    struct err err = {0};

    run_stage(sealed->run, work->work.list->id, "fetch");
    sealed_key_free(sealed->key);
    sealed->key = NULL;
    sealed->set.key = NULL;
    if (fetch(&fetching, memory, &err) == 0) {
        if (work->work.fetched.outcome == FETCH_NEW)
            return true;
        sealed_inbox_empty(sealed, work);
        return false;
    }
    outcome_failed(sealed->run, &work->work, &err);
    return false;
}
