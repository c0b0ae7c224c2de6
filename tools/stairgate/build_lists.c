/* `set build --lists DIR`: a directory of lists as people keep them, a folder a category. The table
 * config/data/lists.tsv says what each file is; what it does not know is named, never guessed to be
 * a block list, since the same directory may hold allow lists and rewrites. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "blocklist/format/format.h"
#include "config/base/data.h"
#include "config/taxonomy.h"
#include "tools/stairgate/build_plan.h"

enum { PATH_ROOM = 4096, NAME_ROOM = 600 };

/* Fields of config/data/lists.tsv. */
enum { ROW_GLOB, ROW_CATEGORY, ROW_FORMAT, ROW_REMARK };

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);

    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* Finds the row for NAME, FOLDER/FILE. */
static bool find_row(struct data_reader *reader, const char *name)
{
    char unpacked[NAME_ROOM];

    snprintf(unpacked, sizeof unpacked, "%s", name);
    if (ends_with(unpacked, ".gz") && !ends_with(unpacked, ".tar.gz"))
        unpacked[strlen(unpacked) - 3] = '\0';
    if (data_open(reader, "lists") != 0)
        return false;
    while (data_next(reader)) {
        if (fnmatch(reader->fields[ROW_GLOB], unpacked, FNM_PATHNAME) == 0)
            return true;
    }
    return false;
}

static int add_list(struct plan *plan, const char *path, const char *category, const char *format,
                    struct err *err)
{
    struct plan_wish wish = {.category = category, .format = format_find(format)};

    return plan_add_file(plan, path, &wish, err);
}

/* Adds the regular file FOLDER/FILE = NAME at PATH. */
static int add_file(struct plan *plan, const char *path, const char *folder, const char *name,
                    struct err *err)
{
    struct data_reader row;
    const char *category = row.fields[ROW_CATEGORY], *format = row.fields[ROW_FORMAT];

    if (!find_row(&row, name)) {
        if (taxonomy_find(plan->taxonomy, folder) != NULL)
            return add_list(plan, path, folder, "auto", err);
        return plan_note(plan, name, false, "config/data/lists.tsv does not know it", err);
    }
    if (category[0] == '!' || category[0] == '-')
        return plan_note(plan, name, false, row.fields[ROW_REMARK], err);
    if (strcmp(category, "ut1") == 0)
        return plan_add_tree(plan, path, err);
    return add_list(plan, path, category, format, err);
}

/* Calls ADD with each visible entry of the directory at PATH, in the order of names. */
static int each(struct plan *plan, const char *path, const char *folder, struct err *err,
                int (*add)(struct plan *plan, const char *path, const char *folder,
                           const char *name, struct err *err))
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, visible, alphasort), result = 0;

    if (count < 0)
        return err_set(err, ERR_SYSTEM, "%s: cannot open: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        char inner[PATH_ROOM];

        if (result == 0 &&
            snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name) >= (int)sizeof inner)
            result = err_set(err, ERR_LIMIT, "%s: path too long", path);
        if (result == 0)
            result = add(plan, inner, folder, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    return result;
}

static int see_inner(struct plan *plan, const char *path, const char *folder, const char *name,
                     struct err *err)
{
    struct stat status;
    char full[NAME_ROOM];

    snprintf(full, sizeof full, "%s/%s", folder, name);
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        return add_file(plan, path, folder, full, err);
    if (ut1_is_tree(path))
        return plan_add_tree(plan, path, err);
    return plan_note(plan, full, false, "neither a file nor a UT1 tree", err);
}

static int see_outer(struct plan *plan, const char *path, const char *folder, const char *name,
                     struct err *err)
{
    struct stat status;

    (void)folder;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return plan_note(plan, name, false, "not in a folder of a category", err);
    if (ut1_is_tree(path))
        return plan_add_tree(plan, path, err);
    return each(plan, path, name, err, see_inner);
}

int plan_add_lists(struct plan *plan, const char *path, struct err *err)
{
    if (ut1_is_tree(path))
        return plan_add_tree(plan, path, err);
    return each(plan, path, "", err, see_outer);
}
