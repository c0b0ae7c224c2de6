/* Problem: people write records as words; answers need RDATA, and records that may not stand side
 * by side must be found while there is still somebody to tell.
 *
 * Idea: a table from type to reader; each reader appends octets to a buffer of fixed size, names
 * uncompressed, so that an answer copies them as they are. After the hosts file has added its
 * records, pointers to all of them are sorted by name, so that whatever clashes is a neighbour. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/walk.h"

enum {
    TYPE_A = 1,
    TYPE_CNAME = 5,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TXT_STRING_MAX = 255, /* RFC 1035 §3.3: a character-string */
    TXT_MAX = 4000,
    RDATA_MAX = TXT_MAX + TXT_MAX / TXT_STRING_MAX + 1,
    NUMBERS_MAX = 3,
};

/* A record's value being read: the octets so far. */
struct rdata {
    uint8_t octets[RDATA_MAX];
    size_t length;
    uint16_t type;
};

struct config_record *record_add(struct walk *walk, const struct name_buf *name, uint16_t type,
                                 const void *rdata, size_t length)
{
    struct config *config = walk->config;
    uint8_t *copy = malloc(length + 1);
    struct config_record *record =
        copy == NULL ? NULL
                     : walk_append(walk, &config->records, &config->record_count, sizeof *record);

    if (record == NULL) {
        free(copy);
        return NULL;
    }
    memcpy(copy, rdata, length);
    *record = (struct config_record){.name = *name,
                                     .type = type,
                                     .ttl_s = config->record_ttl_s,
                                     .rdata_length = (uint16_t)length,
                                     .rdata = copy};
    return record;
}

static int address_rdata(struct walk *walk, const struct node *node, struct rdata *out)
{
    char quote[PROBLEM_QUOTE_MAX];
    struct addr addr;

    if (addr_from_text(&addr, node->text) != 0 || addr.scope != 0) {
        problem_add(walk->problems, node->place, "not an address: %s",
                    problem_quote(node->text, quote));
        return -1;
    }
    out->type = addr.bits == 32 ? TYPE_A : TYPE_AAAA;
    out->length = addr.bits / 8;
    memcpy(out->octets, addr.octets, out->length);
    return 0;
}

static int append_name(struct walk *walk, const struct node *node, const char *text,
                       struct rdata *out)
{
    struct name_buf name;

    if (walk_name(walk, node, text, &name) != 0)
        return -1;
    memcpy(out->octets + out->length, name.wire, name.length);
    out->length += name.length;
    return 0;
}

static int name_rdata(struct walk *walk, const struct node *node, struct rdata *out)
{
    return append_name(walk, node, node->text, out);
}

/* Reads COUNT numbers of 16 bits and then a name, each behind a space. */
static int numbers_and_name(struct walk *walk, const struct node *node, int count, const char *form,
                            struct rdata *out)
{
    const char *text = node->text;
    char quote[PROBLEM_QUOTE_MAX];

    for (int i = 0; i < count; i++) {
        char *end;
        unsigned long value = strtoul(text, &end, 10);

        if (*text < '0' || *text > '9' || *end != ' ' || value > UINT16_MAX) {
            problem_add(walk->problems, node->place, "not `%s`: %s", form,
                        problem_quote(node->text, quote));
            return -1;
        }
        store_be16(out->octets + out->length, (uint16_t)value);
        out->length += 2;
        text = end + strspn(end, " ");
    }
    return append_name(walk, node, text, out);
}

static int mx_rdata(struct walk *walk, const struct node *node, struct rdata *out)
{
    return numbers_and_name(walk, node, 1, "priority name", out);
}

static int srv_rdata(struct walk *walk, const struct node *node, struct rdata *out)
{
    return numbers_and_name(walk, node, 3, "priority weight port name", out);
}

static int txt_rdata(struct walk *walk, const struct node *node, struct rdata *out)
{
    size_t left = strlen(node->text);
    const char *text = node->text;

    if (left > TXT_MAX) {
        problem_add(walk->problems, node->place, "text too long: %zu octets; %d are the most", left,
                    TXT_MAX);
        return -1;
    }
    do { /* an empty text is one empty string, not none */
        size_t part = left < TXT_STRING_MAX ? left : TXT_STRING_MAX;

        out->octets[out->length++] = (uint8_t)part;
        memcpy(out->octets + out->length, text, part);
        out->length += part;
        text += part;
        left -= part;
    } while (left > 0);
    return 0;
}

static const struct {
    uint16_t type;
    int (*read)(struct walk *, const struct node *, struct rdata *);
} rdata_readers[] = {
    {TYPE_A,     address_rdata},
    {TYPE_CNAME, name_rdata   },
    {TYPE_PTR,   name_rdata   },
    {TYPE_MX,    mx_rdata     },
    {TYPE_TXT,   txt_rdata    },
    {TYPE_SRV,   srv_rdata    },
};

static int read_one_rdata(struct walk *walk, uint16_t type, const struct node *node,
                          struct rdata *out)
{
    out->length = 0;
    out->type = type;
    for (size_t i = 0; i < sizeof rdata_readers / sizeof *rdata_readers; i++) {
        if (rdata_readers[i].type == type)
            return rdata_readers[i].read(walk, node, out);
    }
    return -1;
}

void read_rdata(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    const struct option_record *entry = base;
    const struct node *item = node_item_first(node);

    if (entry->name.length == 0) /* missing or wrong, and reported */
        return;
    for (; item != NULL; item = node_item_next(node, item)) {
        struct config_record *record;
        struct rdata rdata;

        if (item->kind != NODE_SCALAR) {
            walk_wrong(walk, option, item);
            continue;
        }
        if (read_one_rdata(walk, (uint16_t)option->least, item, &rdata) != 0)
            continue;
        record = record_add(walk, &entry->name, rdata.type, rdata.octets, rdata.length);
        if (record == NULL)
            return;
        record->ttl_s = entry->ttl_s;
        record->place = item->place;
    }
}

void read_records(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    struct config *config = walk->config;

    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct option_record entry = {.ttl_s = config->record_ttl_s};
        size_t before = config->record_count, errors = walk->problems->errors;

        walk_item(walk, option, item, &entry);
        if (config->record_count == before && walk->problems->errors == errors)
            problem_add(walk->problems, item->place,
                        "a name without a record; give it an address, cname, mx, txt, srv or ptr");
    }
}

/* By name, then type, then RDATA, then place: what may not stand side by side becomes neighbours.
 */
static int compare_records(const void *a, const void *b)
{
    const struct config_record *x = *(const struct config_record *const *)a;
    const struct config_record *y = *(const struct config_record *const *)b;
    int order = x->name.length - y->name.length;

    if (order == 0)
        order = memcmp(x->name.wire, y->name.wire, x->name.length);
    if (order == 0) /* CNAME first, so that it meets whatever else the name has */
        order = (x->type != TYPE_CNAME) - (y->type != TYPE_CNAME);
    if (order == 0)
        order = x->type - y->type;
    if (order == 0)
        order = x->rdata_length - y->rdata_length;
    if (order == 0)
        order = memcmp(x->rdata, y->rdata, x->rdata_length);
    return order != 0 ? order : (x > y) - (x < y);
}

static bool same_name(const struct config_record *a, const struct config_record *b)
{
    return a->name.length == b->name.length &&
           memcmp(a->name.wire, b->name.wire, a->name.length) == 0;
}

static bool same_record(const struct config_record *a, const struct config_record *b)
{
    return a->type == b->type && a->rdata_length == b->rdata_length &&
           memcmp(a->rdata, b->rdata, a->rdata_length) == 0;
}

/* EARLY and LATE have the same name. Of the two the one in the config is blamed, since a hosts file
 * knows no CNAME. */
static void report_alone(struct walk *walk, const struct config_record *early,
                         const struct config_record *late)
{
    bool hosts = late->place.line == 0;
    struct name name = name_of(&late->name);
    char text[NAME_TEXT_MAX], other[64] = "in the hosts file";

    if (!hosts)
        snprintf(other, sizeof other, "at %u:%u", early->place.line, early->place.column);
    problem_add(walk->problems, hosts ? early->place : late->place,
                "a cname must stand alone: '%.100s'; its other record is %s",
                name_to_text(&name, text), other);
}

/* Sets the flag in DROP of a record that says again what another has said. */
static void check_pair(struct walk *walk, const struct config_record *a,
                       const struct config_record *b, bool *drop)
{
    const struct config_record *late = a < b ? b : a, *early = a < b ? a : b;
    struct name name = name_of(&b->name);
    char text[NAME_TEXT_MAX];

    if (!same_name(a, b))
        return;
    if (same_record(a, b) && late->place.line == 0)
        drop[late - walk->config->records] =
            true; /* hosts files repeat themselves; one is enough (RFC 2181 §5.2) */
    else if (same_record(a, b))
        problem_add(walk->problems, late->place,
                    "record written twice: '%.100s'; the other is at %u:%u",
                    name_to_text(&name, text), early->place.line, early->place.column);
    else if (a->type == TYPE_CNAME) /* RFC 1034 §3.6.2 */
        report_alone(walk, early, late);
}

static void drop_doubles(struct config *config, const bool *drop)
{
    size_t kept = 0;

    for (size_t i = 0; i < config->record_count; i++) {
        if (drop[i])
            free(config->records[i].rdata);
        else
            config->records[kept++] = config->records[i];
    }
    config->record_count = kept;
}

void records_finish(struct walk *walk)
{
    struct config *config = walk->config;
    const struct config_record **order = calloc(config->record_count + 1, sizeof *order);
    bool *drop = calloc(config->record_count + 1, sizeof *drop);

    if (order == NULL || drop == NULL)
        goto out;
    for (size_t i = 0; i < config->record_count; i++)
        order[i] = &config->records[i];
    qsort(order, config->record_count, sizeof *order, compare_records);
    for (size_t i = 1; i < config->record_count; i++)
        check_pair(walk, order[i - 1], order[i], drop);
    drop_doubles(config, drop);
    reverse_make(walk);
out:
    free(drop);
    free(order);
}
