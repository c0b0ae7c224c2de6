#include "blocklist/feed/sealed_place.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/config.h"

int sealed_place_make(const char *dir, struct err *err)
{
    char path[PLACE_PATH_MAX];
    struct stat status;

    sealed_place_folder(dir, path);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_system(err, "%s: cannot make this folder", path);
    if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return err_set(err, ERR_SYSTEM, "%s: not a folder", path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return err_set(err, ERR_REFUSED, "%s: others than its owner may read here; chmod 700 %s",
                       path, path);
    return 0;
}

char *sealed_place_folder(const char *dir, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/" SEALED_PLACE, dir);
    return path;
}

char *sealed_place_file(const char *dir, const char *name, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/" SEALED_PLACE "/%s", dir, name);
    return path;
}

char *sealed_place_part(const char *dir, const char *id, const uint8_t salt[SEALED_SALT_OCTETS],
                        char path[PLACE_PATH_MAX])
{
    char hex[SEALED_PLACE_SALT + 1];

    sodium_bin2hex(hex, sizeof hex, salt, SEALED_PLACE_SALT / 2);
    snprintf(path, PLACE_PATH_MAX, "%s/" SEALED_PLACE "/%s.%s" SEALED_PLACE_PART, dir, id, hex);
    return path;
}

char *sealed_place_set(const char *dir, uint64_t number, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s/" SEALED_PLACE "/%" PRIu64 ".set", dir, number);
    return path;
}

char *sealed_place_current(const char *dir, char path[PLACE_PATH_MAX])
{
    return sealed_place_file(dir, CONFIG_SET_CURRENT, path);
}

char *sealed_place_previous(const char *dir, char path[PLACE_PATH_MAX])
{
    return sealed_place_file(dir, CONFIG_SET_CURRENT CONFIG_SET_PREVIOUS, path);
}

uint64_t sealed_place_link(const char *link)
{
    char target[64];
    ssize_t length = readlink(link, target, sizeof target - 1);

    if (length < 0)
        return 0;
    target[length] = '\0';
    return place_set_number(target);
}
