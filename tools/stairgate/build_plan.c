/* What `set build` is to read. A source's feed id is what `why` will name, so it is short and
 * unique: the file's name without its packing, made different by a number where two are alike. */
#include "tools/stairgate/build_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/format.h"
#include "config/base/text.h"
#include "config/taxonomy.h"

enum { NOTE_NAME_MAX = 200 };

/* Makes room for one more of SIZE octets in *ARRAY. */
static void *grow(void *array, size_t count, size_t *room, size_t size, struct err *err)
{
    size_t wanted = *room == 0 ? 16 : *room * 2;
    void *more = count < *room ? array : realloc(array, wanted * size);

    if (more == NULL)
        err_set(err, ERR_MEMORY, "out of memory");
    else if (count == *room)
        *room = wanted;
    return more;
}

/* Names of files may hold anything, and notes go to terminals and into JSON. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

int plan_note(struct plan *plan, const char *name, bool failed, const char *why, struct err *err)
{
    struct plan_note *note =
        grow(plan->notes, plan->note_count, &plan->note_room, sizeof *note, err);

    if (note == NULL)
        return -1;
    plan->notes = note;
    note += plan->note_count;
    note->name = strndup(name, NOTE_NAME_MAX);
    if (note->name == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    note->failed = failed;
    snprintf(note->why, sizeof note->why, "%s", why);
    make_printable(note->name);
    make_printable(note->why);
    plan->note_count++;
    return 0;
}

static bool is_taken(const struct plan *plan, const char *feed)
{
    for (size_t i = 0; i < plan->source_count; i++) {
        if (strcmp(plan->sources[i].compile.about.feed, feed) == 0)
            return true;
    }
    return false;
}

/* Writes the id for a feed from NAME, a path or a wish, into FEED, with what makes it unique. */
static void make_feed(const struct plan *plan, const char *name, char feed[64])
{
    const char *slash = strrchr(name, '/');
    char base[57];
    size_t length;

    snprintf(base, sizeof base, "%s", slash == NULL ? name : slash + 1);
    length = strlen(base);
    if (length > 3 && strcmp(base + length - 3, ".gz") == 0)
        base[length - 3] = '\0';
    for (char *c = base; *c != '\0'; c++) {
        /* Ids stand in tables, comma-separated lists and logs. */
        if (*c <= ' ' || *c >= 0x7f || strchr(",;\"'\\|", *c) != NULL)
            *c = '_';
    }
    snprintf(feed, 64, "%s", base[0] == '\0' ? "list" : base);
    for (unsigned number = 2; is_taken(plan, feed); number++)
        snprintf(feed, 64, "%s-%u", base, number);
}

static struct plan_source *add(struct plan *plan, const char *path, struct err *err)
{
    struct plan_source *source =
        grow(plan->sources, plan->source_count, &plan->source_room, sizeof *source, err);

    if (source == NULL)
        return NULL;
    plan->sources = source;
    source += plan->source_count;
    memset(source, 0, sizeof *source);
    source->path = strdup(path);
    if (source->path == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    snprintf(source->compile.about.feed_class, sizeof source->compile.about.feed_class, "public");
    return source;
}

int plan_add_file(struct plan *plan, const char *path, const struct plan_wish *wish,
                  struct err *err)
{
    struct plan_source *source = add(plan, path, err);
    struct segment_about *about;

    if (source == NULL)
        return -1;
    about = &source->compile.about;
    make_feed(plan, wish->feed == NULL ? path : wish->feed, about->feed);
    snprintf(about->category, sizeof about->category, "%s", wish->category);
    about->observe = wish->observe;
    source->as = wish->format;
    source->compile.rules = wish->rules;
    plan->source_count++;
    return 0;
}

static int add_category(struct plan *plan, size_t tree, const struct ut1_category *category,
                        struct err *err)
{
    struct plan_source *source = add(plan, plan->trees[tree].path, err);
    char feed[64];

    if (source == NULL)
        return -1;
    snprintf(feed, sizeof feed, "ut1-%.59s", category->name);
    make_feed(plan, feed, source->compile.about.feed);
    snprintf(source->compile.about.category, sizeof source->compile.about.category, "%s",
             category->key);
    snprintf(source->compile.about.licence, sizeof source->compile.about.licence, "CC BY-SA 4.0");
    snprintf(source->compile.about.attribution, sizeof source->compile.about.attribution,
             "Université Toulouse Capitole");
    snprintf(source->ut1, sizeof source->ut1, "%s", category->name);
    source->tree = tree;
    source->as = format_find("ut1");
    plan->source_count++;
    return 0;
}

/* Notes how many pages and patterns of TREE are never used. */
static int note_unused(struct plan *plan, const char *path, const struct ut1_tree *tree,
                       struct err *err)
{
    unsigned long long pages = 0, expressions = 0;
    char text[NOTE_NAME_MAX];

    for (size_t i = 0; i < tree->count; i++) {
        pages += tree->categories[i].pages;
        expressions += tree->categories[i].expressions;
    }
    if (pages + expressions == 0)
        return 0;
    snprintf(text, sizeof text,
             "%llu lines of urls and %llu of expressions: a page is never widened to its host",
             pages, expressions);
    return plan_note(plan, path, false, text, err);
}

/* Adds the categories of tree number NUMBER, or the notes on them. */
static int add_categories(struct plan *plan, size_t number, struct err *err)
{
    const struct ut1_tree *tree = &plan->trees[number].tree;
    char text[NOTE_NAME_MAX];
    int result = 0;

    for (size_t i = 0; i < tree->count && result == 0; i++) {
        const struct ut1_category *category = &tree->categories[i];

        snprintf(text, sizeof text, "ut1: %s", category->name);
        result = category->key[0] != '\0' ? add_category(plan, number, category, err)
                                          : plan_note(plan, text, false, category->skipped, err);
    }
    if (result == 0)
        result = note_unused(plan, plan->trees[number].path, tree, err);
    if (result == 0 && tree->refused > 0) {
        snprintf(text, sizeof text, "%llu entries of the tree, the first: %s",
                 (unsigned long long)tree->refused, tree->first_refused);
        result = plan_note(plan, plan->trees[number].path, false, text, err);
    }
    return result;
}

int plan_add_tree(struct plan *plan, const char *path, struct err *err)
{
    struct plan_tree *tree =
        grow(plan->trees, plan->tree_count, &plan->tree_room, sizeof *tree, err);
    struct err fault;

    if (tree == NULL)
        return -1;
    plan->trees = tree;
    tree += plan->tree_count;
    memset(tree, 0, sizeof *tree);
    tree->path = strdup(path);
    if (tree->path == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    plan->tree_count++;
    if (ut1_scan(&tree->tree, path, NULL, &fault) != 0)
        return plan_note(plan, "a UT1 tree", true, fault.text, err);
    return add_categories(plan, plan->tree_count - 1, err);
}

static bool is_option_start(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

    return length > 0 && text[length] == '=';
}

static int read_yes(const char *value, bool *yes, const char *option, struct err *err)
{
    *yes = strcmp(value, "yes") == 0;
    if (*yes || strcmp(value, "no") == 0)
        return 0;
    return err_set(err, ERR_USAGE, "not yes or no: '%s=%s'", option, value);
}

static int read_match(const char *value, enum list_match *match, struct err *err)
{
    *match = strcmp(value, "exact") == 0 ? MATCH_EXACT : MATCH_SUBTREE;
    if (*match == MATCH_EXACT || strcmp(value, "subtree") == 0)
        return 0;
    return err_set(err, ERR_USAGE, "unknown kind of match: 'match=%s'; exact or subtree", value);
}

static int read_text(const char *value, const char **text, const char *option, struct err *err)
{
    *text = value;
    return value[0] != '\0' ? 0 : err_set(err, ERR_USAGE, "nothing behind it: '%s='", option);
}

/* Each option has a switch or a text, and `match` a reader of its own. */
enum { OPTIONS = 8 };

static int read_option(struct plan_wish *wish, char *option, struct err *err)
{
    static const char *const known[OPTIONS] = {
        "match", "tld", "private_suffixes", "feed", "rewrites", "column", "part", "observe"};
    struct intake_rules *rules = &wish->rules;
    bool *switches[OPTIONS] = {[1] = &rules->tld,
                               [2] = &rules->private_suffixes,
                               [4] = &rules->rewrites,
                               [7] = &wish->observe};
    const char **texts[OPTIONS] = {[3] = &wish->feed, [5] = &rules->column, [6] = &rules->part};
    char *value = strchr(option, '=');
    const char *near;

    *value++ = '\0';
    if (strcmp(option, known[0]) == 0)
        return read_match(value, &rules->match, err);
    for (size_t i = 1; i < OPTIONS; i++) {
        if (strcmp(option, known[i]) != 0)
            continue;
        return switches[i] != NULL ? read_yes(value, switches[i], option, err)
                                   : read_text(value, texts[i], option, err);
    }
    near = text_nearest(option, known, OPTIONS);
    return err_set(err, ERR_USAGE, "unknown option: '%s'%s%s%s", option,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                   near != NULL ? "'?" : "");
}

/* Cuts the options off REST, from the first comma that begins one. */
static int read_options(struct plan_wish *wish, char *rest, struct err *err)
{
    char *comma = strchr(rest, ',');

    while (comma != NULL && !is_option_start(comma + 1))
        comma = strchr(comma + 1, ',');
    while (comma != NULL) {
        char *option = comma + 1;

        *comma = '\0';
        comma = strchr(option, ',');
        if (comma != NULL)
            *comma = '\0';
        if (!is_option_start(option))
            return err_set(err, ERR_USAGE, "not OPTION=VALUE: '%s'", option);
        if (read_option(wish, option, err) != 0)
            return -1;
    }
    return 0;
}

/* Writes the keys of the formats that are read into TEXT. */
static void name_formats(char *text, size_t room)
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct format *format = formats; format->key != NULL && used < room; format++) {
        if (format->line != NULL || format->read != NULL)
            used += (size_t)snprintf(text + used, room - used, "%s%s", used > 0 ? ", " : "",
                                     format->key);
    }
}

/* Cuts `:FORMAT` off PATH. */
static int read_format(struct plan_wish *wish, char *path, struct err *err)
{
    char *colon = strrchr(path, ':'), known[200];

    if (colon == NULL || strchr(colon, '/') != NULL)
        return 0;
    wish->format = format_find(colon + 1);
    if (wish->format == NULL || (wish->format->line == NULL && wish->format->read == NULL)) {
        name_formats(known, sizeof known);
        return err_set(err, ERR_USAGE, "not a format that is read: '%.60s'; one of %s", colon + 1,
                       known);
    }
    *colon = '\0';
    return 0;
}

static int check_category(const struct taxonomy *taxonomy, const char *key, struct err *err)
{
    const char *known[CATEGORY_MAX], *near;
    size_t count = 0;

    if (taxonomy_find(taxonomy, key) != NULL ||
        (strncmp(key, "site_", 5) == 0 && strlen(key) < CATEGORY_KEY_MAX))
        return 0;
    for (; count < taxonomy->count; count++)
        known[count] = taxonomy->categories[count].key;
    near = text_nearest(key, known, count);
    return err_set(err, ERR_USAGE, "unknown category: '%s'%s%s%s", key,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                   near != NULL ? "'?" : "");
}

int plan_add_spec(struct plan *plan, const char *spec, struct err *err)
{
    struct plan_wish wish = {0};
    char *copy = strdup(spec), *path;
    int result = -1;

    if (copy == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    path = strchr(copy, '=');
    if (path == NULL) {
        err_set(err, ERR_USAGE, "not KEY=PATH: '%s'", spec);
        goto out;
    }
    *path++ = '\0';
    wish.category = copy;
    if (check_category(plan->taxonomy, copy, err) == 0 && read_options(&wish, path, err) == 0 &&
        read_format(&wish, path, err) == 0)
        result = plan_add_file(plan, path, &wish, err);
out:
    free(copy);
    return result;
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->source_count; i++)
        free(plan->sources[i].path);
    for (size_t i = 0; i < plan->tree_count; i++) {
        free(plan->trees[i].path);
        ut1_free(&plan->trees[i].tree);
    }
    for (size_t i = 0; i < plan->note_count; i++)
        free(plan->notes[i].name);
    free(plan->sources);
    free(plan->trees);
    free(plan->notes);
    memset(plan, 0, sizeof *plan);
}
