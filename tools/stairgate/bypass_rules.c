/* stairgate bypass rules: what a router must be told so that a network asks this resolver and no
 * other over ports 53 and 853.
 *
 * The problem: a device that asks another resolver is not filtered. What can be closed without
 * looking into packets is plain DNS (53), DNS over TLS and over QUIC (853); DNS over HTTPS looks
 * like the web, and is a matter of lists (bypass_doh). The idea: rules are printed, never applied:
 * a wrong rule cuts a house off, and it is the router's owner who puts it in force.
 *
 * Where the resolver runs on the router itself, port 53 is turned to it, so that nothing has to be
 * set on devices. Where it is another machine (--resolver), it is refused instead: to turn it there
 * would need the router to put its own address in the place of the device's, and all devices would
 * be one. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config/base/addr.h"
#include "config/config.h"
#include "tools/stairgate/bypass_write.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/manifest.h"
#include "tools/stairgate/policy_commands.h"

struct options {
    struct bypass_plan plan;
    const char *config_path;
    bool uci;
};

static int complain(const char *what, const char *word)
{
    fprintf(stderr, "stairgate bypass rules: %s: '%.60s'\n", what, word);
    return -1;
}

/* An interface's name is copied into rules: nothing that could mean something there. */
static int read_network(struct bypass_plan *plan, const char *word)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-@";

    if (prefix_from_text(&plan->prefix, word) == 0)
        return 0;
    if (word[0] == '\0' || strlen(word) >= sizeof plan->interface ||
        strspn(word, letters) != strlen(word))
        return complain("neither a prefix nor an interface", word);
    snprintf(plan->interface, sizeof plan->interface, "%s", word);
    return 0;
}

static int read_resolver(struct bypass_plan *plan, const char *word)
{
    struct endpoint endpoint;

    if (endpoint_from_text(&endpoint, word, BYPASS_PORT) != 0 || addr_is_any(&endpoint.addr) ||
        endpoint.addr.scope != 0)
        return complain("not an address of a resolver", word);
    if (plan->resolver_count == BYPASS_RESOLVERS_MAX)
        return complain("too many resolvers", word);
    plan->resolvers[plan->resolver_count++] = endpoint;
    return 0;
}

static int read_format(struct options *options, const char *word)
{
    options->uci = strcmp(word, "uci") == 0;
    return options->uci || strcmp(word, "nft") == 0 ? 0 : complain("nft or uci", word);
}

static int read_option(struct options *options, int letter, const char *word)
{
    switch (letter) {
    case 'n':
        return read_network(&options->plan, word);
    case 'r':
        return read_resolver(&options->plan, word);
    case 't':
        return read_format(options, word);
    case 'f':
        options->config_path = word;
        return 0;
    default:
        return -1;
    }
}

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"network",  required_argument, NULL, 'n'},
        {"resolver", required_argument, NULL, 'r'},
        {"format",   required_argument, NULL, 't'},
        {"config",   required_argument, NULL, 'f'},
        {NULL,       0,                 NULL, 0  },
    };
    int letter;

    memset(options, 0, sizeof *options);
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (read_option(options, letter, optarg) != 0)
            return -1;
    }
    return optind == argc && (options->plan.interface[0] != '\0' || options->plan.prefix.addr.bits)
               ? 0
               : -1;
}

static bool is_loopback(const struct addr *addr)
{
    static const uint8_t one[16] = {[15] = 1};

    return addr->bits == 32 ? addr->octets[0] == 127 : memcmp(addr->octets, one, sizeof one) == 0;
}

/* The listeners that devices of a network can reach; a wildcard stands for every address here. */
static void take_listeners(struct bypass_plan *plan, const struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct endpoint *own = &config->listeners[i].endpoint;

        if (is_loopback(&own->addr) || own->addr.scope != 0 ||
            plan->listener_count == BYPASS_RESOLVERS_MAX)
            continue;
        plan->listeners[plan->listener_count++] = *own;
    }
}

static int from_config(struct options *options)
{
    const char *path = manifest_path(options->config_path);
    struct config *config = manifest_load(path);

    if (config == NULL)
        return -1;
    take_listeners(&options->plan, config);
    config_free(config);
    if (options->plan.listener_count > 0)
        return 0;
    fprintf(stderr,
            "stairgate bypass rules: %s: it listens on this machine alone; no device of a network "
            "can ask it: add an address to 'listen', or name the resolver with --resolver\n",
            path);
    return -1;
}

int bypass_rules_run(int argc, char **argv)
{
    struct options options;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(bypass_rules_run);
    if (options.plan.resolver_count == 0 && from_config(&options) != 0)
        return EXIT_FAILED;
    if (options.uci)
        bypass_write_uci(&options.plan, stdout);
    else
        bypass_write_nft(&options.plan, stdout);
    return EXIT_DONE;
}
