#include "resolver/daemon/observed_verbs.h"

#include "config/base/err.h"
#include "config/config.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/server.h"
#include "resolver/observed.h"

static json_t *whole(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *left_s(const struct server *server)
{
    return whole((observed_left_ms(server->observed, server_now(server).mono_ms) + 999) / 1000);
}

json_t *run_observed(void *context, const json_t *request, json_t *errors)
{
    const struct server *server = context;
    const struct core_counters sum = server_counters(server);
    const struct config *config = server_config(server);
    json_t *by = json_object();

    (void)request;
    (void)errors;
    for (unsigned bit = 0; bit < CATEGORY_MAX; bit++) {
        const struct category *category = taxonomy_bit(&config->taxonomy, bit);

        if (category != NULL && sum.category_observed[bit] > 0)
            json_object_set_new(by, category->key, whole(sum.category_observed[bit]));
    }
    return json_pack("{s:o, s:o, s:o}", "observed", whole(sum.observed), "category_observed", by,
                     "names_left_s", left_s(server));
}

static void see(void *context, const struct name *name, uint64_t count)
{
    char text[NAME_TEXT_MAX];

    json_array_append_new(
        context, json_pack("{s:s, s:o}", "name", name_to_text(name, text), "count", whole(count)));
}

json_t *run_observed_names(void *context, const json_t *request, json_t *errors)
{
    const struct server *server = context;
    const json_t *for_s = json_object_get(request, "for_s");
    uint64_t now_ms = server_now(server).mono_ms;
    json_int_t seconds = json_integer_value(for_s);
    json_t *names = json_array();
    struct err err;

    if (for_s != NULL && (seconds < 1 || seconds > OBSERVED_LONGEST_S)) {
        json_decref(names);
        err_set(&err, ERR_USAGE, "names are gathered for 1 to %d seconds", OBSERVED_LONGEST_S);
        return message_fail(errors, &err);
    }
    if (for_s != NULL) {
        observed_start(server->observed, now_ms + (uint64_t)seconds * 1000);
        log_event(&server->log, LOG_LEVEL_INFO, "observed_names", "for=%llds", (long long)seconds);
    }
    observed_each(server->observed, now_ms, see, names);
    if (json_is_true(json_object_get(request, "stop")))
        observed_start(server->observed, 0);
    return json_pack("{s:o, s:o}", "left_s", left_s(server), "names", names);
}
