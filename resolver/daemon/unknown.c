/* unknown.c - the nearest of the words that there are. */
#include "resolver/daemon/unknown.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "config/service.h"
#include "policy/state/state_db.h"

enum { KNOWN_MOST = 1024 };

struct names {
    char items[KNOWN_MOST][CONFIG_WORD_MAX];
    const char *known[KNOWN_MOST];
    size_t count;
};

int unknown_word(const char *what, const char *word, const char *const *known, size_t count,
                 struct err *err)
{
    const char *near = text_nearest(word, known, count);

    return err_set(err, ERR_NOT_FOUND, "no such %s: '%.60s'%s%s%s", what, word,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                   near != NULL ? "'?" : "");
}

/* As unknown_word, of NAMES (NULL: none could be gathered), which it frees. */
static int unknown_of(const char *what, const char *word, struct names *names, struct err *err)
{
    for (size_t i = 0; names != NULL && i < names->count; i++)
        names->known[i] = names->items[i];
    unknown_word(what, word, names != NULL ? names->known : NULL, names != NULL ? names->count : 0,
                 err);
    free(names);
    return -1;
}

static int collect_name(void *context, const struct state_device *device,
                        const struct device_key *keys, size_t count)
{
    struct names *names = context;

    (void)keys;
    (void)count;
    if (device->name[0] == '\0')
        return 0;
    snprintf(names->items[names->count], CONFIG_WORD_MAX, "%s", device->name);
    return ++names->count == KNOWN_MOST;
}

int unknown_device(struct state_db *db, const struct config *config, const char *word,
                   struct err *err)
{
    struct names *names = calloc(1, sizeof *names);

    for (size_t i = 0; names != NULL && i < config->device_count && i < KNOWN_MOST - 1; i++)
        snprintf(names->items[names->count++], CONFIG_WORD_MAX, "%s", config->devices[i].name);
    if (names != NULL && state_db_devices_each(db, collect_name, names, err) < 0) {
        free(names);
        return -1;
    }
    return unknown_of("device", word, names, err);
}

int unknown_service(const struct config *config, const char *word, struct err *err)
{
    struct names *names = calloc(1, sizeof *names);

    if (names != NULL)
        names->count = service_ids(config, names->items, KNOWN_MOST);
    return unknown_of("service", word, names, err);
}
