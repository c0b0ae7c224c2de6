/* resolver/wire/mnemonic: words that people type and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "resolver/wire/mnemonic.h"

static void types_are_read_by_word_or_number(void **state)
{
    static const struct {
        const char *text;
        int result;
        uint16_t type;
    } rows[] = {
        {"A",                        0,  1    },
        {"https",                    0,  65   },
        {"TYPE65",                   0,  65   },
        {"type0",                    0,  0    },
        {"TYPE65535",                0,  65535},
        {"TYPE65536",                -1, 0    },
        {"TYPE",                     -1, 0    },
        {"TYPE-1",                   -1, 0    },
        {"TYPE1x",                   -1, 0    },
        {"",                         -1, 0    },
        {"AA",                       -1, 0    },
        {"TYPE99999999999999999999", -1, 0    },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint16_t type;

        if (mnemonic_read_type(rows[i].text, &type) != rows[i].result ||
            (rows[i].result == 0 && type != rows[i].type))
            fail_msg("'%s'", rows[i].text);
    }
}

static void numbers_without_a_word_keep_their_number(void **state)
{
    char text[MNEMONIC_MAX];

    (void)state;
    assert_string_equal(mnemonic_type(28, text), "AAAA");
    assert_string_equal(mnemonic_type(65535, text), "TYPE65535");
    assert_string_equal(mnemonic_rcode(3, text), "NXDOMAIN");
    assert_string_equal(mnemonic_rcode(65535, text), "RCODE65535");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_read_by_word_or_number),
        cmocka_unit_test(numbers_without_a_word_keep_their_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
