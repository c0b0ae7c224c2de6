/* trust.h - whose word on who asks is taken. */
#ifndef POLICY_WHO_TRUST_H
#define POLICY_WHO_TRUST_H

#include <stdbool.h>

struct addr;
struct snapshot;

/* Tells whether CLIENT is in trusted_forwarders. */
bool trust_forwarder(const struct snapshot *snapshot, const struct addr *client);

#endif
