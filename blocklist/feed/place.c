#include "blocklist/feed/place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/config.h"

static int make_folder(const char *path, struct err *err)
{
    struct stat status;

    if (mkdir(path, 0755) == 0)
        return 0;
    if (errno != EEXIST)
        return err_system(err, "%s: cannot make this folder", path);
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return err_set(err, ERR_SYSTEM, "%s: not a folder", path);
    if ((status.st_mode & S_IWOTH) != 0)
        return err_set(err, ERR_SYSTEM,
                       "%s: everybody may write here, and so decide what is blocked; chmod o-w %s",
                       path, path);
    return 0;
}

int place_make(const char *dir, struct err *err)
{
    static const char *const folders[] = {"", "/incoming", "/segments", "/sets"};
    char path[PLACE_PATH_MAX];

    if (strlen(dir) >= PLACE_PATH_MAX - 512)
        return err_set(err, ERR_LIMIT, "the path of the lists' directory is too long");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s%s", dir, folders[i]);
        if (make_folder(path, err) != 0)
            return -1;
    }
    return 0;
}

char *place_store(const char *dir, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/feeds.db", dir);
    return path;
}

char *place_lock(const char *dir, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/lock", dir);
    return path;
}

char *place_incoming(const char *dir, const char *id, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/incoming/%s", dir, id);
    return path;
}

char *place_segment(const char *dir, const char *file, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/segments/%s", dir, file);
    return path;
}

char *place_set(const char *dir, uint64_t generation, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/sets/%" PRIu64 ".set", dir, generation);
    return path;
}

char *place_current(const char *dir, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/" CONFIG_SET_CURRENT, dir);
    return path;
}

char *place_previous(const char *dir, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/" CONFIG_SET_CURRENT CONFIG_SET_PREVIOUS, dir);
    return path;
}

static char safe(char c)
{
    bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '-' || c == '_';

    return (char)(fine ? c : '_');
}

void place_segment_name(const char *id, const char *part, const uint8_t digest[32], char *file,
                        size_t room)
{
    size_t at = strlen(id) + 1; /* of the part */
    char hex[17];

    sodium_bin2hex(hex, sizeof hex, digest, 8);
    snprintf(file, room, "%s%s%s.%s", id, part[0] == '\0' ? "" : ".", part, hex);
    for (size_t i = 0; part[i] != '\0' && at + i + 1 < room; i++)
        file[at + i] = safe(part[i]);
}

uint64_t place_set_number(const char *name)
{
    uint64_t number = 0;
    char again[32];

    for (const char *at = name; *at >= '0' && *at <= '9' && number < UINT64_MAX / 20; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    snprintf(again, sizeof again, "%" PRIu64 ".set", number);
    return strcmp(name, again) == 0 ? number : 0;
}

uint64_t place_link_generation(const char *link)
{
    char target[PLACE_PATH_MAX];
    ssize_t length = readlink(link, target, sizeof target - 1);

    if (length < 0)
        return 0;
    target[length] = '\0';
    return strncmp(target, "sets/", 5) == 0 ? place_set_number(target + 5) : 0;
}

/* Octets as a person reads them. */
static const char *size_text(uint64_t octets, char text[32])
{
    if (octets < 10 * 1024)
        snprintf(text, 32, "%" PRIu64 " octets", octets);
    else if (octets < 10 * 1024 * 1024)
        snprintf(text, 32, "%" PRIu64 " KiB", octets / 1024);
    else
        snprintf(text, 32, "%" PRIu64 " MiB", octets / (1024 * 1024));
    return text;
}

/* What came, a segment, a set, and a link or a file beside the one that it replaces. */
enum { FILES_NEEDED = 4 };

int place_room(const char *folder, uint64_t need, struct err *err)
{
    char needed[32], there[32];
    struct statvfs system;
    uint64_t have;

    if (statvfs(folder, &system) != 0)
        return err_system(err, "%s: cannot ask for the room on its file system", folder);
    if ((system.f_flag & ST_RDONLY) != 0)
        return err_set(err, ERR_SYSTEM, "%s: its file system is read-only", folder);
    if (system.f_files > 0 && system.f_favail < FILES_NEEDED)
        return err_set(
            err, ERR_SYSTEM,
            "%s: its file system has no room for more files (inodes): needs %d, there are "
            "%" PRIu64 "; remove some, or name another folder in feeds.dir",
            folder, (int)FILES_NEEDED, (uint64_t)system.f_favail);
    have = (uint64_t)system.f_bavail * system.f_frsize;
    if (system.f_blocks > 0 && have < need)
        return err_set(err, ERR_SYSTEM,
                       "%s: not enough room: needs %s, there are %s; free some, or name another "
                       "folder in feeds.dir",
                       folder, size_text(need, needed), size_text(have, there));
    return 0;
}

/* Makes the rename of PATH survive a power cut. */
static int sync_folder_of(const char *path, struct err *err)
{
    char folder[PLACE_PATH_MAX];
    char *slash;
    int fd, result;

    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[1] = '\0';
    fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_system(err, "%s: cannot open its folder", path);
    result = fsync(fd);
    close(fd);
    return result == 0 ? 0 : err_system(err, "%s: cannot make it durable", path);
}

int place_rename(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) != 0)
        return err_system(err, "%s: cannot put it in place as %s", from, to);
    return sync_folder_of(to, err);
}

int place_link(const char *link, const char *target, struct err *err)
{
    char temporary[PLACE_PATH_MAX];

    if (snprintf(temporary, sizeof temporary, "%s.new", link) >= (int)sizeof temporary)
        return err_set(err, ERR_LIMIT, "%s: path too long", link);
    if (unlink(temporary) != 0 && errno != ENOENT)
        return err_system(err, "%s: cannot remove it", temporary);
    if (symlink(target, temporary) != 0)
        return err_system(err, "%s: cannot make this link", temporary);
    if (rename(temporary, link) != 0) {
        err_system(err, "%s: cannot put this link in place", link);
        unlink(temporary);
        return -1;
    }
    return sync_folder_of(link, err);
}
