#include "blocklist/format/ut1_walk.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "config/base/err.h"

static const char *const file_names[UT1_FILES] = {
    [UT1_DOMAINS] = "domains",
    [UT1_URLS] = "urls",
    [UT1_EXPRESSIONS] = "expressions",
    [UT1_USAGE] = "usage",
};

enum ut1_file ut1_file_find(const char *name)
{
    int file = 0;

    while (file < UT1_FILES && strcmp(file_names[file], name) != 0)
        file++;
    return (enum ut1_file)file;
}

bool ut1_name_ok(const char *name)
{
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    return length > 0 && length < UT1_NAME_MAX && name[length] == '\0';
}

int ut1_walk(const char *path, const struct source_limits *limits,
             const struct ut1_visitor *visitor, struct err *err)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: cannot open: %s",
                       path, strerror(errno));
    return S_ISDIR(status.st_mode) ? ut1_walk_directory(path, visitor, err)
                                   : ut1_walk_archive(path, limits, visitor, err);
}
