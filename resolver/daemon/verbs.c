/* Adding a verb: its row here, its function, its lines in docs/control.md. */
#include <string.h>
#include <time.h>

#include "config/base/err.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/server.h"

static json_t *run_status(void *context, const json_t *request, json_t *errors)
{
    (void)request;
    (void)errors;
    return server_status(context);
}

static json_t *run_reload(void *context, const json_t *request, json_t *errors)
{
    (void)request;
    return server_reload(context, errors);
}

static json_t *run_stop(void *context, const json_t *request, json_t *errors)
{
    (void)request;
    (void)errors;
    server_stop(context);
    return json_object();
}

enum { EVERYBODY = CONTROL_PORTAL | CONTROL_READER | CONTROL_OPERATOR };

const struct control_verb server_verbs[] = {
    {"status", EVERYBODY,        run_status},
    {"reload", CONTROL_OPERATOR, run_reload},
    {"stop",   CONTROL_OPERATOR, run_stop  },
    {NULL,     0,                NULL      },
};
