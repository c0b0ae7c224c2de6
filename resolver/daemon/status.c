/* The problem: "running" is not "protecting", and a status page is read by people who may not know
 * what a child asked. The idea: one object for a person, a monitor and an anycast node's health
 * check, with one word, health, that is `ok` only when nothing is wanting; counters only, no client
 * and no name; of hotline lists no more than whether one is configured, and their blocks counted
 * together with the operator's.
 *
 * Counters are read while workers write them (relaxed, each a word of its own). What only a worker
 * can tell, it is asked for, with a limit: a worker that does not answer is news, too. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "resolver/daemon/cache_verbs.h"
#include "resolver/daemon/canary.h"
#include "resolver/daemon/feed_deadlines.h"
#include "resolver/daemon/lifting.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"
#include "resolver/observed.h"
#include "resolver/daemon/stairs.h"

enum { SCHEMA = 1, TIME_MAX = 32, DIGEST_HEX = 65 };

static json_t *whole(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *time_text(int64_t unix_s)
{
    char text[TIME_MAX];

    return json_string(text_from_time(unix_s, text));
}

/* ---- sets ---- */

/* PREVIOUS: it is the one before that at PATH. */
static json_t *public_set(const struct set *set, const char *path, bool previous)
{
    struct set_info info;
    char hex[DIGEST_HEX];

    set_info(set, &info);
    for (size_t i = 0; i < sizeof info.digest; i++)
        snprintf(hex + 2 * i, sizeof hex - 2 * i, "%02x", info.digest[i]);
    return json_pack("{s:s?,s:b,s:o,s:o,s:i,s:i,s:s?}", "path", path, "previous", previous, "names",
                     whole(info.names), "prefixes", whole(info.prefixes), "categories",
                     (int)info.categories, "feeds", (int)info.feeds, "digest",
                     path != NULL ? hex : NULL);
}

static json_t *sets(const struct snapshot *snapshot)
{
    const struct config *config = snapshot_config(snapshot);

    return json_pack("{s:o,s:{s:b}}", "public",
                     public_set(snapshot_listed(snapshot), config->set_public,
                                snapshot_listed_is_previous(snapshot)),
                     "hotline", "configured", config->set_hotline != NULL);
}

/* ---- counters ---- */

struct core_counters server_counters(const struct server *server)
{
    struct core_counters sum = {0};

    for (unsigned i = 0; i < server->worker_count; i++)
        worker_counters(server->workers[i], &sum);
    withheld_show(&server->withheld, &sum);
    return sum;
}

void server_tell_withheld(struct server *server)
{
    struct core_counters sum = {0};

    for (unsigned i = 0; i < server->worker_count; i++)
        worker_counters(server->workers[i], &sum);
    withheld_tick(&server->withheld, &sum.withheld, server_now(server).mono_ms);
}

static uint64_t all_queries(const struct core_counters *sum)
{
    uint64_t all = 0;

    for (int i = 0; i < TRANSPORTS; i++)
        all += sum->queries[i];
    return all;
}

static json_t *queries_by_transport(const struct core_counters *sum)
{
    static const char *const words[] = {[TRANSPORT_UDP] = "udp",
                                        [TRANSPORT_TCP] = "tcp",
                                        [TRANSPORT_DOT] = "dot",
                                        [TRANSPORT_DOH] = "doh"};
    json_t *by = json_object();

    for (int i = 0; i < TRANSPORTS; i++) {
        if (sum->queries[i] > 0 || i <= TRANSPORT_TCP)
            json_object_set_new(by, words[i], whole(sum->queries[i]));
    }
    return by;
}

static json_t *by_category(const uint64_t counts[CATEGORY_MAX], const struct taxonomy *taxonomy)
{
    json_t *by = json_object();

    for (unsigned bit = 0; bit < CATEGORY_MAX; bit++) {
        const struct category *category = taxonomy_bit(taxonomy, bit);

        if (category != NULL && counts[bit] > 0)
            json_object_set_new(by, category->key, whole(counts[bit]));
    }
    return by;
}

static json_t *counters(const struct core_counters *sum, const struct config *config)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"blocked",          sum->blocked         },
        {"chain_blocked",    sum->chain_blocked   },
        {"rewritten",        sum->rewritten       },
        {"local",            sum->local           },
        {"forwarded",        sum->forwarded       },
        {"joined",           sum->joined          },
        {"refused",          sum->refused         },
        {"dropped",          sum->dropped         },
        {"malformed",        sum->malformed       },
        {"failed",           sum->failed          },
        {"pool_full",        sum->pool_full       },
        {"loops",            sum->loops           },
        {"protected_blocks", sum->protected_blocks},
        {"silenced",         sum->silenced        },
        {"warned",           sum->warned          },
        {"released",         sum->released        },
        {"observed",         sum->observed        },
        {"bypass_signs",     sum->bypass_signs    },
    };
    json_t *all = json_object();

    json_object_set_new(all, "queries", queries_by_transport(sum));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(all, rows[i].name, whole(rows[i].value));
    json_object_set_new(all, "category_blocks",
                        by_category(sum->category_blocks, &config->taxonomy));
    json_object_set_new(all, "category_observed",
                        by_category(sum->category_observed, &config->taxonomy));
    return all;
}

/* ---- workers and upstreams ---- */

/* What all workers together say. */
struct reports {
    struct worker_report sum;
    unsigned silent; /* workers that said nothing */
};

static void add_upstream(struct upstream_state *to, const struct upstream_state *from)
{
    /* The slower of two views: an average would hide a worker whose path is bad. */
    uint32_t latency_us = from->latency_us > to->latency_us ? from->latency_us : to->latency_us;

    memcpy(to->text, from->text, sizeof to->text);
    to->group = from->group;
    to->stream = from->stream;
    to->up |= from->up;
    to->asked += from->asked;
    to->answered += from->answered;
    to->timeouts += from->timeouts;
    to->mismatched += from->mismatched;
    to->folded += from->folded;
    to->latency_us = latency_us;
}

static struct reports gather(const struct server *server)
{
    struct reports reports = {0};
    struct worker_report one;

    for (unsigned i = 0; i < server->worker_count && !server->stopping; i++) {
        if (worker_report(server->workers[i], &one) < 0) {
            reports.silent++;
            continue;
        }
        reports.sum.in_flight += one.in_flight;
        for (size_t k = 0; k < one.upstream_count; k++)
            add_upstream(&reports.sum.upstreams[k], &one.upstreams[k]);
        if (one.upstream_count > reports.sum.upstream_count)
            reports.sum.upstream_count = one.upstream_count;
    }
    return reports;
}

/* Writes the zone that GROUP's servers are asked about into OUT (NAME_TEXT_MAX); returns OUT, NULL
 * for the servers of everything else. */
static const char *zone_of(const struct config *config, uint32_t group, char *out)
{
    struct name name;

    if (group == 0 || group > config->zone_count)
        return NULL;
    name = name_of(&config->zones[group - 1].name);
    return name_to_text(&name, out);
}

static json_t *upstreams(const struct reports *reports, const struct config *config)
{
    json_t *list = json_array();
    char zone[NAME_TEXT_MAX];

    for (size_t i = 0; i < reports->sum.upstream_count; i++) {
        const struct upstream_state *state = &reports->sum.upstreams[i];

        json_array_append_new(
            list, json_pack("{s:s,s:s?,s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:i}", "address", state->text,
                            "zone", zone_of(config, state->group, zone), "transport",
                            state->stream ? "tcp" : "udp", "up", state->up, "asked",
                            whole(state->asked), "answered", whole(state->answered), "timeouts",
                            whole(state->timeouts), "mismatched", whole(state->mismatched),
                            "folded", whole(state->folded), "latency_us", (int)state->latency_us));
    }
    return list;
}

/* Adds a warning for each group of which no server is up. Those of one group stand together. */
static void warn_of_groups(json_t *warnings, const struct reports *reports,
                           const struct config *config)
{
    const struct upstream_state *states = reports->sum.upstreams;
    char text[NAME_TEXT_MAX];
    const char *zone;
    struct err err;

    for (size_t i = 0, next; i < reports->sum.upstream_count; i = next) {
        bool up = false;

        for (next = i; next < reports->sum.upstream_count && states[next].group == states[i].group;)
            up |= states[next++].up;
        zone = zone_of(config, states[i].group, text);
        if (up)
            continue;
        if (zone == NULL)
            err_set(&err, ERR_UNREACHABLE,
                    "no upstream answers: only blocked, local and kept names do");
        else
            err_set(&err, ERR_UNREACHABLE, "no server of the zone '%.255s' answers", zone);
        message_add_error(warnings, &err, NULL);
    }
}

/* ---- the whole ---- */

/* What is confidential may end up in swap, where the table could not be locked. */
static void warn_of_swap(json_t *warnings, const struct snapshot *snapshot)
{
    struct sealed_info info;
    struct err err;

    sealed_info(snapshot_sealed(snapshot), &info);
    if (info.entries == 0 || info.locked)
        return;
    err_set(&err, ERR_LIMIT,
            "legal and hotline lists are not kept out of swap: the limit on locked memory is too "
            "low (LimitMEMLOCK=)");
    message_add_error(warnings, &err, NULL);
}

/* The warnings of config and sets, and what is wrong right now. */
static json_t *warnings_now(const struct server *server, const struct reports *reports,
                            const struct config *config)
{
    json_t *warnings = json_copy(server->warnings);
    struct err err;

    warn_of_groups(warnings, reports, config);
    if (reports->silent > 0) {
        err_set(&err, ERR_BUSY, "workers that do not answer the main thread: %u", reports->silent);
        message_add_error(warnings, &err, NULL);
    }
    if (state_fault(server->state) != NULL)
        message_add_error(warnings, state_fault(server->state), NULL);
    if (lifting_account_fault(server->lifting) != NULL)
        message_add_error(warnings, lifting_account_fault(server->lifting), NULL);
    stairs_warn(server, warnings);
    feed_deadlines_warn(config, server_now(server).wall_s, warnings);
    canary_warn(server->canary, warnings);
    warn_of_swap(warnings, publish_current(server->publish));
    if (server->stopping) {
        err_set(&err, ERR_BUSY, "the server is stopping");
        message_add_error(warnings, &err, NULL);
    }
    return warnings;
}

/* What DNS filtering cannot do is said where people look whether it works. */
static json_t *not_covered(void)
{
    return json_pack("[s,s,s,s]",
                     "devices and apps that ask another resolver (a VPN, their own encrypted DNS)",
                     "pages of a site that is not blocked as a whole",
                     "sites reached by address, without a name",
                     "what a device has kept since before a change (max_ttl bounds it)");
}

static json_t *listeners(const struct server *server)
{
    json_t *list = json_array();
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < server->socket_count; i++) {
        const json_t *entry;
        size_t at;
        bool known = false;

        endpoint_to_text(&server->sockets[i].local, text);
        json_array_foreach(list, at, entry) known |= strcmp(json_string_value(entry), text) == 0;
        if (!known)
            json_array_append_new(list, json_string(text));
    }
    return list;
}

json_t *server_status(struct server *server)
{
    const struct snapshot *snapshot = publish_current(server->publish);
    const struct config *config = snapshot_config(snapshot);
    const struct core_counters sum = server_counters(server);
    struct reports reports = gather(server);
    json_t *warnings = warnings_now(server, &reports, config), *status = json_object();

    uv_update_time(&server->loop);
    json_object_set_new(status, "schema", json_integer(SCHEMA));
    json_object_set_new(status, "version", json_string(STAIRGATE_VERSION));
    json_object_set_new(status, "health",
                        json_string(json_array_size(warnings) > 0 ? "warning" : "ok"));
    json_object_set_new(status, "pid", json_integer(getpid()));
    json_object_set_new(status, "started", time_text(server->started_s));
    json_object_set_new(status, "uptime_s",
                        whole((uv_now(&server->loop) - server->started_ms) / 1000));
    json_object_set_new(status, "config", json_string(server->options->config_path));
    json_object_set_new(status, "generation", whole(publish_generation(server->publish)));
    json_object_set_new(status, "loaded", time_text(server->loaded_s));
    json_object_set_new(status, "listen", listeners(server));
    json_object_set_new(status, "workers", json_integer(server->worker_count));
    json_object_set_new(status, "in_flight", json_integer(reports.sum.in_flight));
    json_object_set_new(status, "sets", sets(snapshot));
    json_object_set_new(status, "upstreams", upstreams(&reports, config));
    json_object_set_new(status, "cache", cache_counts(server, &sum));
    json_object_set_new(status, "state", state_json(server->state));
    json_object_set_new(status, "releases", whole(server->releases));
    json_object_set_new(status, "counters", counters(&sum, config));
    json_object_set_new(
        status, "observed_names_left_s",
        whole((observed_left_ms(server->observed, server_now(server).mono_ms) + 999) / 1000));
    json_object_set_new(status, "stairs", stairs_json(server));
    json_object_set_new(status, "deadlines",
                        feed_deadlines_json(config, server_now(server).wall_s));
    json_object_set_new(status, "canary", canary_json(server->canary));
    json_object_set_new(status, "warnings", warnings);
    json_object_set_new(status, "not_covered", not_covered());
    return status;
}

void server_log_status(const struct server *server)
{
    const struct core_counters sum = server_counters(server);

    log_event(&server->log, LOG_LEVEL_INFO, "status",
              "generation=%" PRIu64 " queries=%" PRIu64 " blocked=%" PRIu64 " forwarded=%" PRIu64
              " failed=%" PRIu64 " warnings=%zu",
              publish_generation(server->publish), all_queries(&sum), sum.blocked, sum.forwarded,
              sum.failed, json_array_size(server->warnings));
}
