#include "tools/stairgate/build_parts.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"

static void remove_folder(const char *folder)
{
    char path[PARTS_PATH_MAX + 300];
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(folder);
}

/* Tells whether NAME is BASE.parts.PID of a process that is gone. */
static int is_stale(const char *name, const char *base)
{
    size_t length = strlen(base);
    long pid;

    if (strncmp(name, base, length) != 0 || strncmp(name + length, ".parts.", 7) != 0)
        return 0;
    pid = strtol(name + length + 7, NULL, 10);
    return pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static void remove_stale(const char *out)
{
    char first[PARTS_PATH_MAX], second[PARTS_PATH_MAX], path[PARTS_PATH_MAX + 300];
    const char *folder, *base;
    struct dirent *entry;
    DIR *dir;

    snprintf(first, sizeof first, "%s", out);
    snprintf(second, sizeof second, "%s", out);
    folder = dirname(first);
    base = basename(second);
    dir = opendir(folder);
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (!is_stale(entry->d_name, base))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        remove_folder(path);
    }
    closedir(dir);
}

int parts_open(struct parts *parts, const char *out, struct err *err)
{
    const char *temporary = getenv("TMPDIR");
    bool beside = temporary == NULL || temporary[0] != '/';
    int length;

    if (beside)
        length = snprintf(parts->folder, sizeof parts->folder, "%s.parts.%ld", out, (long)getpid());
    else
        length = snprintf(parts->folder, sizeof parts->folder, "%s/stairgate.XXXXXX", temporary);
    if (length < 0 || (size_t)length >= sizeof parts->folder)
        return err_set(err, ERR_LIMIT, "%s: path too long", out);
    if (beside)
        remove_stale(out);
    if (beside ? mkdir(parts->folder, 0700) != 0 : mkdtemp(parts->folder) == NULL)
        return err_system(err, "%s: cannot make this folder", parts->folder);
    return 0;
}

void parts_path(const struct parts *parts, size_t number, char path[PARTS_PATH_MAX])
{
    snprintf(path, PARTS_PATH_MAX, "%s/%zu.segment", parts->folder, number);
}

void parts_remove(const struct parts *parts)
{
    remove_folder(parts->folder);
}
