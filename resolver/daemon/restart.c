#include "resolver/daemon/restart.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/config.h"
#include "resolver/daemon/worker.h"

static void write_listeners(FILE *out, const struct config *config)
{
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < config->listener_count; i++)
        fprintf(out, "%s\n", endpoint_to_text(&config->listeners[i].endpoint, text));
}

static void write_workers(FILE *out, const struct config *config)
{
    fprintf(out, "%u", worker_count(config));
}

static void write_user(FILE *out, const struct config *config)
{
    fputs(config->user != NULL ? config->user : "", out);
}

static void write_control(FILE *out, const struct config *config)
{
    fprintf(out, "%s\n%s", config->control_operator != NULL ? config->control_operator : "",
            config->control_portal != NULL ? config->control_portal : "");
}

static void write_state(FILE *out, const struct config *config)
{
    fputs(config->state_path != NULL ? config->state_path : "", out);
}

static void write_in_flight(FILE *out, const struct config *config)
{
    fprintf(out, "%u", config->queries_in_flight);
}

static void write_cache(FILE *out, const struct config *config)
{
    fprintf(out, "%" PRIu64, config->cache_octets);
}

/* Each thing by its option's name, and as a text that is the same when the thing is. */
static const struct {
    const char *name;
    void (*write)(FILE *out, const struct config *config);
} facts[] = {
    {"listen",            write_listeners},
    {"server.workers",    write_workers  },
    {"server.user",       write_user     },
    {"queries.in_flight", write_in_flight},
    {"cache.size",        write_cache    },
    {"control",           write_control  },
    {"state.path",        write_state    },
};

enum { FACTS = sizeof facts / sizeof *facts };

struct restart {
    char *texts[FACTS];
};

/* Returns fact AT of CONFIG as text that the caller frees; NULL without memory. */
static char *fact_text(const struct config *config, size_t at)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL)
        return NULL;
    facts[at].write(out, config);
    fclose(out);
    return text;
}

struct restart *restart_note(const struct config *config, struct err *err)
{
    struct restart *restart = calloc(1, sizeof *restart);

    for (size_t i = 0; restart != NULL && i < FACTS; i++) {
        restart->texts[i] = fact_text(config, i);
        if (restart->texts[i] == NULL) {
            restart_free(restart);
            restart = NULL;
        }
    }
    if (restart == NULL)
        err_set(err, ERR_MEMORY, "no memory to note the configuration");
    return restart;
}

void restart_free(struct restart *restart)
{
    if (restart == NULL)
        return;
    for (size_t i = 0; i < FACTS; i++)
        free(restart->texts[i]);
    free(restart);
}

json_t *restart_needed(const struct restart *restart, const struct config *config)
{
    json_t *names = json_array();

    for (size_t i = 0; i < FACTS; i++) {
        char *text = fact_text(config, i);

        if (text == NULL || strcmp(text, restart->texts[i]) != 0)
            json_array_append_new(names, json_string(facts[i].name));
        free(text);
    }
    return names;
}
