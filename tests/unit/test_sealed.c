#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample_sealed.h"

static unsigned look(const struct sealed *sealed, const char *text)
{
    struct sealed_hit hit = {0xff};
    struct name_buf buf;
    struct name name;
    struct addr addr;

    if (addr_from_text(&addr, text) == 0) {
        sealed_lookup_addr(sealed, &addr, &hit);
        return hit.words;
    }
    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    name = name_of(&buf);
    sealed_lookup(sealed, &name, &hit);
    return hit.words;
}

static void a_name_is_blocked_with_what_lies_below_it(void **state)
{
    struct sealed *sealed = sample_sealed((const char *const[]){"bad.example", NULL});

    (void)state;
    assert_int_equal(look(sealed, "bad.example"), SEALED_BLOCK);
    assert_int_equal(look(sealed, "www.bad.example"), SEALED_BLOCK);
    assert_int_equal(look(sealed, "a.b.c.bad.example"), SEALED_BLOCK);
    assert_int_equal(look(sealed, "example"), 0);
    assert_int_equal(look(sealed, "notbad.example"), 0);
    assert_int_equal(look(sealed, "bad.example.test"), 0);
    assert_int_equal(look(sealed, "."), 0);
    sealed_close(sealed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_blocked_with_what_lies_below_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
