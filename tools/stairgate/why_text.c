/* The JSON of `why` as lines for a person: the verdict first, then what it stands on, then every
 * rule that was passed. */
#include <stdio.h>
#include <string.h>

#include "tools/stairgate/json_out.h"
#include "tools/stairgate/why.h"

static int is(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static void print_row(const char *label, const char *value)
{
    if (value[0] != '\0')
        printf("  %-11s %s\n", label, value);
}

/* Prints the texts of ARRAY on one line; nothing for an empty one. */
static void print_list(const char *label, const json_t *array)
{
    size_t count = json_array_size(array);

    if (count == 0)
        return;
    printf("  %-11s ", label);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i > 0 ? ", " : "", json_string_value(json_array_get(array, i)));
    putchar('\n');
}

static void print_place(const json_t *place)
{
    if (json_is_object(place))
        printf(" (%s:%lld)", json_out_get(place, "file"),
               (long long)json_integer_value(json_object_get(place, "line")));
}

static void print_profile(const json_t *profile)
{
    const char *evidence = json_out_get(profile, "evidence"), *by = json_out_get(profile, "by");

    printf("  %-11s %s, %s%s%s%s", "profile", json_out_get(profile, "name"),
           strcmp(by, "given") == 0 ? "as " : "by ", by, evidence[0] != '\0' ? " " : "", evidence);
    print_place(json_object_get(profile, "place"));
    putchar('\n');
}

/* Who asks, where a device is known, and what the network makes of one that is not. */
static void print_device(const json_t *why)
{
    const json_t *device = json_object_get(why, "device"), *groups;
    const char *name = json_out_get(device, "name");

    if (is(why, "unknown_device"))
        print_row("device", json_is_object(device) ? "seen before, but nobody has named it"
                                                   : "none that anybody has named");
    if (!json_is_object(device) || !is(device, "claimed"))
        return;
    groups = json_object_get(device, "groups");
    printf("  %-11s %s, by %s %s", "device", name[0] != '\0' ? name : "known",
           json_out_get(device, "by"), json_out_get(device, "key"));
    for (size_t i = 0; i < json_array_size(groups); i++)
        printf("%s%s", i == 0 ? ", in " : " in ", json_string_value(json_array_get(groups, i)));
    print_place(json_object_get(device, "place"));
    putchar('\n');
}

static void print_rule(const json_t *why)
{
    printf("  %-11s %s", "rule", json_out_get(why, "rule"));
    if (json_out_get(why, "rule_name")[0] != '\0')
        printf(": %s", json_out_get(why, "rule_name"));
    print_place(json_object_get(why, "place"));
    putchar('\n');
}

static void print_feeds(const char *label, const json_t *feeds)
{
    for (size_t i = 0; i < json_array_size(feeds); i++) {
        const json_t *feed = json_array_get(feeds, i);
        const char *action = json_out_get(feed, "action");

        printf("  %-11s %s: %s %s '%s'%s", i == 0 ? label : "", json_out_get(feed, "feed"),
               json_is_true(json_object_get(feed, "exception")) ? "no longer" : "has",
               json_out_get(feed, "category"), json_out_get(feed, "suffix"),
               is(feed, "exact") ? " alone" : "");
        printf("%s%s%s%s\n", is(feed, "limited") ? ", for some types" : "",
               action[0] != '\0' ? ", action " : "", action,
               is(feed, "observed") ? ", only observed" : "");
    }
}

/* Where the answer leads. */
static void print_chain(const json_t *chain)
{
    long long items = json_integer_value(json_object_get(chain, "items"));

    if (!json_is_object(chain))
        return;
    if (!json_is_true(json_object_get(chain, "known"))) {
        print_row("chain", "its answer is not known here yet: ask it once");
        return;
    }
    if (json_out_get(chain, "by")[0] == '\0') {
        printf("  %-11s all of it passes: %lld %s\n", "chain", items,
               items == 1 ? "item" : "items");
        return;
    }
    print_row("chain", json_out_get(chain, "by"));
    print_row("listed as", json_out_get(chain, "suffix"));
    print_feeds("feeds", json_object_get(chain, "feeds"));
}

static void print_answer(const json_t *why)
{
    const json_t *answer = json_object_get(why, "answer"), *ttl = json_object_get(answer, "ttl_s");
    const json_t *ede = json_object_get(answer, "ede");
    const char *action = json_out_get(answer, "action");

    printf("  %-11s ", "answer");
    if (json_out_get(answer, "rcode")[0] == '\0')
        printf(strcmp(action, "drop") == 0 ? "none" : "an upstream's");
    else
        printf("%s", json_out_get(answer, "rcode"));
    if (json_out_get(answer, "style")[0] != '\0')
        printf(", style %s", json_out_get(answer, "style"));
    if (action[0] != '\0')
        printf(", action %s", action);
    if (json_is_integer(ttl))
        printf(", TTL %llds", (long long)json_integer_value(ttl));
    for (size_t i = 0; i < json_array_size(ede); i++)
        printf("%s%lld", i == 0 ? ", EDE " : " ",
               (long long)json_integer_value(json_array_get(ede, i)));
    putchar('\n');
}

static void print_steps(const json_t *steps)
{
    puts("\n  every rule, in order:");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        char outcome[32];

        snprintf(outcome, sizeof outcome, "%s", json_out_get(step, "outcome"));
        for (char *p = outcome; *p != '\0'; p++)
            *p = *p == '_' ? ' ' : *p;
        printf("  %2zu %-19s %-12s %s\n", i + 1, json_out_get(step, "rule"), outcome,
               json_out_get(step, "looks_at"));
    }
}

void why_text_print(const json_t *why)
{
    printf("%s\n\n", json_out_get(why, "sentence"));
    printf("  %-11s %s %s\n", "question", json_out_get(why, "name"), json_out_get(why, "type"));
    print_profile(json_object_get(why, "profile"));
    print_device(why);
    print_rule(why);
    print_list("categories", json_object_get(why, "categories"));
    print_list("services", json_object_get(why, "services"));
    print_list("observed", json_object_get(why, "observed"));
    print_row("listed as", json_out_get(why, "suffix"));
    print_feeds("feeds", json_object_get(why, "feeds"));
    print_chain(json_object_get(why, "chain"));
    print_answer(why);
    print_list("rewrite", json_object_get(json_object_get(why, "answer"), "rewrite"));
    print_row("to lift", json_out_get(why, "lift"));
    print_steps(json_object_get(why, "steps"));
}
