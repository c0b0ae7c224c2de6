#include "blocklist/feed/fetch_child.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/fetch_job.h"
#include "blocklist/feed/fetch_multi.h"
#include "blocklist/feed/fetch_outbox.h"
#include "blocklist/feed/resolve.h"

/* All requests, and the slots that they take turns in. */
struct child {
    struct fetch_world world;
    const struct fetch_request *requests;
    size_t count, open; /* without a result */
    bool *begun;
    struct fetch_job *jobs;
    size_t job_count;
    bool starting;
};

/* Whether one more list of HOST may be fetched now. Files have no host and no limit but the
 * whole's.
 */
static bool host_has_room(const struct child *child, const char *host)
{
    size_t busy = 0;

    for (size_t i = 0; i < child->job_count; i++)
        if (child->jobs[i].busy && host[0] != '\0' && strcasecmp(child->jobs[i].host, host) == 0)
            busy++;
    return busy < child->world.config->feeds.parallel_per_host ||
           (busy == 0 && child->world.config->feeds.parallel_per_host == 0);
}

static struct fetch_job *free_job(struct child *child)
{
    for (size_t i = 0; i < child->job_count; i++)
        if (!child->jobs[i].busy)
            return &child->jobs[i];
    return NULL;
}

/* The first request that waits and may begin; the count where there is none. */
static size_t next_request(const struct child *child)
{
    struct fetch_url url;

    for (size_t i = 0; i < child->count; i++) {
        if (child->begun[i])
            continue;
        if (child->requests[i].list->url == NULL ||
            fetch_url_parse(&url, NULL, child->requests[i].list->url, NULL) != 0)
            return i; /* it will say so itself */
        if (host_has_room(child, url.host))
            return i;
    }
    return child->count;
}

/* Jobs may end within their start, which calls this again: one loop is enough. */
static void start_jobs(struct child *child)
{
    struct fetch_job *job;
    size_t request;

    if (child->starting)
        return;
    child->starting = true;
    while ((job = free_job(child)) != NULL) {
        request = next_request(child);
        if (request == child->count)
            break;
        child->begun[request] = true;
        fetch_job_start(job, &child->requests[request], request);
    }
    child->starting = false;
}

static void job_ended(struct fetch_job *job)
{
    struct child *child = job->context;

    child->open--;
    start_jobs(child);
}

static void transfer_over(void *context, CURL *easy, CURLcode code)
{
    (void)easy;
    fetch_transfer_ended(context, code);
}

static int make_slots(struct child *child)
{
    size_t parallel = child->world.config->feeds.parallel;

    child->job_count = parallel == 0 ? 1 : parallel < child->count ? parallel : child->count;
    child->jobs = calloc(child->job_count + 1, sizeof *child->jobs);
    child->begun = calloc(child->count + 1, sizeof *child->begun);
    if (child->jobs == NULL || child->begun == NULL)
        return -1;
    for (size_t i = 0; i < child->job_count; i++) {
        child->jobs[i].world = &child->world;
        child->jobs[i].ended = job_ended;
        child->jobs[i].context = child;
    }
    return 0;
}

/* Without upstreams, lists that are files and addresses are still fetched: err is for the others.
 */
static int open_world(struct fetch_world *world, int fd)
{
    long per_host = (long)world->config->feeds.parallel_per_host;
    struct err err;

    log_open(&world->log, "fetcher");
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        uv_loop_init(&world->loop) != 0)
        return -1;
    world->outbox = fetch_outbox_open(&world->loop, fd);
    world->multi = fetch_multi_open(&world->loop, per_host, transfer_over);
    world->resolver = resolve_open(&world->loop, world->config, &err);
    if (world->resolver == NULL)
        log_event(&world->log, LOG_LEVEL_ERROR, "resolver", "%s", err.text);
    return world->outbox == NULL || world->multi == NULL || world->resolver == NULL ? -1 : 0;
}

int fetch_child_run(const struct config *config, const struct fetch_request *requests, size_t count,
                    int fd)
{
    struct child *child = calloc(1, sizeof *child);

    if (child == NULL)
        return EXIT_FAILURE;
    child->world.config = config;
    child->requests = requests;
    child->count = child->open = count;
    if (open_world(&child->world, fd) != 0 || make_slots(child) != 0)
        return EXIT_FAILURE;
    start_jobs(child);
    while (child->open > 0 || !fetch_outbox_empty(child->world.outbox))
        if (uv_run(&child->world.loop, UV_RUN_ONCE) == 0 && child->open > 0)
            return EXIT_FAILURE;
    return EXIT_SUCCESS; /* the system frees the rest */
}
