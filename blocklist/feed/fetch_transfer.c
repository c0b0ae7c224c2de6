/* fetch_transfer.c - one curl handle, and what is allowed to it.
 *
 * The problem: curl does what servers, the environment and its own history suggest: proxies,
 * redirects, kept connections, other protocols, its own lookups. The idea: each of these is
 * switched off by name; addresses are given to it (CURLOPT_RESOLVE) and checked again where the
 * socket is made, since that is the only place that no trick with names gets past; octets are
 * counted where they arrive.
 *
 * Dropped: kept connections (one opened for a list that may reach inside would serve one that may
 * not) and HTTP/2 (many transfers on one connection have no speed of their own). */
#include "blocklist/feed/fetch_transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "blocklist/feed/fetch_address.h"
#include "blocklist/feed/fetch_fault.h"
#include "blocklist/feed/fetch_multi.h"
#include "blocklist/feed/fetch_secret.h"

enum { CONNECT_MAX_S = 20, RECEIVE_OCTETS = 16 << 10 };

/* Whether an answer of 206 goes on where we stopped (RFC 9110 §15.3.7). */
static bool range_fits(const struct fetch_ask *ask, const struct fetch_reply *reply)
{
    if (ask->from == 0 || !reply->ranged || reply->range_first != ask->from)
        return false;
    if (reply->range_total != 0 && reply->range_last + 1 != reply->range_total)
        return false;
    return reply->etag[0] == '\0' || ask->if_range[0] != '"' ||
           fetch_etag_same(reply->etag, ask->if_range);
}

static int check_length(const struct fetch_transfer *transfer, uint64_t from, struct err *err)
{
    const struct fetch_reply *reply = &transfer->reply;
    uint64_t most = transfer->ask->sink->most;

    if (reply->length < 0 || (from <= most && (uint64_t)reply->length <= most - from))
        return 0;
    return err_set(err, ERR_LIMIT, "announces %" PRId64 " octets, over %" PRIu64 "; %s",
                   reply->length, most, fetch_sink_cure(transfer->ask->sink));
}

/* At the end of the header: whether the body is wanted. -1: the transfer stops, with a fault or
 * because all is said. */
static int header_ended(struct fetch_transfer *transfer)
{
    const struct fetch_ask *ask = transfer->ask;
    const struct fetch_reply *reply = &transfer->reply;
    uint64_t from = reply->status == 206 ? ask->from : 0;

    if (reply->status < 200)
        return 0;
    if (!fetch_reply_has_list(reply)) {
        transfer->enough = true;
        return -1;
    }
    if (reply->status == 206 && !range_fits(ask, reply))
        return err_set(&transfer->fault, ERR_FORMAT, "sent a part of it %s",
                       ask->from > 0 ? "that does not fit" : "that nobody asked for");
    if (fetch_reply_check_list(reply, ask->plain && ask->list->signature != LIST_UNSIGNED,
                               &transfer->fault) != 0 ||
        check_length(transfer, from, &transfer->fault) != 0)
        return -1;
    return from == 0 ? fetch_sink_cut(ask->sink, 0, &transfer->fault) : 0;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct fetch_transfer *transfer = context;
    bool before = transfer->reply.header_ended;

    if (fetch_reply_line(&transfer->reply, data, size * count, (int64_t)time(NULL),
                         &transfer->fault) != 0)
        return 0;
    if (!before && transfer->reply.header_ended && header_ended(transfer) != 0)
        return 0;
    return size * count;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct fetch_transfer *transfer = context;
    size_t length = size * count;
    int64_t announced = transfer->reply.length;
    struct fetch_sink *sink = transfer->ask->sink;

    if (!transfer->reply.header_ended || !fetch_reply_has_list(&transfer->reply))
        return 0;
    if (fetch_sink_write(sink, data, length, &transfer->fault) != 0)
        return 0;
    transfer->octets += length;
    if (transfer->ask->progress != NULL)
        transfer->ask->progress(transfer->ask->context, sink->got,
                                announced < 0 ? 0
                                              : sink->got - transfer->octets + (uint64_t)announced);
    return length;
}

/* The last place where an address can be looked at, and the only one that nothing gets past. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct fetch_transfer *transfer = context;
    struct endpoint endpoint;
    char text[ADDR_TEXT_MAX];
    const char *kind;

    if (purpose != CURLSOCKTYPE_IPCXN || endpoint_from_sockaddr(&endpoint, &to->addr) != 0)
        return CURL_SOCKET_BAD;
    kind = fetch_address_inside(&endpoint.addr);
    if (kind != NULL && !transfer->ask->list->allow_private) {
        err_set(&transfer->fault, ERR_REFUSED,
                "%s is an address of kind `%s`, not of the internet; see `allow_private`",
                addr_to_text(&endpoint.addr, text), kind);
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* `host:port:address,address`: curl asks nobody else. */
static int set_addresses(struct fetch_transfer *transfer)
{
    char line[256 + 16 + RECEIVE_OCTETS / 8], text[ADDR_TEXT_MAX];
    int used = snprintf(line, sizeof line, "%s:%u:", transfer->url.host, transfer->url.port);

    if (transfer->url.literal)
        return 0;
    for (size_t i = 0; i < transfer->addr_count && (size_t)used + ADDR_TEXT_MAX + 2 < sizeof line;
         i++)
        used += snprintf(line + used, sizeof line - (size_t)used, "%s%s", i == 0 ? "" : ",",
                         addr_to_text(&transfer->addrs[i], text));
    transfer->resolve = curl_slist_append(NULL, line);
    if (transfer->resolve == NULL)
        return err_set(&transfer->fault, ERR_MEMORY, "out of memory");
    curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, transfer->resolve);
    return 0;
}

static int add_header(struct fetch_transfer *transfer, const char *name, const char *value)
{
    char line[1024];
    struct curl_slist *longer;

    if (value == NULL || value[0] == '\0')
        return 0;
    snprintf(line, sizeof line, "%s: %s", name, value);
    longer = curl_slist_append(transfer->headers, line);
    if (longer == NULL)
        return err_set(&transfer->fault, ERR_MEMORY, "out of memory");
    transfer->headers = longer;
    return 0;
}

/* A password over plain HTTP would be everybody's. */
static int add_secrets(struct fetch_transfer *transfer)
{
    const struct config_list *list = transfer->ask->list;

    if (!transfer->own || !fetch_secret_any(list))
        return 0;
    if (strcmp(transfer->url.scheme, "https") != 0)
        return err_set(&transfer->fault, ERR_REFUSED,
                       "passwords and headers of ours are not sent by http; use https");
    if (list->certificate != NULL) {
        curl_easy_setopt(transfer->easy, CURLOPT_SSLCERT, list->certificate);
        curl_easy_setopt(transfer->easy, CURLOPT_SSLKEY,
                         list->key != NULL ? list->key : list->certificate);
    }
    return fetch_secret_headers(list, &transfer->world->log, &transfer->headers, &transfer->fault);
}

static int set_headers(struct fetch_transfer *transfer)
{
    const struct fetch_ask *ask = transfer->ask;
    char range[40] = "";

    if (ask->from > 0)
        snprintf(range, sizeof range, "bytes=%" PRIu64 "-", ask->from);
    if (add_header(transfer, "Accept", "*/*") != 0 ||
        add_header(transfer, "Accept-Encoding", ask->plain ? "identity" : "zstd, gzip") != 0 ||
        add_header(transfer, "If-None-Match", ask->etag) != 0 ||
        add_header(transfer, "If-Modified-Since", ask->modified) != 0 ||
        add_header(transfer, "Range", range) != 0 ||
        add_header(transfer, "If-Range", ask->from > 0 ? ask->if_range : NULL) != 0 ||
        add_secrets(transfer) != 0)
        return -1;
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    return 0;
}

static bool system_has_file(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    return info->age >= CURLVERSION_SEVENTH && info->cainfo != NULL &&
           access(info->cainfo, R_OK) == 0;
}

static void set_scheme(struct fetch_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const char *ca = transfer->ask->list->ca;

    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, transfer->http ? "https,http" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not from the environment either */
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2); /* RFC 8996 §2 */
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (ca != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    /* With one file alone curl keeps what it read of it for the next connection. */
    if (ca != NULL || system_has_file())
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

static void set_bounds(struct fetch_transfer *transfer)
{
    const struct config_feeds *feeds = &transfer->world->config->feeds;
    CURL *easy = transfer->easy;
    long connect_s = feeds->slow_s < CONNECT_MAX_S ? (long)feeds->slow_s : CONNECT_MAX_S;

    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)feeds->slow_octets_s);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)feeds->slow_s);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, connect_s > 0 ? connect_s : CONNECT_MAX_S);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_OCTETS);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Codings are stored as they come: the list's reader bounds what they unpack to. */
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
}

static void set_callbacks(struct fetch_transfer *transfer)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_text);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "stairgate/" STAIRGATE_VERSION " (lists sync)");
}

int fetch_transfer_start(struct fetch_transfer *transfer)
{
    fetch_reply_start(&transfer->reply);
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL)
        return err_set(&transfer->fault, ERR_MEMORY, "out of memory");
    curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url.text);
    set_scheme(transfer);
    set_bounds(transfer);
    set_callbacks(transfer);
    if (set_addresses(transfer) != 0 || set_headers(transfer) != 0)
        return -1;
    if (fetch_multi_add(transfer->world->multi, transfer->easy) != 0)
        return err_set(&transfer->fault, ERR_SYSTEM, "cannot start a transfer");
    return 0;
}

/* Our own reason comes before curl's, which only knows that we stopped it. */
void fetch_transfer_ended(struct fetch_transfer *transfer, CURLcode code)
{
    const struct fetch_reply *reply = &transfer->reply;

    if (transfer->enough || code == CURLE_OK) {
        transfer->fault.code = ERR_NONE; /* of an address that was refused, before another */
        if (reply->status == 0)
            err_set(&transfer->fault, ERR_FORMAT, "it does not speak HTTP; check the address");
    } else if (transfer->fault.code == ERR_NONE && code == CURLE_OUT_OF_MEMORY &&
               reply->status != 0 && !reply->header_ended) {
        err_set(&transfer->fault, ERR_LIMIT, "a line of the answer's header has no end");
    } else if (transfer->fault.code == ERR_NONE) {
        fetch_fault(transfer->easy, code, transfer->curl_text, &transfer->world->config->feeds,
                    strcmp(transfer->url.scheme, "https") == 0 &&
                        transfer->ask->list->certificate == NULL && !transfer->reply.header_ended,
                    &transfer->fault);
        transfer->cut_short =
            reply->header_ended && fetch_reply_has_list(reply) && fetch_fault_keeps(code);
    }
    transfer->done(transfer);
}

void fetch_transfer_stop(struct fetch_transfer *transfer)
{
    if (transfer->easy != NULL) {
        fetch_multi_remove(transfer->world->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    transfer->easy = NULL;
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->resolve);
    transfer->headers = transfer->resolve = NULL;
}
