#include "tools/stairgate/asker_here.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/sealed/asked.h"
#include "config/base/err.h"
#include "config/config.h"

static int pay(const struct asker *asker, const struct name *met, struct err *err)
{
    struct asker_here *here = asker->context;
    struct asked_now now;
    uint64_t left_ms;
    int result;

    if (here->asked == NULL)
        return 0;
    asked_now(&now);
    result = asked_pay(here->asked, asker->who, met, &now, &left_ms, err);
    return result == 1 ? asker_refuse(left_ms, err) : result;
}

static bool is_there(const char *path)
{
    char previous[4096];
    int length = snprintf(previous, sizeof previous, "%s" CONFIG_SET_PREVIOUS, path);

    return access(path, F_OK) == 0 || length < 0 || (size_t)length >= sizeof previous ||
           access(previous, F_OK) == 0;
}

void asker_here_open(struct asker_here *here, struct config *config)
{
    struct err err;

    *here = (struct asker_here){
        .asker = {.pay = pay, .context = here, .who = (uint32_t)getuid()}
    };
    if (config->set_hotline == NULL || config->sealed.budget_hits == 0 ||
        !is_there(config->set_hotline))
        return;
    here->asked = asked_open(config, &err);
    if (here->asked != NULL)
        return;
    fprintf(stderr, "warning: legal and hotline lists are not looked into: %s\n", err.text);
    free(config->set_hotline);
    config->set_hotline = NULL;
}

void asker_here_close(struct asker_here *here)
{
    asked_close(here->asked);
    here->asked = NULL;
}
