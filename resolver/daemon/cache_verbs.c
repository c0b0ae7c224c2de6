/* The problem: an operator must see why a client gets what it gets, and be able to make the server
 * forget it; and what is kept is what people have looked at. The idea: counts are open, names are
 * shown only of what is asked for by name, to those who may do anything here anyway, and never
 * logged. Both read the whole store a shard at a time, in the main thread: clients are answered
 * from it meanwhile, and only what a worker would put into that shard waits.
 *
 * Dropped: a verb that lists all names: `lookup . --below` can, and nobody does it by accident. */
#include "resolver/daemon/cache_verbs.h"

#include <string.h>

#include "config/base/err.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/cache/cache.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"
#include "resolver/wire/mnemonic.h"

enum { LINES_MOST = 1000 };

static json_t *whole(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* ---- counts ---- */

json_t *cache_counts(const struct server *server, const struct core_counters *sum)
{
    struct cache_stats stats = {0};
    json_t *counts = json_object();

    if (server->cache != NULL)
        cache_stats(server->cache, &stats);
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"octets",     stats.octets      },
        {"used",       stats.used        },
        {"entries",    stats.entries     },
        {"inserted",   stats.inserted    },
        {"evicted",    stats.evicted     },
        {"hits",       sum->cache_hits   },
        {"misses",     sum->cache_misses },
        {"stale",      sum->cache_stale  },
        {"denials",    sum->cache_denials},
        {"prefetched", sum->prefetched   },
        {"rechecked",  sum->rechecked    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(counts, rows[i].name, whole(rows[i].value));
    return counts;
}

json_t *run_cache_stats(void *context, const json_t *request, json_t *errors)
{
    const struct server *server = context;
    const struct core_counters sum = server_counters(server);

    (void)request;
    (void)errors;
    return cache_counts(server, &sum);
}

/* ---- names ---- */

/* Reads the argument `name` of REQUEST into BUF. Errors: -1 with one added to ERRORS. */
static int read_name(const json_t *request, struct name_buf *buf, json_t *errors)
{
    struct err err = {.code = ERR_NONE};
    const char *text = message_text(request, "name", &err);
    enum name_fault fault = NAME_OK;

    if (text != NULL)
        fault = name_from_text(buf, text, strlen(text));
    else if (err.code == ERR_NONE)
        err_set(&err, ERR_USAGE, "a name is wanted: 'name' is missing");
    if (fault != NAME_OK)
        err_set(&err, ERR_USAGE, "not a name: %s", name_fault_text(fault));
    if (err.code == ERR_NONE)
        return 0;
    message_add_error(errors, &err, NULL);
    return -1;
}

static bool is_true(const json_t *request, const char *key)
{
    return json_is_true(json_object_get(request, key));
}

struct listing {
    const struct snapshot *snapshot;
    json_t *entries;
    size_t left_behind; /* by servers that nobody asks any more */
};

/* The zone whose servers said it; null for the servers of everything else. */
static json_t *zone_json(const struct config *config, long group)
{
    char text[NAME_TEXT_MAX];
    struct name name;

    if (group == 0)
        return json_null();
    name = name_of(&config->zones[group - 1].name);
    return json_string(name_to_text(&name, text));
}

static void see(void *context, const struct cache_line *line)
{
    struct listing *listing = context;
    long group = snapshot_group(listing->snapshot, line->key.group);
    char name[NAME_TEXT_MAX], type[MNEMONIC_MAX] = "*", rcode[MNEMONIC_MAX];

    if (group < 0)
        listing->left_behind++;
    if (group < 0 || json_array_size(listing->entries) == LINES_MOST)
        return;
    if (line->key.type != 0)
        mnemonic_type(line->key.type, type);
    json_array_append_new(listing->entries,
                          json_pack("{s:s,s:s,s:b,s:b,s:o,s:s,s:b,s:i,s:o,s:o,s:o}", "name",
                                    name_to_text(&line->key.name, name), "type", type, "dnssec_ok",
                                    line->key.dnssec_ok, "checking_disabled",
                                    line->key.checking_disabled, "zone",
                                    zone_json(snapshot_config(listing->snapshot), group), "rcode",
                                    mnemonic_rcode(line->rcode, rcode), "failure", line->failure,
                                    "records", (int)line->records, "ttl_s", whole(line->ttl_s),
                                    "age_s", whole(line->age_s), "octets", whole(line->octets)));
}

json_t *run_cache_lookup(void *context, const json_t *request, json_t *errors)
{
    const struct server *server = context;
    struct listing listing = {.snapshot = publish_current(server->publish)};
    struct name_buf buf;
    struct name name;
    size_t found = 0;

    if (read_name(request, &buf, errors) < 0)
        return NULL;
    name = name_of(&buf);
    listing.entries = json_array();
    if (server->cache != NULL)
        found = cache_list(server->cache, &name, is_true(request, "below"),
                           server_now(server).mono_ms, see, &listing);
    return json_pack("{s:o,s:o}", "found", whole(found - listing.left_behind), "entries",
                     listing.entries);
}

json_t *run_cache_flush(void *context, const json_t *request, json_t *errors)
{
    const struct server *server = context;
    bool all = is_true(request, "all");
    struct name_buf buf;
    struct name name;
    size_t flushed = 0;

    if (!all && read_name(request, &buf, errors) < 0)
        return NULL;
    name = all ? (struct name){NULL, 0} : name_of(&buf);
    if (server->cache != NULL)
        flushed = cache_flush(server->cache, all ? NULL : &name, is_true(request, "below"));
    log_event(&server->log, LOG_LEVEL_INFO, "cache_flushed", "entries=%zu", flushed);
    return json_pack("{s:o}", "flushed", whole(flushed));
}
