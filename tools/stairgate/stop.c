/* stairgate stop: the server answers what is in flight and ends, its keeper with it. */
#include <stdio.h>

#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/daemon_commands.h"

int command_stop(int argc, char **argv)
{
    struct control_options options;
    json_t *result;
    int code;

    if (control_options_read(&options, argc, argv) < 0)
        return command_usage(command_stop);
    code = control_client_ask(options.socket, "stop", NULL, &result);
    if (code != EXIT_DONE)
        return code;
    if (options.json)
        control_client_print_json(result);
    else
        printf("stopping: it reads no more queries, and ends within 5 s\n");
    json_decref(result);
    return EXIT_DONE;
}
