/* stairgate reload: checks everything, then all of it is in force or nothing has changed. */
#include <stdio.h>

#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/daemon_commands.h"

static void print_result(const json_t *result)
{
    const json_t *needed = json_object_get(result, "needs_restart");
    const json_t *warnings = json_object_get(result, "warnings");

    printf("in force: generation %lld\n",
           (long long)json_integer_value(json_object_get(result, "generation")));
    for (size_t i = 0; i < json_array_size(warnings); i++)
        fprintf(stderr, "%s\n",
                json_string_value(json_object_get(json_array_get(warnings, i), "text")));
    for (size_t i = 0; i < json_array_size(needed); i++)
        fprintf(stderr, "needs restart: %s has changed and stays as it was until then\n",
                json_string_value(json_array_get(needed, i)));
}

int command_reload(int argc, char **argv)
{
    struct control_options options;
    json_t *result;
    int code;

    if (control_options_read(&options, argc, argv) < 0)
        return command_usage(command_reload);
    code = control_client_ask(options.socket, "reload", NULL, &result);
    if (code == EXIT_NOT_FOUND)
        return EXIT_FAILED; /* a file that the configuration names; the verb itself is there */
    if (code != EXIT_DONE)
        return code;
    if (options.json)
        control_client_print_json(result);
    else
        print_result(result);
    json_decref(result);
    return EXIT_DONE;
}
