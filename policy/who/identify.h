/* identify.h - who is asking: client, interface and listener to a profile.
 *
 * Evidence in this order: an interface rule, the longest prefix, the default profile. */
#ifndef POLICY_WHO_IDENTIFY_H
#define POLICY_WHO_IDENTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/ask.h"

struct snapshot;

enum identify_by { IDENTIFY_FORCED, IDENTIFY_INTERFACE, IDENTIFY_PREFIX, IDENTIFY_DEFAULT };

/* Returns the index of the profile for ASK; *BY (may be NULL) tells on what evidence. */
uint32_t identify_client(const struct snapshot *snapshot, const struct ask *ask,
                         enum identify_by *by);

/* Returns the network rule of the configuration that gives ASK its profile; NULL where none does
 * (forced, default). */
const struct config_network *identify_network(const struct snapshot *snapshot,
                                              const struct ask *ask);

/* Tells whether CLIENT is in clients.allow. */
bool identify_allowed(const struct snapshot *snapshot, const struct addr *client);

#endif
