#include "blocklist/feed/generation_links.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/feed/store.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"

int generations_load(struct store *store, struct generations *generations, struct err *err)
{
    memset(generations, 0, sizeof *generations);
    if (store_generations(store, &generations->items, &generations->count, err) != 0)
        return -1;
    for (size_t i = 0; i < generations->count; i++) {
        if (generations->items[i].current)
            generations->current = &generations->items[i];
    }
    return 0;
}

struct store_generation *generations_find(const struct generations *generations, uint64_t number)
{
    for (size_t i = 0; i < generations->count; i++) {
        if (generations->items[i].number == number)
            return &generations->items[i];
    }
    return NULL;
}

uint64_t generations_before(const struct generations *generations, uint64_t number)
{
    const struct store_generation *one = generations_find(generations, number);

    if (one != NULL && one->before != number && generations_find(generations, one->before) != NULL)
        return one->before;
    for (size_t i = 0; i < generations->count; i++) {
        if (generations->items[i].number < number)
            return generations->items[i].number;
    }
    for (size_t i = 0; i < generations->count; i++) {
        if (generations->items[i].number != number)
            return generations->items[i].number;
    }
    return 0;
}

int generation_check_set(const char *dir, uint64_t number, struct err *err)
{
    char path[PLACE_PATH_MAX];
    struct set *set = set_open(place_set(dir, number, path), NULL, err);
    int result;

    if (set == NULL)
        return -1;
    result = set_verify(set, err);
    set_close(set);
    return result;
}

/* ---- sets.public, where the operator wants it elsewhere ---- */

/* Tells whether PATH, however it is spelt, is DIR/current.set. */
static bool is_current(const char *path, const char *dir)
{
    char folder[PLACE_PATH_MAX], file[PLACE_PATH_MAX];
    struct stat ours, theirs;

    snprintf(folder, sizeof folder, "%s", path);
    snprintf(file, sizeof file, "%s", path);
    return strcmp(basename(file), CONFIG_SET_CURRENT) == 0 && stat(dir, &ours) == 0 &&
           stat(dirname(folder), &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

/* Tells whether LINK is one that we made, also for a directory that feeds.dir named before. */
static bool is_our_link(const char *link)
{
    static const char end[] = "/" CONFIG_SET_CURRENT;
    char target[PLACE_PATH_MAX];
    ssize_t length = readlink(link, target, sizeof target);
    size_t tail = sizeof end - 1;

    return length >= (ssize_t)tail && memcmp(target + (size_t)length - tail, end, tail) == 0;
}

int generation_check_public(const struct config *config, const char *dir, struct err *err)
{
    struct stat status;

    if (config->set_public == NULL || is_current(config->set_public, dir) ||
        lstat(config->set_public, &status) != 0 || is_our_link(config->set_public))
        return 0;
    return err_set(err, ERR_CONFIG,
                   "%s: a file or link that was not made from lists; move it away, or take "
                   "sets.public out of the configuration",
                   config->set_public);
}

static bool leads_to(const char *link, const char *target)
{
    char there[PLACE_PATH_MAX];
    ssize_t length = readlink(link, there, sizeof there);

    return length >= 0 && (size_t)length == strlen(target) &&
           memcmp(there, target, (size_t)length) == 0;
}

static int link_public(const struct config *config, const char *dir, const char *suffix,
                       struct err *err)
{
    char link[PLACE_PATH_MAX], target[PLACE_PATH_MAX + 64], *whole = realpath(dir, NULL);

    if (whole == NULL)
        return err_system(err, "%s: cannot find its path", dir);
    snprintf(target, sizeof target, "%s/" CONFIG_SET_CURRENT "%s", whole, suffix);
    free(whole);
    if (snprintf(link, sizeof link, "%s%s", config->set_public, suffix) >= (int)sizeof link)
        return err_set(err, ERR_LIMIT, "sets.public: path too long");
    return leads_to(link, target) ? 0 : place_link(link, target, err);
}

int generation_link(const struct config *config, const char *dir, uint64_t number, uint64_t before,
                    struct err *err)
{
    char link[PLACE_PATH_MAX], target[64];

    /* To the links it makes no difference that they lead nowhere for an instant: both do before the
     * first generation only. */
    if (config->set_public != NULL && !is_current(config->set_public, dir) &&
        (link_public(config, dir, "", err) != 0 ||
         link_public(config, dir, CONFIG_SET_PREVIOUS, err) != 0))
        return -1;
    snprintf(target, sizeof target, "sets/%" PRIu64 ".set", before);
    place_previous(dir, link);
    if (before == 0) {
        if (unlink(link) != 0 && errno != ENOENT)
            return err_system(err, "%s: cannot remove it", link);
    } else if (!leads_to(link, target) && place_link(link, target, err) != 0) {
        return -1;
    }
    snprintf(target, sizeof target, "sets/%" PRIu64 ".set", number);
    place_current(dir, link);
    return leads_to(link, target) ? 0 : place_link(link, target, err);
}
