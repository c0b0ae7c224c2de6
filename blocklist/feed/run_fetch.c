/* run_fetch.c - the loop of a run: lists come side by side, and are read one after the other in the
 * order they came, so that one reader's memory is all there is. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/run.h"

static void read_next(struct run *run);

static void stop(struct run *run)
{
    fetcher_end(run->fetcher);
    run->fetcher = NULL;
    reader_end(run->reader);
    run->reader = NULL;
}

static void on_read(void *context, struct reader_result *result, struct err *err)
{
    struct run *run = context;
    struct work *work = &run->works[run->queue[run->taken++]];

    reader_end(run->reader);
    run->reader = NULL;
    if (result != NULL)
        outcome_read(run, work, result);
    else
        outcome_failed(run, work, err);
    unlink(work->into);
    if (run->broken)
        stop(run);
    else
        read_next(run);
}

static void read_next(struct run *run)
{
    struct err err = {0};

    while (run->reader == NULL && run->taken < run->queued && !run->broken) {
        struct work *work = &run->works[run->queue[run->taken]];

        work->reading = (struct reader_request){.config = run->config,
                                                .list = work->list,
                                                .path = work->into,
                                                .dir = run->dir,
                                                .seed = run->seed,
                                                .suffixes_path = run->request->suffixes_path,
                                                .protected_names = run->protect.names,
                                                .protected_count = run->protect.count};
        run_stage(run, work->list->id, "read");
        run->reader = reader_start(&run->loop, &work->reading, on_read, run, &err);
        if (run->reader == NULL) {
            run->taken++;
            outcome_failed(run, work, &err);
        }
    }
}

static bool same(const uint8_t a[32], const uint8_t b[32])
{
    return memcmp(a, b, 32) == 0;
}

/* Settles a list of which new octets came, or puts it in the queue of the reader. */
static void on_new(struct run *run, struct work *work)
{
    const struct store_list *known = &work->known;
    bool anew = work->recipe_changed || run->request->force;

    run->result->fetched++;
    if (!work->recipe_changed && known->state == LIST_HELD &&
        same(known->held_body, work->fetched.body)) {
        outcome_still_held(run, work);
    } else if (!anew && known->fetched_s > 0 && same(known->body, work->fetched.body)) {
        outcome_unchanged(run, work, "the same octets as last time");
    } else {
        run->queue[run->queued++] = (size_t)(work - run->works);
        read_next(run);
        return;
    }
    unlink(work->into);
}

static void on_result(void *context, const struct fetch_result *result)
{
    struct run *run = context;
    struct work *work = &run->works[result->request];

    if (run->broken)
        return;
    work->fetched = *result;
    if (result->outcome == FETCH_NEW)
        on_new(run, work);
    else if (result->outcome == FETCH_UNCHANGED && work->known.rolled_back)
        outcome_still_held(run, work);
    else if (result->outcome == FETCH_UNCHANGED)
        outcome_unchanged(run, work, "the publisher says so");
    else
        outcome_failed(run, work, &result->fault);
    if (run->broken)
        stop(run);
}

static void on_progress(void *context, size_t request, uint64_t got, uint64_t of)
{
    struct run *run = context;
    const struct sync_hooks *hooks = &run->request->hooks;

    if (hooks->fetched != NULL)
        hooks->fetched(hooks->context, run->works[request].list->id, got, of);
}

static void on_done(void *context)
{
    struct run *run = context;

    fetcher_end(run->fetcher);
    run->fetcher = NULL;
}

/* Fills the requests of all works. A list that is fetched for a new recipe, or by force, or of
 * which nothing is in force, is fetched without conditions. */
static void fill(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct work *work = &run->works[i];
        bool whole = work->recipe_changed || run->request->force || work->known.fetched_s == 0;

        run->fetches[i] = (struct fetch_request){.list = work->list,
                                                 .into = work->into,
                                                 .etag = whole ? "" : work->known.etag,
                                                 .modified = whole ? "" : work->known.modified};
        run_stage(run, work->list->id, "fetch");
    }
}

void run_fetch(struct run *run)
{
    const struct fetch_hooks hooks = {on_progress, on_result, on_done, run};
    struct err err = {0};

    if (uv_loop_init(&run->loop) != 0) {
        err_set(&err, ERR_SYSTEM, "cannot start a loop");
        run_break(run, &err);
        return;
    }
    run->fetches = calloc(run->count, sizeof *run->fetches);
    run->queue = calloc(run->count, sizeof *run->queue);
    if (run->fetches == NULL || run->queue == NULL) {
        err_set(&err, ERR_MEMORY, "out of memory");
        run_break(run, &err);
    } else {
        fill(run);
        run->fetcher =
            fetcher_start(&run->loop, run->config, run->fetches, run->count, &hooks, &err);
        if (run->fetcher == NULL)
            run_break(run, &err);
        uv_run(&run->loop, UV_RUN_DEFAULT);
    }
    uv_loop_close(&run->loop);
    free(run->queue);
    free(run->fetches);
    run->queue = NULL;
    run->fetches = NULL;
}
