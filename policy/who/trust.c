#include "policy/who/trust.h"

#include "policy/compiled.h"

bool trust_forwarder(const struct snapshot *snapshot, const struct addr *client)
{
    return snapshot->forwarders != NULL && network_find(snapshot->forwarders, client) != NULL;
}
