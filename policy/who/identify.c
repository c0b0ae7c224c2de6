#include "policy/who/identify.h"

#include "policy/compiled.h"

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

static bool is_forced(const struct snapshot *snapshot, const struct ask *ask)
{
    return ask->forced_profile >= 0 && (size_t)ask->forced_profile < snapshot->profile_count;
}

const struct config_network *identify_network(const struct snapshot *snapshot,
                                              const struct ask *ask)
{
    const struct config_network *network;
    const struct network_entry *entry;

    if (is_forced(snapshot, ask))
        return NULL;
    network = find_interface(snapshot, ask->ifindex);
    if (network != NULL)
        return network;
    entry = network_find(snapshot->networks, &ask->client);
    return entry == NULL ? NULL : &snapshot->config->networks[entry->number];
}

uint32_t identify_client(const struct snapshot *snapshot, const struct ask *ask,
                         enum identify_by *by)
{
    const struct config_network *network = identify_network(snapshot, ask);
    bool forced = is_forced(snapshot, ask);

    if (by != NULL && network == NULL)
        *by = forced ? IDENTIFY_FORCED : IDENTIFY_DEFAULT;
    else if (by != NULL)
        *by = network->interface[0] != '\0' ? IDENTIFY_INTERFACE : IDENTIFY_PREFIX;
    if (network != NULL)
        return (uint32_t)network->profile;
    return forced ? (uint32_t)ask->forced_profile : snapshot->default_profile;
}

bool identify_allowed(const struct snapshot *snapshot, const struct addr *client)
{
    return network_find(snapshot->clients_allow, client) != NULL;
}
