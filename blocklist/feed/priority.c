#include "blocklist/feed/priority.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "config/base/err.h"
#include "config/config.h"

/* linux/ioprio.h of the build machine may be older than the kernel: these numbers never change. */
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_IDLE = 3 << 13 };

void priority_lower(void)
{
    static const char most[] = "1000";
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (write(fd, most, sizeof most - 1) < 0)
            errno = 0; /* a container may refuse it */
        close(fd);
    }
    setpriority(PRIO_PROCESS, 0, 19);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
}

/* Gives the folder at PATH and the files in it to USER; links are not followed. */
static int give_folder(const char *path, const struct passwd *user, struct err *err)
{
    struct dirent *entry;
    DIR *folder;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return err_system(err, "%s: cannot open this folder", path);
    }
    if (fchown(fd, user->pw_uid, user->pw_gid) != 0) {
        closedir(folder);
        return err_system(err, "%s: cannot give it to user '%s'", path, user->pw_name);
    }
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            fchownat(fd, entry->d_name, user->pw_uid, user->pw_gid, AT_SYMLINK_NOFOLLOW) != 0 &&
            errno != ENOENT) {
            err_system(err, "%s/%s: cannot give it to user '%s'", path, entry->d_name,
                       user->pw_name);
            closedir(folder);
            return -1;
        }
    }
    closedir(folder);
    return 0;
}

static int give(const char *dir, const struct passwd *user, struct err *err)
{
    static const char *const folders[] = {"", "/incoming", "/segments", "/sets"};
    char path[PLACE_PATH_MAX];

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s%s", dir, folders[i]);
        if (give_folder(path, user, err) != 0)
            return -1;
    }
    return 0;
}

int priority_become(const struct config *config, struct err *err)
{
    const char *name = config->feeds.user != NULL ? config->feeds.user : config->user;
    struct passwd entry, *user = NULL;
    char room[4096];

    if (geteuid() != 0 || name == NULL || config->feeds.dir == NULL)
        return 0;
    if (getpwnam_r(name, &entry, room, sizeof room, &user) != 0 || user == NULL)
        return err_set(err, ERR_NOT_FOUND,
                       "no such user: '%s'; create it, or leave feeds.user and server.user out",
                       name);
    if (user->pw_uid == 0)
        return 0;
    if (place_make(config->feeds.dir, err) != 0 || give(config->feeds.dir, user, err) != 0)
        return -1;
    if (initgroups(name, user->pw_gid) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0 || setuid(0) == 0)
        return err_system(err, "cannot become user '%s'", name);
    return 0;
}
