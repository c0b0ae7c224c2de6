/* scenario_play.h - one scenario as it is played (test_scenario.c): its lines, what was asked so
 * far, and the words that ask. */
#ifndef TESTS_UNIT_SCENARIO_PLAY_H
#define TESTS_UNIT_SCENARIO_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core_rig.h"
#include "packet.h"

enum { TAGS_MAX = 128, WORDS_MAX = 64, TEXT_MAX = 65536, LINE_MAX_ = 2048, QUESTIONS_MAX = 64 };

struct asked {
    char tag[16];
    uint8_t octets[2048];
    size_t length, room;
    bool udp, settled; /* its answer, or that there is none, was expected */
    enum core_outcome outcome;
    uint8_t *out;
    size_t out_length;
};

struct play {
    struct rig rig;
    bool open;
    char yaml[TEXT_MAX];
    struct sample_feed feeds[SAMPLE_FEEDS_MAX], hotline;
    size_t feed_count;
    bool has_hotline;
    uint32_t pool;
    uint64_t wall_ms; /* of the second that has begun */
    char *kept[512];  /* copies of words that feeds point to */
    size_t kept_count;

    struct asked asked[TAGS_MAX];
    size_t asked_count;
    struct core_datagram batch[CORE_BATCH_MAX];
    size_t batch_count;
    uint32_t tickets[QUESTIONS_MAX];
    struct name_buf names[QUESTIONS_MAX];
    uint16_t types[QUESTIONS_MAX];
    size_t opened; /* forwards of the rig that were expected */

    const char *path;
    unsigned line;
    char *lines[4096];
    size_t line_count, at;
    char *words[WORDS_MAX];
    size_t word_count;
};

static inline void fail_at(const struct play *play, const char *what, const char *more)
{
    fail_msg("%s:%u: %s %s", play->path, play->line, what, more);
}

static inline const char *word(const struct play *play, size_t at)
{
    if (at >= play->word_count)
        fail_at(play, "too few words", "");
    return play->words[at];
}

static inline bool has_word(const struct play *play, const char *what)
{
    for (size_t i = 1; i < play->word_count; i++) {
        if (strcmp(play->words[i], what) == 0)
            return true;
    }
    return false;
}

/* Returns the number behind NAME=, or OTHERWISE. */
static inline long number(const struct play *play, const char *name, long otherwise)
{
    size_t length = strlen(name);

    for (size_t i = 1; i < play->word_count; i++) {
        if (strncmp(play->words[i], name, length) == 0 && play->words[i][length] == '=')
            return strtol(play->words[i] + length + 1, NULL, 0);
    }
    return otherwise;
}

static inline char *keep(struct play *play, const char *text)
{
    must(play->kept_count < sizeof play->kept / sizeof *play->kept);
    return play->kept[play->kept_count++] = strdup(text);
}

static inline uint16_t type_of(const char *text)
{
    return (uint16_t)ldns_get_rr_type_by_name(text);
}

static inline void run_batch(struct play *play)
{
    if (play->batch_count == 0)
        return;
    core_batch(play->rig.core, play->rig.snapshot, &play->rig.now, play->batch, play->batch_count);
    for (size_t i = 0; i < play->batch_count; i++) {
        struct asked *asked = &play->asked[play->asked_count - play->batch_count + i];

        asked->outcome = play->batch[i].outcome;
        asked->out_length = play->batch[i].out_length;
    }
    play->batch_count = 0;
}

static inline struct asked *find_asked(struct play *play, const char *tag)
{
    for (size_t i = 0; i < play->asked_count; i++) {
        if (strcmp(play->asked[i].tag, tag) == 0)
            return &play->asked[i];
    }
    fail_at(play, "nobody asked", tag);
    return NULL;
}

/* Adds the message in ASKED to the batch. */
static inline void add_to_batch(struct play *play, struct asked *asked, const char *client)
{
    struct core_datagram *datagram = &play->batch[play->batch_count++];
    uint64_t tag = (uint64_t)(asked - play->asked);

    asked->udp = !has_word(play, "tcp");
    asked->room = asked->udp ? 4096 : DNS_MESSAGE_MAX;
    asked->out = malloc(asked->room);
    *datagram = (struct core_datagram){
        .octets = asked->octets,
        .length = asked->length,
        .out = asked->out,
        .room = asked->room,
        .transport = asked->udp ? TRANSPORT_UDP : TRANSPORT_TCP,
    };
    memcpy(datagram->handle.octets, &tag, sizeof tag);
    if (endpoint_from_text(&datagram->client, client, 40000) != 0)
        fail_at(play, "no address:", client);
    datagram->ifindex = datagram->client.addr.scope;
}

static inline struct asked *new_asked(struct play *play)
{
    struct asked *asked = &play->asked[play->asked_count++];

    must(play->asked_count <= TAGS_MAX && play->batch_count < CORE_BATCH_MAX);
    snprintf(asked->tag, sizeof asked->tag, "%s", word(play, 1));
    return asked;
}

static inline size_t put_opt(const struct play *play, uint8_t *out)
{
    long option = number(play, "option", -1);
    size_t length = 11;

    memset(out, 0, length);
    out[2] = DNS_OPT;
    store_be16(out + 3, (uint16_t)number(play, "payload", 1232));
    out[6] = (uint8_t)number(play, "version", 0);
    if (has_word(play, "do"))
        store_be16(out + 7, 0x8000);
    if (option >= 0) {
        store_be16(out + 9, 12);
        store_be16(out + 11, (uint16_t)option);
        store_be16(out + 13, 8); /* as long as a client's cookie (RFC 7873 §4) */
        memcpy(out + 15, "\xde\xad\xbe\xef\xde\xad\xbe\xef", 8);
        length += 12;
    }
    return length;
}

static inline uint16_t ask_flags(const struct play *play)
{
    unsigned flags = has_word(play, "nord") ? 0 : DNS_RD;

    flags |= (unsigned)number(play, "opcode", 0) << 11;
    flags |= has_word(play, "ad") ? DNS_AD : 0U;
    flags |= has_word(play, "cd") ? DNS_CD : 0U;
    flags |= has_word(play, "z") ? 0x40U : 0U;
    return (uint16_t)flags;
}

static inline void do_ask(struct play *play)
{
    bool opt = has_word(play, "do") || has_word(play, "edns") || number(play, "payload", -1) >= 0 ||
               number(play, "version", -1) >= 0 || number(play, "option", -1) >= 0;
    struct asked *asked = new_asked(play);
    ldns_rdf *name = ldns_dname_new_frm_str(word(play, 3));
    size_t length;

    if (name == NULL)
        fail_at(play, "no name:", word(play, 3));
    length = ldns_rdf_size(name);
    memset(asked->octets, 0, DNS_HEADER_OCTETS);
    store_be16(asked->octets, (uint16_t)number(play, "id", 0x1000 + (long)play->asked_count));
    store_be16(asked->octets + 2, ask_flags(play));
    asked->octets[5] = 1;
    asked->octets[11] = opt;
    memcpy(asked->octets + DNS_HEADER_OCTETS, ldns_rdf_data(name), length);
    length += DNS_HEADER_OCTETS;
    store_be16(asked->octets + length, type_of(word(play, 4)));
    store_be16(asked->octets + length + 2, has_word(play, "ch") ? DNS_CH : DNS_IN);
    length += 4;
    if (opt)
        length += put_opt(play, asked->octets + length);
    asked->length = length;
    ldns_rdf_deep_free(name);
    add_to_batch(play, asked, word(play, 2));
}

static inline void do_raw(struct play *play)
{
    struct asked *asked = new_asked(play);

    for (size_t i = 3; i < play->word_count; i++) {
        const char *text = play->words[i];

        for (; strcmp(play->words[i], "tcp") != 0 && text[0] != '\0' && text[1] != '\0'; text += 2)
            asked->octets[asked->length++] =
                (uint8_t)strtoul((const char[]){text[0], text[1], 0}, NULL, 16);
    }
    add_to_batch(play, asked, word(play, 2));
}

#endif
