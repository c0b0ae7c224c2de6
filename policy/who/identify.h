/* identify.h - who is asking: from all that is known of a question to a device and a profile.
 *
 * The order of evidence is enum identify_by, the strongest first. Those of a device are looked
 * for in the overlay, then in the config (of prefixes the longest of both); the first device that
 * somebody claims gives the profile: its own, else that of its group, else of the group above...
 * What no device decides, the network does. */
#ifndef POLICY_WHO_IDENTIFY_H
#define POLICY_WHO_IDENTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/ask.h"
#include "policy/state/grants.h"
#include "policy/who/devices.h"

struct config_device;
struct config_network;
struct snapshot;

enum identify_by {
    IDENTIFY_FORCED,        /* `why --profile` */
    IDENTIFY_TOLD,          /* a device: a trusted forwarder says which */
    IDENTIFY_MAC,           /* a device: the kernel knows its MAC */
    IDENTIFY_DEVICE_PREFIX, /* a device: the longest of its prefixes around the address */
    IDENTIFY_INTERFACE,     /* a network: where the question came in */
    IDENTIFY_PREFIX,        /* a network: the longest prefix around the address */
    IDENTIFY_LISTENER,      /* a network: the address that was asked */
    IDENTIFY_DEFAULT
};

enum {
    IDENTITY_GROUPS_MOST = 16,
    IDENTITY_AWAITED_TTL_S = 2, /* till the kernel has said whose an address is */
};

struct identity {
    uint32_t profile;                     /* index into the config's profiles */
    enum identify_by by;                  /* what gave it */
    const struct config_network *network; /* that the question came from; NULL: none */

    struct device device;       /* id 0: none is known, not even as one that was seen */
    enum identify_by device_by; /* what it was found by */
    uint32_t mark;              /* of the profile */

    bool unknown; /* the profile is the network's for devices that nobody knows */
    bool has_mac; /* so that it can become known by it: */
    uint8_t mac[6];
    uint32_t max_ttl_s; /* of every answer; 0: as it is */
    uint32_t group_count;

    /* From here on filled for a device alone, and not even cleared without one. */
    uint32_t groups[IDENTITY_GROUPS_MOST]; /* marks: its own, then those above */
    struct device_key device_key;          /* that it was found under */
};

/* Fills IDENTITY for ASK. Threads: any. Cost: no allocation; a probe or two where there are
 * devices, and one for each length of prefix in use. */
void identify(const struct snapshot *snapshot, const struct ask *ask, struct identity *identity);

/* Returns the device of SNAPSHOT's config that IDENTITY is of, NULL for none. */
const struct config_device *identify_named(const struct snapshot *snapshot,
                                           const struct identity *identity);

/* Makes SUBJECT, which grants are looked up for, of IDENTITY, into which it points. */
void identify_subject(const struct identity *identity, struct grant_subject *subject);

/* Returns the id, for grants, of the device that a config calls NAME. The ids of the state file are
 * below 2^31, these are not. */
uint32_t identify_config_id(const char *name);

/* Tells whether CLIENT is in clients.allow. */
bool identify_allowed(const struct snapshot *snapshot, const struct addr *client);

#endif
