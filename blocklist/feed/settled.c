#include "blocklist/feed/settled.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/place.h"

enum { BELIEVED_S = 24 * 3600 };

static void mark_path(const char *dir, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/settled", dir);
}

void settled_take(struct settled *settled, const char *dir, int64_t now_s)
{
    char path[PLACE_PATH_MAX];
    struct stat status;

    mark_path(dir, path);
    settled->known = lstat(path, &status) == 0 && S_ISREG(status.st_mode) &&
                     status.st_mtim.tv_sec <= now_s && now_s - status.st_mtim.tv_sec < BELIEVED_S;
    settled->when = settled->known ? status.st_mtim : (struct timespec){0};
    /* A mark that cannot be taken away would speak for a run that is killed. */
    if (unlink(path) != 0)
        settled->known = false;
}

bool settled_unchanged(const struct settled *settled, const char *path)
{
    struct stat status;

    if (!settled->known || stat(path, &status) != 0)
        return false;
    return status.st_ctim.tv_sec < settled->when.tv_sec ||
           (status.st_ctim.tv_sec == settled->when.tv_sec &&
            status.st_ctim.tv_nsec < settled->when.tv_nsec);
}

void settled_mark(const char *dir)
{
    char path[PLACE_PATH_MAX];
    int fd;

    mark_path(dir, path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}
