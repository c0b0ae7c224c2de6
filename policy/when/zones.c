#include "policy/when/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/zone_file.h"
#include "config/config.h"
#include "policy/when/zone.h"

struct entry {
    char name[ZONE_NAME_MAX];
    struct zone *zone;
};

/* A config names a few: searching them one by one is as quick as anything. */
struct zones {
    struct entry *entries;
    size_t count;
};

struct zones *zones_create(struct err *err)
{
    struct zones *zones = calloc(1, sizeof *zones);

    if (zones == NULL)
        err_set(err, ERR_MEMORY, "out of memory for time zones");
    return zones;
}

void zones_free(struct zones *zones)
{
    if (zones == NULL)
        return;
    for (size_t i = 0; i < zones->count; i++)
        zone_free(zones->entries[i].zone);
    free(zones->entries);
    free(zones);
}

static const struct zone *add(struct zones *zones, const char *name, struct err *err)
{
    struct entry *grown = realloc(zones->entries, (zones->count + 1) * sizeof *grown);
    struct entry *entry;

    if (grown == NULL) {
        err_set(err, ERR_MEMORY, "out of memory for time zones");
        return NULL;
    }
    zones->entries = grown;
    entry = &grown[zones->count];
    entry->zone = zone_load(name, err);
    if (entry->zone == NULL)
        return NULL;
    snprintf(entry->name, sizeof entry->name, "%s", name);
    zones->count++;
    return entry->zone;
}

static const struct zone *get(struct zones *zones, const char *name, struct err *err)
{
    for (size_t i = 0; i < zones->count; i++) {
        if (strcmp(zones->entries[i].name, name) == 0)
            return zones->entries[i].zone;
    }
    return add(zones, name, err);
}

int zones_of_profile(struct zones *zones, const struct config *config,
                     const struct config_profile *profile, const struct zone **zone,
                     struct err *err)
{
    const char *name = profile->zone != NULL ? profile->zone : config->zone;

    *zone = NULL;
    if (name == NULL)
        return 0;
    *zone = get(zones, name, err);
    return *zone == NULL ? -1 : 0;
}
