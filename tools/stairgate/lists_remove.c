/* stairgate lists remove: takes a list out of the config; the next sync builds the set without it.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/base/err.h"
#include "config/config.h"
#include "config/edit.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/manifest.h"

struct options {
    const char *config, *id;
    bool yes;
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'f'},
        {"yes",    no_argument,       NULL, 'y'},
        {NULL,     0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'f')
            options->config = optarg;
        else if (option == 'y')
            options->yes = true;
        else
            return -1;
    }
    options->config = manifest_path(options->config);
    if (optind + 1 != argc)
        return -1;
    options->id = argv[optind];
    return 0;
}

/* Says which name was likely meant. */
static void explain_missing(const struct options *options, struct err *err)
{
    struct config *config = manifest_load(options->config);

    if (config != NULL && config_find_list(config, options->id) == NULL)
        config_no_such_list(config, options->id, err);
    config_free(config);
}

/* Takes the list out of EDIT's text, and sees whether what is left is a config. */
static int prepare(struct manifest_edit *edit, const struct options *options, struct err *err)
{
    struct config *config;

    edit->after =
        edit_remove_list(edit->before, edit->before_length, options->id, &edit->after_length, err);
    if (edit->after == NULL)
        return -1;
    config = manifest_check(edit, NULL);
    if (config == NULL)
        return err_set(err, ERR_CONFIG, "%s: nothing was changed: the config would not load",
                       options->config);
    config_free(config);
    return 0;
}

int lists_remove_run(int argc, char **argv)
{
    struct manifest_edit edit = {.path = NULL};
    struct options options;
    struct err err = {.code = ERR_NONE};
    char question[300];
    int code = EXIT_FAILED;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(lists_remove_run);
    snprintf(question, sizeof question, "Take the list '%.63s' out of %.180s?", options.id,
             options.config);
    if (manifest_read(&edit, options.config, &err) == 0 && prepare(&edit, &options, &err) == 0 &&
        manifest_agreed(question, options.yes) && manifest_write(&edit, &err) == 0) {
        printf("%s: '%s' is out; `stairgate lists sync` builds a set without it\n", options.config,
               options.id);
        code = EXIT_DONE;
    }
    if (err.code == ERR_NOT_FOUND)
        explain_missing(&options, &err);
    if (err.code != ERR_NONE)
        fprintf(stderr, "stairgate: %s\n", err.text);
    manifest_free(&edit);
    return err.code == ERR_NOT_FOUND ? EXIT_NOT_FOUND : code;
}
