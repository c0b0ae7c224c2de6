/* device_book.c - what people and the network say of devices.
 *
 * The problem: two places hold a device, the database for ever and the overlay for now, and a crash
 * or a full disk may come between. The idea: every change is one transaction; what it touched is
 * read back from the database and put into the overlay once it is durable, so that the overlay
 * never knows more than the file.
 *
 * A device that was only seen is kept with the day on which it was first and last seen, and nothing
 * else: no name that it asked for, no hour. */
#include "policy/state/device_book.h"

#include <stdio.h>
#include <string.h>

#include "config/base/err.h"
#include "policy/state/grants.h"
#include "policy/state/mark.h"
#include "policy/state/overlay.h"
#include "policy/who/devices.h"

enum { DAY_S = 86400 };

/* Puts the device ID, as the database has it, into the overlay. */
static int publish(const struct device_book *book, const struct state_device *device,
                   struct err *err)
{
    struct device_key keys[STATE_KEYS_MOST];
    struct device out = {.id = device->id, .flags = device->flags};
    int count;

    if (book->overlay == NULL)
        return 0;
    count = state_db_device_keys(book->db, device->id, keys, err);
    if (count < 0)
        return -1;
    out.profile = device->profile[0] == '\0' ? 0 : mark_of(device->profile);
    out.group = device->group[0] == '\0' ? 0 : mark_of(device->group);
    for (int i = 0; i < count; i++) {
        if (devices_put(book->overlay->devices, &keys[i], &out, err) != 0)
            return -1;
    }
    overlay_changed(book->overlay);
    return 0;
}

static int set_word(char *field, const char *word, const char *what, struct err *err)
{
    if (word == NULL)
        return 0;
    if (strlen(word) >= CONFIG_WORD_MAX)
        return err_set(err, ERR_USAGE, "the %s of a device has at most %d octets", what,
                       CONFIG_WORD_MAX - 1);
    snprintf(field, CONFIG_WORD_MAX, "%s", word);
    return 0;
}

static int set_words(struct state_device *device, const struct device_words *words, struct err *err)
{
    if (set_word(device->name, words->name, "name", err) != 0 ||
        set_word(device->profile, words->profile, "profile", err) != 0 ||
        set_word(device->group, words->group, "group", err) != 0)
        return -1;
    if (device->name[0] != '\0')
        device->flags |= DEVICE_CLAIMED;
    return 0;
}

/* A device that was only seen, and whose last key is another's now, is nobody. */
static int drop_empty(const struct device_book *book, const struct state_device *device,
                      struct err *err)
{
    struct device_key keys[STATE_KEYS_MOST];
    int count = state_db_device_keys(book->db, device->id, keys, err);

    if (count < 0)
        return -1;
    if (count > 0 || device->name[0] != '\0')
        return 0;
    return state_db_device_remove(book->db, device->id, err);
}

/* A key that no look-up would ever find is not taken. */
static int check_keys(const struct device_book *book, const struct state_device *device,
                      struct err *err)
{
    int64_t count = state_db_device_key_count(book->db, device->id, err);

    if (count < 0)
        return -1;
    return count <= STATE_KEYS_MOST ? 0
                                    : err_set(err, ERR_LIMIT,
                                              "'%s' has %d keys already, the most; forget it and "
                                              "name those that are in use",
                                              device->name, STATE_KEYS_MOST);
}

/* Does the naming inside of a transaction. */
static int name_inside(const struct device_book *book, const struct device_key *key,
                       const struct device_words *words, struct state_device *device,
                       struct err *err)
{
    struct state_device had;
    int named = state_db_device_named(book->db, words->name, device, err);
    int keyed = named < 0 ? -1 : state_db_device_keyed(book->db, key, &had, err);

    if (named < 0 || keyed < 0)
        return -1;
    if (named == 0 && keyed == 0)
        memset(device, 0, sizeof *device);
    else if (named == 0)
        *device = had;
    if (set_words(device, words, err) != 0 || state_db_device_put(book->db, device, err) != 0 ||
        state_db_key_put(book->db, device->id, key, err) != 0 || check_keys(book, device, err) != 0)
        return -1;
    return keyed == 1 && had.id != device->id ? drop_empty(book, &had, err) : 0;
}

int device_book_name(const struct device_book *book, const struct device_key *key,
                     const struct device_words *words, struct state_device *device, struct err *err)
{
    if (state_db_begin(book->db, err) != 0)
        return -1;
    if (name_inside(book, key, words, device, err) != 0) {
        state_db_abandon(book->db);
        return -1;
    }
    return state_db_commit(book->db, err) != 0 ? -1 : publish(book, device, err);
}

int device_book_add(const struct device_book *book, const struct device_row *row, struct err *err)
{
    struct state_device device;

    return name_inside(book, &row->key, &row->words, &device, err);
}

int device_book_change(const struct device_book *book, struct state_device *device,
                       const struct device_words *words, struct err *err)
{
    if (set_words(device, words, err) != 0 || state_db_device_put(book->db, device, err) != 0)
        return -1;
    return publish(book, device, err);
}

int device_book_forget(const struct device_book *book, uint32_t id, struct err *err)
{
    struct device_key keys[STATE_KEYS_MOST];
    int count = state_db_device_keys(book->db, id, keys, err);

    if (count < 0 || state_db_device_remove(book->db, id, err) != 0)
        return -1;
    for (int i = 0; book->overlay != NULL && i < count; i++)
        devices_remove(book->overlay->devices, &keys[i]);
    if (book->overlay != NULL) {
        grants_remove_subject(book->overlay->grants, GRANT_DEVICE, id);
        overlay_changed(book->overlay);
    }
    return 0;
}

int device_book_import(const struct device_book *book, const struct device_row *rows, size_t count,
                       size_t *bad, struct err *err)
{
    struct state_device devices[DEVICE_BOOK_ROWS];

    must(count <= DEVICE_BOOK_ROWS);
    *bad = 0;
    if (state_db_begin(book->db, err) != 0)
        return -1;
    for (; *bad < count; ++*bad) {
        if (name_inside(book, &rows[*bad].key, &rows[*bad].words, &devices[*bad], err) == 0)
            continue;
        state_db_abandon(book->db);
        return -1;
    }
    if (state_db_commit(book->db, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (publish(book, &devices[i], err) != 0)
            return -1;
    }
    return 0;
}

/* Notes one that was seen; *DEVICE has id 0 where nothing was to be written. */
static int see_inside(const struct device_book *book, const struct device_key *key, int64_t day_s,
                      struct state_device *device, struct err *err)
{
    int found = state_db_device_keyed(book->db, key, device, err);

    if (found < 0)
        return -1;
    if (found == 1 && device->seen_last_s >= day_s) {
        device->id = 0;
        return 0;
    }
    if (found == 0) {
        memset(device, 0, sizeof *device);
        device->seen_first_s = day_s;
    }
    device->seen_last_s = day_s;
    if (state_db_device_put(book->db, device, err) != 0)
        return -1;
    return found == 1 ? 0 : state_db_key_put(book->db, device->id, key, err);
}

static int forget_too_many(const struct device_book *book, struct err *err)
{
    uint32_t count, oldest;

    while (state_db_unnamed(book->db, &count, &oldest, err) == 0) {
        if (count <= DEVICE_BOOK_UNNAMED || oldest == 0)
            return 0;
        if (device_book_forget(book, oldest, err) != 0)
            return -1;
    }
    return -1;
}

/* Keeps those that nobody has named few, in one transaction: who makes up hardware addresses shall
 * not make the disk work for each. */
static int forget_oldest(const struct device_book *book, struct err *err)
{
    uint32_t count, oldest;

    if (state_db_unnamed(book->db, &count, &oldest, err) != 0)
        return -1;
    if (count <= DEVICE_BOOK_UNNAMED)
        return 0;
    if (state_db_begin(book->db, err) != 0)
        return -1;
    if (forget_too_many(book, err) == 0)
        return state_db_commit(book->db, err);
    state_db_abandon(book->db);
    return -1;
}

static int see_all(const struct device_book *book, const struct device_key *keys, size_t count,
                   struct state_device *devices, int64_t day_s, struct err *err)
{
    if (state_db_begin(book->db, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (see_inside(book, &keys[i], day_s, &devices[i], err) == 0)
            continue;
        state_db_abandon(book->db);
        return -1;
    }
    return state_db_commit(book->db, err);
}

int device_book_see(const struct device_book *book, const struct device_key *keys, size_t count,
                    int64_t wall_s, struct err *err)
{
    struct state_device devices[64];

    for (size_t done = 0, part; done < count; done += part) {
        part = count - done < 64 ? count - done : 64;
        if (see_all(book, keys + done, part, devices, wall_s - wall_s % DAY_S, err) != 0)
            return -1;
        for (size_t i = 0; i < part; i++) {
            if (devices[i].id != 0 && publish(book, &devices[i], err) != 0)
                return -1;
        }
    }
    return forget_oldest(book, err);
}
