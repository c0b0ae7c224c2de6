/* stairgate lists accept: what a list has waiting goes in force. */
#include "tools/stairgate/lists_state.h"

#include <sys/stat.h>

#include "blocklist/feed/priority.h"
#include "blocklist/feed/sync.h"
#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/lists_sync.h"

static int accept_list(const struct lists_options *options)
{
    struct lists_run run = {
        .config = options->config, .noun = "lists accept", .accepts = true, .json = options->json};
    struct sync_request request;
    struct sync_result result = {0};
    struct err err = {.code = ERR_NONE};
    int outcome;

    umask(022); /* the server, another user, reads the sets */
    lists_run_request(&run, &request);
    outcome = priority_become(options->config, &err);
    if (outcome == 0)
        outcome = sync_accept(&request, options->words[0], &result, &err);
    return lists_run_finish(&run, &result, outcome, &err);
}

int lists_accept_run(int argc, char **argv)
{
    struct lists_options options;
    int code = lists_options_read(&options, argc, argv, "", 1);

    if (code == EXIT_DONE)
        code = options.word_count == 1 ? accept_list(&options) : EXIT_USAGE;
    lists_options_end(&options);
    return code == EXIT_USAGE ? command_usage(lists_accept_run) : code;
}
