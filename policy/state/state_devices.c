#include <string.h>

#include "config/base/err.h"
#include "policy/state/state_db.h"
#include "policy/state/state_query.h"

static void read_device(struct state_query *query, struct state_device *device)
{
    memset(device, 0, sizeof *device);
    device->id = state_query_number(query, UINT32_MAX);
    state_query_text(query, device->name, sizeof device->name);
    state_query_text(query, device->profile, sizeof device->profile);
    state_query_text(query, device->group, sizeof device->group);
    device->flags = state_query_number(query, UINT32_MAX);
    device->seen_first_s = state_query_time(query);
    device->seen_last_s = state_query_time(query);
}

static void bind_key(struct state_query *query, const struct device_key *key)
{
    state_query_bind(query, key->kind);
    state_query_bind_octets(query, key->octets, key->length);
    state_query_bind(query, key->prefix);
}

int state_db_device_put(struct state_db *db, struct state_device *device, struct err *err)
{
    struct state_query query;
    bool is_new = device->id == 0;
    int64_t id;

    state_query_start(&query, db, is_new ? STATE_DEVICE_NEW : STATE_DEVICE_CHANGE, err);
    state_query_bind_text(&query, device->name);
    state_query_bind_text(&query, device->profile);
    state_query_bind_text(&query, device->group);
    state_query_bind(&query, device->flags);
    state_query_bind(&query, device->seen_first_s);
    state_query_bind(&query, device->seen_last_s);
    if (!is_new)
        state_query_bind(&query, device->id);
    if (state_query_end(&query) != 0) {
        if (err != NULL && err->code == ERR_DUPLICATE)
            err_set(err, ERR_DUPLICATE, "another device is called '%s'", device->name);
        return -1;
    }
    if (!is_new)
        return 0;
    id = sqlite3_last_insert_rowid(db->db);
    must(id > 0);
    if (id > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "%s: no number is left for a device", db->path);
    device->id = (uint32_t)id;
    return 0;
}

static int remove_by_id(struct state_db *db, enum state_statement statement, uint32_t id,
                        struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, statement, err);
    state_query_bind(&query, id);
    return state_query_end(&query);
}

int state_db_device_remove(struct state_db *db, uint32_t id, struct err *err)
{
    static const enum state_statement steps[] = {STATE_DEVICE_GRANTS_REMOVE,
                                                 STATE_DEVICE_KEYS_REMOVE, STATE_DEVICE_REMOVE};
    bool own = !db->begun; /* all of it or nothing */

    if (own && state_db_begin(db, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (remove_by_id(db, steps[i], id, err) == 0)
            continue;
        if (own)
            state_db_abandon(db);
        return -1;
    }
    return own ? state_db_commit(db, err) : 0;
}

int state_db_key_put(struct state_db *db, uint32_t id, const struct device_key *key,
                     struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_KEY_PUT, err);
    state_query_bind(&query, id);
    bind_key(&query, key);
    return state_query_end(&query);
}

int state_db_key_remove(struct state_db *db, const struct device_key *key, struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_KEY_REMOVE, err);
    bind_key(&query, key);
    return state_query_end(&query);
}

/* Ends QUERY, which finds one device. */
static int find(struct state_query *query, struct state_device *device)
{
    bool found = state_query_row(query);

    if (found)
        read_device(query, device);
    return state_query_end(query) == 0 ? found : -1;
}

int state_db_device_get(struct state_db *db, uint32_t id, struct state_device *device,
                        struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_DEVICE_BY_ID, err);
    state_query_bind(&query, id);
    return find(&query, device);
}

int state_db_device_named(struct state_db *db, const char *name, struct state_device *device,
                          struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_DEVICE_BY_NAME, err);
    state_query_bind_text(&query, name);
    return find(&query, device);
}

int state_db_device_keyed(struct state_db *db, const struct device_key *key,
                          struct state_device *device, struct err *err)
{
    struct state_query query;

    state_query_start(&query, db, STATE_DEVICE_BY_KEY, err);
    bind_key(&query, key);
    return find(&query, device);
}

/* The keys, in the order of their devices, one ahead. */
struct keys {
    struct state_query query;
    bool there;
    uint32_t device;
    struct device_key key;
};

static void next_key(struct keys *keys)
{
    keys->there = state_query_row(&keys->query);
    if (!keys->there)
        return;
    memset(&keys->key, 0, sizeof keys->key);
    keys->device = state_query_number(&keys->query, UINT32_MAX);
    keys->key.kind = (uint8_t)state_query_number(&keys->query, DEVICE_KEY_KINDS - 1);
    keys->key.length =
        (uint8_t)state_query_octets(&keys->query, keys->key.octets, sizeof keys->key.octets);
    keys->key.prefix = (uint8_t)state_query_number(&keys->query, 128);
    keys->there = !keys->query.failed;
}

/* Collects the keys of device ID; those of a device that is not there are passed. */
static size_t take_keys(struct keys *keys, uint32_t id, struct device_key *out)
{
    size_t count = 0;

    while (keys->there && keys->device < id)
        next_key(keys);
    for (; keys->there && keys->device == id; next_key(keys)) {
        if (count < STATE_KEYS_MOST)
            out[count++] = keys->key;
    }
    return count;
}

int state_db_devices_each(struct state_db *db,
                          int (*see)(void *context, const struct state_device *device,
                                     const struct device_key *keys, size_t count),
                          void *context, struct err *err)
{
    struct device_key own[STATE_KEYS_MOST];
    struct state_query devices;
    struct state_device device;
    struct keys keys;
    int result = 0;

    state_query_start(&devices, db, STATE_DEVICES, err);
    state_query_start(&keys.query, db, STATE_KEYS, err);
    next_key(&keys);
    while (result == 0 && !keys.query.failed && state_query_row(&devices)) {
        read_device(&devices, &device);
        if (!devices.failed)
            result = see(context, &device, own, take_keys(&keys, device.id, own));
    }
    if (result != 0 || keys.query.failed || devices.failed) {
        /* what is left is not read */
        bool failed = keys.query.failed || devices.failed;

        keys.query.failed = devices.failed = true;
        state_query_end(&keys.query);
        state_query_end(&devices);
        return failed ? -1 : result;
    }
    return state_query_end(&keys.query) == 0 && state_query_end(&devices) == 0 ? 0 : -1;
}

static void read_key(struct state_query *query, struct device_key *key)
{
    memset(key, 0, sizeof *key);
    key->kind = (uint8_t)state_query_number(query, DEVICE_KEY_KINDS - 1);
    key->length = (uint8_t)state_query_octets(query, key->octets, sizeof key->octets);
    key->prefix = (uint8_t)state_query_number(query, 128);
}

int state_db_device_keys(struct state_db *db, uint32_t id, struct device_key *keys, struct err *err)
{
    struct state_query query;
    int count = 0;

    state_query_start(&query, db, STATE_KEYS_OF, err);
    state_query_bind(&query, id);
    while (state_query_row(&query)) {
        struct device_key key;

        read_key(&query, &key);
        if (count < STATE_KEYS_MOST)
            keys[count++] = key;
    }
    return state_query_end(&query) == 0 ? count : -1;
}

int state_db_devices_after(struct state_db *db, uint32_t after, struct state_device *devices,
                           size_t most, struct err *err)
{
    struct state_query query;
    size_t count = 0;

    state_query_start(&query, db, STATE_DEVICES_AFTER, err);
    state_query_bind(&query, after);
    state_query_bind(&query, (int64_t)most);
    while (count < most && state_query_row(&query))
        read_device(&query, &devices[count++]);
    return state_query_end(&query) == 0 ? (int)count : -1;
}

int64_t state_db_device_key_count(struct state_db *db, uint32_t id, struct err *err)
{
    struct state_query query;
    int64_t count = 0;

    state_query_start(&query, db, STATE_KEY_COUNT, err);
    state_query_bind(&query, id);
    if (state_query_row(&query))
        count = state_query_time(&query);
    return state_query_end(&query) == 0 ? count : -1;
}

/* Runs STATEMENT, which gives at most one number; 0 where it gives none. */
static int find_number(struct state_db *db, enum state_statement statement, uint32_t *number,
                       struct err *err)
{
    struct state_query query;

    *number = 0;
    state_query_start(&query, db, statement, err);
    if (state_query_row(&query))
        *number = state_query_number(&query, UINT32_MAX);
    return state_query_end(&query);
}

int state_db_key_count(struct state_db *db, uint32_t *count, struct err *err)
{
    return find_number(db, STATE_KEYS_COUNT, count, err);
}

int state_db_unnamed(struct state_db *db, uint32_t *count, uint32_t *oldest, struct err *err)
{
    if (find_number(db, STATE_UNNAMED_COUNT, count, err) != 0)
        return -1;
    return find_number(db, STATE_UNNAMED_OLDEST, oldest, err);
}
