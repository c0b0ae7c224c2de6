/* resolver/cache/cache.c: which of several words holds, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reply_bench.h"
#include "resolver/cache/cache.h"

enum { OCTETS = 1 << 20, SECOND = 1000, STALE_S = 3600 };

struct kept {
    struct bench *bench;
    struct cache *cache;
    struct cache_room room;
    struct cache_found found;
    struct cache_spot spot;
    uint64_t now_ms;
    uint64_t made[ENTRY_MAX / 8 + 1];
    uint8_t message[DNS_MESSAGE_MAX];
    char seen[4096];
};

static int start(void **state)
{
    struct kept *kept = calloc(1, sizeof *kept);
    void *bench = NULL;

    if (kept == NULL || set_up(&bench) != 0)
        return -1;
    kept->bench = bench;
    kept->cache = cache_create(OCTETS, 0, NULL);
    kept->now_ms = 100 * SECOND;
    *state = kept;
    return kept->cache != NULL ? 0 : -1;
}

static int stop(void **state)
{
    struct kept *kept = *state;
    void *bench = kept->bench;

    cache_destroy(kept->cache);
    free(kept);
    return tear_down(&bench);
}

static struct name_buf names[1];

/* Points the spot at NAME and TYPE. */
static const struct cache_spot *spot_of(struct kept *kept, const char *name, uint16_t type)
{
    struct cache_key key = {.name = packet_name(&names[0], name), .type = type, .class = DNS_IN};

    cache_spot(kept->cache, &key, &kept->spot);
    return &kept->spot;
}

static struct entry *made(struct kept *kept)
{
    return (struct entry *)(void *)kept->made;
}

/* Keeps an answer for NAME type A: an address, or for NXDOMAIN the SOA of test.; for TTL_S. */
static void keep(struct kept *kept, const char *name, bool exists, uint32_t ttl_s)
{
    char question[300], record[400];
    struct packet packet = {
        question, 1, GOOD, {record, NULL}
    };
    struct entry_source source = {
        .reply = kept->bench->reply,
        .question = &kept->bench->question,
        .limits = {.max_s = UINT32_MAX, .negative_s = UINT32_MAX},
        .now_ms = kept->now_ms,
        .message = kept->message,
    };

    snprintf(question, sizeof question, "%s A", name);
    if (exists)
        snprintf(record, sizeof record, "AN %s %u IN A 192.0.2.1", name, ttl_s);
    else
        snprintf(record, sizeof record, "NS test. %u IN SOA ns.test. h.test. 1 2 3 4 %u", ttl_s,
                 ttl_s);
    packet.flags |= exists ? DNS_NOERROR : DNS_NXDOMAIN;
    assert_int_equal(read_packet(kept->bench, &packet, PLAIN), REPLY_OK);
    assert_true(entry_make(made(kept), &source));
    assert_int_equal(made(kept)->lifetime_s, ttl_s);
    cache_put(kept->cache, spot_of(kept, name, DNS_A), made(kept));
}

static enum cache_state look(struct kept *kept, const char *name, uint16_t type)
{
    const struct cache_when when = {kept->now_ms, STALE_S};

    cache_get(kept->cache, spot_of(kept, name, type), &when, &kept->room, &kept->found);
    return kept->found.state;
}

/* Notes a failure of NAME type A; returns what is to be told. */
static enum cache_state note_failure(struct kept *kept, const char *name, bool final)
{
    const struct cache_when when = {kept->now_ms, STALE_S};
    static const uint16_t ede = 22;

    ask(kept->bench, "x.test. A", PLAIN);
    entry_fail(made(kept), &kept->bench->question, kept->now_ms, &ede, 1);
    cache_fail(kept->cache, spot_of(kept, name, DNS_A), &when, made(kept), final, &kept->room,
               &kept->found);
    return kept->found.state;
}

static void what_is_kept_is_fresh_then_old_then_of_no_use(void **state)
{
    struct kept *kept = *state;

    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_NONE);
    keep(kept, "a.test.", true, 60);
    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_FRESH);
    assert_int_equal(look(kept, "a.test.", DNS_AAAA), CACHE_NONE);
    assert_int_equal(look(kept, "b.a.test.", DNS_A), CACHE_NONE);
    kept->now_ms += 59999;
    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_FRESH);
    kept->now_ms += 1;
    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_OLD);
    kept->now_ms += STALE_S * SECOND - 1;
    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_OLD);
    kept->now_ms += 1;
    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_NONE);
}

static void what_an_answer_depends_on_keeps_it_apart(void **state)
{
    struct kept *kept = *state;
    const struct cache_when when = {kept->now_ms, 0};
    struct cache_key key = {.name = packet_name(&names[0], "a.test."), .type = DNS_A};
    struct cache_key others[5] = {key, key, key, key, key};

    keep(kept, "a.test.", true, 60);
    others[1].type = DNS_AAAA;
    others[2].dnssec_ok = true;
    others[3].checking_disabled = true;
    others[4].group = 1;
    for (size_t i = 0; i < 5; i++) {
        cache_spot(kept->cache, &others[i], &kept->spot);
        cache_get(kept->cache, &kept->spot, &when, &kept->room, &kept->found);
        assert_int_equal(kept->found.state, i == 0 ? CACHE_FRESH : CACHE_NONE);
    }
}

/* RFC 8020. */
static void the_word_that_holds_is_found_among_many(void **state)
{
    struct kept *kept = *state;

    keep(kept, "gone.test.", false, 300);
    assert_int_equal(look(kept, "gone.test.", DNS_AAAA), CACHE_FRESH);
    assert_int_equal(look(kept, "a.b.c.gone.test.", DNS_A), CACHE_FRESH);
    assert_int_equal(kept->found.entry->question, 11);
    assert_int_equal(look(kept, "a-gone.test.", DNS_A), CACHE_NONE);
    assert_int_equal(look(kept, "test.", DNS_A), CACHE_NONE);
    /* deeper than anybody looks */
    assert_int_equal(look(kept, "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.gone.test.", DNS_A), CACHE_NONE);
    /* what is known of a name itself goes before what is said of one above */
    keep(kept, "there.gone.test.", true, 600);
    assert_int_equal(look(kept, "there.gone.test.", DNS_A), CACHE_FRESH);
    assert_int_equal(kept->found.entry->rcode, DNS_NOERROR);
    /* a near denial that is old, a far one that holds */
    keep(kept, "near.gone.test.", false, 10);
    kept->now_ms += 20 * SECOND;
    assert_int_equal(look(kept, "x.near.gone.test.", DNS_A), CACHE_FRESH);
    assert_int_equal(kept->found.entry->question, 11);
    /* all old: the youngest */
    kept->now_ms += 1000 * SECOND;
    assert_int_equal(look(kept, "x.near.gone.test.", DNS_A), CACHE_OLD);
    keep(kept, "x.near.gone.test.", true, 10);
    kept->now_ms += 20 * SECOND;
    assert_int_equal(look(kept, "x.near.gone.test.", DNS_A), CACHE_OLD);
    assert_int_equal(kept->found.entry->rcode, DNS_NOERROR);
    keep(kept, "near.gone.test.", false, 10);
    kept->now_ms += 20 * SECOND;
    assert_int_equal(look(kept, "x.near.gone.test.", DNS_A), CACHE_OLD);
    assert_int_equal(kept->found.entry->rcode, DNS_NXDOMAIN);
}

/* RFC 9520 §3.2. */
static void failures_last_longer_as_they_repeat_and_hide_nothing(void **state)
{
    static const uint32_t pauses_ms[] = {1000, 2000, 4000, 5000, 5000, 5000};
    struct kept *kept = *state;

    for (size_t i = 0; i < sizeof pauses_ms / sizeof *pauses_ms; i++) {
        assert_int_equal(note_failure(kept, "f.test.", false), CACHE_FAILED);
        kept->now_ms += pauses_ms[i] - 1;
        assert_int_equal(look(kept, "f.test.", DNS_A), CACHE_FAILED);
        kept->now_ms += 1;
        assert_int_equal(look(kept, "f.test.", DNS_A), CACHE_NONE);
    }
    kept->now_ms += 60 * SECOND; /* long ago */
    assert_int_equal(note_failure(kept, "f.test.", false), CACHE_FAILED);
    assert_int_equal(kept->found.entry->lifetime_s, 1);
    /* a denial that holds goes before a failure */
    keep(kept, "test.test.", false, 300);
    assert_int_equal(note_failure(kept, "x.test.test.", false), CACHE_FRESH);
    assert_int_equal(look(kept, "x.test.test.", DNS_A), CACHE_FRESH);
    /* what is there stays, and knows of the failure */
    keep(kept, "g.test.", true, 60);
    assert_int_equal(note_failure(kept, "g.test.", true), CACHE_FRESH);
    kept->now_ms += 61 * SECOND;
    assert_int_equal(note_failure(kept, "g.test.", false), CACHE_OLD);
    assert_int_equal(look(kept, "g.test.", DNS_A), CACHE_OLD);
    assert_int_equal(kept->found.entry->failed_until_ms, kept->now_ms + 1 * SECOND);
    assert_int_equal(note_failure(kept, "g.test.", false), CACHE_OLD);
    assert_int_equal(kept->found.entry->failed_until_ms, kept->now_ms + 2 * SECOND);
    /* unless the failure speaks of the name */
    assert_int_equal(note_failure(kept, "g.test.", true), CACHE_FAILED);
    assert_int_equal(look(kept, "g.test.", DNS_A), CACHE_FAILED);
}

static void the_last_tenth_is_one_askers_to_renew(void **state)
{
    struct kept *kept = *state;

    keep(kept, "p.test.", true, 100);
    kept->now_ms += 89 * SECOND;
    assert_int_equal(look(kept, "p.test.", DNS_A), CACHE_FRESH);
    assert_false(cache_renews(kept->cache, &kept->found, kept->now_ms));
    kept->now_ms += 1 * SECOND;
    assert_int_equal(look(kept, "p.test.", DNS_A), CACHE_FRESH);
    assert_true(cache_renews(kept->cache, &kept->found, kept->now_ms));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(look(kept, "p.test.", DNS_A), CACHE_FRESH);
        assert_false(cache_renews(kept->cache, &kept->found, kept->now_ms));
    }
    /* it failed: the next may try, but not at once */
    assert_int_equal(note_failure(kept, "p.test.", false), CACHE_FRESH);
    assert_int_equal(look(kept, "p.test.", DNS_A), CACHE_FRESH);
    assert_false(cache_renews(kept->cache, &kept->found, kept->now_ms));
    kept->now_ms += 1 * SECOND;
    assert_int_equal(look(kept, "p.test.", DNS_A), CACHE_FRESH);
    assert_true(cache_renews(kept->cache, &kept->found, kept->now_ms));
    /* short lives are not worth it */
    keep(kept, "q.test.", true, 9);
    kept->now_ms += 8999;
    assert_int_equal(look(kept, "q.test.", DNS_A), CACHE_FRESH);
    assert_false(cache_renews(kept->cache, &kept->found, kept->now_ms));
}

static void see(void *context, const struct cache_line *line)
{
    struct kept *kept = context;
    char text[NAME_TEXT_MAX];

    snprintf(kept->seen + strlen(kept->seen), sizeof kept->seen - strlen(kept->seen),
             "%s %u rcode=%u records=%u%s ttl=%u age=%u;", name_to_text(&line->key.name, text),
             line->key.type, line->rcode, line->records, line->failure ? " failure" : "",
             line->ttl_s, line->age_s);
}

static size_t list(struct kept *kept, const char *name, bool below)
{
    struct name_buf buf;
    struct name meant = packet_name(&buf, name);

    kept->seen[0] = '\0';
    return cache_list(kept->cache, &meant, below, kept->now_ms, see, kept);
}

static size_t flush(struct kept *kept, const char *name, bool below)
{
    struct name_buf buf;
    struct name meant = packet_name(&buf, name);

    return cache_flush(kept->cache, &meant, below);
}

static void an_operator_sees_and_forgets_names(void **state)
{
    struct kept *kept = *state;
    struct cache_stats stats;

    keep(kept, "a.test.", true, 60);
    keep(kept, "b.a.test.", true, 60);
    keep(kept, "ba.test.", true, 60);
    keep(kept, "gone.test.", false, 60);
    note_failure(kept, "f.test.", false);
    cache_stats(kept->cache, &stats);
    assert_int_equal(stats.entries, 5);
    assert_int_equal(stats.inserted, 5);
    assert_int_equal(stats.octets, OCTETS);
    kept->now_ms += 20500;
    assert_int_equal(list(kept, "a.test.", false), 1);
    assert_string_equal(kept->seen, "a.test 1 rcode=0 records=1 ttl=40 age=20;");
    assert_int_equal(list(kept, "a.test.", true), 2);
    assert_int_equal(list(kept, "f.test.", false), 1);
    assert_string_equal(kept->seen, "f.test 1 rcode=2 records=0 failure ttl=0 age=20;");
    /* what is denied by the word on a name above is answered by that */
    assert_int_equal(list(kept, "x.gone.test.", false), 1);
    assert_string_equal(kept->seen, "gone.test 0 rcode=3 records=1 ttl=40 age=20;");
    assert_int_equal(list(kept, ".", true), 5);
    assert_int_equal(flush(kept, "x.gone.test.", false), 1);
    assert_int_equal(look(kept, "x.gone.test.", DNS_A), CACHE_NONE);
    assert_int_equal(flush(kept, "a.test.", true), 2);
    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_NONE);
    assert_int_equal(look(kept, "ba.test.", DNS_A), CACHE_FRESH);
    assert_int_equal(cache_flush(kept->cache, NULL, false), 2);
    cache_stats(kept->cache, &stats);
    assert_int_equal(stats.entries, 0);
}

static void a_cache_of_no_octets_keeps_nothing(void **state)
{
    struct kept *kept = *state;
    struct cache_stats stats;

    cache_destroy(kept->cache);
    kept->cache = cache_create(0, 0, NULL);
    assert_non_null(kept->cache);
    keep(kept, "a.test.", true, 60);
    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_NONE);
    assert_int_equal(note_failure(kept, "a.test.", false), CACHE_FAILED); /* told, not kept */
    assert_int_equal(look(kept, "a.test.", DNS_A), CACHE_NONE);
    assert_int_equal(cache_flush(kept->cache, NULL, false), 0);
    assert_int_equal(list(kept, ".", true), 0);
    cache_stats(kept->cache, &stats);
    assert_int_equal(stats.octets, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(what_is_kept_is_fresh_then_old_then_of_no_use),
        TEST(what_an_answer_depends_on_keeps_it_apart),
        TEST(the_word_that_holds_is_found_among_many),
        TEST(failures_last_longer_as_they_repeat_and_hide_nothing),
        TEST(the_last_tenth_is_one_askers_to_renew),
        TEST(an_operator_sees_and_forgets_names),
        TEST(a_cache_of_no_octets_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
