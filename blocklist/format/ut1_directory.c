/* A UT1 tree on disk. Folders are read in the order of their names, so that the same tree gives the
 * same set on every file system. Everything is opened relative to its folder with O_NOFOLLOW: a
 * tree that was unpacked from somewhere may hold links to anywhere. */
#include "blocklist/format/ut1_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/format/source.h"
#include "config/base/err.h"

enum { PATH_ROOM = 4096 };

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int read_file(int folder, const char *name, const char *category,
                     const struct ut1_visitor *visitor, struct err *err)
{
    enum ut1_file file = ut1_file_find(name);
    struct source *source;
    int fd, result;

    if (file == UT1_FILES)
        return 0;
    fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP) {
        visitor->refuse(visitor->context, "a link in place of a file");
        return 0;
    }
    if (fd < 0)
        return err_system(err, "%s/%s: cannot open", category, name);
    if (!visitor->wants(visitor->context, category, file)) {
        close(fd);
        return 0;
    }
    source = source_open_fd(fd, err);
    if (source == NULL && err->code == ERR_FORMAT) {
        visitor->refuse(visitor->context, "a file that is not a regular one");
        return 0;
    }
    if (source == NULL)
        return -1;
    result = visitor->read(visitor->context, category, file, source, err);
    source_close(source);
    return result;
}

static int walk_category(int tree, const char *category, const struct ut1_visitor *visitor,
                         struct err *err)
{
    static const char *const order[] = {"domains", "expressions", "urls", "usage"};
    int folder = openat(tree, category, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY),
        result = 0;
    struct stat status;

    if (folder < 0) {
        /* A link, or a file such as README, which is no matter of ours. */
        int cause = errno;

        if (fstatat(tree, category, &status, AT_SYMLINK_NOFOLLOW) != 0)
            return 0;
        if (S_ISLNK(status.st_mode))
            visitor->link(visitor->context, category);
        /* A folder that cannot be read must not look like one that is not there. */
        errno = cause;
        return S_ISDIR(status.st_mode) ? err_system(err, "%s: cannot open", category) : 0;
    }
    for (size_t i = 0; i < sizeof order / sizeof *order && result == 0; i++) {
        if (fstatat(folder, order[i], &status, AT_SYMLINK_NOFOLLOW) == 0)
            result = read_file(folder, order[i], category, visitor, err);
    }
    close(folder);
    return result;
}

static void free_names(struct dirent **names, int count)
{
    while (count-- > 0)
        free(names[count]);
    free(names);
}

int ut1_walk_directory(const char *path, const struct ut1_visitor *visitor, struct err *err)
{
    char inner[PATH_ROOM];
    struct dirent **names = NULL;
    struct stat status;
    int tree, count, result = 0;

    /* The archive unpacks to a folder of this name. */
    if (snprintf(inner, sizeof inner, "%s/blacklists", path) < (int)sizeof inner &&
        lstat(inner, &status) == 0 && S_ISDIR(status.st_mode))
        path = inner;
    tree = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    count = tree < 0 ? -1 : scandirat(tree, ".", &names, visible, alphasort);
    if (count < 0)
        result = err_system(err, "%s: cannot open", path);
    for (int i = 0; i < count && result == 0; i++) {
        if (ut1_name_ok(names[i]->d_name))
            result = walk_category(tree, names[i]->d_name, visitor, err);
    }
    free_names(names, count);
    if (tree >= 0)
        close(tree);
    return result;
}

bool ut1_is_tree(const char *path)
{
    static const char *const inner[] = {"", "/blacklists"};
    bool found = false;

    for (size_t i = 0; i < 2 && !found; i++) {
        char folder[PATH_ROOM], file[PATH_ROOM + 300];
        struct dirent **names = NULL;
        int count;

        snprintf(folder, sizeof folder, "%s%s", path, inner[i]);
        count = scandir(folder, &names, visible, alphasort);
        for (int j = 0; j < count && !found; j++) {
            snprintf(file, sizeof file, "%s/%s/domains", folder, names[j]->d_name);
            found = access(file, F_OK) == 0;
        }
        free_names(names, count);
    }
    return found;
}
