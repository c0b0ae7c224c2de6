/* priority.c - a run that is nice, and that is not root.
 *
 * The problem: root starts a run, and the folder that it works in has to become somebody else's
 * first. To give folders away by name is how machines are lost: the name may be a link, files may
 * have a second name, and feeds.dir may say /etc. The idea: everything by descriptors, no link
 * followed that is not root's, no file with two names, and no folder given that holds other things.
 *
 * Dropped: leaving it to the operator (chown), since the first run would always fail. */
#include "blocklist/feed/priority.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdbool.h>
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
    const struct sched_param none = {.sched_priority = 0};
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (write(fd, most, sizeof most - 1) < 0)
            errno = 0; /* a container may refuse it */
        close(fd);
    }
    setpriority(PRIO_PROCESS, 0, 19);
    /* Niceness shares time out; a query that comes would still wait for the end of a slice. */
    sched_setscheduler(0, SCHED_IDLE, &none);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
}

/* What runs put into the lists' directory begins with one of these. */
static bool is_ours(const char *name)
{
    static const char *const starts[] = {
        "feeds.db", "lock", "incoming", "segments", "sets", CONFIG_SET_CURRENT, "settled"};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    }
    return false;
}

/* Gives NAME in FOLDER to USER: folders, links, and files that have no second name, since somebody
 * may have put root's shadow file here under another. */
static int give_entry(int folder, const char *name, const struct passwd *user)
{
    struct stat status;
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), result = 0;

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    if (fstat(fd, &status) != 0)
        result = -1;
    else if (status.st_uid != user->pw_uid && (!S_ISREG(status.st_mode) || status.st_nlink == 1))
        result = fchownat(fd, "", user->pw_uid, user->pw_gid, AT_EMPTY_PATH);
    close(fd);
    return result;
}

/* Gives the folder FD, which this closes, and what is in it to USER; of the lists' directory itself
 * (TOP) only what runs put there. PATH is for messages. */
static int give_folder(int fd, const char *path, bool top, const struct passwd *user,
                       struct err *err)
{
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    int result = 0;

    if (folder == NULL) {
        err_system(err, "%s: cannot open this folder", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (fchown(fd, user->pw_uid, user->pw_gid) != 0)
        result = err_system(err, "%s: cannot give it to user '%s'", path, user->pw_name);
    while (result == 0 && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (top && !is_ours(entry->d_name)))
            continue;
        if (give_entry(fd, entry->d_name, user) != 0)
            result = err_system(err, "%s/%s: cannot give it to user '%s'", path, entry->d_name,
                                user->pw_name);
    }
    closedir(folder);
    return result;
}

/* Opens the lists' directory. A link to it is followed where root made it: whoever owns the folder
 * around could lead us anywhere. */
static int open_top(const char *dir, struct err *err)
{
    struct stat link;

    if (lstat(dir, &link) != 0)
        return err_system(err, "%s: cannot look at it", dir);
    if (!S_ISLNK(link.st_mode))
        return open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (link.st_uid == 0)
        return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return err_set(err, ERR_REFUSED,
                   "%s: a link that is not root's, which root does not follow; name the folder "
                   "itself in feeds.dir",
                   dir);
}

/* Whoever names /etc or /var/lib in feeds.dir must not find it given away. */
static int check_own(int top, const char *dir, const struct passwd *user, struct err *err)
{
    struct dirent *entry;
    struct stat status;
    DIR *folder;
    int copy, result = 0;

    if (fstat(top, &status) == 0 && status.st_uid == user->pw_uid)
        return 0;
    copy = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    folder = copy < 0 ? NULL : fdopendir(copy);
    if (folder == NULL)
        return err_system(err, "%s: cannot open this folder", dir);
    while (result == 0 && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !is_ours(entry->d_name))
            result = err_set(err, ERR_REFUSED,
                             "%s: holds other things than lists ('%.60s'), so it is not given to "
                             "user '%s'; name a folder of its own in feeds.dir, or chown it",
                             dir, entry->d_name, user->pw_name);
    }
    closedir(folder);
    return result;
}

/* Before anything is made in there. */
static int check_place(const char *dir, const struct passwd *user, struct err *err)
{
    struct stat status;
    int top, result;

    if (lstat(dir, &status) != 0 && errno == ENOENT)
        return 0;
    err->code = ERR_NONE;
    top = open_top(dir, err);
    if (top < 0)
        return err->code != ERR_NONE ? -1 : err_system(err, "%s: cannot open this folder", dir);
    result = check_own(top, dir, user, err);
    close(top);
    return result;
}

static int give(const char *dir, const struct passwd *user, struct err *err)
{
    static const char *const folders[] = {"incoming", "segments", "sets"};
    char path[PLACE_PATH_MAX];
    int top, result = 0;

    err->code = ERR_NONE;
    top = open_top(dir, err);
    if (top < 0)
        return err->code != ERR_NONE ? -1 : err_system(err, "%s: cannot open this folder", dir);
    result = check_own(top, dir, user, err);
    for (size_t i = 0; i < sizeof folders / sizeof *folders && result == 0; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, folders[i]);
        result =
            give_folder(openat(top, folders[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                        path, false, user, err);
    }
    if (result == 0)
        return give_folder(top, dir, true, user, err);
    close(top);
    return -1;
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
    if (check_place(config->feeds.dir, user, err) != 0 || place_make(config->feeds.dir, err) != 0 ||
        give(config->feeds.dir, user, err) != 0)
        return -1;
    if (initgroups(name, user->pw_gid) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0 || setuid(0) == 0)
        return err_system(err, "cannot become user '%s'", name);
    return 0;
}
