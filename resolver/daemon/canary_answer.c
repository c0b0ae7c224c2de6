#include "resolver/daemon/canary_answer.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"
#include "resolver/wire/reply.h"

enum { PAYLOAD = 1232, FLAGS_AT = 2, IPV4_OCTETS = 4, IPV4_BITS = 32 };

static const struct {
    const char *word, *text;
} results[CANARY_RESULTS] = {
#define X(result, word, text) {word, text},
    CANARY_RESULTS_LIST(X)
#undef X
};

const char *canary_word(enum canary_result result)
{
    return result < CANARY_RESULTS ? results[result].word : "unknown";
}

const char *canary_text(enum canary_result result)
{
    return result < CANARY_RESULTS ? results[result].text : "written by a newer stairgate";
}

size_t canary_write(const struct canary_question *question, uint8_t *out, size_t room)
{
    const struct name name = name_of(&question->name);
    const struct query_words words = {.id = question->id, .type = DNS_A, .payload = PAYLOAD};

    return question_write(out, room, &name, &words);
}

bool canary_matches(const struct canary_question *question, const uint8_t *octets, size_t length,
                    bool *truncated)
{
    const struct name name = name_of(&question->name);

    if (length < DNS_HEADER_OCTETS || !reply_matches(octets, length, question->id, &name, DNS_A))
        return false;
    *truncated = (load_be16(octets + FLAGS_AT) & DNS_TC) != 0;
    return true;
}

static bool is_stop_page(const struct canary_question *question, const uint8_t octets[IPV4_OCTETS])
{
    struct addr addr;

    addr_from_octets(&addr, octets, IPV4_BITS);
    for (size_t i = 0; i < question->address_count; i++) {
        if (addr_equal(&addr, &question->addresses[i]))
            return true;
    }
    return false;
}

static size_t stop_page_count(const struct canary_question *question)
{
    size_t count = 0;

    for (size_t i = 0; i < question->address_count; i++)
        count += question->addresses[i].bits == IPV4_BITS;
    return count;
}

/* Tells whether REPLY has all the stop page's IPv4 addresses and no other record, or none where it
 * has none. */
static bool has_the_answer(const struct canary_question *question, const struct reply *reply)
{
    size_t found = 0;

    for (size_t i = 0; i < reply->record_count; i++) {
        const struct reply_record *record = &reply->records[i];

        if (record->section != SECTION_ANSWER)
            continue;
        if (record->type != DNS_A || record->length != IPV4_OCTETS ||
            !is_stop_page(question, reply->octets + record->rdata))
            return false;
        found++;
    }
    return found == stop_page_count(question);
}

/* RFC 8914 §4.16, §4.17: our own blocks of the three classes, and no others, say one of these. */
static bool says_blocked(const struct reply *reply, bool *as_configured, uint16_t ede)
{
    bool blocked = false;

    *as_configured = false;
    for (size_t i = 0; i < reply->ede_count; i++) {
        blocked |= reply->ede[i] == DNS_EDE_BLOCKED || reply->ede[i] == DNS_EDE_CENSORED;
        *as_configured |= reply->ede[i] == ede;
    }
    return blocked;
}

static enum canary_result judge(const struct canary_question *question, const struct reply *reply,
                                enum reply_result read)
{
    bool as_configured, blocked = says_blocked(reply, &as_configured, question->ede);

    if (read == REPLY_BROKEN)
        return CANARY_WRONG_ANSWER;
    if (!blocked)
        return reply->rcode == DNS_REFUSED ? CANARY_REFUSED : CANARY_NOT_BLOCKED;
    return as_configured && read == REPLY_OK && reply->rcode == DNS_NOERROR &&
                   has_the_answer(question, reply)
               ? CANARY_OK
               : CANARY_WRONG_ANSWER;
}

enum canary_result canary_judge(const struct canary_question *question, const uint8_t *octets,
                                size_t length)
{
    const struct name name = name_of(&question->name);
    struct reply *reply = calloc(1, sizeof *reply);
    enum canary_result result = CANARY_WRONG_ANSWER;

    if (reply != NULL)
        result = judge(question, reply, reply_read(octets, length, &name, DNS_A, false, reply));
    free(reply);
    return result;
}
