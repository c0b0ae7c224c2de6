#include "config/listener.h"

#include <ifaddrs.h>
#include <stddef.h>

static bool is_of_this_machine(const struct addr *addr)
{
    struct ifaddrs *list = NULL;
    bool found = false;

    if (getifaddrs(&list) != 0)
        return false;
    for (const struct ifaddrs *item = list; item != NULL && !found; item = item->ifa_next) {
        struct endpoint own;

        found = item->ifa_addr != NULL && endpoint_from_sockaddr(&own, item->ifa_addr) == 0 &&
                addr_equal(&own.addr, addr);
    }
    freeifaddrs(list);
    return found;
}

/* A socket on :: takes IPv4 too, unless it is told not to; better refuse too much here than loop.
 */
static bool takes(const struct addr *listener, const struct addr *addr)
{
    return addr_is_any(listener) && (listener->bits == 128 || addr->bits == 32);
}

const struct config_listener *listener_is_own(const struct config *config,
                                              const struct endpoint *endpoint, bool system)
{
    const struct addr *addr = &endpoint->addr;

    for (size_t i = 0; i < config->listener_count; i++) {
        const struct config_listener *listener = &config->listeners[i];

        if (listener->endpoint.port != endpoint->port)
            continue;
        if (addr_equal(&listener->endpoint.addr, addr))
            return listener;
        if (takes(&listener->endpoint.addr, addr) &&
            (addr_is_loopback(addr) || (system && is_of_this_machine(addr))))
            return listener;
    }
    return NULL;
}
