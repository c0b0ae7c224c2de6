/* resolver/core.c: what scenarios (tests/scenario) cannot say: whole batches, memory that goes
 * away, tickets, counters, small rooms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core_rig.h"
#include "packet.h"

static const char yaml[] = "upstreams: [192.0.2.53]\n"
                           "profiles: {kid: {block: [gambling], deny: [own.test]}}\n"
                           "clients: {allow: [10.0.0.0/8]}\n"
                           "operator: {deny: [order.test]}\n"
                           "records: {names: [{name: gate.test, address: 192.0.2.1}]}\n";

static const struct sample_feed feeds[] = {
    {"bets", "gambling", {"bets.test"}}
};

static size_t make_query(uint8_t *out, size_t room, const char *text, uint16_t id)
{
    struct query_words words = {.id = id, .type = DNS_A, .payload = 1232};
    struct name_buf buf;
    struct name name = packet_name(&buf, text);
    size_t length = question_write(out, room, &name, &words);

    assert_true(length > 0);
    return length;
}

struct lot {
    struct core_datagram datagrams[CORE_BATCH_MAX];
    uint8_t octets[CORE_BATCH_MAX][512], out[CORE_BATCH_MAX][1232];
    size_t count;
};

static struct core_datagram *add(struct lot *lot, const char *text, uint16_t id)
{
    size_t at = lot->count++;
    struct core_datagram *datagram = &lot->datagrams[at];

    *datagram = (struct core_datagram){
        .octets = lot->octets[at],
        .length = make_query(lot->octets[at], sizeof lot->octets[at], text, id),
        .out = lot->out[at],
        .room = sizeof lot->out[at],
    };
    assert_int_equal(endpoint_from_text(&datagram->client, "10.0.0.1", 4000), 0);
    memcpy(datagram->handle.octets, &id, sizeof id);
    return datagram;
}

static void run(struct rig *rig, struct lot *lot)
{
    core_batch(rig->core, rig->snapshot, &rig->now, lot->datagrams, lot->count);
}

static void reply_to(struct rig *rig, size_t which)
{
    static uint8_t octets[65536];
    struct name name = name_of(&rig->forwards[which].name);
    char text[NAME_TEXT_MAX], question[NAME_TEXT_MAX + 16], record[NAME_TEXT_MAX + 64];
    struct packet packet = {
        question, 1, DNS_QR | DNS_RD | DNS_RA, {record, NULL}
    };

    name_to_text(&name, text);
    snprintf(question, sizeof question, "%s. A", text);
    snprintf(record, sizeof record, "AN %s. 60 IN A 192.0.2.7", text);
    assert_int_equal(rig_reply(rig, &(struct core_word){.ticket = rig->forwards[which].ticket,
                                                        .reply = octets,
                                                        .length = packet_make(&packet, octets)}),
                     0);
}

static void a_whole_batch_keeps_its_answers_apart(void **state)
{
    static const char *const names[] = {"a.bets.test", "open.test", "gate.test", "own.test"};
    static const enum core_outcome outcomes[] = {CORE_ANSWERED, CORE_TAKEN, CORE_ANSWERED,
                                                 CORE_ANSWERED};
    static struct rig rig;
    static struct lot lot;
    char text[64];

    (void)state;
    rig_open(&rig, yaml, feeds, 1, NULL, 64);
    lot.count = 0;
    for (uint16_t i = 0; i < CORE_BATCH_MAX; i++) {
        if (i % 4 == 1)
            snprintf(text, sizeof text, "n%u.%s", i, names[1]);
        else
            snprintf(text, sizeof text, "%s", names[i % 4]);
        add(&lot, text, (uint16_t)(0x4000 + i));
    }
    lot.datagrams[5].length = 5; /* one of them is no query */
    run(&rig, &lot);
    for (size_t i = 0; i < CORE_BATCH_MAX; i++) {
        const struct core_datagram *datagram = &lot.datagrams[i];

        assert_int_equal(datagram->outcome, i == 5 ? CORE_DROPPED : outcomes[i % 4]);
        if (datagram->outcome != CORE_ANSWERED)
            continue;
        assert_int_equal(load_be16(datagram->out), 0x4000 + i);
        assert_int_equal(load_be16(datagram->out + 6), i % 4 == 2); /* gate has an address */
    }
    assert_int_equal(rig.forward_count, 15);
    assert_int_equal(core_pending(rig.core), 15);
    rig_close(&rig);
}

static void nothing_of_the_batch_or_the_snapshot_is_needed_later(void **state)
{
    static struct rig rig;
    struct lot *lot = calloc(1, sizeof *lot);
    struct config *config;

    (void)state;
    rig_open(&rig, yaml, feeds, 1, NULL, 64);
    add(lot, "www.open.test", 0x1234);
    run(&rig, lot);
    free(lot); /* octets, room and handle */
    snapshot_free(rig.snapshot);
    config = rig_config(yaml);
    rig.snapshot = snapshot_create(config, set_open_empty(NULL), sealed_open_empty(NULL), NULL);
    reply_to(&rig, 0);
    assert_int_equal(rig.sent_count, 1);
    assert_int_equal(load_be16(rig.sent[0].octets), 0x1234);
    assert_memory_equal(rig.sent[0].handle.octets, "\x34\x12", 2);
    rig_close(&rig);
}

/* One waits, the rules change, and the answer to what was asked before is theirs. */
static void what_a_reload_blocks_reaches_nobody_who_waited(void **state)
{
    static const char *const names[] = {"now.test", "a.later.test", "local.test", "open.test"};
    static const char changed[] = "upstreams: [192.0.2.53]\n"
                                  "profiles: {kid: {block: [gambling], deny: [now.test]}}\n"
                                  "clients: {allow: [10.0.0.0/8]}\n"
                                  "records: {names: [{name: local.test, address: 192.0.2.9}]}\n";
    static const struct sample_feed listed = {"bets", "gambling", {"later.test"}};
    static const uint8_t addresses[][4] = {
        [2] = {192, 0, 2, 9},
          [3] = {192, 0, 2, 7}
    };
    static struct rig rig;
    static struct lot lot;
    struct config *config;

    (void)state;
    rig_open(&rig, yaml, feeds, 1, NULL, 64);
    lot.count = 0;
    for (uint16_t i = 0; i < 4; i++)
        add(&lot, names[i], i);
    run(&rig, &lot);
    assert_int_equal(rig.forward_count, 4);
    snapshot_free(rig.snapshot);
    config = rig_config(changed);
    rig.snapshot =
        snapshot_create(config, rig_set(config, &listed, 1), sealed_open_empty(NULL), NULL);
    for (size_t i = 0; i < 4; i++) {
        const struct rig_sent *sent;

        reply_to(&rig, i);
        assert_int_equal(rig.sent_count, i + 1);
        sent = &rig.sent[i];
        assert_int_equal(load_be16(sent->octets), i);
        assert_int_equal(load_be16(sent->octets + 6), i > 1); /* ANCOUNT */
        if (i > 1)                                            /* OPT follows the address */
            assert_non_null(memmem(sent->octets, sent->length, addresses[i], 4));
    }
    assert_int_equal(core_counters(rig.core)->blocked, 2);
    rig_close(&rig);
}

static void words_on_tickets_that_nobody_holds_reach_nobody(void **state)
{
    static struct rig rig;
    static struct lot lot;
    uint32_t old;

    (void)state;
    rig_open(&rig, yaml, feeds, 1, NULL, 16);
    lot.count = 0;
    for (uint32_t ticket = 0; ticket < 100000; ticket += 7)
        assert_int_equal(rig_none(&rig, ticket), 0);
    add(&lot, "one.test", 1);
    run(&rig, &lot);
    old = rig.forwards[0].ticket;
    reply_to(&rig, 0);
    assert_int_equal(rig.sent_count, 1);
    /* the same slot again, for another question: the old ticket does not open it */
    lot.count = 0;
    add(&lot, "two.test", 2);
    run(&rig, &lot);
    assert_int_not_equal(rig.forwards[1].ticket, old);
    assert_int_equal(rig_none(&rig, old), 0);
    assert_int_equal(rig.sent_count, 1);
    assert_int_equal(core_pending(rig.core), 1);
    reply_to(&rig, 1);
    assert_int_equal(rig.sent_count, 2);
    assert_int_equal(core_pending(rig.core), 0);
    rig_close(&rig);
}

static void counters_say_what_became_of_queries(void **state)
{
    static struct rig rig;
    static struct lot lot;
    const struct core_counters *counters;

    (void)state;
    rig_open(&rig, yaml, feeds, 1, NULL, 16);
    counters = core_counters(rig.core);
    lot.count = 0;
    add(&lot, "a.bets.test", 1);
    add(&lot, "own.test", 2);
    add(&lot, "order.test", 3);
    add(&lot, "gate.test", 4);
    add(&lot, "open.test", 5);
    add(&lot, "open.test", 6);
    add(&lot, "open.test", 7)->transport = TRANSPORT_TCP;
    add(&lot, "other.test", 8)->length = 4;
    assert_int_equal(endpoint_from_text(&add(&lot, "open.test", 9)->client, "192.0.2.1", 1), 0);
    run(&rig, &lot);
    assert_int_equal(counters->queries[TRANSPORT_UDP], 7);
    assert_int_equal(counters->queries[TRANSPORT_TCP], 1);
    assert_int_equal(counters->blocked, 2);
    assert_int_equal(counters->withheld.blocks[TRANSPORT_UDP],
                     1); /* order.test, and nowhere else */
    assert_int_equal(counters->protected_blocks, 0);
    assert_int_equal(counters->category_blocks[22], 1); /* gambling; csam's bit stays out of it */
    assert_int_equal(counters->category_blocks[0], 0);
    assert_int_equal(counters->local, 1);
    assert_int_equal(counters->forwarded, 1);
    assert_int_equal(counters->joined, 2);
    assert_int_equal(counters->refused, 1);
    assert_int_equal(counters->dropped, 1);
    assert_int_equal(counters->rcodes[DNS_NOERROR], 3);
    assert_int_equal(counters->rcodes[DNS_REFUSED], 1);
    rig_none(&rig, rig.forwards[0].ticket);
    assert_int_equal(counters->failed, 3);
    assert_int_equal(counters->rcodes[DNS_SERVFAIL], 3);
    rig_close(&rig);
}

static void a_core_without_slots_is_refused(void **state)
{
    const struct core_hooks hooks = {0};
    struct err err = {0};

    (void)state;
    assert_null(core_create(0, NULL, &hooks, &err));
    assert_int_equal(err.code, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_batch_keeps_its_answers_apart),
        cmocka_unit_test(nothing_of_the_batch_or_the_snapshot_is_needed_later),
        cmocka_unit_test(what_a_reload_blocks_reaches_nobody_who_waited),
        cmocka_unit_test(words_on_tickets_that_nobody_holds_reach_nobody),
        cmocka_unit_test(counters_say_what_became_of_queries),
        cmocka_unit_test(a_core_without_slots_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
