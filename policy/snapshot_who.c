/* snapshot_who.c - the part of a snapshot that tells who asks: who is served, networks, groups, and
 * the devices that the config deploys, as a table of their own. */
#include <net/if.h>
#include <stdlib.h>

#include "config/base/err.h"
#include "config/base/random.h"
#include "policy/compiled.h"
#include "policy/snapshot.h"
#include "policy/state/mark.h"
#include "policy/who/devices.h"
#include "policy/who/identify.h"

static int out_of_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "out of memory for the configuration");
}

static int compile_clients(struct snapshot *s, struct err *err)
{
    const struct config *config = s->config;

    s->clients_allow = network_create_of(config->clients_allow, config->clients_allow_count, err);
    if (s->clients_allow == NULL || config->trusted_forwarder_count == 0)
        return s->clients_allow == NULL ? -1 : 0;
    s->forwarders =
        network_create_of(config->trusted_forwarders, config->trusted_forwarder_count, err);
    return s->forwarders == NULL ? -1 : 0;
}

void snapshot_find_interfaces(const struct snapshot *s)
{
    for (size_t i = 0; i < s->interface_count; i++)
        __atomic_store_n(&s->interfaces[i].ifindex,
                         if_nametoindex(s->interfaces[i].config->interface), __ATOMIC_RELAXED);
}

/* Puts each network where it is looked for; of those told by a prefix into ENTRIES. Returns how
 * many these are. */
static size_t sort_networks(struct snapshot *s, struct network_entry *entries)
{
    size_t prefixes = 0;

    for (size_t i = 0; i < s->config->network_count; i++) {
        const struct config_network *network = &s->config->networks[i];

        if (network->interface[0] != '\0')
            s->interfaces[s->interface_count++] = (struct compiled_interface){.config = network};
        else if (network->listen.addr.bits != 0)
            s->listeners[s->listener_count++] = network;
        else
            entries[prefixes++] = (struct network_entry){network->prefix, (uint32_t)i};
    }
    return prefixes;
}

static int compile_networks(struct snapshot *s, struct err *err)
{
    size_t count = s->config->network_count;
    struct network_entry *entries = calloc(count + 1, sizeof *entries);

    s->interfaces = calloc(count + 1, sizeof *s->interfaces);
    s->listeners = calloc(count + 1, sizeof(const struct config_network *));
    if (entries == NULL || s->interfaces == NULL || s->listeners == NULL) {
        free(entries);
        return out_of_memory(err);
    }
    s->networks = network_create(entries, sort_networks(s, entries), err);
    snapshot_find_interfaces(s);
    free(entries);
    return s->networks == NULL ? -1 : 0;
}

static int compile_groups(struct snapshot *s, struct err *err)
{
    s->groups = calloc(s->config->group_count + 1, sizeof *s->groups);
    if (s->groups == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < s->config->group_count; i++) {
        const struct config_group *group = &s->config->groups[i];

        s->groups[i] = (struct compiled_group){mark_of(group->name), group->parent, group->profile};
    }
    return 0;
}

static struct device device_of(const struct config *config, const struct config_device *device)
{
    return (struct device){
        .id = identify_config_id(device->name),
        .profile = device->profile < 0 ? 0 : mark_of(config->profiles[device->profile].name),
        .group = device->group < 0 ? 0 : mark_of(config->groups[device->group].name),
        .flags = DEVICE_CLAIMED,
    };
}

static int put_device(struct snapshot *s, const struct config_device *named, struct err *err)
{
    const struct device device = device_of(s->config, named);

    for (size_t i = 0; i < named->key_count; i++) {
        if (devices_put(s->devices, &named->keys[i], &device, err) != 0)
            return -1;
    }
    return 0;
}

/* Two names with one id are as unlikely as they would be confusing. */
static int number_devices(struct snapshot *s, struct err *err)
{
    const struct config *config = s->config;
    struct compiled_marks *ids = &s->device_ids;
    const struct compiled_mark *twin;

    ids->items = calloc(config->device_count, sizeof *ids->items);
    if (ids->items == NULL)
        return out_of_memory(err);
    ids->count = config->device_count;
    for (size_t i = 0; i < ids->count; i++)
        ids->items[i] =
            (struct compiled_mark){identify_config_id(config->devices[i].name), (uint32_t)i};
    twin = compiled_sort_marks(ids);
    if (twin == NULL)
        return 0;
    return err_set(err, ERR_DUPLICATE,
                   "devices '%.63s' and '%.63s' have one id; give one another name",
                   config->devices[twin[0].index].name, config->devices[twin[1].index].name);
}

static int compile_devices(struct snapshot *s, struct err *err)
{
    struct random random = {.left = 0};
    size_t keys = 0;

    if (s->config->device_count == 0)
        return 0;
    for (size_t i = 0; i < s->config->device_count; i++)
        keys += s->config->devices[i].key_count;
    s->devices = devices_create(keys, random_u64(&random), err);
    if (s->devices == NULL || number_devices(s, err) != 0)
        return -1;
    for (size_t i = 0; i < s->config->device_count; i++) {
        if (put_device(s, &s->config->devices[i], err) != 0)
            return -1;
    }
    return 0;
}

int snapshot_compile_who(struct snapshot *s, struct err *err)
{
    if (compile_clients(s, err) != 0 || compile_networks(s, err) != 0 ||
        compile_groups(s, err) != 0)
        return -1;
    return compile_devices(s, err);
}

void snapshot_free_who(struct snapshot *s)
{
    free(s->device_ids.items);
    devices_free(s->devices);
    free(s->groups);
    free(s->listeners);
    free(s->interfaces);
    network_free(s->networks);
    network_free(s->clients_allow);
    network_free(s->forwarders);
}
