/* The options of `groups`, `devices` and `networks`; how a row is added: options.c. */
#include "config/options_rows.h"

const struct option options_group[] = {
    {.name = "in",
     .type = OPTION_GROUP,
     FIELD(struct config_group, parent),
     .default_text = "none",
     .help = "the group that it belongs to, such as an organisation's.",
     .since = "0.2"},
    {.name = "profile",
     .type = OPTION_PROFILE,
     FIELD(struct config_group, profile),
     .default_text = "as the group that it is in",
     .help = "what its devices get that have no profile of their own.",
     .since = "0.2"},
    {0   },
};

const struct option options_device[] = {
    {.name = "keys",
     .type = OPTION_DEVICE_KEYS,
     .required = true,
     LIST(struct config_device, keys, key_count),
     .help = "what it is known by: MACs, addresses, prefixes, and `cpe:NAME` for what a trusted "
             "forwarder calls it.", .since = "0.2"},
    {.name = "profile",
     .type = OPTION_PROFILE,
     FIELD(struct config_device, profile),
     .default_text = "as its group",
     .help = "what it gets, whatever network it is in.",
     .since = "0.2"},
    {.name = "group",
     .type = OPTION_GROUP,
     FIELD(struct config_device, group),
     .default_text = "none",
     .help = "the group that it belongs to.",
     .since = "0.2"},
    {0},
};

const struct option options_network[] = {
    {.name = "prefix",
     .type = OPTION_NETWORK_PREFIXES,
     .default_text = "none",
     .help = "the addresses, such as 192.168.1.0/24; the longest prefix decides.",
     .since = "0.1"},
    {.name = "interface",
     .type = OPTION_NETWORK_INTERFACES,
     .default_text = "none",
     .help = "the interface that queries come in by; stands above every prefix.",
     .since = "0.1"},
    {.name = "listen",
     .type = OPTION_NETWORK_LISTENERS,
     .default_text = "none",
     .help =
         "the address that was asked, with @PORT where that matters; stands below every prefix.", .since = "0.2"},
    {.name = "profile",
     .type = OPTION_PROFILE,
     .required = true,
     FIELD(struct option_network, profile),
     .help = "what they get.",
     .since = "0.1"},
    {.name = "unknown",
     .type = OPTION_PROFILE,
     FIELD(struct option_network, unknown),
     .default_text = "as profile",
     .help = "what devices in it get that nobody has given a profile or a group; they show in "
             "`stairgate devices list --unknown`.", .since = "0.2"},
    {0        },
};
