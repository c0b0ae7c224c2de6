/* stairgate status: is it answering, are the lists there, what is not covered. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/base/text.h"
#include "tools/stairgate/cache_text.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/control_client.h"
#include "tools/stairgate/daemon_commands.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "-";
}

static void print_listeners(const json_t *status)
{
    const json_t *list = json_object_get(status, "listen");

    printf("  listen     ");
    for (size_t i = 0; i < json_array_size(list); i++)
        printf("%s%s", i > 0 ? ", " : "", json_string_value(json_array_get(list, i)));
    printf("\n");
}

static void print_lists(const json_t *status)
{
    const json_t *set = json_object_get(json_object_get(status, "sets"), "public");

    printf(
        "  lists      %lld names in %lld categories from %lld feeds, generation %lld, loaded %s\n",
        control_client_number(set, "names"), control_client_number(set, "categories"),
        control_client_number(set, "feeds"), control_client_number(status, "generation"),
        text_of(status, "loaded"));
}

static void print_upstreams(const json_t *status)
{
    const json_t *list = json_object_get(status, "upstreams");

    if (json_array_size(list) == 0)
        printf("  upstreams  none\n");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        printf("  %-10s %s %s %s, %.1f ms, %lld asked, %lld timeouts", i == 0 ? "upstreams" : "",
               text_of(one, "address"), text_of(one, "transport"),
               json_is_true(json_object_get(one, "up")) ? "up" : "down",
               (double)control_client_number(one, "latency_us") / 1000.0,
               control_client_number(one, "asked"), control_client_number(one, "timeouts"));
        if (json_is_string(json_object_get(one, "zone")))
            printf(", for %s", text_of(one, "zone"));
        printf("\n");
    }
}

static void print_queries(const json_t *status)
{
    const json_t *counters = json_object_get(status, "counters"), *value;
    long long all = 0;
    const char *transport;

    json_object_foreach((json_t *)(uintptr_t)json_object_get(counters, "queries"), transport, value)
        all += (long long)json_integer_value(value);
    printf("  queries    %lld: %lld blocked, %lld forwarded, %lld local, %lld refused, "
           "%lld failed\n",
           all, control_client_number(counters, "blocked"),
           control_client_number(counters, "forwarded"), control_client_number(counters, "local"),
           control_client_number(counters, "refused"), control_client_number(counters, "failed"));
    if (control_client_number(counters, "chain_blocked") > 0)
        printf("             %lld of the blocked by where an allowed name led\n",
               control_client_number(counters, "chain_blocked"));
    if (control_client_number(counters, "bypass_signs") > 0)
        printf("             %lld looked for a way around (docs/bypass.md)\n",
               control_client_number(counters, "bypass_signs"));
    if (control_client_number(counters, "loops") > 0)
        printf("             %lld of the failed came back from an upstream that asks us\n",
               control_client_number(counters, "loops"));
}

static void print_cache(const json_t *status)
{
    const json_t *cache = json_object_get(status, "cache");
    char text[CACHE_TEXT_MAX];

    printf("  cache      %s", cache_text_memory(cache, text));
    if (control_client_number(cache, "octets") > 0)
        printf("; %s, %lld stale", cache_text_answers(cache, text),
               control_client_number(cache, "stale"));
    printf("\n");
}

/* Who grows, and when what is blocked changes for it. */
static void print_stairs(const json_t *status)
{
    const json_t *list = json_object_get(status, "stairs");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        printf("  %-10s %s: %s", i == 0 ? "ages" : "", text_of(one, "profile"),
               text_of(one, "preset"));
        if (json_is_true(json_object_get(one, "held")))
            printf(", held (`stairgate unhold --profile %s` lets it step up)\n",
                   text_of(one, "profile"));
        else if (json_is_string(json_object_get(one, "next")))
            printf(", %s from %s%s\n", text_of(one, "next"), text_of(one, "next_on"),
                   json_is_true(json_object_get(one, "soon")) ? ", soon" : "");
        else
            printf("\n");
    }
}

/* By when legal and hotline lists are to be checked again. */
static void print_deadlines(const json_t *status)
{
    const json_t *all = json_object_get(status, "deadlines"), *one;
    const char *class_;
    char left[32];

    json_object_foreach((json_t *)(uintptr_t)all, class_, one)
    {
        long long left_s = control_client_number(one, "remaining_s");

        if (!json_is_true(json_object_get(one, "configured")))
            continue;
        if (!json_is_integer(json_object_get(one, "remaining_s")))
            printf("  %-10s %s\n", class_,
                   json_is_true(json_object_get(one, "fetched")) ? "no deadline is set"
                                                                 : "never fetched");
        else
            printf("  %-10s %s: %s\n", class_,
                   left_s < 0 ? "past the deadline, since" : "to be checked again within",
                   text_from_duration((uint64_t)(left_s < 0 ? -left_s : left_s) * 1000, left));
    }
}

static void print_canary(const json_t *status)
{
    const json_t *canary = json_object_get(status, "canary");
    const json_t *last = json_object_get(canary, "last");

    if (!json_is_true(json_object_get(canary, "configured")))
        return;
    if (json_is_object(last))
        printf("  canary     %s at %s\n", text_of(last, "result"), text_of(last, "at"));
    else
        printf("  canary     not asked yet\n");
}

static void print_status(const json_t *status)
{
    const json_t *warnings = json_object_get(status, "warnings");
    const json_t *beyond = json_object_get(status, "not_covered");
    char up[32];

    printf("stairgate %s: answering (%s), pid %lld, %lld workers, up %s\n",
           text_of(status, "version"), text_of(status, "health"),
           control_client_number(status, "pid"), control_client_number(status, "workers"),
           text_from_duration((uint64_t)control_client_number(status, "uptime_s") * 1000, up));
    print_listeners(status);
    print_lists(status);
    print_upstreams(status);
    print_queries(status);
    print_cache(status);
    print_stairs(status);
    print_deadlines(status);
    print_canary(status);
    for (size_t i = 0; i < json_array_size(warnings); i++)
        printf("  warning    %s\n", text_of(json_array_get(warnings, i), "text"));
    for (size_t i = 0; i < json_array_size(beyond); i++)
        printf("  %-10s %s\n", i == 0 ? "cannot see" : "",
               json_string_value(json_array_get(beyond, i)));
}

int command_status(int argc, char **argv)
{
    struct control_options options;
    json_t *status;
    int code;

    if (control_options_read(&options, argc, argv) < 0)
        return command_usage(command_status);
    code = control_client_ask(options.socket, "status", NULL, &status);
    if (code != EXIT_DONE)
        return code;
    if (options.json)
        control_client_print_json(status);
    else
        print_status(status);
    code = strcmp(text_of(status, "health"), "ok") == 0 ? EXIT_DONE : EXIT_FAILED;
    json_decref(status);
    return code;
}
