/* A UT1 tree is walked twice, for the decisions and for the names (ut1.c), however many of its
 * categories are wanted; the files of another archive, and what a column says, cost a reading each:
 * such lists have few parts. All segments are removed where one part fails, since a list goes into
 * a set whole or as it was. */
#include "blocklist/format/parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/format/format.h"
#include "blocklist/format/members.h"
#include "blocklist/format/ut1.h"
#include "config/base/err.h"

struct work {
    struct compile_part *parts;
    size_t count;
    struct ut1_tree *tree; /* NULL: not scanned yet */
    struct ut1_tree scanned;
};

/* Returns the name of the category that NAME means: itself, or what the table knows it as an alias
 * of, which goes to ROOM (UT1_NAME_MAX). */
static const char *resolve(const char *name, char *room)
{
    return ut1_alias(name, room) ? room : name;
}

static struct compile_part *find_part(const struct work *work, const char *category)
{
    char room[UT1_NAME_MAX];

    for (size_t i = 0; i < work->count; i++) {
        if (strcmp(resolve(work->parts[i].name, room), category) == 0)
            return &work->parts[i];
    }
    return NULL;
}

/* Has PART's category of the tree read, and nothing else that is not another part's. */
static int want(struct work *work, struct compile_part *part, struct err *err)
{
    const char *key = part->compile.about.category;
    char room[UT1_NAME_MAX];
    const char *name = resolve(part->name, room);
    struct ut1_category *category = ut1_find(work->tree, name);

    if (category == NULL || !category->files[UT1_DOMAINS])
        return err_set(
            err, ERR_FORMAT, "category %.60s missing%s%.60s%s", part->name,
            name == part->name ? "" : ", which is an alias of ", name == part->name ? "" : name,
            category != NULL && category->link ? ": it is a link, which is not followed" : "");
    if (category->key[0] != '\0')
        return err_set(err, ERR_FORMAT, "category %.60s is named twice, by an alias", name);
    if (category->allow && strcmp(key, "edu_positive") != 0)
        return err_set(err, ERR_FORMAT,
                       "category %.60s is an allow list; it can go to edu_positive and not to %s",
                       name, key);
    snprintf(category->key, sizeof category->key, "%.31s", key);
    return 0;
}

/* Tells PART what of the archive was not looked at: links count, also those that the table knows.
 */
static void tell_refused(const struct ut1_tree *tree, struct compile *compile)
{
    compile->members_refused = tree->refused;
    compile->first_refused = tree->first_refused;
    for (size_t i = 0; i < tree->count; i++)
        compile->members_refused += tree->categories[i].link;
    if (compile->first_refused == NULL && compile->members_refused > 0)
        compile->first_refused = "a link, which is not followed";
}

static int read_category(void *context, struct ut1_category *category, struct source *octets,
                         struct err *err)
{
    struct work *work = context;
    struct compile_part *part = find_part(work, category->name);

    if (part->compile.format == NULL)
        part->compile.format = format_find("ut1");
    if (compile_source(&part->compile, octets, part->segment, err) != 0)
        return err_before(err, part->name);
    tell_refused(work->tree, &part->compile);
    return 0;
}

static int compile_tree(struct work *work, const char *path, struct err *err)
{
    for (size_t i = 0; i < work->tree->count; i++)
        work->tree->categories[i].key[0] = '\0';
    for (size_t i = 0; i < work->count; i++) {
        if (want(work, &work->parts[i], err) != 0)
            return -1;
    }
    return ut1_read(work->tree, path, work, read_category, err);
}

/* Counts files up to two. */
static int count_file(void *context, const struct member *member, struct source *octets,
                      struct err *err)
{
    unsigned *files = context;

    (void)octets;
    (void)err;
    *files += member->kind == MEMBER_FILE;
    return *files > 1;
}

/* Tells whether the source is an archive, and not of one file, so that parts are files of it. */
static bool has_files(const struct work *work, const char *path)
{
    struct err err;
    unsigned files = 0;

    return members_walk(path, &work->parts[0].compile.from.limits, &files, count_file, &err) == 0 &&
           files != 1;
}

static int compile_each(struct work *work, const char *path, struct err *err)
{
    bool files = has_files(work, path);

    for (size_t i = 0; i < work->count; i++) {
        struct compile_part *part = &work->parts[i];

        if (files)
            part->compile.from.member = part->name;
        else
            part->compile.rules.part = part->name;
        if (compile_file(&part->compile, path, part->segment, err) != 0)
            return err_before(err, part->name);
    }
    return 0;
}

/* Tells whether the source may be a UT1 tree: it is said to be, or nothing is said and it holds
 * one. Scans it then, unless the caller has. -1 with ERR where it is said and is none. */
static int look_for_tree(struct work *work, const char *path, struct err *err)
{
    const struct format *format = work->parts[0].compile.format;
    struct err fault;

    if (format != NULL && strcmp(format->key, "ut1") != 0)
        return 0;
    if (work->tree != NULL)
        return 1;
    if (ut1_scan(&work->scanned, path, &work->parts[0].compile.from.limits, &fault) == 0) {
        work->tree = &work->scanned;
        return 1;
    }
    if (format == NULL && fault.code == ERR_FORMAT)
        return 0;
    *err = fault;
    return -1;
}

int compile_parts(struct compile_part *parts, size_t count, const char *path, struct ut1_tree *tree,
                  struct err *err)
{
    struct work work = {.parts = parts, .count = count, .tree = tree};
    int result;

    if (count == 0)
        return err_set(err, ERR_USAGE, "a list without parts");
    result = look_for_tree(&work, path, err);
    if (result > 0)
        result = compile_tree(&work, path, err);
    else if (result == 0)
        result = compile_each(&work, path, err);
    ut1_free(&work.scanned);
    for (size_t i = 0; i < count && result != 0; i++)
        unlink(parts[i].segment);
    return result;
}
