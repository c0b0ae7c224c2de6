/* Plays the texts of tests/scenario against the spine with a fake clock: clients, upstreams and
 * time in one text. Every answer is read by ldns, and must be expected; every question to an
 * upstream too.
 *
 *   config ... end            the YAML
 *   feed CATEGORY NAME...     of the public set (`x` subtree, `=x` exact), terms behind a name as
 *                             sample_terms.h has them; observed CATEGORY NAME...; hotline NAME...
 *   pool N                    queries in flight
 *   clock SECONDS             moves both clocks on; the seconds may have a fraction
 *   unlist                    forgets the feeds so far, hotline ones too
 *   swap                      puts the config and the feeds as they now are in force
 *   tick                      the worker's timer
 *   upstreams down|up         what the hook says to whether all are down
 *   loops yes|no              what the hook says to whether what joins is our own question
 *   flush NAME|all [below] -> N     of the cache, as many as that
 *   counts NAME N             a counter of the core (scenario_counts)
 *   upstreams none|back       the hook takes nothing, or does again
 *   ask TAG CLIENT QUESTION TYPE [WORD...]     asks in a row are one batch. Words: tcp, ch, id=N,
 *                             nord, ad, cd, z, do, edns, payload=N, version=N, option=N, opcode=N
 *   raw TAG CLIENT [tcp] HEX  any octets
 *   opens N NAME TYPE [do] [cd]     the core forwards this, as question N from now on
 *   reply N RCODE [aa] [ad] [tc] [trusted] [last] [ede=N] -> done|again   records below, indented
 *   garbled N [last] -> done|again
 *   none N ede=N              no upstream has an answer
 *   expect TAG waits|nothing, or
 *   expect TAG RCODE FLAG...  flags in this order: rd ra tc ad cd opt do ede=N[,N]; records below
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>

#include "scenario_play.h"

/* --- upstreams --- */

static size_t question_number(const struct play *play)
{
    size_t n = strtoul(word(play, 1), NULL, 10);

    if (n >= QUESTIONS_MAX)
        fail_at(play, "no such question", word(play, 1));
    return n;
}

static void do_opens(struct play *play)
{
    size_t n = question_number(play);
    const struct rig_forward *forward;
    struct name_buf want;

    if (play->opened == play->rig.forward_count)
        fail_at(play, "nothing was forwarded", "");
    forward = &play->rig.forwards[play->opened++];
    packet_name(&want, word(play, 2));
    if (want.length != forward->name.length ||
        memcmp(want.wire, forward->name.wire, want.length) != 0 ||
        forward->type != type_of(word(play, 3)) || forward->dnssec_ok != has_word(play, "do") ||
        forward->checking_disabled != has_word(play, "cd"))
        fail_at(play, "another question was forwarded", "");
    play->tickets[n] = forward->ticket;
    play->names[n] = forward->name;
    play->types[n] = forward->type;
}

/* Takes the indented lines that follow; returns how many. */
static size_t take_records(struct play *play, const char **records, size_t most)
{
    size_t count = 0;

    while (play->at < play->line_count && strncmp(play->lines[play->at], "  ", 2) == 0) {
        must(count < most);
        records[count++] = play->lines[play->at++] + 2;
    }
    records[count] = NULL;
    return count;
}

static void collect_sent(struct play *play)
{
    struct rig *rig = &play->rig;

    for (size_t i = 0; i < rig->sent_count; i++) {
        struct asked *asked;
        uint64_t tag;

        memcpy(&tag, rig->sent[i].handle.octets, sizeof tag);
        asked = &play->asked[tag];
        if (asked->outcome != CORE_TAKEN)
            fail_at(play, "answered twice:", asked->tag);
        must(rig->sent[i].length <= asked->room);
        memcpy(asked->out, rig->sent[i].octets, rig->sent[i].length);
        asked->out_length = rig->sent[i].length;
        asked->outcome = CORE_ANSWERED;
        asked->settled = false;
        free(rig->sent[i].octets);
    }
    rig->sent_count = 0;
}

static void give(struct play *play, size_t n, const uint8_t *octets, size_t length, uint16_t ede)
{
    struct rig *rig = &play->rig;
    const struct core_word said = {
        .ticket = play->tickets[n],
        .reply = octets,
        .length = length,
        .trusted = has_word(play, "trusted"),
        .last = has_word(play, "last"),
        .ede = ede,
    };
    int result = rig_reply(rig, &said);

    if (has_word(play, "->") && result != (has_word(play, "again") ? -1 : 0))
        fail_at(play, "the core took it otherwise", "");
    collect_sent(play);
}

/* Appends an OPT that carries the extended error CODE. */
static size_t put_ede(uint8_t *octets, size_t length, uint16_t code)
{
    static const uint8_t opt[] = {0, 0, DNS_OPT, 0x04, 0xd0, 0, 0, 0, 0, 0, 6, 0, 15, 0, 2};

    memcpy(octets + length, opt, sizeof opt);
    store_be16(octets + length + sizeof opt, code);
    octets[11]++;
    return length + sizeof opt + 2;
}

static void do_reply(struct play *play)
{
    static uint8_t octets[70000];
    size_t n = question_number(play), length;
    const ldns_lookup_table *rcode = ldns_lookup_by_name(ldns_rcodes, word(play, 2));
    char name[NAME_TEXT_MAX], question[NAME_TEXT_MAX + 32];
    struct name asked = name_of(&play->names[n]);
    char *type = ldns_rr_type2str((ldns_rr_type)play->types[n]);
    struct packet packet = {.question = question, .id = 1};

    snprintf(question, sizeof question, "%s. %s", name_to_text(&asked, name), type);
    free(type);
    must(rcode != NULL);
    packet.flags =
        (uint16_t)(DNS_QR | DNS_RD | DNS_RA | rcode->id | (has_word(play, "aa") ? DNS_AA : 0) |
                   (has_word(play, "ad") ? DNS_AD : 0) | (has_word(play, "tc") ? DNS_TC : 0));
    take_records(play, packet.records, sizeof packet.records / sizeof *packet.records - 1);
    length = packet_make(&packet, octets);
    if (number(play, "ede", 0) != 0)
        length = put_ede(octets, length, (uint16_t)number(play, "ede", 0));
    give(play, n, octets, length, 0);
}

static void do_garbled(struct play *play)
{
    uint8_t octets[] = {0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0xc0};

    give(play, question_number(play), octets, sizeof octets, 0);
}

static void do_none(struct play *play)
{
    give(play, question_number(play), NULL, 0, (uint16_t)number(play, "ede", 22));
}

/* --- expecting --- */

/* Writes OPT's part of the flags. */
static void opt_text(const ldns_pkt *pkt, char *out, size_t room)
{
    const ldns_rdf *data = ldns_pkt_edns_data(pkt);
    const uint8_t *at = data != NULL ? ldns_rdf_data(data) : NULL;
    size_t left = data != NULL ? ldns_rdf_size(data) : 0;
    const char *separator = " ede=";

    snprintf(out, room, "%s%s", ldns_pkt_edns(pkt) ? " opt" : "",
             ldns_pkt_edns_do(pkt) ? " do" : "");
    while (left >= 4) {
        size_t length = load_be16(at + 2);

        if (load_be16(at) == 15) {
            snprintf(out + strlen(out), room - strlen(out), "%s%u", separator, load_be16(at + 4));
            separator = ",";
        } else {
            snprintf(out + strlen(out), room - strlen(out), " option=%u", load_be16(at));
        }
        at += 4 + length;
        left -= 4 + length;
    }
}

static void flags_text(const ldns_pkt *pkt, const uint8_t *octets, char *out, size_t room)
{
    static const struct {
        uint16_t bit;
        const char *text;
    } bits[] = {
        {DNS_AA, " aa"},
        {DNS_RD, " rd"},
        {DNS_RA, " ra"},
        {DNS_TC, " tc"},
        {DNS_AD, " ad"},
        {DNS_CD, " cd"},
        {0x40,   " z" },
    };
    unsigned rcode = ldns_pkt_get_rcode(pkt) | (unsigned)ldns_pkt_edns_extended_rcode(pkt) << 4;
    const ldns_lookup_table *name = ldns_lookup_by_id(ldns_rcodes, (int)rcode);

    snprintf(out, room, "%s", rcode == DNS_BADVERS ? "BADVERS" : name->name);
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        if (load_be16(octets + 2) & bits[i].bit)
            snprintf(out + strlen(out), room - strlen(out), "%s", bits[i].text);
    }
    opt_text(pkt, out + strlen(out), room - strlen(out));
}

/* Tells whether the lines of GOT are those of WANT, each of which may leave off its end. */
static bool lines_match(const char *want, const char *got)
{
    while (*want != '\0' && *got != '\0') {
        size_t length = strcspn(want, "\n");

        if (strncmp(want, got, length) != 0 || (got[length] != '\n' && got[length] != ' '))
            return false;
        want += length + 1;
        got += strcspn(got, "\n") + 1;
    }
    return *want == '\0' && *got == '\0';
}

/* What holds for every answer, whatever it says. */
static void check_frame(const struct play *play, const struct asked *asked)
{
    size_t limit = asked->udp ? 4096 : DNS_MESSAGE_MAX;

    assert_true(asked->out_length >= DNS_HEADER_OCTETS && asked->out_length <= limit);
    if (memcmp(asked->out, asked->octets, 2) != 0)
        fail_at(play, "the id is another", "");
    if ((asked->out[2] & 0xf8) != (0x80 | (asked->octets[2] & 0x78)))
        fail_at(play, "QR or opcode is wrong", "");
    if (load_be16(asked->out + 4) == 1) {
        size_t at = DNS_HEADER_OCTETS;

        while (asked->octets[at] != 0)
            at += (size_t)asked->octets[at] + 1;
        if (memcmp(asked->out + DNS_HEADER_OCTETS, asked->octets + DNS_HEADER_OCTETS,
                   at + 5 - DNS_HEADER_OCTETS) != 0)
            fail_at(play, "the question is not echoed octet by octet", "");
    }
}

static void expect_answer(struct play *play, const struct asked *asked)
{
    static char want[PACKET_TEXT_MAX], got[PACKET_TEXT_MAX];
    const char *records[64];
    char want_flags[256] = "", got_flags[256];
    ldns_pkt *pkt = NULL;
    size_t count;

    for (size_t i = 2; i < play->word_count; i++) {
        if (strncmp(play->words[i], "size=", 5) != 0)
            snprintf(want_flags + strlen(want_flags), sizeof want_flags - strlen(want_flags),
                     "%s%s", i > 2 ? " " : "", play->words[i]);
    }
    check_frame(play, asked);
    if (ldns_wire2pkt(&pkt, asked->out, asked->out_length) != LDNS_STATUS_OK)
        fail_at(play, "ldns cannot read it", "");
    flags_text(pkt, asked->out, got_flags, sizeof got_flags);
    ldns_pkt_free(pkt);
    if (strcmp(want_flags, got_flags) != 0)
        fail_at(play, "it has", got_flags);
    if ((long)asked->out_length > number(play, "size", 65535))
        fail_at(play, "it is too long", "");
    count = take_records(play, records, 63);
    want[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(want + strlen(want), sizeof want - strlen(want), "%s\n", records[i]);
    packet_text(asked->out, asked->out_length, got);
    if (strcmp(want, "*\n") != 0 && !lines_match(want, got))
        fail_at(play, "it holds:\n", got);
}

static void do_expect(struct play *play)
{
    struct asked *asked = find_asked(play, word(play, 1));

    asked->settled = true;
    if (strcmp(word(play, 2), "waits") == 0) {
        if (asked->outcome != CORE_TAKEN)
            fail_at(play, "it does not wait", "");
    } else if (strcmp(word(play, 2), "nothing") == 0) {
        if (asked->outcome != CORE_DROPPED)
            fail_at(play, "it is not dropped", "");
    } else if (asked->outcome != CORE_ANSWERED) {
        fail_at(play, "it is not answered", "");
    } else {
        expect_answer(play, asked);
    }
}

/* --- the rest of the words --- */

static void do_config(struct play *play)
{
    play->yaml[0] = '\0';
    while (play->at < play->line_count && strcmp(play->lines[play->at], "end") != 0)
        snprintf(play->yaml + strlen(play->yaml), sizeof play->yaml - strlen(play->yaml), "%s\n",
                 play->lines[play->at++]);
    play->at++;
}

static void do_feed(struct play *play)
{
    struct sample_feed *feed = &play->feeds[play->feed_count++];
    char observed[64];

    must(play->feed_count <= SAMPLE_FEEDS_MAX && play->word_count <= SAMPLE_NAMES_MAX + 2);
    feed->feed = feed->category = keep(play, word(play, 1));
    if (strcmp(word(play, 0), "observed") == 0) {
        snprintf(observed, sizeof observed, "?%s", feed->category);
        feed->category = keep(play, observed);
        feed->feed = "watched";
    }
    for (size_t i = 2; i < play->word_count; i++)
        feed->names[i - 2] = keep(play, play->words[i]);
}

static void do_hotline(struct play *play)
{
    play->has_hotline = true;
    play->hotline.feed = "hotline";
    play->hotline.category = "csam";
    for (size_t i = 1; i < play->word_count; i++)
        play->hotline.names[i - 1] = keep(play, play->words[i]);
}

static void do_pool(struct play *play)
{
    play->pool = (uint32_t)strtoul(word(play, 1), NULL, 10);
}

static void do_clock(struct play *play)
{
    uint64_t ms = (uint64_t)(strtod(word(play, 1), NULL) * 1000 + 0.5);

    play->rig.now.mono_ms += ms;
    play->wall_ms += ms;
    play->rig.now.wall_s += (int64_t)(play->wall_ms / 1000);
    play->wall_ms %= 1000;
}

static void do_upstreams(struct play *play)
{
    const char *what = word(play, 1);

    if (strcmp(what, "none") == 0 || strcmp(what, "back") == 0)
        play->rig.no_upstream = strcmp(what, "none") == 0;
    else
        play->rig.down = strcmp(what, "down") == 0;
}

static void do_loops(struct play *play)
{
    play->rig.loop = strcmp(word(play, 1), "yes") == 0;
}

static void do_unlist(struct play *play)
{
    play->feed_count = 0;
    play->has_hotline = false;
    memset(play->feeds, 0, sizeof play->feeds);
    memset(&play->hotline, 0, sizeof play->hotline);
}

static void do_swap(struct play *play)
{
    rig_swap(&play->rig, play->yaml, play->feeds, play->feed_count,
             play->has_hotline ? &play->hotline : NULL);
}

static void do_tick(struct play *play)
{
    core_tick(play->rig.core, play->rig.snapshot, &play->rig.now);
    collect_sent(play);
}

static void do_flush(struct play *play)
{
    bool all = strcmp(word(play, 1), "all") == 0;
    struct name_buf buf;
    struct name name;
    size_t gone;

    if (!all)
        name = packet_name(&buf, word(play, 1));
    gone = cache_flush(play->rig.cache, all ? NULL : &name, has_word(play, "below"));
    if (gone != strtoul(word(play, play->word_count - 1), NULL, 10))
        fail_at(play, "as many are gone as", (const char[]){(char)('0' + gone % 10), 0});
}

static const struct {
    const char *name;
    size_t offset;
} scenario_counts[] = {
#define COUNT(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct core_counters, name)                                                \
    }
    COUNT(blocked),       COUNT(local),         COUNT(forwarded),  COUNT(failed),
    COUNT(joined),        COUNT(loops),         COUNT(cache_hits), COUNT(cache_misses),
    COUNT(cache_stale),   COUNT(cache_denials), COUNT(prefetched), COUNT(rechecked),
    COUNT(chain_blocked), COUNT(rewritten),     COUNT(observed),
#undef COUNT
};

static void do_counts(struct play *play)
{
    const uint8_t *counters = (const uint8_t *)core_counters(play->rig.core);
    char text[32];

    for (size_t i = 0; i < sizeof scenario_counts / sizeof *scenario_counts; i++) {
        uint64_t value;

        if (strcmp(scenario_counts[i].name, word(play, 1)) != 0)
            continue;
        memcpy(&value, counters + scenario_counts[i].offset, sizeof value);
        snprintf(text, sizeof text, "%llu", (unsigned long long)value);
        if (strcmp(text, word(play, 2)) != 0)
            fail_at(play, "the count is", text);
        return;
    }
    fail_at(play, "no such counter:", word(play, 1));
}

static const struct {
    const char *word;
    bool before; /* the core is made */
    void (*run)(struct play *play);
} verbs[] = {
    {"config",    true,  do_config   },
    {"feed",      true,  do_feed     },
    {"observed",  true,  do_feed     },
    {"hotline",   true,  do_hotline  },
    {"unlist",    true,  do_unlist   },
    {"pool",      true,  do_pool     },
    {"swap",      false, do_swap     },
    {"clock",     false, do_clock    },
    {"tick",      false, do_tick     },
    {"upstreams", false, do_upstreams},
    {"loops",     false, do_loops    },
    {"flush",     false, do_flush    },
    {"counts",    false, do_counts   },
    {"ask",       false, do_ask      },
    {"raw",       false, do_raw      },
    {"opens",     false, do_opens    },
    {"reply",     false, do_reply    },
    {"garbled",   false, do_garbled  },
    {"none",      false, do_none     },
    {"expect",    false, do_expect   },
};

static void run_line(struct play *play)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].word, play->words[0]) != 0)
            continue;
        if (!verbs[i].before && !play->open) {
            rig_open(&play->rig, play->yaml, play->feeds, play->feed_count,
                     play->has_hotline ? &play->hotline : NULL, play->pool);
            play->open = true;
        }
        if (verbs[i].run != do_ask && verbs[i].run != do_raw)
            run_batch(play);
        verbs[i].run(play);
        return;
    }
    fail_at(play, "no such word:", play->words[0]);
}

static void split(struct play *play, char *line)
{
    char *save = NULL;

    play->word_count = 0;
    for (char *w = strtok_r(line, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
        must(play->word_count < WORDS_MAX);
        play->words[play->word_count++] = w;
    }
}

static void load(struct play *play, char *text)
{
    char *next;

    for (; text != NULL && *text != '\0'; text = next) {
        next = strchr(text, '\n');
        if (next != NULL)
            *next++ = '\0';
        must(play->line_count < sizeof play->lines / sizeof *play->lines);
        play->lines[play->line_count++] = text;
    }
}

static void end_play(struct play *play)
{
    run_batch(play);
    for (size_t i = 0; i < play->asked_count; i++) {
        if (!play->asked[i].settled)
            fail_at(play, "nobody expects what became of", play->asked[i].tag);
        free(play->asked[i].out);
    }
    if (play->opened != play->rig.forward_count)
        fail_at(play, "more was forwarded than expected", "");
    if (play->open)
        rig_close(&play->rig);
    for (size_t i = 0; i < play->kept_count; i++)
        free(play->kept[i]);
}

static void play_file(const char *path)
{
    static struct play play;
    static char text[TEXT_MAX];
    FILE *file = fopen(path, "r");
    size_t length;

    assert_non_null(file);
    length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_true(length < sizeof text - 1);
    text[length] = '\0';
    memset(&play, 0, sizeof play);
    play.path = path;
    play.pool = 64;
    load(&play, text);
    while (play.at < play.line_count) {
        char line[LINE_MAX_];

        play.line = (unsigned)play.at + 1;
        snprintf(line, sizeof line, "%s", play.lines[play.at++]);
        split(&play, line);
        if (play.word_count > 0 && play.words[0][0] != '#')
            run_line(&play);
    }
    end_play(&play);
}

static void every_scenario_plays_as_it_is_written(void **state)
{
    static const char folder[] = SOURCE_DIR "/tests/scenario";
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[1024];
    unsigned played = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length < 4 || strcmp(entry->d_name + length - 4, ".txt") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        print_message("scenario %s\n", entry->d_name);
        play_file(path);
        played++;
    }
    closedir(dir);
    assert_true(played >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_plays_as_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
