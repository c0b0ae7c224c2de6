#include "blocklist/format/siblings.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/format/members.h"
#include "config/base/err.h"

enum { PATH_ROOM = 4096 };

struct walk {
    const struct siblings *siblings;
    const struct siblings_visitor *visitor;
};

/* Returns how long the folder at the start of PATH is, its slash included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static int see_member(void *context, const struct member *member, struct source *octets,
                      struct err *err)
{
    const struct walk *walk = context;
    const struct siblings_visitor *visitor = walk->visitor;
    const char *own = walk->siblings->member;
    size_t length = folder_length(own);
    const char *name;

    if (octets == NULL || folder_length(member->path) != length ||
        memcmp(member->path, own, length) != 0)
        return 0;
    name = member->path + length;
    return visitor->wants(visitor->context, name)
               ? visitor->read(visitor->context, name, octets, err)
               : 0;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Reads NAME in FOLDER if it is a file of its own. */
static int read_file(int folder, const char *name, const struct siblings_visitor *visitor,
                     struct err *err)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), result;
    struct source *source = fd < 0 ? NULL : source_open_fd(fd, err);

    if (source == NULL)
        return 0; /* as if it were not there: it is then counted as missing */
    result = visitor->read(visitor->context, name, source, err);
    source_close(source);
    return result;
}

/* In the order of names, so that the same folder is read the same way everywhere. */
static int walk_folder(const char *path, const struct siblings_visitor *visitor, struct err *err)
{
    char folder_path[PATH_ROOM];
    struct dirent **names = NULL;
    int folder, count, result = 0;

    snprintf(folder_path, sizeof folder_path, "%.*s.", (int)folder_length(path), path);
    folder = open(folder_path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    count = folder < 0 ? -1 : scandirat(folder, ".", &names, visible, alphasort);
    if (count < 0)
        result = err_system(err, "cannot look beside the list");
    for (int i = 0; i < count; i++) {
        if (result == 0 && visitor->wants(visitor->context, names[i]->d_name))
            result = read_file(folder, names[i]->d_name, visitor, err);
        free(names[i]);
    }
    free(names);
    if (folder >= 0)
        close(folder);
    return result;
}

int siblings_walk(const struct siblings *siblings, const struct siblings_visitor *visitor,
                  struct err *err)
{
    struct walk walk = {siblings, visitor};

    if (siblings == NULL || siblings->path == NULL)
        return 0;
    if (siblings->member != NULL)
        return members_walk(siblings->path, &siblings->options->limits, &walk, see_member, err);
    return siblings->options->folder ? walk_folder(siblings->path, visitor, err) : 0;
}
