/* config_rig.h - a config as text and every message that it must bring. Include it behind cmocka.h.
 */
#ifndef TESTS_UNIT_CONFIG_RIG_H
#define TESTS_UNIT_CONFIG_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "config/base/err.h"
#include "config/config.h"

enum { MESSAGES_MAX = 8 };

#define NO_LISTS                                                                                   \
    " warning: nothing to block by: profiles block categories, but there are no lists; "           \
    "`stairgate "                                                                                  \
    "lists catalogue` shows some, `stairgate lists add` adds one"

struct row {
    const char *yaml;
    const char *messages[MESSAGES_MAX]; /* all of them, in order; without `f:` in front */
};

/* Compares what YAML brings with MESSAGES, ended by NULL. */
static inline void check_row(const struct row *row)
{
    struct config_problems problems;
    struct config *config = config_parse("f", row->yaml, strlen(row->yaml), &problems);
    bool errors = false;
    size_t count = 0;

    while (count < MESSAGES_MAX && row->messages[count] != NULL)
        count++;
    for (size_t i = 0; i < problems.count; i++) {
        if (i >= count)
            fail_msg("for:\n%s\none too many: %s", row->yaml, problems.items[i].text);
        if (strcmp(problems.items[i].text + 2, row->messages[i]) != 0)
            fail_msg("for:\n%s\nsaid:   %s\nwanted: f:%s", row->yaml, problems.items[i].text,
                     row->messages[i]);
        errors |= problems.items[i].code != ERR_NONE;
    }
    if (problems.count < count)
        fail_msg("for:\n%s\nnot said: %s", row->yaml, row->messages[problems.count]);
    assert_int_equal(config == NULL, errors);
    assert_int_equal(problems.warnings_only, !errors && count > 0);
    config_free(config);
    config_problems_free(&problems);
}

/* Returns the config that YAML is, which holds no error; its path is dir/f.yaml. */
static inline struct config *config_of(const char *yaml)
{
    struct config_problems problems;
    struct config *config = config_parse("dir/f.yaml", yaml, strlen(yaml), &problems);

    for (size_t i = 0; i < problems.count; i++) {
        if (problems.items[i].code != ERR_NONE)
            fail_msg("%s", problems.items[i].text);
    }
    config_problems_free(&problems);
    assert_non_null(config);
    return config;
}

#define CHECK_ROWS(rows)                                                                           \
    for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                     \
    check_row(&(rows)[i])

#endif
