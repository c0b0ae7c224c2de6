/* The server's part of asker.h: a file of its own, which the command line does not link. */
#include "resolver/budget.h"
#include "resolver/daemon/asker.h"
#include "resolver/daemon/server.h"

static int pay_in_memory(const struct asker *asker, const struct name *met, struct err *err)
{
    struct budget *budget = asker->context;
    uint64_t left_ms;

    if (met != NULL && budget_charge_person(budget, asker->who, met, asker->mono_ms))
        return 0;
    if (budget_person_is_out(budget, asker->who, asker->mono_ms, &left_ms))
        return asker_refuse(left_ms, err);
    return 0;
}

void asker_of_request(struct server *server, const json_t *request, struct asker *asker)
{
    *asker = (struct asker){
        .pay = pay_in_memory,
        .context = server->budget,
        .who = (uint32_t)json_integer_value(json_object_get(request, CONTROL_USER)),
        .mono_ms = server_now(server).mono_ms,
    };
}
