/* Who an operator is, and when two of them are two people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/base/err.h"
#include "resolver/daemon/operators.h"
#include "signature_sample.h"

enum { ROOT = 0, DAEMON = 1 };

static struct operators *read_all(struct config_operator *items, size_t count)
{
    struct config config = {
        .sealed = {.operators = items, .operator_count = count}
    };
    struct err err;
    struct operators *operators = operators_read(&config, NULL, &err);

    assert_non_null(operators);
    assert_int_equal(operators_count(operators), count);
    return operators;
}

static void a_user_is_the_operator_that_stands_for_it(void **state)
{
    struct config_operator items[] = {
        {.name = "alice",  .user = (char *)"root"          },
        {.name = "bob",    .user = (char *)"daemon"        },
        {.name = "nobody", .user = (char *)"no-such-user"  },
        {.name = "carol",  .public_key = (char *)SAMPLE_KEY},
    };
    struct operators *operators = read_all(items, 4);
    struct err err;

    (void)state;
    assert_string_equal(operators_of_user(operators, ROOT, NULL, &err)->name, "alice");
    assert_string_equal(operators_of_user(operators, DAEMON, "bob", &err)->name, "bob");
    assert_null(operators_of_user(operators, DAEMON, "alice", &err));
    assert_null(operators_of_user(operators, ROOT, "carol", &err));
    assert_null(operators_of_user(operators, ROOT, "nobody", &err));
    assert_null(operators_of_user(operators, 4711, NULL, &err));
    assert_null(operators_of_user(operators, -1, NULL, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    operators_free(operators);
}

static void root_is_nobody_unless_it_is_listed(void **state)
{
    struct config_operator items[] = {
        {.name = "bob", .user = (char *)"daemon"}
    };
    struct operators *operators = read_all(items, 1);
    struct err err;

    (void)state;
    assert_null(operators_of_user(operators, ROOT, NULL, &err));
    assert_non_null(strstr(err.text, "nobody in particular"));
    operators_free(operators);
}

static void a_signature_is_its_keys_holders(void **state)
{
    struct config_operator items[] = {
        {.name = "dave",  .public_key = (char *)SAMPLE_OTHER_KEY},
        {.name = "carol", .public_key = (char *)SAMPLE_KEY      },
    };
    struct operators *operators = read_all(items, 2), *others = read_all(items, 1);
    static const char body[] = SAMPLE_BODY;
    struct err err;

    (void)state;
    assert_string_equal(
        operators_of_signature(operators, body, sizeof body - 1, SAMPLE_PREHASHED, &err)->name,
        "carol");
    assert_string_equal(
        operators_of_signature(operators, body, sizeof body - 1, SAMPLE_LEGACY, &err)->name,
        "carol");
    assert_null(operators_of_signature(operators, body, sizeof body - 2, SAMPLE_LEGACY, &err));
    assert_int_equal(err.code, ERR_DIGEST);
    assert_null(operators_of_signature(others, body, sizeof body - 1, SAMPLE_PREHASHED, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_null(operators_of_signature(operators, body, sizeof body - 1, "x", &err));
    assert_int_equal(err.code, ERR_FORMAT);
    operators_free(operators);
    operators_free(others);
}

static void one_person_under_two_names_is_one(void **state)
{
    struct operators_person a = {.name = "a", .has_user = true, .user = 7};
    struct operators_person b = {.name = "b", .has_key = true, .key = {.key = {1}}};
    struct operators_person c = {.name = "c", .has_user = true, .user = 7, .has_key = true};
    struct operators_person d = {
        .name = "d", .has_user = true, .user = 8, .has_key = true, .key = {.key = {1}}};

    (void)state;
    assert_true(operators_are_two(&a, &b));
    assert_false(operators_are_two(&a, &a));
    assert_false(operators_are_two(&a, &c));
    assert_true(operators_are_two(&b, &c));
    assert_false(operators_are_two(&b, &d));
    assert_false(operators_are_two(&d, &b));
    assert_true(operators_are_two(&c, &d));
    assert_true(operators_are_two(&a, &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_the_operator_that_stands_for_it),
        cmocka_unit_test(root_is_nobody_unless_it_is_listed),
        cmocka_unit_test(a_signature_is_its_keys_holders),
        cmocka_unit_test(one_person_under_two_names_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
