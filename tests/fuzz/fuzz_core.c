/* Clients' and upstreams' octets through the whole spine: core_batch, core_reply, core_tick.
 *
 * The input is a row of pieces: one octet (bit 0 TCP, bits 1 and 2 the client, bit 3 an upstream's
 * reply to the question opened last instead, bits 4 to 6 the room), two of length, and a message;
 * or one octet with bit 7 set: time passes (bits 4 to 6), other rules come into force (bit 0), the
 * timer ticks (bit 1), the upstreams are down or up (bit 2). Queries in a row are one batch; at the
 * start all that is in the cache is too old. Holds: nothing is read or written outside; a response
 * is never answered, everything else with a header is answered once, at once, by the upstream's
 * word or from the cache; an answer fits into its room and over UDP into what the client offered,
 * has the id and the question's own octets, and is read whole by ldns (what was not forwarded, and
 * else where ldns reads what upstreams sent); no name that is listed now gets an address, and no
 * alias leads to one. */
#include <ldns/ldns.h>

#include "tests/unit/core_rig.h"

/* After that nothing that is kept is of any use. */
#define FORGOTTEN_MS ((uint64_t)4 * 24 * 3600 * 1000)

enum { PIECES_MAX = 96, FORWARDS_MOST = 128, ROOM_MAX = 4096, UDP_PAYLOAD = 1232 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char yaml[] =
    "upstreams: [192.0.2.53]\n"
    "cache: {size: 1MiB}\n"
    "server: {version: v, id: i}\n"
    "clients: {allow: [10.0.0.0/8]}\n"
    "profiles:\n"
    "  nodata: {block: [gambling]}\n"
    "  none: {block: [gambling], style: 'null'}\n"
    "  nx: {block: [gambling], style: nxdomain, max_ttl: 1m}\n"
    "default_profile: nodata\n"
    "networks: [{prefix: 10.0.0.2, profile: none}, {prefix: 10.0.0.3, profile: nx}]\n"
    "operator: {deny: [order.test]}\n"
    "records:\n"
    "  names:\n"
    "    - {name: gate.example, address: ['192.0.2.1', '2001:db8::1']}\n"
    "    - {name: alias.example, cname: gate.example}\n"
    "    - {name: ring.example, cname: ring.example}\n";

struct piece {
    const uint8_t *octets; /* of the query */
    size_t length;
    struct question question;
    bool udp, ended;
};

/* What one input has made so far. */
struct run {
    struct piece pieces[PIECES_MAX];
    size_t count;
    struct core_datagram batch[CORE_BATCH_MAX];
    size_t batched;
    bool check_ldns; /* of answers: ldns has read all that upstreams sent so far */
};

/* Two states of the rules, which the input changes at will: what the first lists the second does
 * not, and the other way round. */
static const struct name_buf listed[2] = {
    {.wire = "\3bad\4test",   .length = 10},
    {.wire = "\5other\4test", .length = 12},
};
static struct snapshot *rules[2];
static unsigned rule; /* in force */

static struct rig rig;
static uint8_t out[CORE_BATCH_MAX][ROOM_MAX];
static const char *const clients[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "192.0.2.9"};

static bool is_listed(const struct name *name)
{
    struct name ancestor = name_of(&listed[rule]);

    return name_is_below_or_at(name, &ancestor);
}

static bool asks_listed(const struct piece *piece)
{
    struct name name = name_of(&piece->question.name);

    return piece->question.class == DNS_IN && is_listed(&name);
}

static bool leads_to_listed(const ldns_rr *rr)
{
    const ldns_rdf *data = ldns_rr_rdf(rr, 0);
    struct name target = {ldns_rdf_data(data), ldns_rdf_size(data)};
    struct name_buf lower;

    name_lower(&lower, &target);
    target = name_of(&lower);
    return is_listed(&target);
}

static void check_records(const struct piece *piece, const ldns_pkt *pkt)
{
    const ldns_rr_list *answers = ldns_pkt_answer(pkt);

    for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(answers, i);
        const ldns_rdf *data = ldns_rr_rdf(rr, 0);

        must(ldns_rr_get_type(rr) != LDNS_RR_TYPE_CNAME || !leads_to_listed(rr));
        for (size_t at = 0; asks_listed(piece) && at < ldns_rdf_size(data); at++)
            must(ldns_rdf_data(data)[at] == 0);
    }
}

static void check_answer(struct piece *piece, const uint8_t *answer, size_t length, bool ldns)
{
    const struct question *question = &piece->question;
    size_t most = question->payload < UDP_PAYLOAD ? question->payload : UDP_PAYLOAD;
    ldns_pkt *pkt = NULL;

    must(!piece->ended);
    piece->ended = true;
    must(length >= DNS_HEADER_OCTETS && (piece->octets[2] & 0x80) == 0);
    must(!piece->udp || length <= most);
    must(memcmp(answer, piece->octets, 2) == 0);
    must((answer[2] & 0xf8) == (0x80 | (piece->octets[2] & 0x78)));
    must(load_be16(answer + 4) == question->has_question);
    if (question->has_question)
        must(memcmp(answer + DNS_HEADER_OCTETS, piece->octets + DNS_HEADER_OCTETS,
                    (size_t)question->name.length + 4) == 0);
    if (!ldns)
        return;
    must(ldns_wire2pkt(&pkt, answer, length) == LDNS_STATUS_OK);
    check_records(piece, pkt);
    ldns_pkt_free(pkt);
}

static void run_batch(struct run *run)
{
    size_t first = run->count - run->batched;

    core_batch(rig.core, rig.snapshot, &rig.now, run->batch, run->batched);
    for (size_t i = 0; i < run->batched; i++) {
        struct piece *piece = &run->pieces[first + i];
        bool response = piece->length >= DNS_HEADER_OCTETS && (piece->octets[2] & 0x80) != 0;

        must(run->batch[i].out_length <= run->batch[i].room);
        must((run->batch[i].outcome == CORE_DROPPED) ==
             (piece->length < DNS_HEADER_OCTETS || response));
        if (run->batch[i].outcome == CORE_ANSWERED)
            check_answer(piece, run->batch[i].out, run->batch[i].out_length, run->check_ldns);
        must(run->batch[i].outcome != CORE_TAKEN || !asks_listed(piece));
    }
    run->batched = 0;
}

static void add_query(struct run *run, uint8_t how, const uint8_t *octets, size_t length)
{
    struct piece *piece = &run->pieces[run->count];
    struct core_datagram *datagram = &run->batch[run->batched];
    uint64_t tag = run->count++;

    *piece = (struct piece){.octets = octets, .length = length, .udp = (how & 1) == 0};
    question_read(octets, length, &piece->question);
    *datagram = (struct core_datagram){
        .octets = octets,
        .length = length,
        .out = out[run->batched++],
        .room = 512 + 512 * (size_t)(how >> 4 & 7),
        .transport = piece->udp ? TRANSPORT_UDP : TRANSPORT_TCP,
    };
    memcpy(datagram->handle.octets, &tag, sizeof tag);
    must(endpoint_from_text(&datagram->client, clients[how >> 1 & 3], 1024) == 0);
}

static void check_sent(struct run *run)
{
    for (size_t i = 0; i < rig.sent_count; i++) {
        uint64_t tag;

        memcpy(&tag, rig.sent[i].handle.octets, sizeof tag);
        must(tag < run->count);
        check_answer(&run->pieces[tag], rig.sent[i].octets, rig.sent[i].length, run->check_ldns);
        free(rig.sent[i].octets);
    }
    rig.sent_count = 0;
}

/* Ends the question opened last with MESSAGE, or with no answer where it has none. */
static void end_question(struct run *run, const uint8_t *message, size_t length, bool trusted)
{
    uint32_t ticket;
    ldns_pkt *pkt = NULL;

    if (rig.forward_count == 0)
        return;
    ticket = rig.forwards[rig.forward_count - 1].ticket;
    if (message != NULL && ldns_wire2pkt(&pkt, message, length) != LDNS_STATUS_OK)
        run->check_ldns = false;
    ldns_pkt_free(pkt);
    if (rig_reply(&rig, &(struct core_word){ticket, message, length, trusted, false, 22}) == 0)
        rig.forward_count--;
    check_sent(run);
}

/* Time passes, and what else HOW says. */
static void step(struct run *run, uint8_t how)
{
    static const uint32_t steps_ms[] = {0, 100, 1000, 1800, 5000, 60000, 3600000, 90000000};
    uint32_t ms = steps_ms[how >> 4 & 7];

    rig.now.mono_ms += ms;
    rig.now.wall_s += ms / 1000;
    if ((how & 1) != 0)
        rule = !rule;
    rig.snapshot = rules[rule];
    if ((how & 4) != 0)
        rig.down = !rig.down;
    if ((how & 2) != 0)
        core_tick(rig.core, rig.snapshot, &rig.now);
    check_sent(run);
}

static void start(void)
{
    static const struct sample_feed feeds[2][1] = {
        {{"bets", "gambling", {"bad.test", "=www.bad.test"}}},
        {{"bets", "gambling", {"other.test"}}},
    };
    static const struct sample_feed hotline = {"hotline", "csam", {"worse.test"}};
    struct config *config;

    if (rig.core != NULL)
        return;
    rig_open(&rig, yaml, feeds[0], 1, &hotline, 16);
    rules[0] = rig.snapshot;
    config = rig_config(yaml);
    rules[1] = snapshot_create(config, rig_set(config, feeds[1], 1), rig_sealed(&hotline), NULL);
    must(rules[1] != NULL);
}

/* Does what the next piece of DATA[0..SIZE) says; returns its length. */
static size_t take_piece(struct run *run, const uint8_t *data, size_t size)
{
    uint8_t how = data[0];
    size_t length = load_be16(data + 1);

    if (run->batched == CORE_BATCH_MAX || (how & 0x88) != 0)
        run_batch(run);
    if ((how & 0x80) != 0) {
        step(run, how);
        return 1;
    }
    if (length > size - 3)
        length = size - 3;
    if ((how & 8) == 0)
        add_query(run, how, data + 3, length);
    else if (length >= DNS_HEADER_OCTETS)
        end_question(run, data + 3, length, (how & 1) != 0);
    return 3 + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run;
    size_t taken;

    start();
    rig.now.mono_ms += FORGOTTEN_MS;
    run.count = run.batched = 0;
    run.check_ldns = true;
    rig.snapshot = rules[rule = 0];
    rig.down = false;
    while (size >= 3 && run.count < PIECES_MAX && rig.forward_count < FORWARDS_MOST) {
        taken = take_piece(&run, data, size);
        data += taken;
        size -= taken;
    }
    run_batch(&run);
    while (rig.forward_count > 0)
        end_question(&run, NULL, 0, false);
    must(core_pending(rig.core) == 0);
    for (size_t i = 0; i < run.count; i++)
        must(run.pieces[i].ended ==
             (run.pieces[i].length >= DNS_HEADER_OCTETS && (run.pieces[i].octets[2] & 0x80) == 0));
    return 0;
}
