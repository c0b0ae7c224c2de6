/* fetch_job.c - what becomes of a list: new, unchanged or failed, and why.
 *
 * The problem: servers lie about validators, cut bodies, send a part that belongs to another
 * version, and replace list and signature one after the other. The idea: a validator is only a
 * saving (the content's digest is the truth), so whatever contradicts itself is fetched once more
 * without conditions, or from the start, or both list and signature; the second time it is a
 * failure. Nothing stands at INTO before all of it is right.
 *
 * Dropped: retries of what merely failed. The run knows when to come again. */
#include "blocklist/feed/fetch_job.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "blocklist/feed/fetch_outbox.h"
#include "blocklist/feed/inbox.h"
#include "blocklist/feed/list_signature.h"
#include "blocklist/feed/signature.h"
#include "config/base/url_show.h"

enum { PROGRESS_EVERY_MS = 100 };

static void get_body(struct fetch_job *job);

static void end(struct fetch_job *job)
{
    struct fetch_message message = {.kind = FETCH_MESSAGE_RESULT, .result = job->result};

    uv_timer_stop(&job->timer);
    fetch_exchange_stop(&job->exchange);
    fetch_copy_stop(&job->copy);
    fetch_sink_close(&job->body);
    fetch_sink_close(&job->signature);
    if (job->result.outcome != FETCH_NEW && !job->kept && job->request->memory == NULL)
        fetch_part_drop(job->request->into);
    job->busy = false;
    fetch_outbox_put(job->world->outbox, &message);
    job->ended(job);
}

/* Fails JOB with WHY, about URL. */
static void fail_at(struct fetch_job *job, const char *url, const struct err *why)
{
    struct err copy = *why; /* it may be the result's own */

    job->result.outcome = FETCH_FAILED;
    err_set(&job->result.fault, copy.code, "%s: %s", url, copy.text);
    end(job);
}

static void fail(struct fetch_job *job, const struct err *why)
{
    char url[FETCH_URL_SHOWN_MAX];

    if (job->exchange.url.text[0] != '\0')
        fetch_url_show(&job->exchange.url, url, sizeof url);
    else
        url_show(job->request->list->url, url, sizeof url);
    fail_at(job, url, why);
}

static void progress(void *context, uint64_t got, uint64_t of)
{
    struct fetch_job *job = context;
    uint64_t now = uv_now(&job->world->loop);
    struct fetch_message message = {.kind = FETCH_MESSAGE_PROGRESS, .got = got, .of = of};

    if (now - job->told_ms < PROGRESS_EVERY_MS && got != of)
        return;
    job->told_ms = now;
    message.result.request = job->result.request;
    fetch_outbox_put(job->world->outbox, &message);
}

/* What was delivered, for a list that is not fetched. */
static void take_delivery(struct fetch_job *job)
{
    const struct fetch_request *request = job->request;
    struct inbox_taken taken;
    struct err err;

    if (request->memory == NULL)
        err_set(&err, ERR_CONFIG, "it is for legal and hotline lists");
    if (request->memory == NULL ||
        inbox_take(request->list, request->memory, job->world->config->feeds.size_most,
                   (int64_t)time(NULL), &taken, &err) != 0) {
        fail_at(job, "inbox", &err);
        return;
    }
    job->result.outcome = taken.found ? FETCH_NEW : FETCH_UNCHANGED;
    job->result.signed_s = taken.signed_s;
    job->result.octets = taken.octets;
    end(job);
}

/* Puts the part in its place: JOB is done. */
static void succeed(struct fetch_job *job)
{
    struct err err;

    if (job->request->memory != NULL) {
        job->result.outcome = FETCH_NEW;
        end(job);
        return;
    }
    if (fetch_part_finish(job->request->into, job->body.fd, job->result.body, &err) != 0) {
        fail(job, &err);
        return;
    }
    job->result.outcome = FETCH_NEW;
    end(job);
}

/* ---- the signature */

static int check_signature(struct fetch_job *job, struct err *err)
{
    const struct config_list *list = job->request->list;
    char name[256];

    list_signature_name(list->url, name);
    return list_signature_check(list, name, (const char *)job->signature.memory,
                                (size_t)job->signature.got, job->body.fd, (int64_t)time(NULL),
                                &job->result.signed_s, err);
}

/* List and signature may be of different age where the publisher replaced them meanwhile. */
static void signature_came(struct fetch_job *job)
{
    struct err err = {.code = ERR_NONE};

    if (check_signature(job, &err) == 0) {
        succeed(job);
        return;
    }
    if (err.code != ERR_DIGEST || job->signature_again) {
        fail(job, &err);
        return;
    }
    job->signature_again = true;
    job->conditional = false;
    job->anew = true;
    get_body(job);
}

static void signature_fetched(struct fetch_exchange *exchange)
{
    struct fetch_job *job = exchange->context;

    job->result.octets = exchange->octets;
    if (exchange->fault.code == ERR_NONE && !fetch_reply_has_list(&exchange->reply))
        fetch_reply_refuse(&exchange->reply, &exchange->fault);
    if (exchange->fault.code != ERR_NONE)
        fail(job, &exchange->fault);
    else
        signature_came(job);
}

static void signature_copied(struct fetch_copy *copy)
{
    struct fetch_job *job = copy->context;

    if (copy->fault.code != ERR_NONE)
        fail(job, &copy->fault);
    else
        signature_came(job);
}

/* Reads the file that URL names into SINK; DONE goes on. */
static void copy_file(struct fetch_job *job, const struct fetch_url *url, struct fetch_sink *sink,
                      const char *modified, void (*done)(struct fetch_copy *copy))
{
    struct fetch_copy *copy = &job->copy;

    copy->loop = &job->world->loop;
    copy->sink = sink;
    copy->modified = modified;
    copy->progress = progress;
    copy->done = done;
    copy->context = job;
    job->exchange.url = *url; /* which messages name */
    fetch_copy_start(copy, url->path);
}

static void get_signature(struct fetch_job *job)
{
    char address[FETCH_URL_MAX];
    struct fetch_url url;
    struct err err;

    if (fetch_sink_end(&job->body, &err) != 0) {
        fail(job, &err);
        return;
    }
    if (job->request->list->signature == LIST_UNSIGNED) {
        succeed(job);
        return;
    }
    fetch_sink_close(&job->signature);
    list_signature_url(job->request->list, address, sizeof address);
    if (fetch_sink_memory(&job->signature, SIGNATURE_OCTETS_MAX, &err) != 0 ||
        fetch_url_parse(&url, NULL, address, &err) != 0) {
        fail(job, &err);
        return;
    }
    if (strcmp(url.scheme, "file") == 0) {
        copy_file(job, &url, &job->signature, NULL, signature_copied);
        return;
    }
    job->exchange.ask = (struct fetch_ask){
        .list = job->request->list, .sink = &job->signature, .plain = true, .context = job};
    job->exchange.done = signature_fetched;
    fetch_exchange_start(&job->exchange, address);
}

/* ---- the list */

static void take_reply(struct fetch_job *job, const struct fetch_exchange *exchange)
{
    const struct fetch_reply *reply = &exchange->reply;
    struct fetch_result *result = &job->result;

    result->status = reply->status;
    result->octets = exchange->octets;
    result->retry_after_s = reply->retry_after_s;
    memcpy(result->media_type, reply->media_type, sizeof result->media_type);
    fetch_url_show(&exchange->url, result->final_url, sizeof result->final_url);
}

/* What the list can be asked for with next time. */
static void take_validators(struct fetch_job *job, const char *etag, const char *modified)
{
    snprintf(job->result.etag, sizeof job->result.etag, "%s", etag);
    snprintf(job->result.modified, sizeof job->result.modified, "%s", modified);
}

/* RFC 9110 §15.4.5: a 304 carries the validators that a 200 would have; others than those we asked
 * with mean that it is not unchanged. */
static bool contradicts(const struct fetch_request *request, const struct fetch_reply *reply)
{
    if (request->etag[0] != '\0')
        return reply->etag[0] != '\0' && !fetch_etag_same(reply->etag, request->etag);
    return reply->modified[0] != '\0' &&
           curl_getdate(reply->modified, NULL) > curl_getdate(request->modified, NULL);
}

static void not_modified(struct fetch_job *job)
{
    const struct fetch_reply *reply = &job->exchange.reply;
    const struct fetch_request *request = job->request;
    struct err err;

    if (!job->conditional) {
        err_set(&err, ERR_FORMAT,
                "status 304 (unchanged) although it was asked for without conditions; the last "
                "good list stays, the next run tries again");
        fail(job, &err);
        return;
    }
    if (contradicts(request, reply)) {
        job->result.stale_validator = true;
        job->conditional = false;
        get_body(job);
        return;
    }
    job->result.outcome = FETCH_UNCHANGED;
    take_validators(job, reply->etag[0] != '\0' ? reply->etag : request->etag,
                    reply->modified[0] != '\0' ? reply->modified : request->modified);
    end(job);
}

/* Keeps what came for the next run, where the server has said how to go on from it; what was there
 * before, where it has not been touched. */
static void keep_part(struct fetch_job *job, const struct fetch_reply *reply)
{
    bool untouched = job->from > 0 && reply->status != 200;
    const char *validator = untouched ? job->validator : fetch_reply_strong(reply);

    if (validator == NULL || job->body.fd < 0 || job->body.got == 0 || job->request->memory != NULL)
        return;
    fetch_part_keep(job->request->into, job->request->list->url, validator, job->body.fd,
                    job->body.got);
    job->kept = true;
}

/* A part that was cut off is kept; one that the server does not go on with is not. */
static void body_failed(struct fetch_job *job)
{
    struct fetch_exchange *exchange = &job->exchange;
    int status = exchange->reply.status;

    if (exchange->cut_short || (job->from > 0 && status != 200 && status != 206 && status != 416)) {
        keep_part(job, &exchange->reply);
    } else if (job->from > 0 && !job->anew && (status == 206 || status == 416)) {
        job->anew = true;
        get_body(job);
        return;
    }
    fail(job, &exchange->fault);
}

static void body_fetched(struct fetch_exchange *exchange)
{
    struct fetch_job *job = exchange->context;
    const struct fetch_reply *reply = &exchange->reply;

    take_reply(job, exchange);
    if (exchange->fault.code == ERR_NONE && reply->status == 304) {
        not_modified(job);
        return;
    }
    if (exchange->fault.code == ERR_NONE && !fetch_reply_has_list(reply))
        fetch_reply_refuse(reply, &exchange->fault);
    else if (exchange->fault.code == ERR_NONE && job->body.got == 0)
        err_set(&exchange->fault, ERR_FORMAT, "empty; the last good list stays");
    if (exchange->fault.code != ERR_NONE) {
        body_failed(job);
        return;
    }
    take_validators(job, reply->etag, reply->modified);
    get_signature(job);
}

static void body_copied(struct fetch_copy *copy)
{
    struct fetch_job *job = copy->context;

    job->result.octets = copy->unchanged ? 0 : job->body.got;
    if (copy->fault.code != ERR_NONE) {
        fail(job, &copy->fault);
        return;
    }
    take_validators(job, "", copy->now);
    if (!copy->unchanged) {
        get_signature(job);
        return;
    }
    job->result.outcome = FETCH_UNCHANGED;
    end(job);
}

/* Whether it ends as packed files do: a coding on top would only cost. */
static bool is_packed(const char *url)
{
    static const char *const ends[] = {".gz", ".tgz", ".xz", ".zst", ".zip", ".bz2", ".7z", ".txz"};
    size_t length = strcspn(url, "?#");

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end = strlen(ends[i]);

        if (length > end && strncasecmp(url + length - end, ends[i], end) == 0)
            return true;
    }
    return false;
}

/* Opens the part and finds out whether it can be gone on with. */
static int open_part(struct fetch_job *job, struct err *err)
{
    const struct fetch_request *request = job->request;
    char path[PLACE_PATH_MAX];
    uint64_t length = 0;
    bool there =
        !job->anew && fetch_part_find(request->into, request->list->url, job->validator, &length);

    fetch_part_open(request->into);
    fetch_sink_close(&job->body);
    if (snprintf(path, sizeof path, "%s.part", request->into) >= (int)sizeof path)
        return err_set(err, ERR_LIMIT, "its path is too long");
    if (fetch_sink_file(&job->body, path, job->world->config->feeds.size_most, err) != 0)
        return -1;
    job->from = there && length < job->body.most ? length : 0;
    return fetch_sink_cut(&job->body, job->from, err);
}

static int open_body(struct fetch_job *job, struct err *err)
{
    const struct sealed_memory *memory = job->request->memory;

    if (memory == NULL)
        return open_part(job, err);
    fetch_sink_close(&job->body);
    job->from = 0;
    return fetch_sink_locked(&job->body, memory, job->world->config->feeds.size_most, err);
}

static void ask_for_body(struct fetch_job *job)
{
    const struct fetch_request *request = job->request;
    struct fetch_exchange *exchange = &job->exchange;
    bool conditional = job->conditional && job->from == 0;

    job->conditional = conditional;
    exchange->ask = (struct fetch_ask){
        .list = request->list,
        .sink = &job->body,
        .etag = conditional ? request->etag : NULL,
        .modified = conditional ? request->modified : NULL,
        .if_range = job->validator,
        .from = job->from,
        .plain = request->list->signature != LIST_UNSIGNED || is_packed(request->list->url),
        .progress = progress,
        .context = job,
    };
    exchange->done = body_fetched;
    fetch_exchange_start(exchange, request->list->url);
}

static void get_body(struct fetch_job *job)
{
    struct fetch_url url;
    struct err err;

    if (open_body(job, &err) != 0 ||
        fetch_url_parse(&url, NULL, job->request->list->url, &err) != 0) {
        fail(job, &err);
        return;
    }
    snprintf(job->host, sizeof job->host, "%s", url.host);
    job->exchange.first = url;
    if (strcmp(url.scheme, "file") != 0) {
        ask_for_body(job);
        return;
    }
    if (job->from > 0 && fetch_sink_cut(&job->body, 0, &err) != 0)
        fail(job, &err);
    else
        copy_file(job, &url, &job->body, job->conditional ? job->request->modified : NULL,
                  body_copied);
}

static void too_long(uv_timer_t *timer)
{
    struct fetch_job *job = timer->data;
    const struct fetch_reply *reply = &job->exchange.transfer.reply;
    struct err err;

    if (job->exchange.transfer.easy != NULL && job->signature.memory == NULL &&
        reply->header_ended && fetch_reply_has_list(reply))
        keep_part(job, reply);
    err_set(&err, ERR_LIMIT, "took longer than %u s (%llu octets came); see `feeds.limits.time`",
            job->world->config->feeds.time_most_s, (unsigned long long)job->body.got);
    fail(job, &err);
}

static void reset(struct fetch_job *job)
{
    job->result = (struct fetch_result){.outcome = FETCH_FAILED};
    job->body.fd = job->signature.fd = -1;
    job->body.memory = job->signature.memory = NULL;
    job->anew = job->signature_again = job->kept = false;
    job->told_ms = 0;
    job->host[0] = job->validator[0] = '\0';
    job->exchange.octets = 0;
    job->exchange.url.text[0] = '\0';
    job->exchange.world = job->world;
    job->exchange.context = job;
    if (!job->timer_ready)
        uv_timer_init(&job->world->loop, &job->timer);
    job->timer_ready = true;
    job->timer.data = job;
}

void fetch_job_start(struct fetch_job *job, const struct fetch_request *request, size_t index)
{
    uint64_t most_s = job->world->config->feeds.time_most_s;
    struct err err;

    reset(job);
    job->busy = true;
    job->request = request;
    job->result.request = index;
    job->conditional = request->etag[0] != '\0' || request->modified[0] != '\0';
    if (most_s > 0)
        uv_timer_start(&job->timer, too_long, most_s * 1000, 0);
    if (request->list->inbox != NULL)
        take_delivery(job);
    else if (list_signature_ready(request->list, (int64_t)time(NULL), &err) != 0)
        fail(job, &err); /* before anything is fetched that could not be checked */
    else
        get_body(job);
}
