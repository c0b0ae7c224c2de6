/* entry.c - an upstream's word laid out to be written again and again.
 *
 * Problem: a hit must cost little more than the datagrams it came and goes in, and yet each client
 * has an id, letter case, flags, TTLs and an OPT of its own. Idea: the answer writer makes the
 * message once, for a client that asks in lower case without OPT; a walk over that message, with
 * all checks, notes where the TTLs and the targets stand. Writing is then one copy, the client's
 * question over ours (owners that equal it are pointers to it, and so follow its letter case), and
 * the TTLs. Records end where the next begins, so that a cut needs no list of its own.
 *
 * Dropped: keeping the upstream's message as it came (its OPT, its order of records and what nobody
 * asked for would have to be taken out for each client), and keeping TTLs apart from the message (a
 * copy with wrong ones in it, then patched, is cheaper than one in pieces). */
#include "resolver/cache/entry.h"

#include <string.h>

#include "config/base/bytes.h"
#include "policy/snapshot.h"
#include "resolver/wire/names.h"
#include "resolver/wire/question.h"
#include "resolver/wire/targets.h"

enum {
    FIXED_OCTETS = 10,  /* of a record behind its owner: type, class, TTL, length of data */
    TTL_TO_LENGTH = 4,  /* from a TTL to the length of the data */
    TTL_TO_DATA = 6,    /* and to the data itself */
    QUESTION_WORDS = 4, /* type, class */
    SOA_TAIL = 4        /* MINIMUM, the last of an SOA's words */
};

static uint16_t *ttls_of(struct entry *entry)
{
    return (uint16_t *)(entry + 1);
}

static const uint16_t *ttls_in(const struct entry *entry)
{
    return (const uint16_t *)(entry + 1);
}

static size_t records_of(const struct entry *entry)
{
    return (size_t)entry->answers + entry->authorities;
}

static const struct entry_target *targets_in(const struct entry *entry)
{
    return (const struct entry_target *)(const void *)(ttls_in(entry) + records_of(entry));
}

static const uint8_t *message_in(const struct entry *entry)
{
    return (const uint8_t *)(targets_in(entry) + entry->targets);
}

size_t entry_length(const struct entry *entry)
{
    return sizeof *entry + records_of(entry) * sizeof(uint16_t) +
           entry->targets * sizeof(struct entry_target) + entry->message;
}

/* --- making --- */

/* The walk over a message that was just written. */
struct making {
    struct entry *entry;
    uint8_t *message;
    size_t length, at;
    uint16_t type;                     /* asked */
    const struct entry_limits *limits; /* NULL: the TTLs are as they should be already */
    size_t ttls;                       /* noted so far */
    uint32_t least_s;                  /* of the TTLs */
    bool found, has_soa; /* a record of the type asked; the SOA of a negative answer */
    uint16_t zone;       /* octets of that SOA's owner */
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t clamp(uint32_t ttl_s, const struct entry_limits *limits)
{
    return least(ttl_s < limits->min_s ? limits->min_s : ttl_s, limits->max_s);
}

/* RFC 2308 §5: a negative answer is kept for the lesser of its SOA's TTL and MINIMUM. */
static uint32_t negative_ttl(const struct making *m, uint32_t ttl_s, size_t end)
{
    ttl_s = least(ttl_s, load_be32(m->message + end - SOA_TAIL));
    return least(clamp(ttl_s, m->limits), m->limits->negative_s);
}

/* Brings the TTL at FIELD within the limits; SIZE octets of data follow it, an SOA's where
 * NEGATIVE. */
static void set_ttl(const struct making *m, uint8_t *field, size_t size, bool negative)
{
    uint32_t ttl_s = load_be32(field);

    store_be32(field, negative ? negative_ttl(m, ttl_s, m->at + size) : clamp(ttl_s, m->limits));
}

/* Notes what the record of TYPE, data [AT..AT+SIZE), leads to. */
static bool note_targets(struct making *m, uint16_t type, size_t at, size_t size)
{
    struct entry *entry = m->entry;
    struct entry_target *noted =
        (struct entry_target *)(void *)(ttls_of(entry) + records_of(entry));
    struct targets targets;
    struct target target;

    targets_start(&targets, m->message, at, size, type);
    while (targets_next(&targets, &target)) {
        if (entry->targets == ENTRY_TARGETS_MAX)
            return false;
        noted[entry->targets++] = (struct entry_target){target.at, (uint16_t)target.kind};
    }
    return true;
}

/* Takes the next record; returns false where the message is not what it should be. */
static bool take_record(struct making *m, bool authority)
{
    struct name_buf owner;
    uint8_t *fixed;
    uint16_t type;
    size_t size;

    if (!names_read(m->message, m->length, &m->at, &owner) || m->length - m->at < FIXED_OCTETS)
        return false;
    fixed = m->message + m->at;
    type = load_be16(fixed);
    size = load_be16(fixed + 8);
    m->at += FIXED_OCTETS;
    if (m->length - m->at < size)
        return false;
    if (authority && type == DNS_SOA) {
        m->has_soa = true;
        m->zone = owner.length;
    }
    if (m->limits != NULL)
        set_ttl(m, fixed + 4, size, authority && type == DNS_SOA && size >= SOA_TAIL);
    m->least_s = least(m->least_s, load_be32(fixed + 4));
    ttls_of(m->entry)[m->ttls++] = (uint16_t)(m->at - TTL_TO_DATA);
    if (!authority) {
        m->found |= type == m->type;
        if (!note_targets(m, type, m->at, size))
            return false;
    }
    m->at += size;
    return true;
}

static bool take_records(struct making *m)
{
    for (size_t i = 0; i < records_of(m->entry); i++) {
        if (!take_record(m, i >= m->entry->answers))
            return false;
    }
    return m->at == m->length;
}

/* Tells whether the upstream's own rules, not the DNS, have given the answer (RFC 8914 §4.5, §4.16
 * to §4.19). */
static bool is_filtered(const struct entry *entry)
{
    for (uint8_t i = 0; i < entry->ede_count; i++) {
        uint16_t code = entry->ede[i];

        if (code == DNS_EDE_FORGED || (code >= DNS_EDE_BLOCKED && code <= DNS_EDE_PROHIBITED))
            return true;
    }
    return false;
}

/* RFC 8020 §2: who says that a name does not exist says it of all below, and of each type. Not
 * where an alias led to it, for then it is another name; nor where the DS was asked for, which is
 * the word of the zone above. An SOA of the name itself says that it does exist. A filter's rule
 * may hold for one name alone. */
static bool is_denial(const struct making *m)
{
    const struct entry *entry = m->entry;

    return entry->rcode == DNS_NXDOMAIN && entry->answers == 0 && m->type != DNS_DS && m->has_soa &&
           m->zone < entry->question && m->length <= ENTRY_DENIAL_MAX && !is_filtered(entry);
}

/* Starts the answer to QUESTION as one in lower case without OPT has it. ASKED is room for that. */
static void start_message(struct answer *answer, uint8_t *message, const struct question *question,
                          struct question *asked)
{
    *asked = (struct question){
        .flags = 0,
        .type = question->type,
        .class = question->class,
        .name = question->name,
        .has_question = true,
        .dnssec_ok = question->dnssec_ok,
    };
    memcpy(asked->original, question->name.wire, question->name.length);
    answer_start(answer, message, DNS_MESSAGE_MAX, asked, 0);
}

static void start_entry(struct entry *entry, const struct question *question, uint64_t now_ms)
{
    memset(entry, 0, sizeof *entry);
    entry->stored_ms = now_ms;
    entry->question = question->name.length;
}

static void add_ede(struct entry *entry, const uint16_t *ede, size_t count)
{
    for (size_t i = 0; i < count && entry->ede_count < REPLY_EDE_MAX; i++)
        entry->ede[entry->ede_count++] = ede[i];
}

/* Ends the message in ANSWER and appends it to ENTRY; M then knows what is in it. */
static bool finish_message(struct entry *entry, struct answer *answer, struct making *m)
{
    m->length = answer_finish(answer);
    m->at = (size_t)DNS_HEADER_OCTETS + entry->question + QUESTION_WORDS;
    entry->answers = answer->counts[SECTION_ANSWER];
    entry->authorities = answer->counts[SECTION_AUTHORITY];
    if (records_of(entry) > REPLY_RECORDS_MAX || !take_records(m))
        return false;
    entry->message = (uint16_t)m->length;
    memcpy((uint8_t *)entry + entry_length(entry) - m->length, m->message, m->length);
    return true;
}

bool entry_make(struct entry *entry, const struct entry_source *source)
{
    const struct reply *reply = source->reply;
    struct question asked;
    struct answer answer;
    struct making m = {
        .entry = entry,
        .message = source->message,
        .type = source->question->type,
        .limits = &source->limits,
        .least_s = UINT32_MAX,
    };

    start_entry(entry, source->question, source->now_ms);
    add_ede(entry, reply->ede, reply->ede_count);
    start_message(&answer, source->message, source->question, &asked);
    reply_answer(reply, &answer, 0);
    entry->rcode = answer.rcode;
    if (!finish_message(entry, &answer, &m))
        return false;
    if (answer.full)
        entry->flags |= ENTRY_TRUNCATED;
    if (source->trusted && reply->authentic)
        entry->flags |= ENTRY_AUTHENTIC;
    if (!answer.full && (m.found || m.has_soa))
        entry->lifetime_s = m.least_s;
    if (is_denial(&m))
        entry->flags |= ENTRY_DENIAL;
    return true;
}

void entry_fail(struct entry *entry, const struct question *question, uint64_t now_ms,
                const uint16_t *ede, size_t count)
{
    uint8_t message[DNS_HEADER_OCTETS + NAME_OCTETS_MAX + QUESTION_WORDS];
    struct question asked;
    struct answer answer;

    start_entry(entry, question, now_ms);
    add_ede(entry, ede, count);
    entry->flags = ENTRY_FAILURE;
    entry->rcode = DNS_SERVFAIL;
    start_message(&answer, message, question, &asked);
    answer.rcode = DNS_SERVFAIL;
    entry->message = (uint16_t)answer_finish(&answer);
    memcpy(ttls_of(entry), message, entry->message);
}

bool entry_extend(struct entry *entry, const struct entry *denial, const struct question *question,
                  struct reply *reply, uint8_t *message)
{
    const uint8_t *kept = message_in(denial);
    struct name above = {kept + DNS_HEADER_OCTETS, denial->question};
    struct making m = {.entry = entry, .message = message, .type = question->type};
    struct question asked;
    struct answer answer;

    if (reply_read(kept, denial->message, &above, load_be16(above.wire + above.length),
                   question->dnssec_ok, reply) != REPLY_OK)
        return false;
    start_entry(entry, question, denial->stored_ms);
    add_ede(entry, denial->ede, denial->ede_count);
    start_message(&answer, message, question, &asked);
    reply_answer(reply, &answer, 0);
    entry->rcode = answer.rcode;
    entry->flags = denial->flags;
    entry->lifetime_s = denial->lifetime_s;
    return finish_message(entry, &answer, &m) && !answer.full;
}

/* Adds the CNAME of ALIAS to ANSWER; what has passed of FOUND's time is not of the CNAME's. */
static void add_alias(struct answer *answer, const struct entry *found,
                      const struct entry_alias *alias)
{
    uint64_t age_ms = alias->now_ms > found->stored_ms ? alias->now_ms - found->stored_ms : 0;
    const struct answer_record cname = {
        .owner = {answer->question->original, alias->question->name.length},
        .type = DNS_CNAME,
        .class = DNS_IN,
        .ttl_s = alias->ttl_s + (uint32_t)(age_ms / 1000),
        .rdata = alias->target.wire,
        .rdata_length = (uint16_t)alias->target.length,
    };

    answer_add(answer, SECTION_ANSWER, &cname);
}

bool entry_lead(struct entry *entry, const struct entry *found, const struct entry_alias *alias,
                struct reply *reply, uint8_t *message)
{
    const uint8_t *kept = message_in(found);
    const struct question *question = alias->question;
    struct making m = {.entry = entry, .message = message, .type = question->type};
    struct question asked;
    struct answer answer;

    if ((found->flags & ENTRY_FAILURE) != 0) {
        entry_fail(entry, question, found->stored_ms, found->ede, found->ede_count);
        return true;
    }
    if (reply_read(kept, found->message, &alias->target, question->type, question->dnssec_ok,
                   reply) != REPLY_OK)
        return false;
    start_entry(entry, question, found->stored_ms);
    add_ede(entry, found->ede, found->ede_count);
    start_message(&answer, message, question, &asked);
    add_alias(&answer, found, alias);
    reply_answer(reply, &answer, 0);
    entry->rcode = answer.rcode;
    entry->flags = found->flags & ENTRY_TRUNCATED;
    if (answer.full)
        entry->flags |= ENTRY_TRUNCATED;
    return finish_message(entry, &answer, &m);
}

/* --- the answer check --- */

/* Fills ITEM with TARGET; NAME is room for it. */
static bool read_item(const struct entry *entry, const struct entry_target *target,
                      struct name_buf *name, struct check_item *item)
{
    const uint8_t *message = message_in(entry);
    struct name read;
    size_t at = target->at;

    *item = (struct check_item){.is_addr = target->kind != TARGET_NAME};
    if (item->is_addr) {
        item->addr.bits = target->kind == TARGET_IPV4 ? 32 : 128;
        memcpy(item->addr.octets, message + at, item->addr.bits / 8U);
        return true;
    }
    if (!names_read(message, entry->message, &at, name))
        return false;
    read = name_of(name);
    name_lower(name, &read);
    item->name = name_of(name);
    return true;
}

bool entry_item(const struct entry *entry, size_t index, struct name_buf *name,
                struct check_item *item)
{
    return index < entry->targets && read_item(entry, &targets_in(entry)[index], name, item);
}

void entry_classify(struct entry *entry, const struct snapshot *snapshot)
{
    const struct entry_target *targets = targets_in(entry);
    struct check_item item;
    struct name_buf name;

    entry->rules = snapshot_id(snapshot);
    memset(&entry->class, 0, sizeof entry->class);
    for (size_t i = 0; i < entry->targets; i++) {
        if (read_item(entry, &targets[i], &name, &item))
            check_classify(snapshot, &item, &entry->class);
    }
}

bool entry_decide(const struct entry *entry, const struct snapshot *snapshot, const struct ask *ask,
                  const struct verdict *verdict, struct verdict *blocked, size_t *at)
{
    const struct entry_target *targets = targets_in(entry);
    int64_t until_s = INT64_MAX;
    struct check_item item;
    struct name_buf name;

    for (size_t i = 0; i < entry->targets; i++) {
        if (!read_item(entry, &targets[i], &name, &item))
            continue;
        *at = i;
        if (!check_decide(snapshot, ask, verdict, &item, blocked))
            return false;
        if (blocked->valid_until_s < until_s)
            until_s = blocked->valid_until_s;
    }
    blocked->valid_until_s = until_s;
    return true;
}

/* --- writing --- */

/* Sets each TTL of the records in OUT[0..LENGTH), COUNT of them, to what is left of it. */
static void write_ttls(const struct entry *entry, uint8_t *out, size_t count,
                       const struct entry_view *view)
{
    const uint16_t *ttls = ttls_in(entry);
    /* Another worker's clock may be a little ahead. */
    uint64_t age_ms = view->now_ms > entry->stored_ms ? view->now_ms - entry->stored_ms : 0;
    uint32_t age_s = age_ms / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(age_ms / 1000);
    uint32_t most_s = view->most_ttl_s != 0 ? view->most_ttl_s : UINT32_MAX;

    for (size_t i = 0; i < count; i++) {
        uint8_t *at = out + ttls[i];
        uint32_t ttl_s = load_be32(at);

        ttl_s = view->stale ? ENTRY_STALE_TTL_S : ttl_s > age_s ? ttl_s - age_s : 0;
        store_be32(at, least(ttl_s, most_s));
    }
}

/* Returns where record INDEX ends. */
static size_t end_of(const struct entry *entry, size_t index)
{
    size_t ttl = ttls_in(entry)[index];

    return ttl + TTL_TO_DATA + load_be16(message_in(entry) + ttl + TTL_TO_LENGTH);
}

/* Cuts ANSWER, which has room for the question, at the last record that ends within LIMIT. */
static size_t cut(const struct entry *entry, struct answer *answer)
{
    size_t count = 0, all = records_of(entry);
    size_t length = (size_t)DNS_HEADER_OCTETS + entry->question + QUESTION_WORDS;

    while (count < all && end_of(entry, count) <= answer->limit)
        length = end_of(entry, count++);
    answer->length = length;
    answer->full = true;
    answer->counts[SECTION_ANSWER] = (uint16_t)least((uint32_t)count, entry->answers);
    answer->counts[SECTION_AUTHORITY] = (uint16_t)(count - answer->counts[SECTION_ANSWER]);
    return count;
}

void entry_write(const struct entry *entry, struct answer *answer, const struct entry_view *view)
{
    const struct question *question = answer->question;
    const uint8_t *message = message_in(entry);
    size_t head = (size_t)DNS_HEADER_OCTETS + entry->question + QUESTION_WORDS;
    size_t count = records_of(entry);
    uint8_t *out = answer->octets;

    answer->rcode = entry->rcode;
    answer->length = entry->message;
    answer->counts[SECTION_ANSWER] = entry->answers;
    answer->counts[SECTION_AUTHORITY] = entry->authorities;
    if ((entry->flags & ENTRY_TRUNCATED) != 0)
        answer->full = true;
    if (answer->length > answer->limit)
        count = cut(entry, answer);
    memcpy(out, message, DNS_HEADER_OCTETS);
    memcpy(out + DNS_HEADER_OCTETS, question->original, entry->question);
    store_be16(out + head - QUESTION_WORDS, question->type); /* a denial is there for all types */
    store_be16(out + head - QUESTION_WORDS + 2, question->class);
    memcpy(out + head, message + head, answer->length - head);
    write_ttls(entry, out, count, view);
}
