/* device_verbs.c - requests on devices to the book of devices, and what is known to JSON.
 *
 * Devices of the config are listed and cannot be changed here. A device is asked for by its name,
 * by one of its keys, or as `#ID`, since one that was only seen has no name. */
#include "resolver/daemon/device_verbs.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "policy/state/device_book.h"
#include "policy/state/overlay.h"
#include "policy/who/devices.h"
#include "policy/who/identify.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

enum { PAGE_MOST = 1000 };

/* Fills BOOK. Errors: -1 with ERR: there is no state file. */
static int open_book(const struct server *server, struct device_book *book, struct err *err)
{
    book->db = state_database(server->state, err);
    book->overlay = state_overlay(server->state);
    return book->db == NULL ? -1 : 0;
}

/* ---- what is known ---- */

static json_t *word_json(const char *word)
{
    return word[0] == '\0' ? json_null() : json_string(word);
}

static json_t *keys_json(const struct device_key *keys, size_t count)
{
    json_t *list = json_array();
    char text[DEVICE_KEY_TEXT_MAX];

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(device_key_text(&keys[i], text)));
    return list;
}

static bool is_known(const struct config *config, const struct state_device *device)
{
    return (device->profile[0] == '\0' || config_profile_find(config, device->profile) >= 0) &&
           (device->group[0] == '\0' || config_group_find(config, device->group) >= 0);
}

static json_t *day_json(int64_t at_s)
{
    return at_s == 0 ? json_null() : json_integer(at_s);
}

/* NULL with ERR where its keys cannot be read. */
static json_t *device_json(const struct server *server, const struct device_book *book,
                           const struct state_device *device, struct err *err)
{
    struct device_key keys[STATE_KEYS_MOST];
    int count = state_db_device_keys(book->db, device->id, keys, err);

    if (count < 0)
        return NULL;
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:I}", "id",
                     (json_int_t)device->id, "name", word_json(device->name), "profile",
                     word_json(device->profile), "group", word_json(device->group), "keys",
                     keys_json(keys, (size_t)count), "config", 0, "lost",
                     !is_known(server_config(server), device), "seen_first_s",
                     day_json(device->seen_first_s), "seen_last_s", day_json(device->seen_last_s),
                     "bypass", (json_int_t)devices_bypass(book->overlay->devices, device->id));
}

static json_t *deployed_json(const struct server *server, const struct config_device *device)
{
    const struct config *config = server_config(server);
    const struct devices *devices = state_overlay(server->state)->devices;
    uint32_t id = identify_config_id(device->name);

    return json_pack(
        "{s:I, s:s, s:o, s:o, s:o, s:b, s:b, s:n, s:n, s:I}", "id", (json_int_t)id, "name",
        device->name, "profile",
        device->profile < 0 ? json_null() : json_string(config->profiles[device->profile].name),
        "group", device->group < 0 ? json_null() : json_string(config->groups[device->group].name),
        "keys", keys_json(device->keys, device->key_count), "config", 1, "lost", 0, "seen_first_s",
        "seen_last_s", "bypass", (json_int_t)devices_bypass(devices, id));
}

static int list_page(const struct server *server, uint32_t after, bool unknown, json_t *list,
                     uint32_t *next, struct err *err)
{
    struct state_device *devices = calloc(PAGE_MOST, sizeof *devices);
    struct device_book book;
    int count = -1;

    *next = 0;
    if (devices == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        goto out;
    }
    if (open_book(server, &book, err) != 0)
        goto out;
    count = state_db_devices_after(book.db, after, devices, PAGE_MOST, err);
    for (int i = 0; i < count; i++) {
        json_t *row;

        if (unknown && (devices[i].flags & DEVICE_CLAIMED) != 0)
            continue;
        row = device_json(server, &book, &devices[i], err);
        if (row == NULL) {
            count = -1;
            goto out;
        }
        json_array_append_new(list, row);
    }
    if (count == PAGE_MOST)
        *next = devices[count - 1].id;
out:
    free(devices);
    return count < 0 ? -1 : 0;
}

/* Those of the config come with the first page. */
json_t *run_devices(void *context, const json_t *request, json_t *errors)
{
    const struct server *server = context;
    const struct config *config = server_config(server);
    bool unknown = json_is_true(json_object_get(request, "unknown"));
    json_int_t after = json_integer_value(json_object_get(request, "after"));
    json_t *list = json_array();
    struct err err = {.code = ERR_NONE};
    uint32_t next = 0;

    for (size_t i = 0; after == 0 && !unknown && i < config->device_count; i++)
        json_array_append_new(list, deployed_json(server, &config->devices[i]));
    if (list_page(server, (uint32_t)after, unknown, list, &next, &err) != 0 &&
        (config->state_path != NULL || json_array_size(list) == 0)) {
        json_decref(list);
        return message_fail(errors, &err);
    }
    return json_pack("{s:o, s:o}", "devices", list, "next",
                     next == 0 ? json_null() : json_integer(next));
}

/* ---- one device ---- */

/* Returns the text KEY of REQUEST; NULL with ERR where it is missing. */
static const char *wanted(const json_t *request, const char *key, struct err *err)
{
    const char *text = message_text(request, key, err);

    if (text == NULL && err->code == ERR_NONE)
        err_set(err, ERR_USAGE, "missing: '%s'", key);
    return text;
}

/* Reads `#ID`. */
static bool read_id(const char *text, uint32_t *id)
{
    char *end;
    unsigned long long value;

    if (text[0] != '#' || text[1] < '0' || text[1] > '9')
        return false;
    value = strtoull(text + 1, &end, 10);
    *id = (uint32_t)value;
    return *end == '\0' && value <= UINT32_MAX;
}

static int find_device(const struct device_book *book, const char *text,
                       struct state_device *device, struct err *err)
{
    struct device_key key;
    uint32_t id;
    int found;

    if (read_id(text, &id))
        found = state_db_device_get(book->db, id, device, err);
    else
        found = state_db_device_named(book->db, text, device, err);
    if (found == 0 && device_key_parse(text, &key) == 0)
        found = state_db_device_keyed(book->db, &key, device, err);
    if (found == 0)
        err_set(err, ERR_NOT_FOUND, "no such device: '%.60s'; `stairgate devices list` shows all",
                text);
    return found == 1 ? 0 : -1;
}

static const struct config_device *find_deployed(const struct config *config, const char *text)
{
    struct device_key key;
    bool is_key = device_key_parse(text, &key) == 0;

    for (size_t i = 0; i < config->device_count; i++) {
        const struct config_device *device = &config->devices[i];

        if (strcmp(device->name, text) == 0)
            return device;
        for (size_t k = 0; is_key && k < device->key_count; k++) {
            if (device_key_equal(&device->keys[k], &key))
                return device;
        }
    }
    return NULL;
}

/* Opens the book and finds the device that REQUEST names. */
static int start(const struct server *server, const json_t *request, struct device_book *book,
                 struct state_device *device, struct err *err)
{
    const char *text = wanted(request, "device", err);

    if (text == NULL || open_book(server, book, err) != 0)
        return -1;
    return find_device(book, text, device, err);
}

json_t *run_device(void *context, const json_t *request, json_t *errors)
{
    const struct server *server = context;
    const char *text = json_string_value(json_object_get(request, "device"));
    const struct config_device *deployed =
        text == NULL ? NULL : find_deployed(server_config(server), text);
    struct err err = {.code = ERR_NONE};
    struct device_book book;
    struct state_device device;
    json_t *result = NULL;

    if (start(server, request, &book, &device, &err) == 0)
        result = device_json(server, &book, &device, &err);
    else if (deployed != NULL)
        return deployed_json(server, deployed);
    return result != NULL ? result : message_fail(errors, &err);
}

/* Fills WORDS. Errors: -1 with ERR: what the config does not know. */
static int read_words(const struct config *config, const json_t *request,
                      struct device_words *words, struct err *err)
{
    words->name = message_text(request, "name", err);
    words->profile = message_text(request, "profile", err);
    words->group = message_text(request, "group", err);
    if (err->code != ERR_NONE)
        return -1;
    if (words->profile != NULL && words->profile[0] != '\0' &&
        config_profile_find(config, words->profile) < 0)
        return err_set(err, ERR_NOT_FOUND, "no such profile: '%.60s'", words->profile);
    if (words->group != NULL && words->group[0] != '\0' &&
        config_group_find(config, words->group) < 0)
        return err_set(err, ERR_NOT_FOUND, "no such group: '%.60s'", words->group);
    return 0;
}

/* A name is shown in tables and asked for by people. */
static int check_name(const struct config *config, const char *name, struct err *err)
{
    struct device_key key;

    if (name == NULL || name[0] == '\0')
        return err_set(err, ERR_USAGE, "missing: 'name'");
    if (name[0] == '#' || device_key_parse(name, &key) == 0)
        return err_set(err, ERR_USAGE, "a device cannot be called '%.60s', which is an id or a key",
                       name);
    if (!text_is_plain(name))
        return err_set(
            err, ERR_USAGE,
            "a device's name is plain text, without control characters or blanks around");
    for (size_t i = 0; i < config->device_count; i++) {
        if (strcmp(config->devices[i].name, name) == 0)
            return err_set(err, ERR_DUPLICATE, "the configuration has a device called '%.60s'",
                           name);
    }
    return 0;
}

static int read_row(const struct config *config, const json_t *request, struct device_row *row,
                    struct err *err)
{
    const char *key = wanted(request, "key", err);

    if (key == NULL)
        return -1;
    if (device_key_parse(key, &row->key) != 0)
        return err_set(err, ERR_USAGE,
                       "not a MAC, address, prefix or cpe:NAME of a device: '%.60s'", key);
    if (read_words(config, request, &row->words, err) != 0)
        return -1;
    return check_name(config, row->words.name, err);
}

json_t *run_device_name(void *context, const json_t *request, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct device_book book;
    struct state_device device;
    struct device_row row;
    json_t *result = NULL;

    if (read_row(server_config(server), request, &row, &err) == 0 &&
        open_book(server, &book, &err) == 0 &&
        device_book_name(&book, &row.key, &row.words, &device, &err) == 0)
        result = device_json(server, &book, &device, &err);
    if (result == NULL)
        return message_fail(errors, &err);
    log_event(&server->log, LOG_LEVEL_INFO, "device_named", "id=%u", device.id);
    return result;
}

json_t *run_device_change(void *context, const json_t *request, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct device_book book;
    struct state_device device;
    struct device_words words;
    json_t *result = NULL;

    if (read_words(server_config(server), request, &words, &err) == 0 &&
        (words.name == NULL || check_name(server_config(server), words.name, &err) == 0) &&
        start(server, request, &book, &device, &err) == 0 &&
        device_book_change(&book, &device, &words, &err) == 0)
        result = device_json(server, &book, &device, &err);
    if (result == NULL)
        return message_fail(errors, &err);
    log_event(&server->log, LOG_LEVEL_INFO, "device_changed", "id=%u", device.id);
    return result;
}

json_t *run_device_forget(void *context, const json_t *request, json_t *errors)
{
    struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct device_book book;
    struct state_device device;

    if (start(server, request, &book, &device, &err) != 0 ||
        device_book_forget(&book, device.id, &err) != 0)
        return message_fail(errors, &err);
    state_reload(server->state, server_config(server)); /* its grants are gone, too */
    log_event(&server->log, LOG_LEVEL_INFO, "device_forgotten", "id=%u", device.id);
    return json_pack("{s:I, s:o}", "id", (json_int_t)device.id, "name", word_json(device.name));
}

/* ---- many ---- */

static struct device_row *read_rows(const struct config *config, const json_t *request,
                                    size_t *count, size_t *bad, struct err *err)
{
    const json_t *list = json_object_get(request, "rows");
    struct device_row *rows;

    *count = json_array_size(list);
    if (*count == 0 || *count > DEVICE_BOOK_ROWS) {
        err_set(err, ERR_USAGE, "an import has 1 to %d rows", DEVICE_BOOK_ROWS);
        return NULL;
    }
    rows = calloc(*count, sizeof *rows);
    if (rows == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    for (*bad = 0; *bad < *count; ++*bad) {
        if (read_row(config, json_array_get(list, *bad), &rows[*bad], err) == 0)
            continue;
        free(rows);
        return NULL;
    }
    return rows;
}

json_t *run_devices_import(void *context, const json_t *request, json_t *errors)
{
    struct server *server = context;
    bool check = json_is_true(json_object_get(request, "check"));
    struct err err = {.code = ERR_NONE};
    struct device_book book;
    struct device_row *rows;
    size_t count, bad = 0;
    int result = -1;

    rows = read_rows(server_config(server), request, &count, &bad, &err);
    if (rows != NULL && open_book(server, &book, &err) == 0)
        result = check ? 0 : device_book_import(&book, rows, count, &bad, &err);
    free(rows);
    if (result != 0) {
        err.line = (unsigned)bad + 1; /* of the rows of this request */
        return message_fail(errors, &err);
    }
    return json_pack("{s:I}", "rows", (json_int_t)count);
}

void device_verbs_name(const struct server *server, json_t *result)
{
    json_t *device = json_object_get(result, "device");
    json_int_t id = json_integer_value(json_object_get(device, "id"));
    struct state_device row;
    struct device_book book;
    struct err err;

    if (id <= 0 || id > INT32_MAX || open_book(server, &book, &err) != 0)
        return;
    if (state_db_device_get(book.db, (uint32_t)id, &row, &err) == 1 && row.name[0] != '\0')
        json_object_set_new(device, "name", json_string(row.name));
}
