/* sealed_set.c - parts to a set, the set in force.
 *
 * The problem: a run may be killed at any instant, lists change one at a time, and nothing may be
 * told of what is in them, not even by a digest in feeds.db that somebody could try lists against.
 * The idea: a part is a file of its own, whose name has the salt; the set is made from the files
 * that are there, and made again whenever their keyed digest is another than the one that the last
 * set was made from. The set is checked as the server will, then one rename puts it in force; a
 * kill before the row is written makes the next run put the same one in force once more.
 *
 * Dropped: rows for generations as public sets have them: nothing could be told of a difference. */
#include "blocklist/feed/sealed_set.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/due.h"
#include "blocklist/feed/sealed_place.h"
#include "blocklist/feed/store.h"
#include "blocklist/sealed/seal.h"
#include "blocklist/sealed/sealed.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/config.h"

enum { PART_OCTETS_MAX = 1 << 30 };

bool sealed_set_has(const struct config_list *list)
{
    return due_sealed(list) && !list->observe;
}

static const char *dir_of(const struct sealed_set *set)
{
    return set->config->feeds.dir;
}

/* ---- salts and parts ---- */

/* Tells whether the file at PATH is whole, under KEY and SALT. */
static bool is_good(const char *path, const struct sealed_key *key,
                    const uint8_t salt[SEALED_SALT_OCTETS])
{
    struct err ignored;
    struct seal *seal = seal_start(key, salt, &ignored);
    bool good = seal != NULL && seal_add_file(seal, path, key, &ignored) == 0;

    seal_end(seal);
    return good;
}

/* Calls EACH with every name in the folder until it returns something else than 0, which is
 * returned. */
static int walk(const char *dir, int (*each)(void *context, const char *name), void *context)
{
    char path[PLACE_PATH_MAX];
    DIR *folder = opendir(sealed_place_folder(dir, path));
    struct dirent *entry;
    int result = 0;

    while (folder != NULL && result == 0 && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = each(context, entry->d_name);
    }
    if (folder != NULL)
        closedir(folder);
    return result;
}

static bool ends(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);

    return length >= tail && strcmp(name + length - tail, end) == 0;
}

static int take_salt(void *context, const char *name)
{
    struct sealed_set *set = context;
    char path[PLACE_PATH_MAX];
    struct err ignored;

    return ends(name, SEALED_PLACE_PART) &&
           seal_salt_of(sealed_place_file(dir_of(set), name, path), set->salt, &ignored) == 0 &&
           is_good(path, set->key, set->salt);
}

bool sealed_set_salt(struct sealed_set *set)
{
    char path[PLACE_PATH_MAX];
    struct err ignored;

    if (access(sealed_place_current(dir_of(set), path), F_OK) == 0 &&
        seal_salt_of(path, set->salt, &ignored) == 0 && is_good(path, set->key, set->salt))
        return true;
    if (walk(dir_of(set), take_salt, set) != 0)
        return true;
    seal_salt_new(set->salt);
    return false;
}

bool sealed_set_part(const struct sealed_set *set, const char *id, uint64_t *entries,
                     int64_t *version_s)
{
    char path[PLACE_PATH_MAX];
    struct sealed_info info;
    struct err ignored;

    sealed_place_part(dir_of(set), id, set->salt, path);
    if (access(path, F_OK) != 0 || !is_good(path, set->key, set->salt) ||
        sealed_file_info(path, &info, &ignored) != 0)
        return false;
    if (entries != NULL)
        *entries = info.entries;
    *version_s = info.number <= INT64_MAX ? (int64_t)info.number : 0;
    return true;
}

/* Tells whether NAME is the name of a part of list ID. */
static bool is_part_of(const char *name, const char *id)
{
    size_t length = strlen(id);

    return strncmp(name, id, length) == 0 && name[length] == '.' &&
           strlen(name) == length + 1 + SEALED_PLACE_SALT + strlen(SEALED_PLACE_PART) &&
           ends(name, SEALED_PLACE_PART);
}

static int see_part(void *context, const char *name)
{
    return is_part_of(name, context);
}

/* Tells whether something of LIST was in force once: a part that is lost since is no reason to
 * leave the list out. What cannot be found out counts as that. */
static bool had_part(const struct sealed_set *set, struct config_list *list)
{
    struct store_list known;
    struct err ignored;

    return walk(dir_of(set), see_part, list->id) != 0 ||
           store_get_list(set->store, list->id, &known, &ignored) != 0 ||
           known.sealed_entries + known.sealed_pages > 0;
}

bool sealed_set_complete(const struct sealed_set *set, const uint8_t salt[SEALED_SALT_OCTETS],
                         const char **id)
{
    char path[PLACE_PATH_MAX];

    for (size_t i = 0; i < set->config->list_count; i++) {
        struct config_list *list = &set->config->lists[i];

        if (!sealed_set_has(list) || !had_part(set, list))
            continue;
        if (is_good(sealed_place_part(dir_of(set), list->id, salt, path), set->key, salt))
            continue;
        *id = list->id;
        return false;
    }
    return true;
}

/* ---- what a set is made of ---- */

/* Adds DIGEST's worth of OCTETS[0..LENGTH) to STATE. */
static void add(crypto_generichash_state *state, const void *octets, size_t length)
{
    uint8_t size[8];

    for (size_t i = 0; i < sizeof size; i++)
        size[i] = (uint8_t)((uint64_t)length >> 8 * i);
    crypto_generichash_update(state, size, sizeof size);
    crypto_generichash_update(state, octets, length);
}

static int add_part(const struct sealed_set *set, const struct config_list *list,
                    crypto_generichash_state *state, struct err *err)
{
    char path[PLACE_PATH_MAX], *octets;
    size_t length;

    if (!sealed_set_has(list) ||
        access(sealed_place_part(dir_of(set), list->id, set->salt, path), F_OK) != 0)
        return 0;
    octets = file_read(path, PART_OCTETS_MAX, &length, err);
    if (octets == NULL)
        return -1;
    add(state, list->id, strlen(list->id));
    add(state, octets, length);
    free(octets);
    return 0;
}

/* Fills INPUTS with the keyed digest of all that a set would be made of. */
static int digest_inputs(const struct sealed_set *set, uint8_t inputs[32], struct err *err)
{
    const struct name_buf *canary = &set->config->sealed.canary;
    crypto_generichash_state state;
    uint8_t key[crypto_generichash_KEYBYTES];

    sealed_key_derive(set->key, SEALED_FOR_BODIES, NULL, key, sizeof key);
    crypto_generichash_init(&state, key, sizeof key, 32);
    sodium_memzero(key, sizeof key);
    add(&state, set->salt, sizeof set->salt);
    add(&state, canary->wire, canary->length);
    for (size_t i = 0; i < set->config->list_count; i++) {
        if (add_part(set, &set->config->lists[i], &state, err) != 0)
            return -1;
    }
    crypto_generichash_final(&state, inputs, 32);
    sodium_memzero(&state, sizeof state);
    return 0;
}

static int add_parts(const struct sealed_set *set, struct seal *seal, struct err *err)
{
    char path[PLACE_PATH_MAX];

    for (size_t i = 0; i < set->config->list_count; i++) {
        const struct config_list *list = &set->config->lists[i];

        if (!sealed_set_has(list) ||
            access(sealed_place_part(dir_of(set), list->id, set->salt, path), F_OK) != 0)
            continue;
        if (seal_add_file(seal, path, set->key, err) != 0)
            return -1;
    }
    return 0;
}

static int fill(const struct sealed_set *set, struct seal *seal, struct err *err)
{
    const struct name canary = name_of(&set->config->sealed.canary);

    if (add_parts(set, seal, err) != 0)
        return -1;
    return canary.length == 0 ? 0 : seal_canary(seal, &canary, err);
}

/* Opens the file at PATH as the server does, and compares what it holds. */
static int check(const struct sealed_set *set, const char *path, struct err *err)
{
    struct sealed *sealed = sealed_open(path, set->key, err);
    struct sealed_info info;

    if (sealed == NULL)
        return -1;
    sealed_info(sealed, &info);
    sealed_close(sealed);
    if (info.number == set->number && info.entries == set->entries)
        return 0;
    return err_set(err, ERR_DIGEST, "the new sealed set is not the one that was made");
}

/* ---- in force ---- */

static int see_number(void *context, const char *name)
{
    uint64_t *last = context, number = place_set_number(name);

    if (number > *last)
        *last = number;
    return 0;
}

static int put_in_force(const struct sealed_set *set, struct err *err)
{
    char link[PLACE_PATH_MAX], target[32];
    uint64_t before = sealed_place_link(sealed_place_current(dir_of(set), link));
    char file[PLACE_PATH_MAX];

    if (before != 0 && access(sealed_place_set(dir_of(set), before, file), F_OK) == 0) {
        snprintf(target, sizeof target, "%" PRIu64 ".set", before);
        if (place_link(sealed_place_previous(dir_of(set), link), target, err) != 0)
            return -1;
    }
    snprintf(target, sizeof target, "%" PRIu64 ".set", set->number);
    return place_link(sealed_place_current(dir_of(set), link), target, err);
}

/* Removes the set at PATH that could not be put in force; where the link leads to it all the same,
 * and only its folder could not be made durable, it stays. */
static void forget(const struct sealed_set *set, const char *path)
{
    char link[PLACE_PATH_MAX];

    if (sealed_place_link(sealed_place_current(dir_of(set), link)) != set->number)
        unlink(path);
}

static int make(struct sealed_set *set, struct err *err)
{
    struct seal *seal = seal_start(set->key, set->salt, err);
    char path[PLACE_PATH_MAX];
    int result = -1;

    if (seal == NULL)
        return -1;
    set->number = 0;
    walk(dir_of(set), see_number, &set->number);
    set->number++;
    sealed_place_set(dir_of(set), set->number, path);
    if (fill(set, seal, err) == 0) {
        set->entries = seal_count(seal);
        result = seal_write(seal, set->key, path, set->number, set->now_s, err);
    }
    seal_end(seal);
    if (result == 0 && (check(set, path, err) != 0 || put_in_force(set, err) != 0)) {
        forget(set, path);
        result = -1;
    }
    return result;
}

/* Tells whether the set in force is the one that was made from INPUTS, and is whole. */
static bool is_in_force(const struct sealed_set *set, const struct store_sealed_set *row,
                        const uint8_t inputs[32])
{
    char path[PLACE_PATH_MAX];

    return row->number != 0 && memcmp(row->inputs, inputs, sizeof row->inputs) == 0 &&
           sealed_place_link(sealed_place_current(dir_of(set), path)) == row->number &&
           is_good(path, set->key, set->salt);
}

/* The event and the row come after the link: what the record does not know of is made again. */
static int record(const struct sealed_set *set, const uint8_t inputs[32], struct err *err)
{
    struct store_sealed_set row = {.number = set->number, .made_s = set->now_s};

    memcpy(row.inputs, inputs, sizeof row.inputs);
    return store_put_sealed_set(set->store, &row, err);
}

int sealed_set_publish(struct sealed_set *set, struct err *err)
{
    struct store_sealed_set row;
    uint8_t inputs[32];

    if (store_sealed_set(set->store, &row, err) != 0 || digest_inputs(set, inputs, err) != 0)
        return -1;
    set->number = row.number;
    if (is_in_force(set, &row, inputs))
        return 0;
    if (make(set, err) != 0 || record(set, inputs, err) != 0)
        return -1;
    return 1;
}

/* ---- what nobody needs any more ---- */

struct tidy {
    const struct sealed_set *set;
    uint64_t current, previous, last;
    char salt[SEALED_PLACE_SALT + 1];
};

static bool is_wanted_part(const struct tidy *tidy, const char *name)
{
    const struct config *config = tidy->set->config;

    for (size_t i = 0; i < config->list_count; i++) {
        const char *id = config->lists[i].id;

        /* A part of another salt stays while its list has no other: it says that the list had one.
         */
        if (due_sealed(&config->lists[i]) && is_part_of(name, id)) {
            char path[PLACE_PATH_MAX];

            return strncmp(name + strlen(id) + 1, tidy->salt, SEALED_PLACE_SALT) == 0 ||
                   access(sealed_place_part(dir_of(tidy->set), id, tidy->set->salt, path), F_OK) !=
                       0;
        }
    }
    return false;
}

static bool is_wanted(const struct tidy *tidy, const char *name)
{
    uint64_t number = place_set_number(name);

    if (number != 0)
        return number == tidy->current || number == tidy->previous ||
               number + SEALED_SET_KEEP > tidy->last;
    if (ends(name, SEALED_PLACE_PART))
        return is_wanted_part(tidy, name);
    return strcmp(name, CONFIG_SET_CURRENT) == 0 ||
           strcmp(name, CONFIG_SET_CURRENT CONFIG_SET_PREVIOUS) == 0 ||
           strcmp(name, "deadlines") == 0;
}

static int tidy_one(void *context, const char *name)
{
    const struct tidy *tidy = context;
    char path[PLACE_PATH_MAX];

    if (!is_wanted(tidy, name))
        unlink(sealed_place_file(dir_of(tidy->set), name, path));
    return 0;
}

void sealed_set_tidy(const struct sealed_set *set)
{
    struct tidy tidy = {.set = set};
    char path[PLACE_PATH_MAX];

    sodium_bin2hex(tidy.salt, sizeof tidy.salt, set->salt, SEALED_PLACE_SALT / 2);
    tidy.current = sealed_place_link(sealed_place_current(dir_of(set), path));
    tidy.previous = sealed_place_link(sealed_place_previous(dir_of(set), path));
    walk(dir_of(set), see_number, &tidy.last);
    walk(dir_of(set), tidy_one, &tidy);
}

static int clear_one(void *context, const char *name)
{
    char path[PLACE_PATH_MAX];

    unlink(sealed_place_file(context, name, path));
    return 0;
}

bool sealed_set_clear(const char *dir)
{
    char path[PLACE_PATH_MAX], folder[PLACE_PATH_MAX];

    if (access(sealed_place_folder(dir, path), F_OK) != 0)
        return false;
    snprintf(folder, sizeof folder, "%s", dir);
    walk(dir, clear_one, folder);
    rmdir(path);
    return true;
}
