/* config: what is forwarded and kept: the cache, zones, the rebinding guard, transports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "config/config.h"
#include "config/show.h"
#include "resolver/cache/store.h"
#include "tests/unit/config_rig.h"

/* A row that is looked for. */
struct wanted {
    const char *line;
    bool found;
};

static void compare_shown(const struct config_row *row, void *user)
{
    struct wanted *wanted = user;
    char line[4096];
    size_t used = (size_t)snprintf(line, sizeof line, "%s=", row->name);

    for (size_t i = 0; i < row->count && used < sizeof line; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", i == 0 ? "" : ",",
                                 row->items[i]);
    assert_true(used < sizeof line);
    if (row->from != NULL)
        snprintf(line + used, sizeof line - used, " %s", row->from);
    wanted->found = wanted->found || strcmp(line, wanted->line) == 0;
}

/* Asserts that CONFIG shows LINE: `name=value`, and a blank and its origin where it was not
 * written. */
static void shows(const struct config *config, const char *line)
{
    struct wanted wanted = {.line = line};

    config_show(config, compare_shown, &wanted);
    if (!wanted.found)
        fail_msg("no line `%s`", line);
}

static void without_a_word_answers_are_kept_and_guarded(void **state)
{
    struct config *config = config_of("upstreams: [192.0.2.1]\n");

    (void)state;
    assert_int_equal(config->cache_octets, 64 << 20);
    assert_int_equal(config->cache_min_ttl_s, 0);
    assert_int_equal(config->cache_max_ttl_s, 86400);
    assert_int_equal(config->cache_negative_ttl_s, 3600);
    assert_int_equal(config->cache_stale_s, 86400);
    assert_true(config->cache_prefetch);
    assert_true(config->rebind_guard);
    assert_int_equal(config->rebind_allow.count, 0);
    assert_false(config->upstreams[0].stream);
    assert_int_equal(config->upstream_in_flight, 1024);
    assert_true(config->random_case);
    assert_int_equal(config->zone_count, 0);
    shows(config, "cache.size=67108864 default");
    shows(config, "cache.stale=1d default");
    shows(config, "rebind_guard=yes default");
    config_free(config);
}

static void what_is_written_counts(void **state)
{
    struct config *config = config_of(
        "upstreams: [{address: 192.0.2.1, transport: tcp}, {address: 192.0.2.2, transport: udp}]\n"
        "cache: {size: 8MiB, min_ttl: 5s, max_ttl: 2h, negative_ttl: 10m, stale: 0s, prefetch: "
        "no}\n"
        "rebind_guard: yes\n"
        "rebind_allow: [Tv.example, '=b.test', '*.c.test']\n"
        "queries: {in_flight: 4096, upstream_in_flight: 99, random_case: no}\n"
        "zones:\n"
        "  - {name: school.internal, upstreams: [192.0.2.7, {address: 192.0.2.8, transport: "
        "tcp}]}\n"
        "  - {name: 168.192.in-addr.arpa, upstreams: [192.0.2.7]}\n"
        "  - {name: local, upstreams: [192.0.2.7]}\n");

    (void)state;
    assert_true(config->upstreams[0].stream);
    assert_false(config->upstreams[1].stream);
    assert_int_equal(config->cache_octets, 8 << 20);
    assert_int_equal(config->cache_min_ttl_s, 5);
    assert_int_equal(config->cache_max_ttl_s, 7200);
    assert_int_equal(config->cache_negative_ttl_s, 600);
    assert_int_equal(config->cache_stale_s, 0);
    assert_false(config->cache_prefetch);
    assert_int_equal(config->rebind_allow.count, 3);
    assert_int_equal(config->rebind_allow.items[0].cover, COVER_SUBTREE);
    assert_int_equal(config->rebind_allow.items[1].cover, COVER_EXACT);
    assert_int_equal(config->rebind_allow.items[2].cover, COVER_BELOW);
    assert_int_equal(config->upstream_in_flight, 99);
    assert_false(config->random_case);
    assert_int_equal(config->zone_count, 3);
    assert_int_equal(config->zones[0].upstream_count, 2);
    assert_true(config->zones[0].upstreams[1].stream);
    shows(config, "cache.size=8388608");
    shows(config, "cache.prefetch=no");
    shows(config, "rebind_allow=tv.example,=b.test,*.c.test");
    shows(config, "queries.random_case=no");
    shows(config, "zones.1.upstreams=192.0.2.7@53,{address: 192.0.2.8@53, transport: tcp}");
    shows(config, "zones.3.name=local");
    config_free(config);
    config = config_of("rebind_guard: off\ncache: {size: 0B}\n");
    assert_false(config->rebind_guard);
    assert_int_equal(config->cache_octets, 0);
    config_free(config);
}

/* So that a rule that changes is felt soon on a child's device. */
static void children_keep_answers_for_minutes(void **state)
{
    static const struct {
        const char *preset;
        uint32_t max_ttl_s;
    } rows[] = {
        {"early",          300},
        {"primary",        300},
        {"lower_sec",      300},
        {"upper_sec",      300},
        {"guest",          300},
        {"unknown_device", 300},
        {"legal_only",     0  },
    };
    char yaml[128];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config *config;

        snprintf(yaml, sizeof yaml, "profiles: {a: {extends: %s}}\n", rows[i].preset);
        config = config_of(yaml);
        assert_int_equal(config->profiles[0].max_ttl_s, rows[i].max_ttl_s);
        config_free(config);
    }
}

static void a_profile_may_say_how_long_itself(void **state)
{
    struct config *config =
        config_of("profiles: {a: {max_ttl: 1h, extends: primary}, b: {extends: primary, max_ttl: "
                  "0s}, c: {}, d: {extends: primary}}\ndefault_profile: a\n");

    (void)state;
    assert_int_equal(config->profiles[0].max_ttl_s, 3600);
    assert_int_equal(config->profiles[1].max_ttl_s, 0);
    assert_int_equal(config->profiles[2].max_ttl_s, 0);
    shows(config, "profiles.a.max_ttl=1h");
    shows(config, "profiles.c.max_ttl=0s default");
    shows(config, "profiles.d.max_ttl=5m preset primary");
    config_free(config);
}

static void wrong_values_are_refused(void **state)
{
    static const struct row rows[] = {
        {"cache: {size: much}\n",                               {"1:15: 'size' must be a size such as 1232 or 4KiB: 'much'"}   },
        {"cache: {size: 65GiB}\n",                              {"1:15: 'size' is out of range: '65GiB'; 0 to 68719476736"}    },
        {"cache: {min_ttl: 2h}\n",                              {"1:18: 'min_ttl' is out of range: '2h'; 0s to 1h"}            },
        {"cache: {max_ttl: 0s}\n",                              {"1:18: 'max_ttl' is out of range: '0s'; 1s to 1w"}            },
        {"cache: {negative_ttl: 2d}\n",                         {"1:23: 'negative_ttl' is out of range: '2d'; 0s to 1d"}       },
        {"cache: {stale: 60}\n",                                {"1:16: 'stale' must be a duration such as 10s or 1h30m: '60'"}},
        {"cache: {prefetch: often}\n",                          {"1:19: 'prefetch' must be yes or no: 'often'"}                },
        {"cache: {siez: 8MiB}\n",                               {"1:9: unknown key: 'siez'; did you mean 'size'?"}             },
        {"rebind_guard: maybe\n",                               {"1:15: 'rebind_guard' must be yes or no: 'maybe'"}            },
        {"rebind_allow: [., a..test]\n",
         {"1:16: a rule for every name: '.'; that is what `default` is for",
          "1:19: not a name: 'a..test'; an empty label"}                                                                       },
        {"rebind_allow: [a.test, A.test]\n",
         {"1:24: two rules for the very same name: 'a.test'; the other is at 1:16"}                                            },
        {"upstreams: [{address: 192.0.2.1, transport: tls}]\n",
         {"1:45: unknown word for 'transport': 'tls'; did you mean 'tcp'?"}                                                    },
        {"queries: {upstream_in_flight: 8}\n",
         {"1:31: 'upstream_in_flight' is out of range: '8'; 16 to 65536"}                                                      },
        {"queries: {random_case: 0x20}\n",                      {"1:24: 'random_case' must be yes or no: '0x20'"}              },
        {"zones: [{name: corp.test}]\n",                        {"1:9: missing key: 'upstreams'"}                              },
        {"zones: [{upstreams: [192.0.2.1]}]\n",                 {"1:9: missing key: 'name'"}                                   },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void a_cache_is_large_enough_or_none(void **state)
{
    static const struct row rows[] = {
        {"cache: {size: 1B}\n",
         {"1:15: 'cache.size' is too small: a cache takes at least 1MiB; 0B keeps none"}},
        {"cache: {size: 1048575}\n",
         {"1:15: 'cache.size' is too small: a cache takes at least 1MiB; 0B keeps none"}},
        {"cache: {size: 1MiB}\n",    {NO_LISTS}                                         },
        {"cache: {size: 0B}\n",      {NO_LISTS}                                         },
    };

    (void)state;
    CHECK_ROWS(rows);
    assert_int_equal(CONFIG_CACHE_LEAST, STORE_LEAST_OCTETS);
}

static void what_cannot_be_meant_is_refused_and_what_has_no_effect_pointed_out(void **state)
{
    static const struct row rows[] = {
        {"cache: {min_ttl: 10m, max_ttl: 5m}\n",
         {"1:8: 'cache.min_ttl' is longer than 'cache.max_ttl', so that no answer can keep both"}                                                   },
        {"cache: {min_ttl: 5m, max_ttl: 5m}\n",                           {NO_LISTS}                                                                },
        {"cache: {max_ttl: 10m, negative_ttl: 1h}\n",
         {NO_LISTS, "1:37: warning: without effect: 'cache.negative_ttl' is longer than "
                    "'cache.max_ttl'"}                                                                                                              },
        {"cache: {max_ttl: 10m}\n",                                       {NO_LISTS}                                                                },
        {"cache: {size: 0B, stale: 1h, prefetch: no}\n",
         {NO_LISTS,
          "1:26: warning: without effect: 'cache.stale'; 'cache.size' says that nothing is kept",
          "1:40: warning: without effect: 'cache.prefetch'; 'cache.size' says that nothing is "
          "kept"}                                                                                                                                   },
        {"rebind_guard: no\nrebind_allow: [a.test]\n",
         {NO_LISTS, "2:16: warning: without effect: 'rebind_allow'; 'rebind_guard' is off"}                                                         },
        {"rebind_allow: [nas.corp.test, corp.example]\n"
         "zones: [{name: corp.test, upstreams: [192.0.2.1]}]\n", {NO_LISTS, "1:16: warning: without effect: 'nas.corp.test' in 'rebind_allow'; the zone at "
                    "2:9 holds it, and its servers may say what they like"}},
        {"queries: {in_flight: 64, upstream_in_flight: 100}\n",
         {NO_LISTS, "1:46: warning: without effect: 'queries.upstream_in_flight' is more than "
                    "'queries.in_flight', all that a worker has"}                                                                                   },
        {"queries: {in_flight: 64}\n",                                    {NO_LISTS}                                                                },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void zones_have_one_place_and_servers(void **state)
{
    static const struct row rows[] = {
        {"zones:\n - {name: corp.test, upstreams: [192.0.2.1]}\n"
         " - {name: sub.corp.test, upstreams: [192.0.2.1]}\n"
         " - {name: CORP.test., upstreams: [192.0.2.2]}\n",           {"4:4: two zones with one name: 'corp.test'; the other is at 2:4"}},
        {"zones: [{name: corp.test, upstreams: [192.0.2.1, 192.0.2.1@53]}]\n",
         {"1:50: upstream written twice: '192.0.2.1@53'; the other is at 1:39"}                                                                  },
        {"zones: [{name: corp.test, upstreams: []}]\n",
         {NO_LISTS, "1:9: warning: a zone that nobody can be asked about: 'corp.test'; its "
                    "'upstreams' is empty"}                                                                                                      },
        {"upstreams: [192.0.2.1]\nzones: [{name: corp.test, upstreams: [192.0.2.1]},"
         " {name: local, upstreams: [192.0.2.1]}, {name: 10.in-addr.arpa, upstreams: "
         "[192.0.2.1]}]\n",                                           {NO_LISTS}                                                        },
    };

    (void)state;
    CHECK_ROWS(rows);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_word_answers_are_kept_and_guarded),
        cmocka_unit_test(what_is_written_counts),
        cmocka_unit_test(children_keep_answers_for_minutes),
        cmocka_unit_test(a_profile_may_say_how_long_itself),
        cmocka_unit_test(wrong_values_are_refused),
        cmocka_unit_test(a_cache_is_large_enough_or_none),
        cmocka_unit_test(what_cannot_be_meant_is_refused_and_what_has_no_effect_pointed_out),
        cmocka_unit_test(zones_have_one_place_and_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
