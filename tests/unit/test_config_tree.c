/* config: files that YAML itself, or we, will not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "tests/unit/config_rig.h"

static void files_that_are_not_yaml_are_refused_with_the_place(void **state)
{
    static const struct row rows[] = {
        {"listen: [127.0.0.1@53\nblock: {}\n",    {"2:6: not YAML: did not find expected ',' or ']'"}    },
        {"tcp:\n\tidle: 1s\n",
         {"2:1: not YAML: found character that cannot start any token; indent with spaces, not "
          "with "
          "tabs"}                                                                                        },
        {"profiles:\n  a:\n    deny: *.x.test\n",
         {"3:12: not YAML: did not find expected alphabetic or numeric character; put quotes "
          "around "
          "a text that begins with '*'"}                                                                 },
        {"server: {id: @x}\n",
         {"1:14: not YAML: found character that cannot start any token; put quotes around a text "
          "that begins with this sign"}                                                                  },
        {"server: {id: \"a\\0b\"}\n",             {"1:14: a text cannot hold the character NUL"}         },
        {"# \xc3\xa4\nserver: {id: \xff}\n",      {"2:14: not YAML: invalid leading UTF-8 octet"}        },
        {"- a\n- b\n",                            {"1:1: a config is a mapping, such as `listen: [...]`"}},
        {"hello\n",                               {"1:1: a config is a mapping, such as `listen: [...]`"}},
        {"tcp: {}\n---\nudp: {}\n",
         {"2:1: a second document: '---'; one file holds one configuration"}                             },
        {"[a]: b\n",                              {"1:1: a key must be a word"}                          },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void anchors_aliases_and_tags_are_refused(void **state)
{
    static const struct row rows[] = {
        {"tcp: &t {idle: 1s}\n",
         {"1:6: anchors are not used here: 't'; write the value itself, or quote a text that "
          "begins "
          "with '&'"}                                              },
        {"udp: *t\n",
         {"1:6: aliases are not used here: 't'; write the value itself, or quote a text that "
          "begins "
          "with '*'"}                                              },
        {"udp: {payload: !!int 1232}\n",
         {"1:16: tags are not used here: 'tag:yaml.org,2002:int'; quote a text that begins with "
          "'!'"}                                                   },
        {"<<: {}\n",                     {"1:1: unknown key: '<<'"}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

/* Appends TEXT to *AT as long as it fits. */
static void append(char **at, const char *end, const char *text)
{
    size_t length = strlen(text);

    if (*at + length < end) {
        memcpy(*at, text, length + 1);
        *at += length;
    }
}

static void case_c57_an_anchor_bomb_is_refused_within_100_ms(void **state)
{
    static char yaml[64 << 10];
    char *at = yaml, line[64];
    struct config_problems problems;
    struct timespec start, stop;

    (void)state;
    append(&at, yaml + sizeof yaml, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 100; i++) {
        snprintf(line, sizeof line, "a%d: &a%d [", i, i);
        append(&at, yaml + sizeof yaml, line);
        for (int j = 0; j < 10; j++) {
            snprintf(line, sizeof line, "%s*a%d", j == 0 ? "" : ", ", i - 1);
            append(&at, yaml + sizeof yaml, line);
        }
        append(&at, yaml + sizeof yaml, "]\n");
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    assert_null(config_parse("f", yaml, (size_t)(at - yaml), &problems));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &stop);
    assert_true((stop.tv_sec - start.tv_sec) * 1000 + (stop.tv_nsec - start.tv_nsec) / 1000000 <
                100);
    assert_int_equal(problems.count, 200);
    assert_non_null(strstr(problems.items[199].text, "more problems"));
    config_problems_free(&problems);
}

static void nesting_has_a_limit(void **state)
{
    char yaml[64];
    struct row row = {yaml, {"1:19: nested too deep: 12 levels are the most"}};

    (void)state;
    snprintf(yaml, sizeof yaml, "zones: %s", "[[[[[[[[[[[[[[[[[[[[[[[[[[");
    check_row(&row);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct config_problems problems;

    (void)state;
    assert_null(config_load("/nonexistent/stairgate.yaml", &problems));
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.items[0].code, ERR_NOT_FOUND);
    assert_non_null(strstr(problems.items[0].text, "/nonexistent/stairgate.yaml: "));
    config_problems_free(&problems);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_not_yaml_are_refused_with_the_place),
        cmocka_unit_test(anchors_aliases_and_tags_are_refused),
        cmocka_unit_test(case_c57_an_anchor_bomb_is_refused_within_100_ms),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
