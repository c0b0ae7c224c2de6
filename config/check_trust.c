#include "config/check_trust.h"

#include "config/check_forward.h"
#include "config/walk.h"

static void warn_of_everybody(struct walk *walk, const char *option, const struct prefix *prefixes,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (prefixes[i].length == 0)
            problem_warn(walk->problems, check_place(walk->config, option, NULL),
                         "anybody may say who he is: '%s' holds every address; name those in "
                         "front of this server alone",
                         option);
    }
}

static bool is_served(const struct config *config, const struct prefix *prefix)
{
    for (size_t i = 0; i < config->clients_allow_count; i++) {
        const struct prefix *allowed = &config->clients_allow[i];

        if (prefix_holds(allowed, &prefix->addr) || prefix_holds(prefix, &allowed->addr))
            return true;
    }
    return false;
}

/* Whoever is behind a forwarder, it is the forwarder that must be served. (Behind a proxy it is the
 * client.) */
static void warn_of_refused(struct walk *walk)
{
    const struct config *config = walk->config;
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < config->trusted_forwarder_count; i++) {
        if (!is_served(config, &config->trusted_forwarders[i]))
            problem_warn(walk->problems, check_place(config, "trusted_forwarders", NULL),
                         "a forwarder that is not served: '%s'; add it to clients.allow",
                         prefix_to_text(&config->trusted_forwarders[i], text));
    }
}

void warn_of_trust(struct walk *walk)
{
    const struct config *config = walk->config;

    warn_of_everybody(walk, "trusted_forwarders", config->trusted_forwarders,
                      config->trusted_forwarder_count);
    warn_of_everybody(walk, "proxies", config->proxies, config->proxy_count);
    warn_of_refused(walk);
}
