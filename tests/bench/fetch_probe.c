/* fetch_probe - drives blocklist/feed/fetcher.h alone, for its end-to-end tests and for figures.
 *
 *     fetch_probe < ORDER
 *
 * ORDER is JSON: {"upstreams": ["127.0.0.1@53"], "feeds": {"size_most": N, ...}, "lists": [{"id",
 * "url", "into", "etag", "modified", and options of a list by their names in struct config_list}],
 * "end_after": N}. One line of JSON a result, then one with the memory of both processes. */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "blocklist/feed/fetcher.h"

struct probe {
    struct config config;
    struct fetch_request *requests;
    struct config_list *lists;
    size_t count, results, end_after;
    struct fetcher *fetcher;
    unsigned long progress[64];
    uint64_t got[64], of[64];
};

static char *text_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value == NULL ? NULL : strdup(value);
}

static bool flag_of(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static uint64_t number_of(const json_t *object, const char *key, uint64_t otherwise)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : otherwise;
}

static void read_feeds(struct config_feeds *feeds, const json_t *from)
{
    feeds->parallel = (uint32_t)number_of(from, "parallel", 8);
    feeds->parallel_per_host = (uint32_t)number_of(from, "parallel_per_host", 8);
    feeds->size_most = number_of(from, "size_most", 64 << 20);
    feeds->time_most_s = (uint32_t)number_of(from, "time_most_s", 60);
    feeds->slow_octets_s = (uint32_t)number_of(from, "slow_octets_s", 100);
    feeds->slow_s = (uint32_t)number_of(from, "slow_s", 30);
}

static void read_signature(struct config_list *list, const json_t *from)
{
    const char *kind = json_string_value(json_object_get(from, "signature"));

    list->signature_url = text_of(from, "signature_url");
    list->public_key = text_of(from, "public_key");
    if (kind != NULL)
        list->signature = strcmp(kind, "minisign") == 0 ? LIST_MINISIGN : LIST_SHA256;
}

static void read_list(struct probe *probe, size_t i, const json_t *from)
{
    struct config_list *list = &probe->lists[i];
    struct fetch_request *request = &probe->requests[i];
    const json_t *headers = json_object_get(from, "headers");

    snprintf(list->id, sizeof list->id, "list%zu", i);
    list->url = text_of(from, "url");
    list->allow_http = flag_of(from, "allow_http");
    list->allow_private = flag_of(from, "allow_private");
    list->bearer_file = text_of(from, "bearer_file");
    list->basic_file = text_of(from, "basic_file");
    list->certificate = text_of(from, "certificate");
    list->key = text_of(from, "key");
    list->ca = text_of(from, "ca");
    read_signature(list, from);
    list->headers = calloc(json_array_size(headers) + 1, sizeof *list->headers);
    for (size_t h = 0; h < json_array_size(headers); h++)
        list->headers[list->header_count++] = strdup(json_string_value(json_array_get(headers, h)));
    request->list = list;
    request->into = text_of(from, "into");
    request->etag = text_of(from, "etag");
    request->modified = text_of(from, "modified");
    request->etag = request->etag == NULL ? "" : request->etag;
    request->modified = request->modified == NULL ? "" : request->modified;
}

static void read_order(struct probe *probe, const json_t *order)
{
    const json_t *upstreams = json_object_get(order, "upstreams");
    const json_t *lists = json_object_get(order, "lists");
    struct config *config = &probe->config;

    config->upstream_count = json_array_size(upstreams);
    config->upstreams = calloc(config->upstream_count + 1, sizeof *config->upstreams);
    for (size_t i = 0; i < config->upstream_count; i++)
        endpoint_from_text(&config->upstreams[i].endpoint,
                           json_string_value(json_array_get(upstreams, i)), 53);
    read_feeds(&config->feeds, json_object_get(order, "feeds"));
    probe->end_after = (size_t)number_of(order, "end_after", SIZE_MAX);
    probe->count = json_array_size(lists);
    probe->lists = calloc(probe->count + 1, sizeof *probe->lists);
    probe->requests = calloc(probe->count + 1, sizeof *probe->requests);
    for (size_t i = 0; i < probe->count; i++)
        read_list(probe, i, json_array_get(lists, i));
}

static void on_progress(void *context, size_t request, uint64_t got, uint64_t of)
{
    struct probe *probe = context;

    if (request >= 64)
        return;
    probe->progress[request]++;
    probe->got[request] = got;
    probe->of[request] = of;
}

static void end_early(struct probe *probe)
{
    fetcher_end(probe->fetcher);
    probe->fetcher = NULL;
}

static void on_result(void *context, const struct fetch_result *result)
{
    static const char *const outcomes[] = {"new", "unchanged", "failed"};
    struct probe *probe = context;
    char body[65];
    size_t i = result->request;
    json_t *line;

    sodium_bin2hex(body, sizeof body, result->body, sizeof result->body);
    line =
        json_pack("{s:i s:s s:i s:I s:s s:s s:s s:s s:s s:I s:b s:s s:s s:I s:I s:I}", "request",
                  (int)i, "outcome", outcomes[result->outcome], "status", result->status, "octets",
                  (json_int_t)result->octets, "etag", result->etag, "modified", result->modified,
                  "media_type", result->media_type, "final_url", result->final_url, "body", body,
                  "retry_after_s", (json_int_t)result->retry_after_s, "stale_validator",
                  result->stale_validator, "code", err_word(result->fault.code), "fault",
                  result->fault.text, "progress", (json_int_t)probe->progress[i % 64], "got",
                  (json_int_t)probe->got[i % 64], "of", (json_int_t)probe->of[i % 64]);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(line);
    if (++probe->results == probe->end_after)
        end_early(probe);
}

static void on_done(void *context)
{
    struct probe *probe = context;

    printf("{\"done\":%zu}\n", probe->results);
    end_early(probe);
}

/* Not of getrusage, which counts what was here before exec too. */
static long own_peak_kib(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    long kib = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return kib;
}

int main(void)
{
    struct probe probe = {.count = 0};
    struct fetch_hooks hooks = {on_progress, on_result, on_done, &probe};
    json_error_t where;
    json_t *order = json_loadf(stdin, 0, &where);
    struct rusage child;
    uv_loop_t loop;
    struct err err;

    if (order == NULL) {
        fprintf(stderr, "fetch_probe: no order: %s\n", where.text);
        return 2;
    }
    read_order(&probe, order);
    uv_loop_init(&loop);
    probe.fetcher = fetcher_start(&loop, &probe.config, probe.requests, probe.count, &hooks, &err);
    if (probe.fetcher == NULL) {
        fprintf(stderr, "fetch_probe: %s\n", err.text);
        return 1;
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    getrusage(RUSAGE_CHILDREN, &child);
    printf("{\"parent_kib\":%ld,\"child_kib\":%ld,\"loop_closed\":%s}\n", own_peak_kib(),
           child.ru_maxrss, uv_loop_close(&loop) == 0 ? "true" : "false");
    fflush(stdout);
    _Exit(0); /* the order's pieces are the process's */
}
