/* resolver/daemon/why.c: words to a question, the explanation to JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "packet.h"
#include "policy_sample.h"
#include "resolver/cache/cache.h"
#include "resolver/daemon/why.h"
#include "resolver/wire/question.h"
#include "sample_set.h"

static struct snapshot *make_snapshot(void)
{
    static const struct sample_feed feeds[] = {
        {"feed1",  "gambling",    {"casino.example"} },
        {"orders", "legal_order", {"ordered.example"}},
    };
    struct config *config = sample_config();
    struct err err = {.code = ERR_NONE};
    struct set *listed = sample_set(feeds, 2, &config->taxonomy);
    struct snapshot *snapshot;

    config->profiles[0].block = sample_bits(config, "gambling");
    sample_rule(&config->operator_deny, "order.example", 60);
    sample_network(config, "192.0.2.0/24", 1);
    sample_network(config, "fe80::1", 1);
    snapshot = snapshot_create(config, listed, sealed_open_empty(&err), &err);
    must(snapshot != NULL);
    return snapshot;
}

static const char *text_at(const json_t *why, const char *object, const char *key)
{
    return json_string_value(json_object_get(json_object_get(why, object), key));
}

static void a_blocked_name_is_told_with_all_that_holds_it(void **state)
{
    struct snapshot *snapshot = make_snapshot();
    struct why_question question = {.name = "WWW.Casino.example."};
    struct err err = {.code = ERR_NONE};
    json_t *why = why_json(snapshot, &question, &err), *feed;

    (void)state;
    assert_non_null(why);
    assert_string_equal(json_string_value(json_object_get(why, "name")), "www.casino.example");
    assert_string_equal(json_string_value(json_object_get(why, "type")), "A");
    assert_string_equal(json_string_value(json_object_get(why, "verdict")), "block");
    assert_string_equal(json_string_value(json_object_get(why, "rule")), "category");
    assert_string_equal(text_at(why, "profile", "name"), "kid");
    assert_string_equal(text_at(why, "profile", "by"), "default");
    assert_string_equal(text_at(why, "answer", "rcode"), "NOERROR");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(why, "answer"), "ttl_s")),
                     SAMPLE_TTL_S);
    feed = json_array_get(json_object_get(why, "feeds"), 0);
    assert_string_equal(json_string_value(json_object_get(feed, "feed")), "feed1");
    assert_string_equal(json_string_value(json_object_get(feed, "suffix")), "casino.example");
    assert_int_equal(json_array_size(json_object_get(why, "steps")), RULE_DEFAULT + 1);
    json_decref(why);
    snapshot_free(snapshot);
}

/* The whole text, so that no key that somebody adds later can tell them apart. */
static char *text_without_name(const struct snapshot *snapshot, const char *name)
{
    struct why_question question = {.name = name, .client = "198.51.100.1"};
    json_t *why = why_json(snapshot, &question, NULL);
    char *text;

    must(why != NULL);
    json_object_del(why, "name");
    text = json_dumps(why, JSON_COMPACT);
    json_decref(why);
    return text;
}

static void what_the_operator_blocks_reads_the_same_for_every_list(void **state)
{
    struct snapshot *snapshot = make_snapshot();
    char *own = text_without_name(snapshot, "order.example");
    char *legal = text_without_name(snapshot, "www.ordered.example");

    (void)state;
    assert_string_equal(own, legal);
    assert_null(strstr(own, "legal"));
    assert_null(strstr(own, "orders"));
    free(own);
    free(legal);
    snapshot_free(snapshot);
}

static void who_asks_may_be_a_client_a_profile_or_nobody(void **state)
{
    static const struct {
        const char *client, *profile, *name, *by;
    } rows[] = {
        {NULL,               NULL,    "kid",   "default"},
        {NULL,               "adult", "adult", "given"  },
        {"192.0.2.9",        NULL,    "adult", "prefix" },
        {"::ffff:192.0.2.9", NULL,    "adult", "prefix" },
        {"fe80::1%7",        NULL,    "adult", "prefix" },
        {"198.51.100.1",     NULL,    "kid",   "default"},
    };
    struct snapshot *snapshot = make_snapshot();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why_question question = {
            .name = "a.example", .client = rows[i].client, .profile = rows[i].profile};
        json_t *why = why_json(snapshot, &question, NULL);

        assert_non_null(why);
        assert_string_equal(text_at(why, "profile", "name"), rows[i].name);
        assert_string_equal(text_at(why, "profile", "by"), rows[i].by);
        json_decref(why);
    }
    snapshot_free(snapshot);
}

static void words_that_are_none_are_refused_each_with_its_code(void **state)
{
    static const struct {
        struct why_question question;
        enum err_code code;
    } rows[] = {
        {{.name = "a..example"},                                         ERR_USAGE    },
        {{.name = ""},                                                   ERR_USAGE    },
        {{.name = "a.example", .client = "192.0.2"},                     ERR_USAGE    },
        {{.name = "a.example", .client = "192.0.2.1", .profile = "kid"}, ERR_USAGE    },
        {{.name = "a.example", .profile = "nobody"},                     ERR_NOT_FOUND},
        {{.name = "a.example", .type = "AAAAA"},                         ERR_USAGE    },
        {{.name = "a.example", .type = "TYPE65536"},                     ERR_USAGE    },
        {{.name = "a.example", .type = "TYPE"},                          ERR_USAGE    },
        {{.name = "a.example", .at = "yesterday"},                       ERR_USAGE    },
        {{.name = "a.example", .at = "2026-01-31T20:00:00"},             ERR_USAGE    },
        {{.name = "a.example", .at = "99999999999999999999"},            ERR_USAGE    },
        {{.name = "a.example", .at = "2026-01-31T20:00:00Z"},            ERR_NONE     },
        {{.name = "a.example", .at = "1769889600", .type = "type65"},    ERR_NONE     },
        {{.name = "\\255.example", .type = "https", .profile = "kid"},   ERR_NONE     },
    };
    struct snapshot *snapshot = make_snapshot();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {.code = ERR_NONE};
        json_t *why = why_json(snapshot, &rows[i].question, &err);

        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(why == NULL, rows[i].code != ERR_NONE);
        json_decref(why);
    }
    snapshot_free(snapshot);
}

/* Keeps in CACHE that shop.example is ALIAS and has ADDRESS, as an upstream would say. */
static void keep_alias(struct cache *cache, const char *alias, const char *address)
{
    static uint8_t message[65535], octets[65535];
    static _Alignas(8) uint8_t room[ENTRY_MAX];
    static struct reply reply;
    struct query_words words = {.id = 1, .payload = 1232};
    const struct packet packet = {
        "shop.example A", 1, 0x8180, {alias, address, NULL}
    };
    struct entry *entry = (struct entry *)(void *)room;
    struct question question;
    struct name_buf buf;
    struct name name = packet_name(&buf, "shop.example");
    struct cache_key key = {.name = name, .type = SAMPLE_A, .class = SAMPLE_IN};
    struct entry_source source = {
        .reply = &reply,
        .question = &question,
        .limits = {0, 86400, 3600},
        .now_ms = 1000,
        .message = message
    };
    struct cache_spot spot;

    words.type = SAMPLE_A;
    assert_int_equal(
        question_read(octets, question_write(octets, sizeof octets, &name, &words), &question),
        QUESTION_OK);
    assert_int_equal(
        reply_read(octets, packet_make(&packet, octets), &name, SAMPLE_A, false, &reply), REPLY_OK);
    assert_true(entry_make(entry, &source));
    cache_spot(cache, &key, &spot);
    cache_put(cache, &spot, entry);
}

static json_t *why_with(const struct snapshot *snapshot, struct cache *cache, const char *profile)
{
    struct why_question question = {
        .name = "shop.example", .profile = profile, .cache = cache, .mono_ms = 2000};
    json_t *why = why_json(snapshot, &question, NULL);

    assert_non_null(why);
    return why;
}

static void the_answer_that_is_known_is_looked_at_too(void **state)
{
    struct snapshot *snapshot = make_snapshot();
    struct cache *cache = cache_create(1 << 20, 0, NULL);
    json_t *why = why_with(snapshot, cache, "kid");

    (void)state;
    assert_true(json_is_false(json_object_get(json_object_get(why, "chain"), "known")));
    assert_string_equal(json_string_value(json_object_get(why, "verdict")), "forward");
    json_decref(why);

    keep_alias(cache, "AN shop.example. 300 IN CNAME Tables.Casino.example.",
               "AN tables.casino.example. 300 IN A 198.51.100.1");
    why = why_with(snapshot, cache, "kid");
    assert_string_equal(json_string_value(json_object_get(why, "verdict")), "block");
    assert_true(json_is_true(json_object_get(why, "blocked")));
    assert_string_equal(text_at(why, "chain", "by"), "tables.casino.example");
    assert_string_equal(text_at(why, "chain", "suffix"), "casino.example");
    assert_string_equal(text_at(why, "answer", "rcode"), "NOERROR");
    json_decref(why);

    why = why_with(snapshot, cache, "adult");
    assert_string_equal(json_string_value(json_object_get(why, "verdict")), "forward");
    assert_true(json_is_true(json_object_get(json_object_get(why, "chain"), "known")));
    json_decref(why);

    keep_alias(cache, "AN shop.example. 300 IN CNAME ordered.example.",
               "AN ordered.example. 300 IN A 198.51.100.1");
    why = why_with(snapshot, cache, "adult");
    assert_string_equal(json_string_value(json_object_get(why, "sentence")),
                        "blocked: operator policy");
    assert_true(json_is_null(json_object_get(why, "chain")));
    json_decref(why);
    cache_destroy(cache);
    snapshot_free(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blocked_name_is_told_with_all_that_holds_it),
        cmocka_unit_test(what_the_operator_blocks_reads_the_same_for_every_list),
        cmocka_unit_test(who_asks_may_be_a_client_a_profile_or_nobody),
        cmocka_unit_test(the_answer_that_is_known_is_looked_at_too),
        cmocka_unit_test(words_that_are_none_are_refused_each_with_its_code),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
