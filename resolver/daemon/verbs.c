/* Adding a verb: its row here, its function, its lines in docs/control.md. */
#include <string.h>

#include "config/base/err.h"
#include "resolver/daemon/asker.h"
#include "resolver/daemon/cache_verbs.h"
#include "resolver/daemon/canary.h"
#include "resolver/daemon/device_verbs.h"
#include "resolver/daemon/evidence_verbs.h"
#include "resolver/daemon/grant_verbs.h"
#include "resolver/daemon/lift_verbs.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/observed_verbs.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"
#include "resolver/daemon/why.h"

static json_t *run_status(void *context, const json_t *request, json_t *errors)
{
    (void)request;
    (void)errors;
    return server_status(context);
}

static void begin_reload(void *context, const json_t *request, struct control_later *later)
{
    struct server *server = context;

    (void)request;
    reload_ask(&server->reload, later);
}

static json_t *run_stop(void *context, const json_t *request, json_t *errors)
{
    (void)request;
    (void)errors;
    server_stop(context);
    return json_object();
}

static json_t *explain(struct server *server, const json_t *request, json_t *errors)
{
    struct err err = {.code = ERR_NONE};
    struct asker asker;
    const struct why_question question = {
        .name = message_text(request, "name", &err),
        .client = message_text(request, "client", &err),
        .profile = message_text(request, "profile", &err),
        .listen = message_text(request, "listen", &err),
        .told = message_text(request, "told", &err),
        .type = message_text(request, "type", &err),
        .at = message_text(request, "at", &err),
        .now_s = server_now(server).wall_s,
        .cache = server->cache,
        .overlay = state_overlay(server->state),
        .mono_ms = server_now(server).mono_ms,
        .asker = &asker,
    };
    json_t *result = NULL;

    asker_of_request(server, request, &asker);
    if (err.code == ERR_NONE && question.name == NULL)
        err_set(&err, ERR_USAGE, "why asks for a name: 'name' is missing");
    if (err.code == ERR_NONE)
        result = why_json(publish_current(server->publish), &question, &err);
    if (result == NULL)
        return message_fail(errors, &err);
    grant_verbs_add(server, result);
    device_verbs_name(server, result);
    return result;
}

static json_t *run_why(void *context, const json_t *request, json_t *errors)
{
    return explain(context, request, errors);
}

/* Who gave a grant, and why in their own words, is between them and the operator. */
static json_t *run_why_for_others(void *context, const json_t *request, json_t *errors)
{
    json_t *result = explain(context, request, errors);
    json_t *grant = json_object_get(result, "grant");

    json_object_del(grant, "who");
    json_object_del(grant, "reason");
    return result;
}

enum { EVERYBODY = CONTROL_PORTAL | CONTROL_READER | CONTROL_OPERATOR };

const struct control_verb server_verbs[] = {
    {"status",         EVERYBODY,                         run_status,             NULL        },
    {"reload",         CONTROL_OPERATOR,                  NULL,                   begin_reload},
    {"stop",           CONTROL_OPERATOR,                  run_stop,               NULL        },
    {"why",            CONTROL_OPERATOR,                  run_why,                NULL        },
    {"why",            CONTROL_PORTAL | CONTROL_READER,   run_why_for_others,     NULL        },
    {"canary",         CONTROL_OPERATOR,                  NULL,                   begin_canary},
    {"evidence",       CONTROL_OPERATOR,                  run_evidence,           NULL        },
    {"observed",       EVERYBODY,                         run_observed,           NULL        },
    {"observed_names", CONTROL_OPERATOR,                  run_observed_names,     NULL        },
    {"cache_stats",    EVERYBODY,                         run_cache_stats,        NULL        },
    {"cache_lookup",   CONTROL_OPERATOR,                  run_cache_lookup,       NULL        },
    {"cache_flush",    CONTROL_OPERATOR,                  run_cache_flush,        NULL        },
    {"grant",          CONTROL_OPERATOR,                  run_grant,              NULL        },
    {"grants",         CONTROL_OPERATOR,                  run_grants,             NULL        },
    {"revoke",         CONTROL_OPERATOR,                  run_revoke,             NULL        },
    {"resume",         CONTROL_OPERATOR,                  run_resume,             NULL        },
    {"release",        CONTROL_OPERATOR,                  run_release,            NULL        },
    {"devices",        CONTROL_OPERATOR,                  run_devices,            NULL        },
    {"device",         CONTROL_OPERATOR,                  run_device,             NULL        },
    {"device_name",    CONTROL_OPERATOR,                  run_device_name,        NULL        },
    {"device_change",  CONTROL_OPERATOR,                  run_device_change,      NULL        },
    {"device_forget",  CONTROL_OPERATOR,                  run_device_forget,      NULL        },
    {"devices_import", CONTROL_OPERATOR,                  run_devices_import,     NULL        },
    {"lift",           CONTROL_OPERATOR | CONTROL_READER, run_lift,               NULL        },
    {"lift_confirm",   CONTROL_OPERATOR | CONTROL_READER, run_lift_confirm,       NULL        },
    {"lift_apply",     CONTROL_OPERATOR | CONTROL_READER, run_lift_apply,         NULL        },
    {"lifts",          CONTROL_OPERATOR,                  run_lifts,              NULL        },
    {"lifts",          CONTROL_READER,                    run_lifts_named,        NULL        },
    {"lift_end",       CONTROL_OPERATOR,                  run_lift_end,           NULL        },
    {"lift_end",       CONTROL_READER,                    run_lift_end_named,     NULL        },
    {"audit",          CONTROL_OPERATOR,                  run_audit,              NULL        },
    {"audit",          CONTROL_READER,                    run_audit_named,        NULL        },
    {"audit_verify",   CONTROL_OPERATOR,                  run_audit_verify,       NULL        },
    {"audit_verify",   CONTROL_READER,                    run_audit_verify_named, NULL        },
    {NULL,             0,                                 NULL,                   NULL        },
};
