/* What rule 2 blocks, as a client and a reader of counters see it: silence for who asks too much,
 * and numbers that do not move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core_rig.h"
#include "packet.h"

static const char yaml[] = "upstreams: [192.0.2.53]\n"
                           "default_profile: kid\n"
                           "profiles: {kid: {block: [gambling], deny: [own.test]}}\n"
                           "clients: {allow: [10.0.0.0/8]}\n"
                           "operator: {deny: [order.test, x.test]}\n"
                           "records:\n"
                           "  names:\n"
                           "    - {name: gate.test, address: 192.0.2.1}\n"
                           "    - {name: near.test, cname: gate.test}\n"
                           "    - {name: to-order.test, cname: order.test}\n"
                           "    - {name: to-order2.test, cname: a.order.test}\n"
                           "    - {name: to-order3.test, cname: x.test}\n"
                           "    - {name: to-listed.test, cname: listed.test}\n";

static const struct sample_feed feeds[] = {
    {"bets", "gambling", {"bets.test"}}
};
static const struct sample_feed hotline = {"hotline", "csam", {"listed.test"}};

enum { HITS = 3, WINDOW_S = 600, SILENCE_S = 60 };

struct asked {
    const char *name, *client;
    enum transport transport;
    uint16_t type;
};

static struct core_datagram run(struct rig *rig, const struct asked *asked)
{
    static uint8_t octets[512], out[65535];
    struct query_words words = {
        .id = 7, .type = asked->type == 0 ? DNS_A : asked->type, .payload = 1232};
    struct core_datagram datagram = {
        .octets = octets, .out = out, .room = sizeof out, .transport = asked->transport};
    struct name_buf buf;
    struct name name = packet_name(&buf, asked->name);

    datagram.length = question_write(octets, sizeof octets, &name, &words);
    assert_int_equal(endpoint_from_text(&datagram.client, asked->client, 4000), 0);
    core_batch(rig->core, rig->snapshot, &rig->now, &datagram, 1);
    return datagram;
}

static enum core_outcome ask(struct rig *rig, const char *client, const char *name)
{
    return run(rig, &(struct asked){.name = name, .client = client}).outcome;
}

static void start(struct rig *rig, uint32_t hits)
{
    struct config bounds = {0};

    rig_open(rig, yaml, feeds, 1, &hotline, 16);
    bounds.sealed.budget_hits = hits;
    bounds.sealed.budget_per_s = WINDOW_S;
    bounds.sealed.budget_drop_s = SILENCE_S;
    budget_set(rig->budget, &bounds);
}

/* Has CLIENT meet as many names as it takes. */
static void put_out(struct rig *rig, const char *client)
{
    static const char *const names[] = {"a.order.test", "listed.test", "b.order.test"};

    for (size_t i = 0; i < HITS; i++)
        assert_int_equal(ask(rig, client, names[i]), CORE_ANSWERED);
    assert_int_equal(ask(rig, client, "c.order.test"), CORE_SILENT);
}

/* Answers forward WHICH with the LINES of a packet. */
static void reply(struct rig *rig, size_t which, const char *const lines[2])
{
    static uint8_t octets[65536];
    struct name name = name_of(&rig->forwards[which].name);
    char text[NAME_TEXT_MAX], question[NAME_TEXT_MAX + 16];
    struct packet packet = {
        question, 1, DNS_QR | DNS_RD | DNS_RA, {lines[0], lines[1], NULL}
    };

    snprintf(question, sizeof question, "%s. A", name_to_text(&name, text));
    assert_int_equal(rig_reply(rig, &(struct core_word){.ticket = rig->forwards[which].ticket,
                                                        .reply = octets,
                                                        .length = packet_make(&packet, octets)}),
                     0);
}

/* ---- silence ---- */

static void who_is_out_hears_nothing_whatever_he_asks(void **state)
{
    static const struct asked questions[] = {
        {"open.test",    "10.0.0.1", TRANSPORT_UDP, 0      },
        {"open.test",    "10.0.0.1", TRANSPORT_TCP, 0      },
        {"gate.test",    "10.0.0.1", TRANSPORT_UDP, 0      },
        {"bets.test",    "10.0.0.1", TRANSPORT_TCP, 0      },
        {"listed.test",  "10.0.0.1", TRANSPORT_UDP, 0      },
        {"localhost",    "10.0.0.1", TRANSPORT_UDP, 0      },
        {"version.bind", "10.0.0.1", TRANSPORT_UDP, DNS_TXT},
    };
    static struct rig rig;

    (void)state;
    start(&rig, HITS);
    put_out(&rig, "10.0.0.1");
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        assert_int_equal(run(&rig, &questions[i]).outcome, CORE_SILENT);
    assert_int_equal(rig.forward_count, 0);
    assert_int_equal(ask(&rig, "10.0.0.2", "gate.test"), CORE_ANSWERED);
    assert_int_equal(ask(&rig, "10.0.0.2", "listed.test"), CORE_ANSWERED);
    rig.now.mono_ms += SILENCE_S * 1000;
    assert_int_equal(ask(&rig, "10.0.0.1", "gate.test"), CORE_ANSWERED);
    rig_close(&rig);
}

static void who_is_out_does_not_learn_what_is_wrong_with_his_message(void **state)
{
    uint8_t octets[12] = {0, 7, 0x28, 0}, out[512]; /* an opcode that nobody serves */
    static struct rig rig;
    struct core_datagram datagram = {
        .octets = octets, .length = sizeof octets, .out = out, .room = sizeof out};

    (void)state;
    start(&rig, HITS);
    assert_int_equal(endpoint_from_text(&datagram.client, "10.0.0.1", 4000), 0);
    core_batch(rig.core, rig.snapshot, &rig.now, &datagram, 1);
    assert_int_equal(datagram.outcome, CORE_ANSWERED);
    put_out(&rig, "10.0.0.1");
    core_batch(rig.core, rig.snapshot, &rig.now, &datagram, 1);
    assert_int_equal(datagram.outcome, CORE_SILENT);
    rig_close(&rig);
}

static void what_was_asked_before_is_not_answered_either(void **state)
{
    static struct rig rig;

    (void)state;
    start(&rig, HITS);
    assert_int_equal(ask(&rig, "10.0.0.1", "open.test"), CORE_TAKEN);
    assert_int_equal(run(&rig, &(struct asked){"open.test", "10.0.0.1", TRANSPORT_TCP, 0}).outcome,
                     CORE_TAKEN);
    assert_int_equal(ask(&rig, "10.0.0.2", "open.test"), CORE_TAKEN);
    put_out(&rig, "10.0.0.1");
    reply(&rig, 0, (const char *const[]){"AN open.test. 60 IN A 192.0.2.7", NULL});
    assert_int_equal(rig.sent_count, 2);
    assert_int_equal(rig.sent[0].length, 0); /* the stream is told that it owes nothing */
    assert_true(rig.sent[1].length > 0);
    assert_int_equal(core_pending(rig.core), 0);
    rig_close(&rig);
}

static void the_same_names_in_every_type_cost_once(void **state)
{
    static const uint16_t types[] = {DNS_A, DNS_AAAA, DNS_HTTPS, DNS_TXT};
    static struct rig rig;

    (void)state;
    start(&rig, HITS);
    for (size_t i = 0; i < 40; i++) {
        const struct asked asked = {"listed.test", "10.0.0.1", TRANSPORT_UDP, types[i % 4]};

        assert_int_equal(run(&rig, &asked).outcome, CORE_ANSWERED);
    }
    rig_close(&rig);
}

/* A zone of one's own that leads to one name after the other must not be a way around. */
static void what_an_answer_leads_to_is_what_costs(void **state)
{
    static struct rig rig;
    char line[80];

    (void)state;
    start(&rig, HITS);
    for (size_t i = 0; i <= HITS; i++) {
        assert_int_equal(ask(&rig, "10.0.0.1", "mine.test"), CORE_TAKEN);
        snprintf(line, sizeof line, "AN mine.test. 0 IN CNAME n%zu.order.test.", i);
        reply(&rig, i, (const char *const[]){line, NULL});
    }
    assert_int_equal(rig.sent_count, HITS);
    assert_int_equal(ask(&rig, "10.0.0.1", "gate.test"), CORE_SILENT);
    assert_int_equal(ask(&rig, "10.0.0.2", "gate.test"), CORE_ANSWERED);
    rig_close(&rig);
}

static void many_names_that_lead_to_one_cost_once(void **state)
{
    static struct rig rig;
    char name[40], line[80];

    (void)state;
    start(&rig, HITS);
    for (size_t i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "n%zu.test", i);
        snprintf(line, sizeof line, "AN %s. 60 IN CNAME order.test.", name);
        assert_int_equal(ask(&rig, "10.0.0.1", name), CORE_TAKEN);
        reply(&rig, i, (const char *const[]){line, NULL});
    }
    assert_int_equal(rig.sent_count, 12);
    rig_close(&rig);
}

/* Who may write records must not get an index for nothing. */
static void what_a_local_record_leads_to_costs_as_well(void **state)
{
    static const char *const names[] = {"to-order.test", "to-listed.test", "to-order2.test"};
    static struct rig rig;

    (void)state;
    start(&rig, HITS);
    for (size_t i = 0; i < HITS; i++)
        assert_int_equal(ask(&rig, "10.0.0.1", names[i]), CORE_ANSWERED);
    assert_int_equal(ask(&rig, "10.0.0.1", "listed.test"), CORE_ANSWERED); /* it is paid for */
    assert_int_equal(ask(&rig, "10.0.0.1", "to-order3.test"), CORE_SILENT);
    assert_int_equal(ask(&rig, "10.0.0.1", "gate.test"), CORE_SILENT);
    rig_close(&rig);
}

/* ---- counters ---- */

static struct core_counters counted(const struct rig *rig)
{
    return *core_counters(rig->core);
}

/* What has changed from BEFORE on, but for what is withheld. */
static struct core_counters moved(const struct rig *rig, const struct core_counters *before)
{
    struct core_counters now = counted(rig);
    const uint64_t *from = (const uint64_t *)before;
    uint64_t *to = (uint64_t *)&now;

    for (size_t i = 0; i < sizeof now / sizeof *to; i++)
        to[i] -= from[i];
    memset(&now.withheld, 0, sizeof now.withheld);
    return now;
}

static void assert_same(const struct core_counters *a, const struct core_counters *b)
{
    assert_memory_equal(a, b, sizeof *a);
}

static void a_block_of_rule_2_moves_no_counter(void **state)
{
    static const char *const names[] = {"order.test", "listed.test"};
    static const struct core_counters nothing;
    static struct rig rig;

    (void)state;
    start(&rig, 0);
    for (size_t i = 0; i < 4; i++) {
        struct core_counters before = counted(&rig), after;
        const struct asked asked = {names[i % 2], "10.0.0.1", i < 2 ? TRANSPORT_UDP : TRANSPORT_TCP,
                                    0};

        assert_int_equal(run(&rig, &asked).outcome, CORE_ANSWERED);
        after = moved(&rig, &before);
        assert_same(&after, &nothing);
    }
    assert_int_equal(counted(&rig).withheld.blocks[TRANSPORT_UDP], 2);
    assert_int_equal(counted(&rig).withheld.blocks[TRANSPORT_TCP], 2);
    rig_close(&rig);
}

static void a_local_record_that_leads_to_it_counts_like_any_other(void **state)
{
    static const char *const names[] = {"to-order.test", "to-listed.test"};
    static struct rig rig;
    struct core_counters before, plain, after;

    (void)state;
    start(&rig, 0);
    before = counted(&rig);
    ask(&rig, "10.0.0.1", "near.test");
    plain = moved(&rig, &before);
    for (size_t i = 0; i < 2; i++) {
        before = counted(&rig);
        assert_int_equal(ask(&rig, "10.0.0.1", names[i]), CORE_ANSWERED);
        after = moved(&rig, &before);
        assert_same(&after, &plain);
    }
    assert_int_equal(counted(&rig).withheld.chains, 2);
    rig_close(&rig);
}

static void silence_moves_no_counter(void **state)
{
    static const struct core_counters nothing;
    static struct rig rig;
    struct core_counters before, after;

    (void)state;
    start(&rig, HITS);
    before = counted(&rig);
    put_out(&rig, "10.0.0.1");
    ask(&rig, "10.0.0.1", "open.test");
    after = moved(&rig, &before);
    assert_same(&after, &nothing);
    assert_int_equal(counted(&rig).withheld.silenced[TRANSPORT_UDP], 1);
    rig_close(&rig);
}

/* Returns what one query for NAME that leads to TARGET moves. */
static struct core_counters moved_by(struct rig *rig, const char *name, const char *target)
{
    struct core_counters before = counted(rig);
    char line[80], address[80];

    snprintf(line, sizeof line, "AN %s. 60 IN CNAME %s.", name, target);
    snprintf(address, sizeof address, "AN %s. 60 IN A 192.0.2.7", target);
    assert_int_equal(ask(rig, "10.0.0.1", name), CORE_TAKEN);
    reply(rig, rig->forward_count - 1, (const char *const[]){line, address});
    ask(rig, "10.0.0.1", name); /* and once from the cache */
    return moved(rig, &before);
}

static void an_answer_that_leads_to_it_counts_like_any_other(void **state)
{
    static struct rig rig;
    struct core_counters plain, operators, hotlines;

    (void)state;
    start(&rig, 0);
    plain = moved_by(&rig, "one.test", "open.test");
    operators = moved_by(&rig, "two.test", "order.test");
    hotlines = moved_by(&rig, "six.test", "listed.test");
    assert_same(&operators, &plain);
    assert_same(&hotlines, &plain);
    assert_int_equal(plain.queries[TRANSPORT_UDP], 2);
    assert_int_equal(plain.cache_hits, 1);
    assert_int_equal(counted(&rig).withheld.chains, 4);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_out_hears_nothing_whatever_he_asks),
        cmocka_unit_test(who_is_out_does_not_learn_what_is_wrong_with_his_message),
        cmocka_unit_test(what_was_asked_before_is_not_answered_either),
        cmocka_unit_test(the_same_names_in_every_type_cost_once),
        cmocka_unit_test(what_an_answer_leads_to_is_what_costs),
        cmocka_unit_test(many_names_that_lead_to_one_cost_once),
        cmocka_unit_test(a_block_of_rule_2_moves_no_counter),
        cmocka_unit_test(what_a_local_record_leads_to_costs_as_well),
        cmocka_unit_test(a_local_record_that_leads_to_it_counts_like_any_other),
        cmocka_unit_test(silence_moves_no_counter),
        cmocka_unit_test(an_answer_that_leads_to_it_counts_like_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
