/* resolver/observed: names for a while, the frequent ones, and nothing afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "resolver/observed.h"

struct seen {
    char first[NAME_TEXT_MAX];
    uint64_t counts[OBSERVED_NAMES_MOST], all;
    size_t count;
};

static void see(void *context, const struct name *name, uint64_t count)
{
    struct seen *seen = context;

    if (seen->count == 0)
        name_to_text(name, seen->first);
    seen->counts[seen->count++] = count;
    seen->all += count;
}

static struct seen look(struct observed *observed, uint64_t now_ms)
{
    struct seen seen = {.count = 0};
    size_t count = observed_each(observed, now_ms, see, &seen);

    assert_int_equal(count, seen.count);
    return seen;
}

static void note(struct observed *observed, const char *text, uint64_t now_ms)
{
    struct name_buf buf;
    struct name name;

    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    name = name_of(&buf);
    observed_note(observed, &name, now_ms);
}

static void nothing_is_gathered_unless_asked_for(void **state)
{
    struct observed *observed = observed_create(NULL);

    (void)state;
    note(observed, "a.example", 1);
    assert_int_equal(look(observed, 1).count, 0);
    assert_int_equal(observed_left_ms(observed, 1), 0);
    observed_free(observed);
}

static void names_are_counted_the_most_frequent_first(void **state)
{
    struct observed *observed = observed_create(NULL);
    struct seen seen;

    (void)state;
    observed_start(observed, 100);
    note(observed, "a.example", 1);
    note(observed, "b.example", 2);
    note(observed, "b.example", 3);
    seen = look(observed, 4);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.first, "b.example");
    assert_int_equal(seen.counts[0], 2);
    assert_int_equal(observed_left_ms(observed, 40), 60);
    observed_free(observed);
}

static void when_the_time_is_over_nothing_is_left(void **state)
{
    struct observed *observed = observed_create(NULL);

    (void)state;
    observed_start(observed, 100);
    note(observed, "a.example", 99);
    note(observed, "b.example", 100);
    assert_int_equal(look(observed, 99).count, 1);
    observed_tidy(observed, 100);
    assert_int_equal(look(observed, 50).count, 0); /* not even for a clock that goes back */
    observed_start(observed, 200);
    note(observed, "a.example", 150);
    observed_start(observed, 300);
    assert_int_equal(look(observed, 150).count, 0);
    observed_free(observed);
}

static void with_other_rules_the_names_are_gone_and_the_time_goes_on(void **state)
{
    struct observed *observed = observed_create(NULL);

    (void)state;
    observed_start(observed, 100);
    note(observed, "a.example", 10);
    observed_forget(observed);
    assert_int_equal(look(observed, 20).count, 0);
    assert_int_equal(observed_left_ms(observed, 20), 80);
    observed_free(observed);
}

static void of_many_names_the_frequent_ones_stay(void **state)
{
    struct observed *observed = observed_create(NULL);
    struct seen seen;
    char text[32];

    (void)state;
    observed_start(observed, UINT64_MAX);
    for (int i = 0; i < 10 * OBSERVED_NAMES_MOST; i++) {
        snprintf(text, sizeof text, "n%d.example", i);
        note(observed, text, 1);
        note(observed, "often.example", 1);
    }
    seen = look(observed, 2);
    assert_int_equal(seen.count, OBSERVED_NAMES_MOST);
    assert_string_equal(seen.first, "often.example");
    assert_int_equal(seen.counts[0], 10 * OBSERVED_NAMES_MOST);
    assert_int_equal(seen.all, 20 * OBSERVED_NAMES_MOST);
    observed_free(observed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_gathered_unless_asked_for),
        cmocka_unit_test(names_are_counted_the_most_frequent_first),
        cmocka_unit_test(when_the_time_is_over_nothing_is_left),
        cmocka_unit_test(with_other_rules_the_names_are_gone_and_the_time_goes_on),
        cmocka_unit_test(of_many_names_the_frequent_ones_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
