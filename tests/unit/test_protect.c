/* blocklist/format: names that no list may hold, the country's among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "blocklist/format/protect.h"
#include "config/base/err.h"
#include "config/config.h"
#include "config/country.h"

static bool holds(const struct protect *protect, size_t from, const struct name *name)
{
    for (size_t i = from; i < protect->pins; i++) {
        if (name_equal(&protect->names[i], name))
            return true;
    }
    return false;
}

static void the_pins_of_the_country_are_protected_beside_the_built_in_ones(void **state)
{
    struct config_problems problems;
    struct country *country = country_find("XE", &problems);
    struct protect without = {.count = 0}, with = {.count = 0};
    struct err err;

    (void)state;
    if (country == NULL)
        fail_msg("no pack XE");
    config_problems_free(&problems);
    assert_int_equal(protect_add_pins(&without, NULL, &err), 0);
    assert_int_equal(protect_add_pins(&with, country, &err), 0);
    assert_true(without.pins > 0);
    assert_true(country->pin_count > 0);
    assert_int_equal(with.pins, without.pins + country->pin_count);
    for (size_t i = 0; i < country->pin_count; i++) {
        struct name name = name_of(&country->pins[i].name);

        assert_true(holds(&with, without.pins, &name));
        assert_false(holds(&without, 0, &name));
    }
    protect_free(&with);
    protect_free(&without);
    country_free(country);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pins_of_the_country_are_protected_beside_the_built_in_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
