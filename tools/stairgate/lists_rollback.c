/* stairgate lists rollback: an older generation in force again, and the server told.
 *
 * It is what somebody does in a hurry, so it asks nothing and does all of it. It becomes the user
 * that runs become: files of root's in the lists' directory would stop the next one. */
#include "tools/stairgate/lists_state.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "blocklist/feed/generation.h"
#include "blocklist/feed/priority.h"
#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/lists_server.h"

enum { JSON_SCHEMA = 1 };

/* Reads WORD (a number, or `previous`) into *NUMBER, 0 for the one before the present. */
static int read_number(const char *word, uint64_t *number, struct err *err)
{
    char *end;

    *number = 0;
    if (strcasecmp(word, "previous") == 0)
        return 0;
    errno = 0;
    *number = strtoull(word, &end, 10);
    if (*word >= '1' && *word <= '9' && *end == '\0' && errno == 0)
        return 0;
    return err_set(err, ERR_USAGE, "a generation is a number, or `previous`, not '%s'", word);
}

/* What the record says that was done. */
static int take_event(void *context, const struct store_event *event)
{
    *(struct store_event *)context = *event;
    return 0;
}

static void report(const struct lists_options *options, const struct store_generation *current,
                   const struct store_event *event, int told, const struct err *fault)
{
    static const char *const words[] = {"refused", "not running", "told"};

    if (options->json) {
        json_out_print(json_pack("{s:i, s:I, s:I, s:o, s:s}", "schema", JSON_SCHEMA, "generation",
                                 (json_int_t)current->number, "names", (json_int_t)current->names,
                                 "text", json_out_text(event->text), "server", words[told + 1]));
    } else {
        printf("rolled back %s\n", event->text);
        printf("in force: generation %" PRIu64 ", %" PRIu64 " names\n", current->number,
               current->names);
    }
    if (told == 0)
        fprintf(stderr, "stairgate: lists rollback: no server runs here; it takes this generation "
                        "when it starts\n");
    else if (told < 0)
        fprintf(stderr, "stairgate: lists rollback: the server does not take it: %s\n",
                fault->text);
}

static int roll_back(const struct lists_options *options, uint64_t number, struct err *err)
{
    const struct config *config = options->config;
    struct store_generation current;
    struct store_event event = {.number = 0};
    struct err fault = {.code = ERR_NONE};
    int64_t now_s = (int64_t)time(NULL);
    struct store *store;
    int result = -1, told;

    umask(022); /* the server, another user, reads the sets */
    if (priority_become(config, err) != 0)
        return -1;
    store = store_open(config->feeds.dir, STORE_WRITE, now_s, err);
    if (store != NULL && generation_heal(store, config, now_s, err) == 0 &&
        generation_rollback(store, config, number, now_s, err) == 0 &&
        store_current(store, &current, err) == 0 &&
        store_events(store, NULL, 1, take_event, &event, err) == 0)
        result = 0;
    store_close(store);
    if (result != 0)
        return -1;
    told = lists_server_tell(config, &fault);
    report(options, &current, &event, told, &fault);
    return told < 0 ? EXIT_FAILED : EXIT_DONE;
}

int lists_rollback_run(int argc, char **argv)
{
    struct lists_options options;
    struct err err = {.code = ERR_NONE};
    uint64_t number = 0;
    int code = lists_options_read(&options, argc, argv, "", 1);

    if (code == EXIT_DONE) {
        if (options.word_count > 0 && read_number(options.words[0], &number, &err) != 0)
            code = -1;
        else
            code = roll_back(&options, number, &err);
        if (code < 0)
            code = lists_complain("rollback", &err);
    }
    lists_options_end(&options);
    return code == EXIT_USAGE && err.code == ERR_NONE ? command_usage(lists_rollback_run) : code;
}
