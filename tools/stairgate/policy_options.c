#include <getopt.h>
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/manifest.h"
#include "tools/stairgate/policy_commands.h"

int policy_options_read(struct policy_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'f'},
        {"json",   no_argument,       NULL, 'j'},
        {"socket", required_argument, NULL, 's'},
        {NULL,     0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == '?')
            return EXIT_USAGE;
        if (option == 'f')
            options->path = optarg;
        if (option == 's' && !options->asks_server)
            return EXIT_USAGE;
        if (option == 's')
            options->socket = optarg;
        options->json |= option == 'j';
    }
    if (optind != argc)
        return EXIT_USAGE;
    options->path = manifest_path(options->path);
    options->config = manifest_load(options->path);
    return options->config == NULL ? EXIT_FAILED : EXIT_DONE;
}
