/* Public suffixes by hash. About ten thousand rules become slots of an open-addressed table keyed
 * by the hash of the rule's name: 16 octets a slot, filled to at most a half, which stays in the
 * second-level cache while names stream by. 64-bit keyed hashes of ten thousand names do not
 * collide by chance (1 in 10^11), and a wrong answer would only refuse a line, so names are not
 * compared. The names are kept, since another key needs other hashes. */
#include "blocklist/format/suffixes.h"

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

struct suffixes {
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

static bool may_match_wildcard(const struct suffixes *suffixes, const struct hostname *host)
{
    unsigned bit;
    size_t word = wildcard_place(host, host->labels, &bit);

    return host->labels >= 2 && (suffixes->wildcards[word] >> bit & 1) != 0;
}

static bool may_hold(const struct suffixes *suffixes, uint64_t hash)
{
    size_t bit = (size_t)(hash >> (64 - FILTER_BITS_LOG2));

    return (suffixes->filter[bit / 64] >> (bit % 64) & 1) != 0;
}

static struct slot *find_slot(const struct suffixes *suffixes, uint64_t hash)
{
    size_t at = (size_t)hash & suffixes->slot_mask;

    while (suffixes->slots[at].kinds != 0 && suffixes->slots[at].hash != hash)
        at = (at + 1) & suffixes->slot_mask;
    return &suffixes->slots[at];
}

static void insert(struct suffixes *suffixes, const struct entry *entry)
{
    struct hostname host;
    struct slot *slot;
    uint64_t hash;

    if (hostname_read(&host, suffixes->texts + entry->text, entry->length) != NAME_OK)
        return; /* was read without fault when it was added */
    hash = hostname_hash(&host, &suffixes->key);
    slot = find_slot(suffixes, hash);
    slot->hash = hash;
    suffixes->filter[hash >> (64 - FILTER_BITS_LOG2 + 6)] |=
        (uint64_t)1 << (hash >> (64 - FILTER_BITS_LOG2) & 63);
    /* ICANN stands first in the file and wins where both sections have a name. */
    if (slot->kinds == 0 || entry->section == SUFFIX_ICANN)
        slot->section = entry->section;
    slot->kinds = (uint8_t)(slot->kinds | entry->kind);
    if (entry->kind == RULE_WILDCARD) {
        unsigned bit;
        size_t word = wildcard_place(&host, host.labels + 1u, &bit);

        suffixes->wildcards[word] |= (uint64_t)1 << bit;
    }
}

void suffixes_rekey(struct suffixes *suffixes, const struct siphash_key *key)
{
    suffixes->key = *key;
    memset(suffixes->slots, 0, (suffixes->slot_mask + 1) * sizeof *suffixes->slots);
    memset(suffixes->filter, 0, sizeof suffixes->filter);
    memset(suffixes->wildcards, 0, sizeof suffixes->wildcards);
    for (size_t i = 0; i < suffixes->count; i++)
        insert(suffixes, &suffixes->entries[i]);
}

static int make_room(struct suffixes *suffixes, size_t text_length)
{
    if (suffixes->count == suffixes->room) {
        size_t room = suffixes->room == 0 ? 1024 : suffixes->room * 2;
        struct entry *more = realloc(suffixes->entries, room * sizeof *more);

        if (more == NULL)
            return -1;
        suffixes->entries = more;
        suffixes->room = room;
    }
    if (suffixes->text_room - suffixes->text_used < text_length) {
        size_t room = suffixes->text_room * 2 + text_length + 4096;
        char *more = realloc(suffixes->texts, room);

        if (more == NULL)
            return -1;
        suffixes->texts = more;
        suffixes->text_room = room;
    }
    return 0;
}

static int add_rule(struct suffixes *suffixes, const char *text, size_t length, enum rule_kind kind,
                    enum suffix_section section)
{
    char ascii[IDN_TEXT_MAX];
    struct hostname host;

    if (idn_to_ascii(text, length, ascii) != 0)
        return 0; /* a rule that this machine's tables cannot read costs that rule */
    length = strlen(ascii);
    if (hostname_read(&host, ascii, length) != NAME_OK)
        return 0;
    if (make_room(suffixes, length) != 0)
        return -1;
    memcpy(suffixes->texts + suffixes->text_used, ascii, length);
    suffixes->entries[suffixes->count++] = (struct entry){
        (uint32_t)suffixes->text_used, (uint8_t)length, (uint8_t)kind, (uint8_t)section};
    suffixes->text_used += length;
    return 0;
}

static bool contains(const struct textline *line, const char *words)
{
    return memmem(line->text, line->length, words, strlen(words)) != NULL;
}

static int read_line(struct suffixes *suffixes, const struct textline *line,
                     enum suffix_section *section)
{
    const char *text = line->text;
    size_t length = 0;

    if (contains(line, "===BEGIN ICANN DOMAINS==="))
        *section = SUFFIX_ICANN;
    if (contains(line, "===BEGIN PRIVATE DOMAINS==="))
        *section = SUFFIX_PRIVATE;
    /* A rule ends at the first blank; `//` begins a remark. */
    while (length < line->length && text[length] != ' ' && text[length] != '\t')
        length++;
    if (length == 0 || (length >= 2 && memcmp(text, "//", 2) == 0) || *section == SUFFIX_NONE)
        return 0;
    if (text[0] == '!')
        return add_rule(suffixes, text + 1, length - 1, RULE_EXCEPTION, *section);
    if (length > 2 && memcmp(text, "*.", 2) == 0)
        return add_rule(suffixes, text + 2, length - 2, RULE_WILDCARD, *section);
    return add_rule(suffixes, text, length, RULE_PLAIN, *section);
}

static int read_rules(struct suffixes *suffixes, struct source *source, struct err *err)
{
    enum suffix_section section = SUFFIX_NONE;
    struct textlines lines;
    struct textline line;
    int more = textlines_start(&lines, source, err) == 0 ? 1 : -1;

    while (more > 0 && (more = textlines_next(&lines, &line, err)) > 0) {
        if (read_line(suffixes, &line, &section) != 0)
            more = err_set(err, ERR_MEMORY, "out of memory");
    }
    textlines_end(&lines);
    if (more == 0 && suffixes->count == 0)
        return err_set(err, ERR_FORMAT, "no rule of a public suffix list in it");
    return more;
}

static int make_table(struct suffixes *suffixes, const struct siphash_key *key, struct err *err)
{
    size_t slots = 16;

    while (slots < suffixes->count * 2)
        slots *= 2;
    suffixes->slots = malloc(slots * sizeof *suffixes->slots);
    if (suffixes->slots == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    suffixes->slot_mask = slots - 1;
    suffixes_rekey(suffixes, key);
    return 0;
}

/* Takes SOURCE over. */
static struct suffixes *load(struct source *source, const struct siphash_key *key, struct err *err)
{
    struct suffixes *suffixes;

    if (source == NULL)
        return NULL;
    suffixes = calloc(1, sizeof *suffixes);
    if (suffixes == NULL)
        err_set(err, ERR_MEMORY, "out of memory");
    else if (read_rules(suffixes, source, err) != 0 || make_table(suffixes, key, err) != 0) {
        suffixes_free(suffixes);
        suffixes = NULL;
    }
    source_close(source);
    return suffixes;
}

struct suffixes *suffixes_load(const char *path, const struct siphash_key *key, struct err *err)
{
    return load(source_open(path, err), key, err);
}

struct suffixes *suffixes_load_memory(const char *data, size_t length,
                                      const struct siphash_key *key, struct err *err)
{
    return load(source_open_memory(data, length, err), key, err);
}

void suffixes_free(struct suffixes *suffixes)
{
    if (suffixes == NULL)
        return;
    free(suffixes->entries);
    free(suffixes->texts);
    free(suffixes->slots);
    free(suffixes);
}

enum suffix_section suffixes_section(const struct suffixes *suffixes, const struct hostname *host,
                                     uint64_t hash)
{
    const struct slot *slot;

    if (may_hold(suffixes, hash)) {
        slot = find_slot(suffixes, hash);
        if (slot->kinds & RULE_EXCEPTION)
            return SUFFIX_NONE;
        if (slot->kinds != 0)
            return (enum suffix_section)slot->section;
    }
    if (!may_match_wildcard(suffixes, host))
        return SUFFIX_NONE;
    hash = hostname_hash_parent(host, &suffixes->key);
    if (!may_hold(suffixes, hash))
        return SUFFIX_NONE;
    slot = find_slot(suffixes, hash);
    return slot->kinds & RULE_WILDCARD ? (enum suffix_section)slot->section : SUFFIX_NONE;
}

size_t suffixes_count(const struct suffixes *suffixes)
{
    return suffixes->count;
}
