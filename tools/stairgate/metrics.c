/* metrics.c - numbers of `status` to lines of a text format.
 *
 * The problem: a monitor asks machines, and what it is given goes into graphs that many people see,
 * for years; a number that moves with one query of one child has no place there, nor has any word
 * that names a list of the law or a hotline. The idea: nothing is counted here. What `status`
 * shows, which has no client and no name in it and withholds what rule 2 blocks until the hour, is
 * written out by a table; of those lists there is a class and a time.
 *
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4), which node
 * exporter's textfile collector reads. Not OpenMetrics, which names counters differently and which
 * that collector takes for comments and untyped numbers. */
#include "tools/stairgate/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "resolver/daemon/canary_answer.h"
#include "tools/stairgate/json_out.h"

enum { KEY_ROOM = 64 };

#define WHOLE_MOST 9e15 /* what a double counts without holes */

/* A number at PATH (keys with dots between them) of the status. */
static const struct {
    const char *name, *type, *path, *help;
} numbers[] = {
    {"stairgate_uptime_seconds",         "gauge",   "uptime_s",                  "Since the server started."                     },
    {"stairgate_generation",             "gauge",   "generation",                "Configuration and lists in force."             },
    {"stairgate_workers",                "gauge",   "workers",                   "Threads that answer."                          },
    {"stairgate_in_flight",              "gauge",   "in_flight",                 "Queries that wait for an upstream."            },
    {"stairgate_set_names",              "gauge",   "sets.public.names",         "Names of the public lists in force."           },
    {"stairgate_set_prefixes",           "gauge",   "sets.public.prefixes",
     "Address ranges of the public lists in force."                                                                              },
    {"stairgate_set_feeds",              "gauge",   "sets.public.feeds",         "Public lists in force."                        },
    {"stairgate_grants",                 "gauge",   "state.grants",              "What people have granted, in force or to come."},
    {"stairgate_devices",                "gauge",   "state.devices",             "Devices that are known."                       },
    {"stairgate_blocked_total",          "counter", "counters.blocked",
     "Answers that blocked, without those of the operator's, legal and hotline lists."                                           },
    {"stairgate_chain_blocked_total",    "counter", "counters.chain_blocked",
     "Of the blocked: by where an allowed name led."                                                                             },
    {"stairgate_protected_blocks_total", "counter", "counters.protected_blocks",
     "Blocked by the operator's, legal and hotline lists together: each hour, in steps of ten."                                  },
    {"stairgate_rewritten_total",        "counter", "counters.rewritten",
     "Led to the safe side of a search engine or video site."                                                                    },
    {"stairgate_local_total",            "counter", "counters.local",            "Answered from local records."                  },
    {"stairgate_forwarded_total",        "counter", "counters.forwarded",        "Asked upstream."                               },
    {"stairgate_joined_total",           "counter", "counters.joined",
     "Waited for a question that was asked upstream already."                                                                    },
    {"stairgate_refused_total",          "counter", "counters.refused",
     "From clients that are not allowed."                                                                                        },
    {"stairgate_dropped_total",          "counter", "counters.dropped",          "Not answered."                                 },
    {"stairgate_malformed_total",        "counter", "counters.malformed",        "Queries that are none."                        },
    {"stairgate_failed_total",           "counter", "counters.failed",           "SERVFAIL."                                     },
    {"stairgate_pool_full_total",        "counter", "counters.pool_full",        "Too many queries in flight."                   },
    {"stairgate_loops_total",            "counter", "counters.loops",            "Came back from an upstream."                   },
    {"stairgate_warned_total",           "counter", "counters.warned",
     "Of the blocked: the device's user may pass."                                                                               },
    {"stairgate_released_total",         "counter", "counters.released",         "Passed for that."                              },
    {"stairgate_observed_total",         "counter", "counters.observed",
     "Would be blocked, were it not observed."                                                                                   },
    {"stairgate_bypass_signs_total",     "counter", "counters.bypass_signs",
     "Names of ways around the filter."                                                                                          },
    {"stairgate_cache_memory_bytes",     "gauge",   "cache.octets",              "Of the cache; 0: it is off."                   },
    {"stairgate_cache_used_bytes",       "gauge",   "cache.used",                "Of these in use."                              },
    {"stairgate_cache_entries",          "gauge",   "cache.entries",             "Answers kept."                                 },
    {"stairgate_cache_hits_total",       "counter", "cache.hits",                "Answered from the cache."                      },
    {"stairgate_cache_misses_total",     "counter", "cache.misses",              "Not found in it."                              },
    {"stairgate_cache_stale_total",      "counter", "cache.stale",
     "Answered with what was past its time."                                                                                     },
    {"stairgate_cache_evicted_total",    "counter", "cache.evicted",             "Pushed out for others."                        },
};

/* A number for each key of the object at PATH, under LABEL. */
static const struct {
    const char *name, *path, *label, *help;
} groups[] = {
    {"stairgate_queries_total",           "counters.queries",           "transport", "Queries, by transport."},
    {"stairgate_category_blocks_total",   "counters.category_blocks",   "category",
     "Blocked, by category of the public lists."                                                             },
    {"stairgate_category_observed_total", "counters.category_observed", "category",
     "Would be blocked, by category."                                                                        },
};

/* A number of each upstream. */
static const struct {
    const char *name, *type, *key, *help;
    double scale;
} upstream_rows[] = {
    {"stairgate_upstream_up",              "gauge",   "up",         "Whether it answers.",       1},
    {"stairgate_upstream_asked_total",     "counter", "asked",      "Questions to it.",          1},
    {"stairgate_upstream_answered_total",  "counter", "answered",   "Answers from it.",          1},
    {"stairgate_upstream_timeouts_total",  "counter", "timeouts",   "Questions without answer.", 1},
    {"stairgate_upstream_latency_seconds", "gauge",   "latency_us", "Its usual time to answer.",
     1e-6                                                                                         },
};

/* What of a class of legal and hotline lists is told. */
static const struct {
    const char *name, *key, *help;
} deadline_rows[] = {
    {"feed_deadline_remaining_seconds", "remaining_s",
     "Until lists of the class must have been checked again; negative: that is past; -Inf: they "
     "never were."                                                                     },
    {"feed_version_timestamp_seconds",  "version_s",
     "Unix time that the publisher signed, of the oldest list of the class in force."  },
    {"feed_checked_timestamp_seconds",  "checked_s",
     "Unix time of the last success, of the list of the class that has waited longest."},
};

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_label(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\' || *text == '"')
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

/* LABEL NULL: none. */
static void sample(FILE *out, const char *name, const char *label, const char *text, double value)
{
    fputs(name, out);
    if (label != NULL) {
        fprintf(out, "{%s=\"", label);
        write_label(out, text);
        fputs("\"}", out);
    }
    if (isinf(value))
        fprintf(out, " %sInf\n", value < 0 ? "-" : "+");
    else if (value > -WHOLE_MOST && value < WHOLE_MOST && (double)(long long)value == value)
        fprintf(out, " %.0f\n", value);
    else
        fprintf(out, " %.9g\n", value);
}

static const json_t *find(const json_t *object, const char *path)
{
    char key[KEY_ROOM];

    for (size_t length; object != NULL && *path != '\0'; path += length + (path[length] == '.')) {
        length = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        object = json_object_get(object, key);
    }
    return object;
}

static double number_of(const json_t *value)
{
    return json_is_boolean(value) ? (double)json_is_true(value) : json_number_value(value);
}

static bool is_number(const json_t *value)
{
    return json_is_number(value) || json_is_boolean(value);
}

static void write_numbers(FILE *out, const json_t *status)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const json_t *value = find(status, numbers[i].path);

        if (!is_number(value))
            continue;
        head(out, numbers[i].name, numbers[i].type, numbers[i].help);
        sample(out, numbers[i].name, NULL, NULL, number_of(value));
    }
}

static void write_groups(FILE *out, const json_t *status)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        const json_t *object = find(status, groups[i].path), *value;
        const char *key;

        if (json_object_size(object) == 0)
            continue;
        head(out, groups[i].name, "counter", groups[i].help);
        json_object_foreach((json_t *)(uintptr_t)object, key, value)
            sample(out, groups[i].name, groups[i].label, key, number_of(value));
    }
}

static void write_upstreams(FILE *out, const json_t *status)
{
    const json_t *list = json_object_get(status, "upstreams"), *one;
    size_t at;

    for (size_t i = 0;
         i < sizeof upstream_rows / sizeof *upstream_rows && json_array_size(list) > 0; i++) {
        head(out, upstream_rows[i].name, upstream_rows[i].type, upstream_rows[i].help);
        json_array_foreach(list, at, one)
        {
            const char *zone = json_out_get(one, "zone");

            fprintf(out, "%s{address=\"", upstream_rows[i].name);
            write_label(out, json_out_get(one, "address"));
            fputs("\",zone=\"", out);
            write_label(out, zone);
            fprintf(out, "\"} %.9g\n",
                    number_of(json_object_get(one, upstream_rows[i].key)) * upstream_rows[i].scale);
        }
    }
}

static void write_deadline(FILE *out, const char *name, const char *key, const char *class_,
                           const json_t *standing)
{
    const json_t *value = json_object_get(standing, key);
    bool timed = strcmp(key, "remaining_s") == 0;

    if (!json_is_true(json_object_get(standing, "configured")))
        return;
    if (json_is_number(value))
        sample(out, name, "class", class_, json_number_value(value));
    else if (timed && json_is_false(json_object_get(standing, "fetched")) &&
             json_integer_value(json_object_get(standing, "deadline_s")) > 0)
        sample(out, name, "class", class_, -INFINITY);
}

static void write_deadlines(FILE *out, const json_t *status)
{
    const json_t *all = json_object_get(status, "deadlines"), *standing;
    const char *class_;

    for (size_t i = 0; i < sizeof deadline_rows / sizeof *deadline_rows; i++) {
        head(out, deadline_rows[i].name, "gauge", deadline_rows[i].help);
        json_object_foreach((json_t *)(uintptr_t)all, class_, standing)
            write_deadline(out, deadline_rows[i].name, deadline_rows[i].key, class_, standing);
    }
}

static void write_canary(FILE *out, const json_t *status)
{
    const json_t *canary = json_object_get(status, "canary"), *last;

    if (!json_is_true(json_object_get(canary, "configured")))
        return;
    last = json_object_get(canary, "last");
    head(out, "canary_last_result", "gauge",
         "What the node got when it last asked itself for the operator's own name in the sealed "
         "set: 1 for that result.");
    for (int i = 0; i < CANARY_RESULTS; i++) {
        const char *word = canary_word((enum canary_result)i);

        sample(out, "canary_last_result", "result", word,
               strcmp(json_out_get(last, "result"), word) == 0);
    }
    if (!json_is_object(last))
        return;
    head(out, "canary_last_timestamp_seconds", "gauge", "Unix time of that.");
    sample(out, "canary_last_timestamp_seconds", NULL, NULL,
           number_of(json_object_get(last, "at_s")));
}

void metrics_write(FILE *out, const json_t *status)
{
    head(out, "stairgate_up", "gauge", "Whether the server answers its control socket.");
    sample(out, "stairgate_up", NULL, NULL, status != NULL);
    if (status == NULL)
        return;
    head(out, "stairgate_info", "gauge", "The version, as a label.");
    sample(out, "stairgate_info", "version", json_out_get(status, "version"), 1);
    head(out, "stairgate_healthy", "gauge", "1: `stairgate status` has no warnings.");
    sample(out, "stairgate_healthy", NULL, NULL, strcmp(json_out_get(status, "health"), "ok") == 0);
    head(out, "stairgate_warnings", "gauge", "Warnings of `stairgate status`.");
    sample(out, "stairgate_warnings", NULL, NULL,
           (double)json_array_size(json_object_get(status, "warnings")));
    write_numbers(out, status);
    write_groups(out, status);
    write_upstreams(out, status);
    write_deadlines(out, status);
    write_canary(out, status);
}
