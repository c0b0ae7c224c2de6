/* resolver/pending.c: a pool of waiting queries against a plain model of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "resolver/pending.h"
#include "resolver/wire/dns.h"

enum { SLOTS = 13, KEYS = 6, STEPS = 50000 };

/* What waits for one key: the tags of the queries, in the order in which they came. */
struct model {
    uint32_t ticket;
    uint16_t tags[SLOTS];
    size_t count;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

static struct query make_query(unsigned key, uint16_t tag)
{
    struct query query = {0};
    struct question *question = &query.question;

    memcpy(question->name.wire, "\1a\4test", 8);
    question->name.wire[1] = (uint8_t)('a' + key / 2);
    question->name.length = 8;
    question->type = DNS_A;
    question->class = DNS_IN;
    question->dnssec_ok = key % 2 == 1;
    question->id = tag;
    query.client.addr = (struct addr){
        .octets = {10, 0, (uint8_t)(tag >> 8), (uint8_t)tag},
          .bits = 32
    };
    return query;
}

/* Has QUERY wait as stage_forward has it; *OPENED tells whether its question is new. The hash is
 * one that many keys share. */
static const struct query *wait_for(struct pending *pending, const struct query *query,
                                    uint32_t *ticket, bool *opened)
{
    struct cache_key key = cache_key_of(query);
    uint64_t hash = key.name.wire[1] % 4;

    *opened = !pending_asked(pending, &key, hash, ticket);
    return *opened ? pending_open(pending, query, hash, ticket)
                   : pending_join(pending, query, *ticket);
}

static void add(struct pending *pending, struct model *model, unsigned key, uint16_t tag,
                uint32_t used)
{
    struct query query = make_query(key, tag);
    uint32_t ticket;
    bool opened;
    const struct query *copy = wait_for(pending, &query, &ticket, &opened);

    if (used == SLOTS) {
        assert_null(copy);
        return;
    }
    assert_non_null(copy);
    assert_int_equal(opened, model->count == 0);
    if (opened)
        model->ticket = ticket;
    assert_int_equal(ticket, model->ticket);
    model->tags[model->count++] = tag;
}

static void check_waiting(struct pending *pending, const struct model *model)
{
    const struct query *query = pending_find(pending, model->ticket);

    for (size_t i = 0; i < model->count; i++) {
        assert_non_null(query);
        assert_int_equal(query->question.id, model->tags[i]);
        assert_ptr_equal(query->ask.name.wire, query->question.name.wire); /* its own copy */
        query = pending_next(pending, query);
    }
    assert_null(query);
}

static void queries_wait_in_order_for_the_question_they_share(void **state)
{
    struct pending *pending = pending_create(SLOTS, 42, NULL);
    struct model models[KEYS] = {0};
    uint32_t random = 1, used = 0, full = 0;

    (void)state;
    assert_non_null(pending);
    for (uint16_t step = 0; step < STEPS; step++) {
        struct model *model = &models[next_random(&random) % KEYS];
        unsigned key = (unsigned)(model - models);

        if (next_random(&random) % 5 > 0) {
            size_t before = model->count;

            add(pending, model, key, step, used);
            full += used == SLOTS;
            used += (uint32_t)(model->count - before);
        } else if (model->count > 0) {
            check_waiting(pending, model);
            pending_end(pending, model->ticket);
            assert_null(pending_find(pending, model->ticket));
            pending_end(pending, model->ticket); /* twice does no harm */
            used -= (uint32_t)model->count;
            model->count = 0;
        }
        assert_int_equal(pending_count(pending), used);
    }
    assert_true(full > 100);
    for (size_t i = 0; i < KEYS; i++) {
        if (models[i].count > 0)
            check_waiting(pending, &models[i]);
    }
    pending_destroy(pending);
}

static bool takes(struct pending *pending, const char *client, unsigned key, uint32_t *ticket)
{
    struct query query = make_query(key % KEYS, 0);
    bool opened;

    query.question.name.wire[3] = (uint8_t)key;
    query.question.name.wire[4] = (uint8_t)(key >> 8);
    assert_int_equal(addr_from_text(&query.client.addr, client), 0);
    return wait_for(pending, &query, ticket, &opened) != NULL;
}

static void one_client_cannot_take_the_whole_pool(void **state)
{
    static const char *const pairs[][2] = {
        {"10.0.0.1",    "10.0.0.2"     },
        {"2001:db8::1", "2001:db8:1::1"},
    };
    uint32_t ticket, first;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct pending *pending = pending_create(64, 42, NULL);

        assert_non_null(pending);
        assert_true(takes(pending, pairs[i][0], 0, &first));
        for (unsigned key = 1; key < 48; key++)
            assert_true(takes(pending, pairs[i][0], key, &ticket));
        assert_false(takes(pending, pairs[i][0], 48, &ticket));
        assert_false(takes(pending, pairs[i][0], 1, &ticket)); /* to wait takes a slot as well */
        for (unsigned key = 64; key < 80; key++)
            assert_true(takes(pending, pairs[i][1], key, &ticket));
        pending_end(pending, first);
        assert_true(takes(pending, pairs[i][0], 48, &ticket));
        pending_destroy(pending);
    }
}

/* Some have something old to fall back on; they are told when they have waited long enough, each
 * once, unless their question has ended before. */
static void who_could_get_something_old_is_told_in_time(void **state)
{
    enum { ROUNDS = 2000, EACH = 8 };
    struct pending *pending = pending_create(EACH, 42, NULL);
    uint32_t random = 7, told = 0, ended = 0;
    uint64_t now_ms = 0;

    (void)state;
    assert_non_null(pending);
    for (unsigned round = 0; round < ROUNDS; round++) {
        bool due[EACH] = {false};
        uint32_t tickets[EACH];
        uint64_t since_ms[EACH];
        const struct query *query;

        for (unsigned i = 0; i < EACH; i++) {
            struct query one = make_query(i % KEYS, (uint16_t)i);
            bool opened;

            one.has_old = due[i] = next_random(&random) % 2 == 0;
            one.since_ms = since_ms[i] = now_ms += next_random(&random) % 100;
            assert_non_null(wait_for(pending, &one, &tickets[i], &opened));
        }
        for (unsigned i = 0; i < EACH; i++) {
            if (next_random(&random) % 4 > 0)
                continue;
            pending_end(pending, tickets[i]);
            for (unsigned other = 0; other < EACH; other++) {
                ended += tickets[other] == tickets[i] && due[other];
                due[other] = due[other] && tickets[other] != tickets[i];
            }
        }
        for (unsigned i = 0; i < EACH; i++) {
            if (!due[i])
                continue;
            if (since_ms[i] > 0 && (i == 0 || since_ms[i] > since_ms[i - 1]))
                assert_null(pending_overdue(pending, since_ms[i] - 1));
            query = pending_overdue(pending, since_ms[i]);
            assert_non_null(query);
            assert_int_equal(query->question.id, i);
            told++;
        }
        assert_null(pending_overdue(pending, UINT64_MAX));
        for (unsigned i = 0; i < EACH; i++)
            pending_end(pending, tickets[i]);
        assert_int_equal(pending_count(pending), 0);
    }
    assert_true(told > ROUNDS && ended > ROUNDS);
    pending_destroy(pending);
}

static void whatever_an_answer_depends_on_makes_another_question(void **state)
{
    struct query plain = make_query(0, 1), other[6];
    struct cache_key key = cache_key_of(&plain);

    (void)state;
    for (size_t i = 0; i < 6; i++)
        other[i] = plain;
    other[0].question.name.wire[1] = 'z';
    other[1].question.type = DNS_AAAA;
    other[2].question.class = DNS_CH;
    other[3].question.dnssec_ok = true;
    other[4].question.flags = DNS_CD;
    other[5].verdict.upstream_mark = 1;
    for (size_t i = 0; i < 6; i++) {
        struct cache_key its = cache_key_of(&other[i]);

        assert_false(cache_key_equal(&key, &its));
    }
    /* and nothing else does */
    plain.question.id = 77;
    plain.question.flags = DNS_RD | DNS_AD;
    plain.question.has_opt = true;
    plain.question.payload = 4096;
    plain.question.original[1] = 'A';
    plain.transport = TRANSPORT_TCP;
    other[0] = make_query(0, 1);
    struct cache_key a = cache_key_of(&plain), b = cache_key_of(&other[0]);
    assert_true(cache_key_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_wait_in_order_for_the_question_they_share),
        cmocka_unit_test(one_client_cannot_take_the_whole_pool),
        cmocka_unit_test(who_could_get_something_old_is_told_in_time),
        cmocka_unit_test(whatever_an_answer_depends_on_makes_another_question),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
