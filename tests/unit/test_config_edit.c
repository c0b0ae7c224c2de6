/* config/edit: a list is put in and taken out, and every other octet stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "config/edit.h"

static const struct edit_option options[] = {
    {"url",        "https://l.example/a?b=c", false},
    {"category",   "porn",                    false},
    {"licence",    "it's: free # or not",     false},
    {"categories", "{a: b}",                  true },
};

#define ENTRY(in, end)                                                                             \
    in "new:" end in "  url: https://l.example/a?b=c" end in "  category: porn" end in             \
       "  licence: 'it''s: free # or not'" end in "  categories: {a: b}" end

struct row {
    const char *before, *after;
};

static void add(const struct row *row)
{
    struct err err;
    size_t length;
    char *text = edit_add_list(row->before, strlen(row->before), "new", options, 4, &length, &err);

    if (text == NULL)
        fail_msg("for:\n%s\n%s", row->before, err.text);
    if (strlen(text) != length || strcmp(text, row->after) != 0)
        fail_msg("for:\n%s\ngot:\n%s\nwanted:\n%s", row->before, text, row->after);
    free(text);
}

static void drop(const struct row *row)
{
    struct err err;
    size_t length;
    char *text = edit_remove_list(row->before, strlen(row->before), "b", &length, &err);

    if (text == NULL)
        fail_msg("for:\n%s\n%s", row->before, err.text);
    if (strlen(text) != length || strcmp(text, row->after) != 0)
        fail_msg("for:\n%s\ngot:\n%s\nwanted:\n%s", row->before, text, row->after);
    free(text);
}

static void a_list_goes_behind_those_that_are_there(void **state)
{
    static const struct row rows[] = {
        {"lists:\n  a:\n    url: x\n",                                       "lists:\n  a:\n    url: x\n" ENTRY("  ",  "\n")                              },
        {"lists:\n    a: {url: x}\nlisten: []\n",
         "lists:\n    a: {url: x}\n" ENTRY("    ",                                                                     "\n") "listen: []\n"               },
 /* comments and blank lines behind it stay behind */
        {"lists:\n  a:\n    url: x  # why\n\n  # the end\nlisten: []\n",
         "lists:\n  a:\n    url: x  # why\n" ENTRY("  ",                                                               "\n") "\n  # the end\nlisten: []\n"},
 /* no final line end */
        {"lists:\n  a:\n    url: x",                                         "lists:\n  a:\n    url: x\n" ENTRY("  ",  "\n")                              },
        {"lists:\r\n  a:\r\n    url: x\r\nlisten: []\r\n",
         "lists:\r\n  a:\r\n    url: x\r\n" ENTRY("  ",                                                                "\r\n") "listen: []\r\n"           },
 /* a value over several lines */
        {"lists:\n  a:\n    licence: |\n      one\n      two\nlisten: []\n",
         "lists:\n  a:\n    licence: |\n      one\n      two\n" ENTRY("  ",                                            "\n") "listen: []\n"               },
        {"lists:\n  a:\n    licence: one\n      two\n    gate: {min_entries: 1,\n      shrink: "
         "2}\n",                                                    "lists:\n  a:\n    licence: one\n      two\n    gate: {min_entries: 1,\n      shrink: "
         "2}\n" ENTRY("  ",                                                                   "\n")                              },
 /* tabs in comments, another `lists` deeper down */
        {"x:\n  lists: {a: b}\nlists:\n  a:\n    url: x\t# tab\n",
         "x:\n  lists: {a: b}\nlists:\n  a:\n    url: x\t# tab\n" ENTRY("  ",                                          "\n")                              },
        {"\"lists\":\n  a: {url: x}\n",                                      "\"lists\":\n  a: {url: x}\n" ENTRY("  ", "\n")                              },
        {"# \xc3\xa9\xe2\x80\xa8"
         "lists:\n  a: {url: x}\nb: \xc3\xa9\n",                    "# \xc3\xa9\xe2\x80\xa8"
         "lists:\n  a: {url: x}\n" ENTRY("  ",                "\n") "b: \xc3\xa9\n"              },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add(&rows[i]);
}

static void where_there_are_no_lists_they_begin_at_the_end(void **state)
{
    static const struct row rows[] = {
        {"",                         "lists:\n" ENTRY("  ",                      "\n")                 },
        {"# mine\n",                 "# mine\n\nlists:\n" ENTRY("  ",            "\n")                 },
        {"listen: []\n# end\n",      "listen: []\n# end\n\nlists:\n" ENTRY("  ", "\n")                 },
        {"listen: []",               "listen: []\n\nlists:\n" ENTRY("  ",        "\n")                 },
        {"  listen: []\n",           "  listen: []\n\n  lists:\n" ENTRY("    ",  "\n")                 },
        {"---\nlisten: []\n...\n",   "---\nlisten: []\n\nlists:\n" ENTRY("  ",   "\n") "...\n"         },
        {"lists: {}\nlisten: []\n",  "lists:\n" ENTRY("  ",                      "\n") "listen: []\n"  },
        {"lists: { }  # none yet\n", "lists:  # none yet\n" ENTRY("  ",          "\n")                 },
        {"\xef\xbb\xbf"
         "lists: {}\n",     "\xef\xbb\xbf"
         "lists:\n" ENTRY("  ",                  "\n")                 },
        {"lists: {}",                "lists:\n" ENTRY("  ",                      "\n")                 },
        {"lists:\nlisten: []\n",     "lists:\n" ENTRY("  ",                      "\n") "listen: []\n"  },
        {"lists:\n  # none yet\n",   "lists:\n" ENTRY("  ",                      "\n") "  # none yet\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add(&rows[i]);
}

static void a_list_goes_with_its_own_lines_alone(void **state)
{
    static const struct row rows[] = {
        {"lists:\n  a: {url: x}\n  # of b\n  b:\n    url: y\n    # inside\n    category: z # end\n"
         "  # of c\n  c: {url: z}\n",                                     "lists:\n  a: {url: x}\n  # of b\n  # of c\n  c: {url: z}\n"},
        {"lists:\n  a: {url: x}\n  b: {url: y,\n      category: z}\nlisten: []\n",
         "lists:\n  a: {url: x}\nlisten: []\n"                                                                                                 },
        {"lists:\n  a: {url: x}\n  b:\n    url: y",                                "lists:\n  a: {url: x}\n"                                   },
        {"lists:\r\n  b:\r\n    url: y\r\n  a: {url: x}\r\n",                      "lists:\r\n  a: {url: x}\r\n"                               },
        {"lists:\n  b:\n    licence: |\n      one\n\n      two\n  a: {url: x}\n",
         "lists:\n  a: {url: x}\n"                                                                                                             },
        {"lists: # all\n  # one\n  b: {url: y}\nlisten: []\n",
         "lists: {} # all\n  # one\nlisten: []\n"                                                                                              },
        {"lists:\n  'b': {url: y}\n",                                              "lists: {}\n"                                               },
        {"profiles:\n  b: {}\nlists:\n  b: {url: b}\n  c: {url: b}\n",
         "profiles:\n  b: {}\nlists:\n  c: {url: b}\n"                                                                                         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        drop(&rows[i]);
}

static void what_was_put_in_comes_out_without_a_trace(void **state)
{
    static const char *const texts[] = {"lists:\n  a: {url: x}\n", "lists: {}\nlisten: []\n",
                                        "# c\r\nlists:\r\n  a:\r\n    url: x\r\n\r\n# d\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t added, removed;
        struct err err;
        char *with = edit_add_list(texts[i], strlen(texts[i]), "new", options, 4, &added, &err);
        char *without = with == NULL ? NULL : edit_remove_list(with, added, "new", &removed, &err);

        assert_non_null(without);
        assert_string_equal(without, texts[i]);
        free(with);
        free(without);
    }
}

static void what_cannot_be_edited_is_refused_with_the_cure(void **state)
{
    static const struct {
        const char *text, *message;
        enum err_code code;
    } rows[] = {
        {"lists: {a: {url: x}}\n",
         "line 1: 'lists' is written as {...}; write each thing in it on lines of its own below "
         "'lists:', or edit it yourself",                                               ERR_FORMAT},
        {"{listen: []}\n",
         "the config is written as one {...}; write its options on lines of their own", ERR_FORMAT},
        {"lists: {\n}\n",             "line 1: write 'lists: {}' on one line",          ERR_FORMAT},
        {"lists:\n  new: {url: x}\n", "there is a list of that name: 'new', at line 2",
         ERR_DUPLICATE                                                                            },
        {"lists: [\n",
         "not YAML at line 2: did not find expected node content; `stairgate config check` says "
         "more",                                                                        ERR_FORMAT},
    };
    struct err err;
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(
            edit_add_list(rows[i].text, strlen(rows[i].text), "new", options, 4, &length, &err));
        assert_string_equal(err.text, rows[i].message);
        assert_int_equal(err.code, rows[i].code);
    }
    assert_null(edit_remove_list("lists:\n  a: {}\n", 14, "b", &length, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_null(edit_remove_list("lists:\n  ? b\n  : {url: x}\n", 26, "b", &length, &err));
    assert_int_equal(err.code, ERR_FORMAT);
}

static void an_option_goes_into_its_section(void **state)
{
    static const struct edit_option option = {"key", "/etc/a.key", false};
    static const struct row rows[] = {
        {"sealed:\n  canary: c.example # ours\n# end\n",
         "sealed:\n  canary: c.example # ours\n  key: '/etc/a.key'\n# end\n"                           },
        {"listen: []\n",                                 "listen: []\n\nsealed:\n  key: '/etc/a.key'\n"},
        {"sealed: {}\nlists:\n  sealed:\n    key: b\n",
         "sealed:\n  key: '/etc/a.key'\nlists:\n  sealed:\n    key: b\n"                               },
        {"",                                             "sealed:\n  key: '/etc/a.key'\n"              },
    };
    struct err err;
    size_t length;
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        text = edit_add_option(rows[i].before, strlen(rows[i].before), "sealed", &option, &length,
                               &err);
        assert_non_null(text);
        assert_string_equal(text, rows[i].after);
        free(text);
    }
    assert_null(edit_add_option("sealed:\n  key: x\n", 17, "sealed", &option, &length, &err));
    assert_int_equal(err.code, ERR_DUPLICATE);
    assert_null(edit_add_option("sealed: {key: x}\n", 17, "sealed", &option, &length, &err));
    assert_int_equal(err.code, ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_goes_behind_those_that_are_there),
        cmocka_unit_test(where_there_are_no_lists_they_begin_at_the_end),
        cmocka_unit_test(a_list_goes_with_its_own_lines_alone),
        cmocka_unit_test(what_was_put_in_comes_out_without_a_trace),
        cmocka_unit_test(an_option_goes_into_its_section),
        cmocka_unit_test(what_cannot_be_edited_is_refused_with_the_cure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
