/* The categories of a UT1 tree. In an archive `usage` stands behind `domains`, so that the sign of
 * a list is known only after its names have gone by: two walks, the first for the decisions, the
 * second for the names. A walk of the whole archive costs 0.2 s; to hold the names back would cost
 * memory without bound.
 *
 * A reader that ignores `usage` and blocks every category blocks the encyclopedias, the health
 * authorities and the updates of every operating system. */
#include "blocklist/format/ut1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/field.h"
#include "blocklist/format/source.h"
#include "blocklist/format/textlines.h"
#include "config/base/data.h"
#include "config/base/err.h"

enum { CATEGORIES_MAX = 1000 };

struct ut1_category *ut1_find(const struct ut1_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (strcmp(tree->categories[i].name, name) == 0)
            return &tree->categories[i];
    }
    return NULL;
}

/* Finds or makes the category NAME; NULL when there are too many or memory is out. */
static struct ut1_category *see(struct ut1_tree *tree, const char *name)
{
    struct ut1_category *found = ut1_find(tree, name);

    if (found != NULL || tree->count == CATEGORIES_MAX)
        return found;
    if (tree->count == tree->room) {
        size_t room = tree->room == 0 ? 64 : tree->room * 2;
        struct ut1_category *more = realloc(tree->categories, room * sizeof *more);

        if (more == NULL)
            return NULL;
        tree->categories = more;
        tree->room = room;
    }
    found = &tree->categories[tree->count++];
    memset(found, 0, sizeof *found);
    snprintf(found->name, sizeof found->name, "%s", name);
    return found;
}

static void see_refused(void *context, const char *why)
{
    struct ut1_tree *tree = context;

    if (tree->refused++ == 0)
        tree->first_refused = why;
}

static void see_link(void *context, const char *category)
{
    struct ut1_category *found = see(context, category);

    if (found != NULL)
        found->link = true;
}

static bool scan_wants(void *context, const char *category, enum ut1_file file)
{
    struct ut1_category *found = see(context, category);

    if (found == NULL || found->files[file]) {
        see_refused(context, "a file that is there twice, or one category too many");
        return false;
    }
    found->files[file] = true;
    return file != UT1_DOMAINS;
}

/* Counts one line of FILE. */
static void scan_line(struct ut1_category *category, enum ut1_file file, struct field line)
{
    line = field_trim(line);
    if (line.length == 0)
        return;
    if (file == UT1_URLS)
        category->pages++;
    else if (file == UT1_EXPRESSIONS)
        category->expressions++;
    else if (field_is(line, "black"))
        category->black = true;
    else if (field_is(line, "white"))
        category->white = true;
}

static int scan_read(void *context, const char *name, enum ut1_file file, struct source *source,
                     struct err *err)
{
    struct ut1_category *category = ut1_find(context, name);
    struct textlines lines;
    struct textline line;
    int more = textlines_start(&lines, source, err) == 0 ? 1 : -1;

    while (more > 0 && (more = textlines_next(&lines, &line, err)) > 0)
        scan_line(category, file, (struct field){line.text, line.length});
    textlines_end(&lines);
    return more;
}

/* Fields of config/data/ut1.tsv. */
enum { ROW_NAME, ROW_KEY, ROW_SIGN, ROW_WHY };

static bool find_row(struct data_reader *reader, const char *name)
{
    if (data_open(reader, "ut1") != 0)
        return false;
    while (data_next(reader)) {
        if (strcmp(reader->fields[ROW_NAME], name) == 0)
            return true;
    }
    return false;
}

static void skip(struct ut1_category *category, const char *why, const char *more)
{
    category->key[0] = '\0';
    snprintf(category->skipped, sizeof category->skipped, "%.70s%.80s", why, more);
}

/* Tells whether CATEGORY is an allow list; SIGN is the table's, for lists that can be both. */
static bool is_allow_list(const struct ut1_category *category, const char *sign)
{
    if (category->black != category->white)
        return category->white;
    return strcmp(sign, "allow") == 0;
}

bool ut1_alias(const char *name, char *of)
{
    struct data_reader reader;

    if (!find_row(&reader, name) || reader.fields[ROW_KEY][0] != '=')
        return false;
    snprintf(of, UT1_NAME_MAX, "%s", reader.fields[ROW_KEY] + 1);
    return true;
}

static void decide(struct ut1_category *category)
{
    struct data_reader reader;
    const char *key = reader.fields[ROW_KEY];
    bool known = find_row(&reader, category->name), allow;

    category->allow = is_allow_list(category, known ? reader.fields[ROW_SIGN] : "");

    if (!known)
        skip(category, "a category that config/data/ut1.tsv does not know", "");
    else if (key[0] == '=')
        skip(category, "an alias of ", key + 1);
    else if (category->link)
        skip(category, "a link, which is not followed", "");
    else if (!category->files[UT1_DOMAINS])
        skip(category, "no domains file", "");
    else if (key[0] == '-')
        skip(category, "not mapped: ", reader.fields[ROW_WHY]);
    if (category->skipped[0] != '\0')
        return;
    allow = category->allow;
    if (!allow && strcmp(key, "edu_positive") == 0)
        skip(category, "usage says black, the table knows it as an allow list", "");
    else
        snprintf(category->key, sizeof category->key, "%.31s", allow ? "edu_positive" : key);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ut1_category *)a)->name, ((const struct ut1_category *)b)->name);
}

int ut1_scan(struct ut1_tree *tree, const char *path, const struct source_limits *limits,
             struct err *err)
{
    const struct ut1_visitor visitor = {tree, scan_wants, scan_read, see_link, see_refused};

    memset(tree, 0, sizeof *tree);
    if (limits != NULL)
        tree->limits = *limits;
    if (ut1_walk(path, &tree->limits, &visitor, err) != 0)
        return -1;
    if (tree->count == 0)
        return err_set(err, ERR_FORMAT, "%s: no UT1 tree: no CATEGORY/domains in it", path);
    qsort(tree->categories, tree->count, sizeof *tree->categories, by_name);
    for (size_t i = 0; i < tree->count; i++)
        decide(&tree->categories[i]);
    return 0;
}

void ut1_free(struct ut1_tree *tree)
{
    free(tree->categories);
    memset(tree, 0, sizeof *tree);
}

struct reading {
    struct ut1_tree *tree;
    void *context;
    int (*read)(void *context, struct ut1_category *category, struct source *source,
                struct err *err);
};

static bool read_wants(void *context, const char *name, enum ut1_file file)
{
    const struct reading *reading = context;
    struct ut1_category *category = ut1_find(reading->tree, name);

    if (file != UT1_DOMAINS || category == NULL || category->key[0] == '\0' || category->taken)
        return false;
    category->taken = true;
    return true;
}

static int read_read(void *context, const char *name, enum ut1_file file, struct source *source,
                     struct err *err)
{
    const struct reading *reading = context;

    (void)file;
    return reading->read(reading->context, ut1_find(reading->tree, name), source, err);
}

static void ignore(void *context, const char *text)
{
    (void)context;
    (void)text;
}

int ut1_read(struct ut1_tree *tree, const char *path, void *context,
             int (*read)(void *context, struct ut1_category *category, struct source *source,
                         struct err *err),
             struct err *err)
{
    struct reading reading = {tree, context, read};
    const struct ut1_visitor visitor = {&reading, read_wants, read_read, ignore, ignore};

    for (size_t i = 0; i < tree->count; i++)
        tree->categories[i].taken = false;
    return ut1_walk(path, &tree->limits, &visitor, err);
}
