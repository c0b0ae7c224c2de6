#include "blocklist/feed/fetch_multi.h"

#include <stdlib.h>

struct fetch_multi {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    uv_timer_t after; /* reports what ended, outside of curl's own calls */
    fetch_multi_done *done;
};

struct watch {
    uv_poll_t poll;
    struct fetch_multi *multi;
    curl_socket_t fd;
};

/* DONE may add and remove transfers, which is why a list of ended ones is not kept. */
static void report_ended(uv_timer_t *after)
{
    struct fetch_multi *multi = after->data;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        void *context = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
        curl_multi_remove_handle(multi->multi, easy);
        multi->done(context, easy, code);
    }
}

static void act(struct fetch_multi *multi, curl_socket_t fd, int events)
{
    int running;

    curl_multi_socket_action(multi->multi, fd, events, &running);
    uv_timer_start(&multi->after, report_ended, 0, 0);
}

static void ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    act(watch->multi, watch->fd, flags);
}

static void timed(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int timer_wanted(CURLM *handle, long after_ms, void *context)
{
    struct fetch_multi *multi = context;

    (void)handle;
    if (after_ms < 0)
        uv_timer_stop(&multi->timer);
    else
        uv_timer_start(&multi->timer, timed, (uint64_t)after_ms, 0);
    return 0;
}

static void watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watch *watch_new(struct fetch_multi *multi, curl_socket_t fd)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL)
        return NULL;
    watch->multi = multi;
    watch->fd = fd;
    watch->poll.data = watch;
    if (uv_poll_init(multi->loop, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    curl_multi_assign(multi->multi, fd, watch);
    return watch;
}

/* A socket that cannot be watched makes no progress and ends as too slow. */
static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *context, void *own)
{
    struct fetch_multi *multi = context;
    struct watch *watch = own;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL)
            uv_close((uv_handle_t *)&watch->poll, watch_closed);
        curl_multi_assign(multi->multi, fd, NULL);
        return 0;
    }
    if (watch == NULL)
        watch = watch_new(multi, fd);
    if (watch == NULL)
        return -1;
    events |= what != CURL_POLL_IN ? UV_WRITABLE : 0;
    events |= what != CURL_POLL_OUT ? UV_READABLE : 0;
    uv_poll_start(&watch->poll, events, ready);
    return 0;
}

static void set_up(struct fetch_multi *multi, long per_host)
{
    curl_multi_setopt(multi->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
    curl_multi_setopt(multi->multi, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
    curl_multi_setopt(multi->multi, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(multi->multi, CURLMOPT_MAX_HOST_CONNECTIONS, per_host);
    curl_multi_setopt(multi->multi, CURLMOPT_MAXCONNECTS, 1L); /* none is kept for later */
    curl_multi_setopt(multi->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    uv_timer_init(multi->loop, &multi->timer);
    uv_timer_init(multi->loop, &multi->after);
    multi->timer.data = multi->after.data = multi;
}

struct fetch_multi *fetch_multi_open(uv_loop_t *loop, long per_host, fetch_multi_done *done)
{
    struct fetch_multi *multi = calloc(1, sizeof *multi);

    if (multi == NULL)
        return NULL;
    multi->multi = curl_multi_init();
    if (multi->multi == NULL) {
        free(multi);
        return NULL;
    }
    multi->loop = loop;
    multi->done = done;
    set_up(multi, per_host);
    return multi;
}

int fetch_multi_add(struct fetch_multi *multi, CURL *easy)
{
    return curl_multi_add_handle(multi->multi, easy) == CURLM_OK ? 0 : -1;
}

void fetch_multi_remove(struct fetch_multi *multi, CURL *easy)
{
    curl_multi_remove_handle(multi->multi, easy);
}
