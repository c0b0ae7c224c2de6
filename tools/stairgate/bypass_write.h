/* bypass_write.h - rules that close ports 53 and 853 of a network, as text. */
#ifndef TOOLS_STAIRGATE_BYPASS_WRITE_H
#define TOOLS_STAIRGATE_BYPASS_WRITE_H

#include <net/if.h>
#include <stdio.h>

#include "config/base/addr.h"

enum { BYPASS_RESOLVERS_MAX = 16, BYPASS_PORT = 53 };

/* Whose ports are closed, and who may be asked. */
struct bypass_plan {
    char interface[IF_NAMESIZE]; /* "": by prefix */
    struct prefix prefix;
    struct endpoint listeners[BYPASS_RESOLVERS_MAX]; /* of this machine, the router */
    size_t listener_count;
    struct endpoint resolvers[BYPASS_RESOLVERS_MAX]; /* of other machines */
    size_t resolver_count;
};

/* Writes PLAN to OUT for `nft -f`: a table of its own, which a second run replaces. */
void bypass_write_nft(const struct bypass_plan *plan, FILE *out);

/* Writes PLAN to OUT as sections of /etc/config/firewall of OpenWrt. */
void bypass_write_uci(const struct bypass_plan *plan, FILE *out);

#endif
