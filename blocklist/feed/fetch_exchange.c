#include "blocklist/feed/fetch_exchange.h"

#include <string.h>

#include "blocklist/feed/fetch_address.h"
#include "config/base/err.h"

static void finished(uv_timer_t *timer)
{
    struct fetch_exchange *exchange = timer->data;

    exchange->done(exchange);
}

/* Reports at the loop's next turn, when nothing of curl or c-ares is on the stack. */
static void finish(struct fetch_exchange *exchange)
{
    fetch_transfer_stop(&exchange->transfer);
    uv_timer_start(&exchange->timer, finished, 0, 0);
}

/* As `config check` has it: what proves the list, wherever its octets came from. */
static bool http_allowed(const struct config_list *list)
{
    if (list->signature == LIST_SHA256 && list->signature_url != NULL &&
        strncmp(list->signature_url, "https:", 6) == 0)
        return true;
    return list->allow_http || list->signature == LIST_MINISIGN;
}

/* FROM is NULL for the address as configured. A redirect to plain HTTP needs the operator's word
 * even where a signature would tell: it gives away who asks for what. */
static int check_scheme(const struct fetch_exchange *exchange, const struct fetch_url *from,
                        const struct fetch_url *to, struct err *err)
{
    const struct config_list *list = exchange->ask.list;

    if (strcmp(to->scheme, "https") == 0)
        return 0;
    if (strcmp(to->scheme, "file") == 0)
        return err_set(err, ERR_REFUSED, "a redirect to a file of this machine is refused");
    if (from != NULL && strcmp(from->scheme, "https") == 0 && !list->allow_http)
        return err_set(err, ERR_REFUSED,
                       "a redirect from https to http is refused; see `allow_http`");
    return http_allowed(list)
               ? 0
               : err_set(err, ERR_REFUSED, "http is refused; use https, or see `allow_http`");
}

static void transfer_done(struct fetch_transfer *transfer);

static void start_transfer(struct fetch_exchange *exchange, size_t addrs)
{
    struct fetch_transfer *transfer = &exchange->transfer;

    fetch_transfer_stop(transfer);
    memset(transfer, 0, sizeof *transfer);
    transfer->world = exchange->world;
    transfer->ask = &exchange->ask;
    transfer->url = exchange->url;
    exchange->left = exchange->left || !fetch_url_same_origin(&exchange->url, &exchange->first);
    transfer->own = !exchange->left;
    transfer->http = http_allowed(exchange->ask.list);
    transfer->addrs = exchange->addrs;
    transfer->addr_count = addrs;
    transfer->done = transfer_done;
    transfer->context = exchange;
    if (fetch_transfer_start(transfer) == 0)
        return;
    exchange->fault = transfer->fault;
    finish(exchange);
}

/* Keeps of ADDRS those that may be used; where there are none, FAULT says why. */
static size_t keep_allowed(struct fetch_exchange *exchange, const struct addr *addrs, size_t count)
{
    char text[ADDR_TEXT_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const char *kind = fetch_address_inside(&addrs[i]);

        if (kind == NULL || exchange->ask.list->allow_private)
            exchange->addrs[kept++] = addrs[i];
        else
            err_set(&exchange->fault, ERR_REFUSED,
                    "%s is at %s, an address of kind `%s`, not of the internet; see "
                    "`allow_private`",
                    exchange->url.host, addr_to_text(&addrs[i], text), kind);
    }
    if (kept > 0)
        exchange->fault.code = ERR_NONE;
    return kept;
}

static void resolved(void *context, const struct addr *addrs, size_t count, const struct err *fault)
{
    struct fetch_exchange *exchange = context;
    size_t kept;

    exchange->lookup = NULL;
    exchange->fault = *fault;
    kept = keep_allowed(exchange, addrs, count);
    if (kept == 0)
        finish(exchange);
    else
        start_transfer(exchange, kept);
}

/* Goes to exchange->url. */
static void go(struct fetch_exchange *exchange)
{
    if (exchange->url.literal) {
        if (keep_allowed(exchange, &exchange->url.addr, 1) == 0)
            finish(exchange);
        else
            start_transfer(exchange, 0);
        return;
    }
    exchange->lookup =
        resolve_start(exchange->world->resolver, exchange->url.host, resolved, exchange);
}

static int follow(struct fetch_exchange *exchange, struct err *err)
{
    struct fetch_url next;

    if (++exchange->redirects > FETCH_REDIRECTS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d redirects, the last to %s",
                       FETCH_REDIRECTS_MAX, exchange->url.host);
    if (fetch_url_parse(&next, &exchange->url, exchange->reply.location, err) != 0 ||
        check_scheme(exchange, &exchange->url, &next, err) != 0)
        return -1;
    exchange->url = next;
    return 0;
}

static void transfer_done(struct fetch_transfer *transfer)
{
    struct fetch_exchange *exchange = transfer->context;

    exchange->reply = transfer->reply;
    exchange->fault = transfer->fault;
    exchange->cut_short = transfer->cut_short;
    exchange->octets += transfer->octets;
    if (exchange->fault.code != ERR_NONE || !fetch_reply_redirects(&exchange->reply) ||
        follow(exchange, &exchange->fault) != 0) {
        finish(exchange);
        return;
    }
    fetch_transfer_stop(transfer);
    go(exchange);
}

void fetch_exchange_start(struct fetch_exchange *exchange, const char *address)
{
    struct fetch_url url;

    if (!exchange->timer_ready)
        uv_timer_init(&exchange->world->loop, &exchange->timer);
    exchange->timer_ready = true;
    exchange->timer.data = exchange;
    fetch_reply_start(&exchange->reply);
    exchange->fault = (struct err){.code = ERR_NONE};
    exchange->cut_short = exchange->left = false;
    exchange->redirects = 0;
    if (fetch_url_parse(&url, NULL, address, &exchange->fault) != 0) {
        finish(exchange);
        return;
    }
    exchange->url = url;
    if (check_scheme(exchange, NULL, &url, &exchange->fault) != 0)
        finish(exchange);
    else
        go(exchange);
}

void fetch_exchange_stop(struct fetch_exchange *exchange)
{
    if (!exchange->timer_ready)
        return;
    uv_timer_stop(&exchange->timer);
    resolve_forget(exchange->lookup);
    exchange->lookup = NULL;
    fetch_transfer_stop(&exchange->transfer);
}
