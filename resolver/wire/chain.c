/* chain.c - follows a reply from the asked name to its end.
 *
 * Problem: the records of an answer may come in any order, mixed with some that nobody asked for.
 * Idea: the list of records is kept in two parts, taken and not yet taken. For each name of the
 * chain the records that belong to it are swapped to the end of the first part; what remains in the
 * second part at the end is forgotten. Records that come in order, as nearly all do, are not moved
 * at all. The chain is at most 16 long, so the walk costs at most so many passes over the list.
 * Dropped: sorting by owner, since the order within a set of addresses is the upstream's to choose;
 * and making the CNAME that a DNAME wants, since every resolver sends it (RFC 6672 §3.1). */
#include "resolver/wire/chain.h"

#include <string.h>

#include "config/base/bytes.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/names.h"

enum { COLLISIONS_MAX = 16, DNAMES_MAX = REPLY_CHAIN_MAX };

struct chain {
    struct reply *reply;
    struct name_buf name; /* the one reached so far, lower-cased */
    uint16_t type;
    bool dnssec_ok;
    uint16_t kept; /* reply->records[0..kept) are taken */
    unsigned steps, dnames;
    unsigned collisions; /* owners that were not equal though their hashes were */
};

/* What to take: records of a section, type and owner (NULL: any). */
struct wanted {
    enum answer_section section;
    uint16_t type, covered; /* covered: type that an RRSIG must be about; 0: any */
    const struct name *owner;
    uint32_t owner_hash;
};

static bool is_owned_by(struct chain *chain, const struct reply_record *record,
                        const struct wanted *wanted)
{
    const struct reply *reply = chain->reply;

    if (record->owner_hash != wanted->owner_hash || chain->collisions > COLLISIONS_MAX)
        return false;
    if (names_equal(reply->octets, reply->length, record->owner, wanted->owner))
        return true;
    chain->collisions++;
    return false;
}

static bool is_wanted(struct chain *chain, const struct reply_record *record,
                      const struct wanted *wanted)
{
    if (record->type != wanted->type || record->section != wanted->section ||
        record->class != DNS_IN)
        return false;
    if (wanted->covered != 0 && load_be16(chain->reply->octets + record->rdata) != wanted->covered)
        return false;
    return wanted->owner == NULL || is_owned_by(chain, record, wanted);
}

/* Returns the index of the first record from FROM on that is wanted; record_count where there is
 * none. */
static uint16_t find(struct chain *chain, const struct wanted *wanted, uint16_t from)
{
    const struct reply *reply = chain->reply;
    uint16_t i = from;

    while (i < reply->record_count && !is_wanted(chain, &reply->records[i], wanted))
        i++;
    return i;
}

static void take(struct chain *chain, uint16_t index)
{
    struct reply_record *records = chain->reply->records, record = records[index];

    records[index] = records[chain->kept];
    records[chain->kept++] = record;
}

static unsigned take_all(struct chain *chain, const struct wanted *wanted)
{
    uint16_t before = chain->kept;

    for (uint16_t i = chain->kept; (i = find(chain, wanted, i)) < chain->reply->record_count; i++)
        take(chain, i);
    return (unsigned)(chain->kept - before);
}

/* Takes the signatures of the records of TYPE at OWNER. */
static void take_signatures(struct chain *chain, enum answer_section section, uint16_t type,
                            const struct name *owner)
{
    struct wanted wanted = {section, DNS_RRSIG, type, owner, 0};

    if (!chain->dnssec_ok)
        return;
    if (owner != NULL)
        wanted.owner_hash = names_hash(owner);
    take_all(chain, &wanted);
}

static bool read_lower(const struct reply *reply, size_t at, struct name_buf *out)
{
    struct name_buf buf;
    struct name name;

    if (!names_read(reply->octets, reply->length, &at, &buf))
        return false;
    name = name_of(&buf);
    name_lower(out, &name);
    return true;
}

/* Tells whether OWNER is a name above NAME, not NAME itself. */
static bool is_above(const struct name *owner, const struct name *name)
{
    return owner->length < name->length && name_is_below_or_at(name, owner);
}

/* Returns the first DNAME from FROM on that lies above the name reached, its owner in OWNER. */
static uint16_t find_dname(struct chain *chain, uint16_t from, struct name_buf *owner)
{
    struct wanted wanted = {SECTION_ANSWER, DNS_DNAME, 0, NULL, 0};
    struct name here = name_of(&chain->name);
    uint16_t i;

    if (chain->dnames == 0)
        return chain->reply->record_count;
    for (i = from; (i = find(chain, &wanted, i)) < chain->reply->record_count; i++) {
        if (read_lower(chain->reply, chain->reply->records[i].owner, owner)) {
            struct name above = name_of(owner);

            if (is_above(&above, &here))
                break;
        }
    }
    return i;
}

/* Tells whether TARGET is what the DNAME OWNER -> TO makes of HERE (RFC 6672 §2.2). */
static bool is_made_by(const struct name_buf *target, const struct name_buf *here,
                       const struct name_buf *owner, const struct name_buf *to)
{
    size_t prefix = (size_t)here->length - owner->length;

    return target->length == prefix + to->length && memcmp(target->wire, here->wire, prefix) == 0 &&
           memcmp(target->wire + prefix, to->wire, to->length) == 0;
}

/* Takes the DNAME that leads from the name reached to TARGET, where there is one, and puts it
 * before the CNAME taken last, which it made. */
static void take_dname(struct chain *chain, const struct name_buf *target)
{
    struct reply_record *records = chain->reply->records;
    struct name_buf owner = {.length = 0}, to;
    uint16_t i = find_dname(chain, chain->kept, &owner);
    struct name above;

    if (i == chain->reply->record_count || !read_lower(chain->reply, records[i].rdata, &to) ||
        !is_made_by(target, &chain->name, &owner, &to))
        return;
    take(chain, i);
    struct reply_record dname = records[chain->kept - 1];

    records[chain->kept - 1] = records[chain->kept - 2];
    records[chain->kept - 2] = dname;
    above = name_of(&owner);
    take_signatures(chain, SECTION_ANSWER, DNS_DNAME, &above);
}

/* Where the CNAME taken last was asked for and a DNAME made it: that is the one that is signed (RFC
 * 6672 §5.3.1). */
static void take_maker(struct chain *chain)
{
    struct name_buf target;

    if (read_lower(chain->reply, chain->reply->records[chain->kept - 1].rdata, &target))
        take_dname(chain, &target);
}

enum step { STEP_END, STEP_NEXT, STEP_BROKEN };

/* Goes from one name of the chain to the next. */
static enum step follow(struct chain *chain)
{
    struct name here = name_of(&chain->name);
    struct wanted cname = {SECTION_ANSWER, DNS_CNAME, 0, &here, names_hash(&here)};
    struct name_buf target, owner;
    uint16_t i = find(chain, &cname, 0);

    if (i == chain->reply->record_count)
        return find_dname(chain, 0, &owner) < i ? STEP_BROKEN : STEP_END;
    if (i < chain->kept || ++chain->steps > REPLY_CHAIN_MAX)
        return STEP_BROKEN; /* a loop, or no end in sight */
    if (!read_lower(chain->reply, chain->reply->records[i].rdata, &target))
        return STEP_BROKEN;
    take(chain, i); /* RFC 1034 §3.6.2: one CNAME a name; a second one is left behind */
    take_dname(chain, &target);
    take_signatures(chain, SECTION_ANSWER, DNS_CNAME, &here);
    chain->name = target;
    return STEP_NEXT;
}

/* Takes the chain; *FOUND tells whether it ends in records of the type asked. */
static bool take_answer(struct chain *chain, bool *found)
{
    enum step step;

    do {
        struct name here = name_of(&chain->name);
        struct wanted wanted = {SECTION_ANSWER, chain->type, 0, &here, names_hash(&here)};

        *found = take_all(chain, &wanted) > 0;
        if (*found) {
            if (chain->type == DNS_CNAME)
                take_maker(chain);
            take_signatures(chain, SECTION_ANSWER, chain->type, &here);
            return true;
        }
        step = follow(chain);
    } while (step == STEP_NEXT);
    return step == STEP_END;
}

/* Takes the SOA of a zone that holds the end of the chain (RFC 2308 §5: no other one counts). */
static bool take_soa(struct chain *chain)
{
    struct wanted soa = {SECTION_AUTHORITY, DNS_SOA, 0, NULL, 0};
    struct name here = name_of(&chain->name);

    for (uint16_t i = 0; (i = find(chain, &soa, i)) < chain->reply->record_count; i++) {
        struct name_buf buf;
        struct name owner;

        if (!read_lower(chain->reply, chain->reply->records[i].owner, &buf))
            continue;
        owner = name_of(&buf);
        if (name_is_below_or_at(&here, &owner)) {
            take(chain, i);
            take_signatures(chain, SECTION_AUTHORITY, DNS_SOA, &owner);
            return true;
        }
    }
    return false;
}

/* Takes the proofs that something does not exist; whoever uses them checks them (RFC 4035 §5.4). */
static void take_proofs(struct chain *chain)
{
    static const uint16_t types[] = {DNS_NSEC, DNS_NSEC3};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct wanted wanted = {SECTION_AUTHORITY, types[i], 0, NULL, 0};

        take_all(chain, &wanted);
        take_signatures(chain, SECTION_AUTHORITY, types[i], NULL);
    }
}

/* Returns how many records of SECTION have TYPE; 0: any. */
static unsigned count_of(const struct reply *reply, enum answer_section section, uint16_t type)
{
    unsigned count = 0;

    for (uint16_t i = 0; i < reply->record_count; i++)
        count +=
            reply->records[i].section == section && (type == 0 || reply->records[i].type == type);
    return count;
}

enum reply_result chain_reduce(struct reply *reply, const struct name *name, uint16_t type,
                               bool dnssec_ok)
{
    struct chain chain = {.reply = reply, .type = type, .dnssec_ok = dnssec_ok};
    bool found, referral = false;

    name_lower(&chain.name, name);
    chain.dnames = count_of(reply, SECTION_ANSWER, DNS_DNAME);
    if (chain.dnames > DNAMES_MAX || !take_answer(&chain, &found))
        return REPLY_BROKEN;
    if (chain.kept == 0 && count_of(reply, SECTION_ANSWER, 0) > 0)
        return REPLY_BROKEN; /* answers, but to something else */
    if (!found && !take_soa(&chain))
        referral = chain.kept == 0 && reply->rcode == DNS_NOERROR &&
                   count_of(reply, SECTION_AUTHORITY, DNS_NS) > 0;
    if (dnssec_ok)
        take_proofs(&chain);
    if (chain.collisions > COLLISIONS_MAX)
        return REPLY_BROKEN;
    reply->record_count = chain.kept;
    return referral ? REPLY_LAME : REPLY_OK;
}
