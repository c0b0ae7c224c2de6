/* Case C57: what is not written, what is written as nothing, and what YAML would make of it. Every
 * list whose emptiness opens or shuts something is held in its four forms; every trap is one row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/config_rig.h"

enum { TEXT_MAX = 512 };

/* One list of the config: what stands before and behind its value, a value of one or more items,
 * and where it is counted. */
struct list {
    const char *before, *behind, *value;
    size_t offset;
    size_t items;    /* of VALUE */
    size_t default_; /* items where it is left out */
};

#define COUNTED(field) offsetof(struct config, field)

static const struct list lists[] = {
    {"clients: {allow: ",    "}", "[192.0.2.0/24]",                             COUNTED(clients_allow_count),     1, 8},
    {"trusted_forwarders: ", "",  "[192.0.2.1, '::1']",                         COUNTED(trusted_forwarder_count), 2, 0},
    {"proxies: ",            "",  "[192.0.2.0/28]",                             COUNTED(proxy_count),             1, 0},
    {"listen: ",             "",  "[127.0.0.1@5353]",                           COUNTED(listener_count),          1, 2},
    {"networks: ",           "",  "[{prefix: 192.168.0.0/24, profile: child}]", COUNTED(network_count),           1, 0},
    {"operator: {deny: ",    "}", "[a.example, =b.example]",                    COUNTED(operator_deny.count),     2, 0},
    {"rebind_allow: ",       "",  "[a.example]",                                COUNTED(rebind_allow.count),      1, 0},
    {"feeds: {protect: ",    "}", "[popular.txt]",                              COUNTED(feeds.protect_count),     1, 0},
};

/* Reads BEFORE VALUE BEHIND; NULL with the first error in ERR where it is refused. */
static struct config *read_list(const struct list *list, const char *value, struct err *err)
{
    struct config_problems problems;
    struct config *config;
    char text[TEXT_MAX];

    snprintf(text, sizeof text, "%s%s%s\n", value != NULL ? list->before : "",
             value != NULL ? value : "", value != NULL ? list->behind : "");
    config = config_parse("f", text, strlen(text), &problems);
    err->code = ERR_NONE;
    if (config == NULL)
        *err = problems.items[0];
    config_problems_free(&problems);
    return config;
}

static void counts(const struct list *list, const char *value, size_t wanted)
{
    struct err err;
    struct config *config = read_list(list, value, &err);
    size_t count;

    if (config == NULL)
        fail_msg("%s%s: %s", list->before, value != NULL ? value : "", err.text);
    memcpy(&count, (const char *)config + list->offset, sizeof count);
    if (count != wanted)
        fail_msg("%s%s: %zu items, wanted %zu", list->before, value != NULL ? value : "(nothing)",
                 count, wanted);
    config_free(config);
}

static void case_c57_a_list_left_out_empty_or_written_is_three_things(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        counts(&lists[i], NULL, lists[i].default_);
        counts(&lists[i], "[]", 0);
        counts(&lists[i], lists[i].value, lists[i].items);
    }
}

static void case_c57_a_list_that_is_null_is_refused_with_what_to_write(void **state)
{
    static const char *const nulls[] = {"", "~", "null"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (size_t k = 0; k < 3; k++) {
            if (read_list(&lists[i], nulls[k], &err) != NULL)
                fail_msg("%s%s is taken", lists[i].before, nulls[k]);
            if (strstr(err.text, "say [] for none, or leave it out") == NULL)
                fail_msg("%s%s: %s", lists[i].before, nulls[k], err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_c57_a_list_left_out_empty_or_written_is_three_things),
        cmocka_unit_test(case_c57_a_list_that_is_null_is_refused_with_what_to_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
