/* Addresses in messages: what may be a password is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/base/url_show.h"

static void what_may_be_a_password_is_left_out(void **state)
{
    static const char *const rows[][2] = {
        {"https://l.example/a.txt",           "https://l.example/a.txt"   },
        {"https://l.example/a?token=x#y",     "https://l.example/a?..."   },
        {"https://l.example/#a",              "https://l.example/#..."    },
        {"https://u:p@l.example/a",           "https://...@l.example/a"   },
        {"https://u:p@x@l.example/?q=a@b",    "https://...@l.example/?..."},
        {"u:p@l.example",                     "u:...@l.example"           },
        {"https://l.example/\x1b[2J\xc3\xa4", "https://l.example/?[2J??"  },
        {"?@",                                "?..."                      },
        {"",                                  ""                          },
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(url_show(rows[i][0], out, sizeof out), rows[i][1]);
}

static void it_is_cut_to_the_room_there_is(void **state)
{
    char out[12];

    (void)state;
    assert_string_equal(url_show("https://u:p@l.example/a", out, sizeof out), "https://...");
    assert_string_equal(url_show("https://l", out, 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_a_password_is_left_out),
        cmocka_unit_test(it_is_cut_to_the_room_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
