/* identify.c - the order of evidence on who asks.
 *
 * The problem: one question comes with several hints (what a forwarder says, the MAC behind the
 * address, the address, the interface, the address that was asked), which may disagree; and what
 * is known of a device lies in two places. The idea: hints in an order that people can remember,
 * from what names one device to what names a whole network, and each of them asked only while
 * nothing has decided. A device that was only ever seen decides nothing, but is remembered: grants
 * and counts go by its id.
 *
 * What a forwarder tells stands for its neighbour's MAC, which is the forwarder's own.
 *
 * Dropped: weighing hints against each other; nobody could foretell the outcome. */
#include "policy/who/identify.h"

#include <string.h>

#include "policy/compiled.h"
#include "policy/state/mark.h"
#include "policy/state/overlay.h"
#include "policy/who/neighbours.h"

#define CONFIG_ID (UINT32_C(1) << 31)

static const struct config_network *find_interface(const struct snapshot *snapshot,
                                                   uint32_t ifindex)
{
    if (ifindex == 0)
        return NULL;
    for (size_t i = 0; i < snapshot->interface_count; i++) {
        if (__atomic_load_n(&snapshot->interfaces[i].ifindex, __ATOMIC_RELAXED) == ifindex)
            return snapshot->interfaces[i].config;
    }
    return NULL;
}

/* An address with its port comes before one without, wherever they stand. */
static const struct config_network *find_listener(const struct snapshot *snapshot,
                                                  const struct endpoint *local)
{
    const struct config_network *any_port = NULL;

    for (size_t i = 0; i < snapshot->listener_count; i++) {
        const struct config_network *network = snapshot->listeners[i];

        if (!addr_equal(&network->listen.addr, &local->addr))
            continue;
        if (network->listen.port == local->port)
            return network;
        if (network->listen.port == 0)
            any_port = network;
    }
    return any_port;
}

/* Fills the network that the question comes from, and the profile that it gives. */
static void find_network(const struct snapshot *s, const struct ask *ask, struct identity *identity)
{
    const struct network_entry *entry;

    identity->by = IDENTIFY_INTERFACE;
    identity->network = find_interface(s, ask->ifindex);
    if (identity->network == NULL) {
        identity->by = IDENTIFY_PREFIX;
        entry = network_find(s->networks, &ask->client);
        identity->network = entry == NULL ? NULL : &s->config->networks[entry->number];
    }
    if (identity->network == NULL) {
        identity->by = IDENTIFY_LISTENER;
        identity->network = find_listener(s, &ask->local);
    }
    if (identity->network == NULL)
        identity->by = IDENTIFY_DEFAULT;
    identity->profile =
        identity->network == NULL ? s->default_profile : (uint32_t)identity->network->profile;
}

/* Adds the groups that MARK's is in to IDENTITY. Returns the profile of the nearest that has one,
 * -1 where none has. */
static long climb(const struct snapshot *s, uint32_t mark, struct identity *identity)
{
    long group = mark == 0 ? -1 : compiled_find_mark(&s->group_names, mark), profile = -1;

    while (group >= 0 && identity->group_count < IDENTITY_GROUPS_MOST) {
        const struct compiled_group *own = &s->groups[group];

        identity->groups[identity->group_count++] = own->mark;
        if (profile < 0)
            profile = own->profile;
        group = own->parent;
    }
    return profile;
}

/* Takes DEVICE, which KEY was found under. Returns whether that settles who asks. */
static bool take(const struct snapshot *s, enum identify_by by, const struct device_key *key,
                 const struct device *device, struct identity *identity)
{
    long profile;

    if (identity->device.id != 0 && (device->flags & DEVICE_CLAIMED) == 0)
        return false;
    identity->device = *device;
    identity->device_by = by;
    identity->device_key = *key;
    if ((device->flags & DEVICE_CLAIMED) == 0)
        return false;
    profile = device->profile == 0 ? -1 : compiled_find_mark(&s->profile_marks, device->profile);
    identity->group_count = 0;
    if (profile < 0)
        profile = climb(s, device->group, identity);
    else
        climb(s, device->group, identity);
    if (profile < 0)
        return true; /* known, but nobody has said what it gets */
    identity->profile = (uint32_t)profile;
    identity->by = by;
    return true;
}

/* The tables of devices in the order in which they are asked; NULL ends them. */
struct tables {
    const struct devices *items[3];
};

static void find_tables(const struct snapshot *s, const struct overlay *overlay,
                        struct tables *tables)
{
    size_t count = 0;

    if (overlay != NULL && overlay->devices != NULL && devices_any(overlay->devices))
        tables->items[count++] = overlay->devices;
    if (s->devices != NULL)
        tables->items[count++] = s->devices;
    tables->items[count] = NULL;
}

static bool find_key(const struct snapshot *s, const struct tables *tables, enum identify_by by,
                     const struct device_key *key, struct identity *identity)
{
    struct device device;

    for (size_t i = 0; tables->items[i] != NULL; i++) {
        if (devices_find(tables->items[i], key, &device) && take(s, by, key, &device, identity))
            return true;
    }
    return false;
}

/* The longest prefix of both tables; at one length the overlay's. */
static bool find_address(const struct snapshot *s, const struct tables *tables,
                         const struct addr *client, struct identity *identity)
{
    struct device device, best = {0};
    struct device_key key;
    struct prefix prefix;
    int longest = -1;
    uint8_t length;

    for (size_t i = 0; tables->items[i] != NULL; i++) {
        if (!devices_find_addr(tables->items[i], client, &device, &length) || length <= longest)
            continue;
        longest = length;
        best = device;
    }
    if (longest < 0)
        return false;
    prefix_of(&prefix, client, (unsigned)longest);
    device_key_of_prefix(&prefix, &key);
    return take(s, IDENTIFY_DEVICE_PREFIX, &key, &best, identity);
}

/* Fills has_mac, where the kernel knows who has the client's address. */
static void find_mac(const struct ask *ask, struct identity *identity)
{
    const struct neighbours *neighbours = ask->overlay == NULL ? NULL : ask->overlay->neighbours;

    if (ask->told.length > 0) {
        identity->has_mac = ask->told.kind == DEVICE_MAC;
        if (identity->has_mac)
            memcpy(identity->mac, ask->told.octets, sizeof identity->mac);
    } else if (neighbours != NULL) {
        identity->has_mac = neighbours_find(neighbours, &ask->client, ask->ifindex, identity->mac);
    }
}

static bool find_device(const struct snapshot *s, const struct ask *ask,
                        const struct tables *tables, struct identity *identity)
{
    struct device_key key;

    if (ask->told.length > 0) {
        if (find_key(s, tables, IDENTIFY_TOLD, &ask->told, identity) ||
            (ask->told_line.length > 0 &&
             find_key(s, tables, IDENTIFY_TOLD, &ask->told_line, identity)))
            return true;
    } else if (identity->has_mac) {
        device_key_of_mac(identity->mac, &key);
        if (find_key(s, tables, IDENTIFY_MAC, &key, identity))
            return true;
    }
    return find_address(s, tables, &ask->client, identity);
}

/* A network that has a word for those whom nobody knows says it of whoever no device's profile was
 * found for. Who has no MAC yet may turn out to be known in a moment. */
static void fall_back(const struct ask *ask, struct identity *identity)
{
    const struct config_network *network = identity->network;

    if (network == NULL || network->unknown < 0)
        return;
    identity->profile = (uint32_t)network->unknown;
    identity->unknown = true;
    if (identity->device.id == 0 && !identity->has_mac && ask->overlay != NULL &&
        ask->told.length == 0 && !addr_is_loopback(&ask->client))
        identity->max_ttl_s = IDENTITY_AWAITED_TTL_S;
}

void identify(const struct snapshot *s, const struct ask *ask, struct identity *identity)
{
    struct tables tables;

    memset(identity, 0, offsetof(struct identity, groups));
    if (ask->forced_profile >= 0 && (size_t)ask->forced_profile < s->profile_count) {
        identity->profile = (uint32_t)ask->forced_profile;
        identity->by = IDENTIFY_FORCED;
        identity->mark = s->profiles[identity->profile].mark;
        return;
    }
    find_network(s, ask, identity);
    find_tables(s, ask->overlay, &tables);
    if (tables.items[0] != NULL || (identity->network != NULL && identity->network->unknown >= 0))
        find_mac(ask, identity);
    if (tables.items[0] != NULL)
        find_device(s, ask, &tables, identity);
    if (identity->by >= IDENTIFY_INTERFACE)
        fall_back(ask, identity);
    identity->mark = s->profiles[identity->profile].mark;
}

const struct config_device *identify_named(const struct snapshot *s,
                                           const struct identity *identity)
{
    long index = identity->device.id < CONFIG_ID
                     ? -1
                     : compiled_find_mark(&s->device_ids, identity->device.id);

    return index < 0 ? NULL : &s->config->devices[index];
}

void identify_subject(const struct identity *identity, struct grant_subject *subject)
{
    subject->device = identity->device.id;
    subject->profile = identity->mark;
    subject->groups = identity->groups;
    subject->group_count = identity->group_count;
}

uint32_t identify_config_id(const char *name)
{
    return mark_of(name) | CONFIG_ID;
}

bool identify_allowed(const struct snapshot *snapshot, const struct addr *client)
{
    return network_find(snapshot->clients_allow, client) != NULL;
}
