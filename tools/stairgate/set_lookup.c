/* stairgate set lookup: what a set says of names, for people one by one and for tests by the
 * million.
 *
 * A line a name: `name<TAB>category,category<TAB>suffix<TAB>feed,feed`, or
 * `name<TAB>-<TAB>-<TAB>-`. The name is printed as it was looked up: lower case, no final dot,
 * A-labels. Clean names cost a lookup and a copy; feeds are asked for only where a name is listed.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/idn.h"
#include "blocklist/set/set.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "config/taxonomy.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/set.h"
#include "tools/stairgate/set_seal.h"

enum { WITNESSES_MAX = 1024, CATEGORIES_MAX = 128, JSON_SCHEMA = 1, OUT_BUFFER = 1 << 18 };

/* As grep: nothing else in the project exits like this. */
enum { ALL_LISTED = 0, SOME_NOT = 1, LOOKUP_FAILED = 2 };

struct lookup {
    struct set *set;
    bool json;
    int status;
    unsigned order[CATEGORIES_MAX]; /* the set's categories in the taxonomy's order */
    unsigned categories;
    struct set_witness witnesses[WITNESSES_MAX];
};

/* One thing asked about: a name or an address. */
struct subject {
    bool is_addr;
    struct addr addr;
    struct name_buf buf;
    struct name name;
    struct set_hit hit;
    char text[NAME_TEXT_MAX];
};

static bool looks_like_addr(const char *text, size_t length)
{
    return memchr(text, ':', length) != NULL ||
           (length > 0 && isdigit((unsigned char)text[length - 1]));
}

static int read_addr(struct subject *subject, const char *text, size_t length)
{
    char copy[ADDR_TEXT_MAX];

    if (!looks_like_addr(text, length) || length >= sizeof copy)
        return -1;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return addr_from_text(&subject->addr, copy);
}

static enum name_fault read_name(struct name_buf *buf, const char *text, size_t length)
{
    char ascii[IDN_TEXT_MAX];
    enum name_fault fault = name_from_host(buf, text, length);
    bool plain = true;

    if (fault != NAME_BAD_OCTET)
        return fault;
    for (size_t i = 0; i < length; i++)
        plain &= (unsigned char)text[i] < 0x80;
    if (plain) /* no host name, yet it may be asked for */
        return name_from_text(buf, text, length);
    if (idn_to_ascii(text, length, ascii) != 0)
        return NAME_BAD_OCTET;
    return name_from_host(buf, ascii, strlen(ascii));
}

/* Reads TEXT and looks it up by masks alone. Returns 0, or -1 where it is neither name nor address.
 */
static int read_subject(const struct lookup *lookup, struct subject *subject, const char *text,
                        size_t length)
{
    subject->is_addr = read_addr(subject, text, length) == 0;
    if (subject->is_addr) {
        addr_to_text(&subject->addr, subject->text);
        set_lookup_addr(lookup->set, &subject->addr, &subject->hit);
        return 0;
    }
    if (read_name(&subject->buf, text, length) != NAME_OK)
        return -1;
    subject->name = name_of(&subject->buf);
    name_to_text(&subject->name, subject->text);
    set_lookup(lookup->set, &subject->name, &subject->hit);
    return 0;
}

static size_t ask_witnesses(struct lookup *lookup, const struct subject *subject)
{
    if (subject->is_addr)
        return set_witnesses_addr(lookup->set, &subject->addr, lookup->witnesses, WITNESSES_MAX);
    return set_witnesses(lookup->set, &subject->name, lookup->witnesses, WITNESSES_MAX);
}

static bool counts(const struct set_witness *witness)
{
    return !witness->exception && !witness->observed;
}

/* Where terms have a say: what is listed for some type, at the longest suffix that is. */
static void look_at_terms(struct lookup *lookup, struct subject *subject)
{
    struct set_terms terms;
    size_t count;

    if (!subject->hit.terms || subject->is_addr)
        return;
    set_find_any_terms(lookup->set, &subject->name, &terms);
    subject->hit.mask = terms.mask;
    count = ask_witnesses(lookup, subject);
    for (size_t i = count; i > 0; i--) {
        if (counts(&lookup->witnesses[i - 1]))
            subject->hit.labels = lookup->witnesses[i - 1].labels;
    }
}

static const char *suffix_text(const struct subject *subject, unsigned labels,
                               char out[NAME_TEXT_MAX])
{
    struct prefix prefix = {subject->addr, (uint8_t)labels};
    struct name suffix;

    if (!subject->is_addr) {
        suffix = name_suffix(&subject->name, labels);
        return name_to_text(&suffix, out);
    }
    for (unsigned bit = labels; bit < 128; bit++)
        prefix.addr.octets[bit / 8] &= (uint8_t) ~(0x80 >> (bit % 8));
    return prefix_to_text(&prefix, out);
}

static const char *category_key(const struct lookup *lookup, unsigned index)
{
    const char *key = "";

    set_category(lookup->set, index, &key, NULL);
    return key;
}

static bool feed_seen_before(const struct set_witness *witnesses, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (counts(&witnesses[i]) && witnesses[i].feed == witnesses[index].feed)
            return true;
    }
    return false;
}

static void print_listed(struct lookup *lookup, const struct subject *subject)
{
    size_t count = ask_witnesses(lookup, subject);
    char suffix[NAME_TEXT_MAX];
    const char *between = "\t";

    fputs_unlocked(subject->text, stdout);
    for (unsigned i = 0; i < lookup->categories; i++) {
        if (!mask_has(subject->hit.mask, lookup->order[i]))
            continue;
        fputs_unlocked(between, stdout);
        fputs_unlocked(category_key(lookup, lookup->order[i]), stdout);
        between = ",";
    }
    putc_unlocked('\t', stdout);
    fputs_unlocked(suffix_text(subject, subject->hit.labels, suffix), stdout);
    between = "\t";
    for (size_t i = 0; i < count; i++) {
        if (!counts(&lookup->witnesses[i]) || feed_seen_before(lookup->witnesses, i))
            continue;
        fputs_unlocked(between, stdout);
        fputs_unlocked(lookup->witnesses[i].feed, stdout);
        between = ",";
    }
    putc_unlocked('\n', stdout);
}

static json_t *witness_json(const struct subject *subject, const struct set_witness *witness)
{
    char suffix[NAME_TEXT_MAX];

    return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b}", "feed", witness->feed, "category",
                     witness->category, "suffix", suffix_text(subject, witness->labels, suffix),
                     "exact", witness->exact, "exception", witness->exception, "observed",
                     witness->observed, "limited", witness->limited);
}

/* One object a line, so that a million names need no memory. */
static void print_json(struct lookup *lookup, const struct subject *subject)
{
    bool listed = mask_any(subject->hit.mask);
    json_t *categories = json_array(), *feeds = json_array(), *object;
    size_t count = ask_witnesses(lookup, subject);
    char suffix[NAME_TEXT_MAX];

    for (unsigned i = 0; i < lookup->categories; i++) {
        if (mask_has(subject->hit.mask, lookup->order[i]))
            json_array_append_new(categories, json_string(category_key(lookup, lookup->order[i])));
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(feeds, witness_json(subject, &lookup->witnesses[i]));
    object = json_pack("{s:i, s:s, s:b, s:o, s:s?, s:o}", "schema", JSON_SCHEMA, "name",
                       subject->text, "listed", listed, "categories", categories, "suffix",
                       listed ? suffix_text(subject, subject->hit.labels, suffix) : NULL, "feeds",
                       feeds);
    json_dumpf(object, stdout, JSON_COMPACT);
    putc_unlocked('\n', stdout);
    json_decref(object);
}

static void refuse(struct lookup *lookup, const char *text, size_t length)
{
    char safe[128];
    size_t used = 0;

    for (size_t i = 0; i < length && used + 5 < sizeof safe; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c > ' ' && c < 0x7f)
            safe[used++] = (char)c;
        else
            used += (size_t)snprintf(safe + used, 5, "\\%03u", c);
    }
    safe[used] = '\0';
    fprintf(stderr, "stairgate: neither a name nor an address: '%s'\n", safe);
    lookup->status = LOOKUP_FAILED;
}

static void look_and_print(struct lookup *lookup, const char *text, size_t length)
{
    struct subject subject;

    if (read_subject(lookup, &subject, text, length) != 0) {
        refuse(lookup, text, length);
        return;
    }
    look_at_terms(lookup, &subject);
    if (!mask_any(subject.hit.mask) && lookup->status == ALL_LISTED)
        lookup->status = SOME_NOT;
    if (lookup->json) {
        print_json(lookup, &subject);
    } else if (mask_any(subject.hit.mask)) {
        print_listed(lookup, &subject);
    } else {
        fputs_unlocked(subject.text, stdout);
        fputs_unlocked("\t-\t-\t-\n", stdout);
    }
}

static void look_at_lines(struct lookup *lookup)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    while ((length = getline(&line, &room, stdin)) > 0) {
        while (length > 0 && isspace((unsigned char)line[length - 1]))
            length--;
        if (length > 0)
            look_and_print(lookup, line, (size_t)length);
    }
    free(line);
    if (ferror(stdin)) {
        fprintf(stderr, "stairgate: cannot read standard input\n");
        lookup->status = LOOKUP_FAILED;
    }
}

/* The taxonomy's order first, categories that it does not know behind. */
static int order_categories(struct lookup *lookup, struct err *err)
{
    struct taxonomy taxonomy;
    const char *key;

    if (taxonomy_load(&taxonomy, err) != 0)
        return -1;
    for (size_t i = 0; i < taxonomy.count; i++) {
        for (unsigned c = 0; set_category(lookup->set, c, &key, NULL); c++) {
            if (strcmp(key, taxonomy.categories[i].key) == 0)
                lookup->order[lookup->categories++] = c;
        }
    }
    for (unsigned c = 0; set_category(lookup->set, c, &key, NULL); c++) {
        if (taxonomy_find(&taxonomy, key) == NULL)
            lookup->order[lookup->categories++] = c;
    }
    return 0;
}

static int run(struct lookup *lookup, int argc, char **argv)
{
    struct err err;

    if (set_seal_refuse(argv[0], &err) == 0)
        lookup->set = set_open(argv[0], NULL, &err);
    if (lookup->set == NULL || order_categories(lookup, &err) != 0) {
        fprintf(stderr, "stairgate: %s\n", err.text);
        return LOOKUP_FAILED;
    }
    setvbuf(stdout, NULL, _IOFBF, OUT_BUFFER);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0)
            look_at_lines(lookup);
        else
            look_and_print(lookup, argv[i], strlen(argv[i]));
    }
    if (fflush(stdout) != 0) {
        fprintf(stderr, "stairgate: cannot write standard output\n");
        lookup->status = LOOKUP_FAILED;
    }
    return lookup->status;
}

int set_lookup_run(int argc, char **argv)
{
    struct lookup *lookup;
    bool json;
    int status, first = json_out_option(argc, argv, &json);

    if (first < 0 || argc - first < 2)
        return command_usage(set_lookup_run);
    lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) {
        fprintf(stderr, "stairgate: out of memory\n");
        return LOOKUP_FAILED;
    }
    lookup->json = json;
    status = run(lookup, argc - first, argv + first);
    set_close(lookup->set);
    free(lookup);
    return status;
}
