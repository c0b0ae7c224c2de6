/* file.c - files read whole, and files replaced whole.
 *
 * The problem: a reader, or a machine that loses power, must never meet half a file. The idea:
 * write beside it under a name that holds our process id, make it durable, rename, make the
 * directory durable; each step's failure leaves the old file. What a killed process left is known
 * by that id.
 *
 * Dropped: O_TMPFILE with linkat, which cannot replace a file that is there. */
#include "config/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"

static char *read_all(int fd, const char *path, size_t most, size_t *length, struct err *err)
{
    size_t room = 4096, used = 0;
    char *data = malloc(room), *more;
    ssize_t got;

    for (;;) {
        if (data == NULL) {
            err_set(err, ERR_MEMORY, "%s: out of memory", path);
            return NULL;
        }
        got = read(fd, data + used, room - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
        if (used > most) {
            err_set(err, ERR_LIMIT, "%s: larger than %zu octets", path, most);
            free(data);
            return NULL;
        }
        if (room - used < 2) {
            more = realloc(data, room * 2);
            if (more == NULL)
                free(data);
            data = more;
            room *= 2;
        }
    }
    if (got < 0) {
        err_system(err, "%s: cannot read", path);
        free(data);
        return NULL;
    }
    data[used] = '\0';
    *length = used;
    return data;
}

char *file_read(const char *path, size_t most, size_t *length, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *data;

    if (fd < 0) {
        err_system(err, "%s: cannot open", path);
        return NULL;
    }
    data = read_all(fd, path, most, length, err);
    close(fd);
    return data;
}

/* An operator's word on who may read the file outlives the file. */
static void keep_mode(int fd, const char *path)
{
    struct stat old;

    if (stat(path, &old) != 0 || !S_ISREG(old.st_mode))
        return;
    /* Without the right to give it away, the new file is ours, as any file that we write. */
    if (fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM)
        return;
    fchmod(fd, old.st_mode & 0777);
}

int file_new_open(struct file_new *file, const char *path, mode_t mode, struct err *err)
{
    int length =
        snprintf(file->temporary, sizeof file->temporary, "%s.new.%ld", path, (long)getpid());

    file->fd = -1;
    if (length < 0 || (size_t)length >= sizeof file->temporary)
        return err_set(err, ERR_LIMIT, "%s: path too long", path);
    memcpy(file->path, path, strlen(path) + 1);
    file->fd = open(file->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (file->fd < 0)
        return err_system(err, "%s: cannot write here", file->temporary);
    keep_mode(file->fd, path);
    return 0;
}

static int sync_directory(const char *path, struct err *err)
{
    char copy[4096];
    int fd, result = 0;

    snprintf(copy, sizeof copy, "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_system(err, "%s: cannot open its directory", path);
    if (fsync(fd) != 0)
        result = err_system(err, "%s: cannot make its directory durable", path);
    close(fd);
    return result;
}

int file_new_commit(struct file_new *file, struct err *err)
{
    int result = 0;

    if (fsync(file->fd) != 0)
        result = err_system(err, "%s: cannot make it durable", file->temporary);
    if (close(file->fd) != 0 && result == 0)
        result = err_system(err, "%s: cannot close", file->temporary);
    file->fd = -1;
    if (result == 0 && rename(file->temporary, file->path) != 0)
        result = err_system(err, "%s: cannot put it in place", file->path);
    if (result != 0) {
        unlink(file->temporary);
        return result;
    }
    return sync_directory(file->path, err);
}

void file_new_abandon(struct file_new *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    unlink(file->temporary);
}

void file_discard_stale(const char *path)
{
    char folder[4096], file[4096], victim[8300];
    const char *base;
    size_t length;
    struct dirent *entry;
    DIR *dir;

    snprintf(folder, sizeof folder, "%s", path);
    snprintf(file, sizeof file, "%s.new.", path);
    base = strrchr(file, '/') == NULL ? file : strrchr(file, '/') + 1;
    length = strlen(base);
    if (strchr(folder, '/') == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        dirname(folder);
    dir = opendir(folder);
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        long pid;

        if (strncmp(entry->d_name, base, length) != 0)
            continue;
        pid = strtol(entry->d_name + length, NULL, 10);
        if (pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM))
            continue;
        snprintf(victim, sizeof victim, "%s/%s", folder, entry->d_name);
        unlink(victim);
    }
    closedir(dir);
}

int file_write(int fd, const void *data, size_t length, const char *path, struct err *err)
{
    const char *at = data;

    while (length > 0) {
        ssize_t put = write(fd, at, length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_system(err, "%s: cannot write", path);
        at += put;
        length -= (size_t)put;
    }
    return 0;
}
