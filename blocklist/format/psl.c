/* Public suffixes by hash. About ten thousand rules become slots of an open-addressed table keyed
 * by the hash of the rule's name: 16 octets a slot, filled to at most a half, which stays in the
 * second-level cache while names stream by. 64-bit keyed hashes of ten thousand names do not
 * collide by chance (1 in 10^11), and a wrong answer would only refuse a line, so names are not
 * compared. The names are kept, since another key needs other hashes. */
#include "blocklist/format/psl.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/hostname.h"
#include "blocklist/format/idn.h"
#include "blocklist/format/textlines.h"
#include "blocklist/format/source.h"
#include "config/base/err.h"

enum rule_kind { RULE_PLAIN = 1, RULE_WILDCARD = 2, RULE_EXCEPTION = 4 };

/* 2^17 bits for ten thousand rules: one name in thirteen goes on to the slots. */
enum { FILTER_BITS_LOG2 = 17, FILTER_WORDS = (1 << FILTER_BITS_LOG2) / 64 };

enum { WILDCARD_LABELS = 8 }; /* the last one stands for all deeper ones too */

struct slot {
    uint64_t hash;
    uint8_t kinds;   /* 0: empty */
    uint8_t section; /* of the plain or wildcard rule */
};

struct entry {
    uint32_t text; /* offset in texts, of a host name */
    uint8_t length, kind, section;
};

struct psl {
    struct entry *entries;
    size_t count, room;
    char *texts;
    size_t text_used, text_room;
    struct slot *slots;
    size_t slot_mask;
    uint64_t filter[FILTER_WORDS]; /* a bit a rule, by the hash's top bits */
    struct siphash_key key;
    uint64_t wildcards[WILDCARD_LABELS]; /* by labels of the names they match: a bit a top level */
};

/* Returns the word of wildcards for names of LABELS labels, and in *BIT that of HOST's top level.
 */
static size_t wildcard_place(const struct hostname *host, size_t labels, unsigned *bit)
{
    const uint8_t *top = host->name.wire + host->starts[host->labels - 1];

    *bit = (top[1] * 31u + top[top[0]]) & 63;
    return labels < WILDCARD_LABELS ? labels : WILDCARD_LABELS - 1;
}

static bool may_match_wildcard(const struct psl *psl, const struct hostname *host)
{
    unsigned bit;
    size_t word = wildcard_place(host, host->labels, &bit);

    return host->labels >= 2 && (psl->wildcards[word] >> bit & 1) != 0;
}

static bool may_hold(const struct psl *psl, uint64_t hash)
{
    size_t bit = (size_t)(hash >> (64 - FILTER_BITS_LOG2));

    return (psl->filter[bit / 64] >> (bit % 64) & 1) != 0;
}

static struct slot *find_slot(const struct psl *psl, uint64_t hash)
{
    size_t at = (size_t)hash & psl->slot_mask;

    while (psl->slots[at].kinds != 0 && psl->slots[at].hash != hash)
        at = (at + 1) & psl->slot_mask;
    return &psl->slots[at];
}

static void insert(struct psl *psl, const struct entry *entry)
{
    struct hostname host;
    struct slot *slot;
    uint64_t hash;

    if (hostname_read(&host, psl->texts + entry->text, entry->length) != NAME_OK)
        return; /* was read without fault when it was added */
    hash = hostname_hash(&host, &psl->key);
    slot = find_slot(psl, hash);
    slot->hash = hash;
    psl->filter[hash >> (64 - FILTER_BITS_LOG2 + 6)] |= (uint64_t)1
                                                        << (hash >> (64 - FILTER_BITS_LOG2) & 63);
    /* ICANN stands first in the file and wins where both sections have a name. */
    if (slot->kinds == 0 || entry->section == PSL_ICANN)
        slot->section = entry->section;
    slot->kinds = (uint8_t)(slot->kinds | entry->kind);
    if (entry->kind == RULE_WILDCARD) {
        unsigned bit;
        size_t word = wildcard_place(&host, host.labels + 1u, &bit);

        psl->wildcards[word] |= (uint64_t)1 << bit;
    }
}

void psl_rekey(struct psl *psl, const struct siphash_key *key)
{
    psl->key = *key;
    memset(psl->slots, 0, (psl->slot_mask + 1) * sizeof *psl->slots);
    memset(psl->filter, 0, sizeof psl->filter);
    memset(psl->wildcards, 0, sizeof psl->wildcards);
    for (size_t i = 0; i < psl->count; i++)
        insert(psl, &psl->entries[i]);
}

static int make_room(struct psl *psl, size_t text_length)
{
    if (psl->count == psl->room) {
        size_t room = psl->room == 0 ? 1024 : psl->room * 2;
        struct entry *more = realloc(psl->entries, room * sizeof *more);

        if (more == NULL)
            return -1;
        psl->entries = more;
        psl->room = room;
    }
    if (psl->text_room - psl->text_used < text_length) {
        size_t room = psl->text_room * 2 + text_length + 4096;
        char *more = realloc(psl->texts, room);

        if (more == NULL)
            return -1;
        psl->texts = more;
        psl->text_room = room;
    }
    return 0;
}

static int add_rule(struct psl *psl, const char *text, size_t length, enum rule_kind kind,
                    enum psl_section section)
{
    char ascii[IDN_TEXT_MAX];
    struct hostname host;

    if (idn_to_ascii(text, length, ascii) != 0)
        return 0; /* a rule that this machine's tables cannot read costs that rule */
    length = strlen(ascii);
    if (hostname_read(&host, ascii, length) != NAME_OK)
        return 0;
    if (make_room(psl, length) != 0)
        return -1;
    memcpy(psl->texts + psl->text_used, ascii, length);
    psl->entries[psl->count++] =
        (struct entry){(uint32_t)psl->text_used, (uint8_t)length, (uint8_t)kind, (uint8_t)section};
    psl->text_used += length;
    return 0;
}

static bool contains(const struct textline *line, const char *words)
{
    return memmem(line->text, line->length, words, strlen(words)) != NULL;
}

static int read_line(struct psl *psl, const struct textline *line, enum psl_section *section)
{
    const char *text = line->text;
    size_t length = 0;

    if (contains(line, "===BEGIN ICANN DOMAINS==="))
        *section = PSL_ICANN;
    if (contains(line, "===BEGIN PRIVATE DOMAINS==="))
        *section = PSL_PRIVATE;
    /* A rule ends at the first blank; `//` begins a remark. */
    while (length < line->length && text[length] != ' ' && text[length] != '\t')
        length++;
    if (length == 0 || (length >= 2 && memcmp(text, "//", 2) == 0) || *section == PSL_NONE)
        return 0;
    if (text[0] == '!')
        return add_rule(psl, text + 1, length - 1, RULE_EXCEPTION, *section);
    if (length > 2 && memcmp(text, "*.", 2) == 0)
        return add_rule(psl, text + 2, length - 2, RULE_WILDCARD, *section);
    return add_rule(psl, text, length, RULE_PLAIN, *section);
}

static int read_rules(struct psl *psl, struct source *source, struct err *err)
{
    enum psl_section section = PSL_NONE;
    struct textlines lines;
    struct textline line;
    int more = textlines_start(&lines, source, err) == 0 ? 1 : -1;

    while (more > 0 && (more = textlines_next(&lines, &line, err)) > 0) {
        if (read_line(psl, &line, &section) != 0)
            more = err_set(err, ERR_MEMORY, "out of memory");
    }
    textlines_end(&lines);
    if (more == 0 && psl->count == 0)
        return err_set(err, ERR_FORMAT, "no rule of a public suffix list in it");
    return more;
}

static int make_table(struct psl *psl, const struct siphash_key *key, struct err *err)
{
    size_t slots = 16;

    while (slots < psl->count * 2)
        slots *= 2;
    psl->slots = malloc(slots * sizeof *psl->slots);
    if (psl->slots == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    psl->slot_mask = slots - 1;
    psl_rekey(psl, key);
    return 0;
}

/* Takes SOURCE over. */
static struct psl *load(struct source *source, const struct siphash_key *key, struct err *err)
{
    struct psl *psl;

    if (source == NULL)
        return NULL;
    psl = calloc(1, sizeof *psl);
    if (psl == NULL)
        err_set(err, ERR_MEMORY, "out of memory");
    else if (read_rules(psl, source, err) != 0 || make_table(psl, key, err) != 0) {
        psl_free(psl);
        psl = NULL;
    }
    source_close(source);
    return psl;
}

struct psl *psl_load(const char *path, const struct siphash_key *key, struct err *err)
{
    return load(source_open(path, err), key, err);
}

struct psl *psl_load_memory(const char *data, size_t length, const struct siphash_key *key,
                            struct err *err)
{
    return load(source_open_memory(data, length, err), key, err);
}

void psl_free(struct psl *psl)
{
    if (psl == NULL)
        return;
    free(psl->entries);
    free(psl->texts);
    free(psl->slots);
    free(psl);
}

enum psl_section psl_section(const struct psl *psl, const struct hostname *host, uint64_t hash)
{
    const struct slot *slot;

    if (may_hold(psl, hash)) {
        slot = find_slot(psl, hash);
        if (slot->kinds & RULE_EXCEPTION)
            return PSL_NONE;
        if (slot->kinds != 0)
            return (enum psl_section)slot->section;
    }
    if (!may_match_wildcard(psl, host))
        return PSL_NONE;
    hash = hostname_hash_parent(host, &psl->key);
    if (!may_hold(psl, hash))
        return PSL_NONE;
    slot = find_slot(psl, hash);
    return slot->kinds & RULE_WILDCARD ? (enum psl_section)slot->section : PSL_NONE;
}

size_t psl_count(const struct psl *psl)
{
    return psl->count;
}
