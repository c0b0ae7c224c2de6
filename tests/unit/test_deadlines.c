/* The file that `lists sync` leaves for the server, in all the shapes that it may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "blocklist/sealed/deadlines.h"
#include "config/base/err.h"

static int parse(struct deadline *deadlines, const char *text)
{
    struct err err;

    return deadlines_parse(deadlines, text, strlen(text), &err);
}

static void each_class_has_its_line(void **state)
{
    struct deadline deadlines[DEADLINE_CLASSES];

    (void)state;
    assert_int_equal(parse(deadlines, "hotline 1800021600 1799990000 1800000000\nlegal 7 0 0\n"),
                     0);
    assert_true(deadlines[DEADLINE_HOTLINE].known);
    assert_int_equal(deadlines[DEADLINE_HOTLINE].due_s, 1800021600);
    assert_int_equal(deadlines[DEADLINE_HOTLINE].version_s, 1799990000);
    assert_int_equal(deadlines[DEADLINE_HOTLINE].checked_s, 1800000000);
    assert_int_equal(deadlines[DEADLINE_LEGAL].due_s, 7);
}

static void a_class_without_a_line_is_unknown_and_one_of_later_versions_is_skipped(void **state)
{
    struct deadline deadlines[DEADLINE_CLASSES];

    (void)state;
    assert_int_equal(parse(deadlines, "partner 1 2\nlegal 1 2 3\n"), 0);
    assert_false(deadlines[DEADLINE_HOTLINE].known);
    assert_true(deadlines[DEADLINE_LEGAL].known);
    assert_int_equal(parse(deadlines, ""), 0);
    assert_false(deadlines[DEADLINE_LEGAL].known);
}

static void what_is_cut_or_odd_is_refused_whole(void **state)
{
    static const char *const bad[] = {
        "hotline",
        "hotline 1 2 3", /* cut before the end of the line */
        "hotline 1 2\n",
        "hotline 1 2 3 4\n",
        "hotline  1 2 3\n",
        "hotline 1 2 -3\n",
        "hotline 1 2 \n",
        "hotline 1 2 99999999999999999999\n",
        "hotline 1 2 3 \n",
        "hotline 1 2 3\r\n",
        "hotline 1 2 3\nhotline 1 2 3\n",
        "\n",
        " 1 2 3\n",
        "legal 1 2 3\nhotline x 2 3\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct deadline deadlines[DEADLINE_CLASSES];
        struct err err;

        if (deadlines_parse(deadlines, bad[i], strlen(bad[i]), &err) == 0)
            fail_msg("taken: '%s'", bad[i]);
        assert_int_equal(err.code, ERR_FORMAT);
        for (size_t k = 0; k < DEADLINE_CLASSES; k++)
            assert_false(deadlines[k].known);
    }
}

static void what_is_written_is_read_again(void **state)
{
    struct deadline out[DEADLINE_CLASSES] = {
        [DEADLINE_HOTLINE] = {true, 5, 0, INT64_MAX / 16}
    };
    struct deadline in[DEADLINE_CLASSES];
    char folder[] = "/tmp/stairgate-deadlines-XXXXXX", path[64];
    struct stat info;
    struct err err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/" DEADLINES_FILE, folder);
    assert_int_equal(deadlines_read(in, path, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(deadlines_write(out, path, &err), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0644);
    assert_int_equal(deadlines_read(in, path, &err), 0);
    for (size_t i = 0; i < DEADLINE_CLASSES; i++) {
        assert_int_equal(in[i].known, out[i].known);
        assert_int_equal(in[i].due_s, out[i].due_s);
        assert_int_equal(in[i].checked_s, out[i].checked_s);
    }
    assert_int_equal(truncate(path, 1 << 20), 0);
    assert_int_equal(deadlines_read(in, path, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_has_its_line),
        cmocka_unit_test(a_class_without_a_line_is_unknown_and_one_of_later_versions_is_skipped),
        cmocka_unit_test(what_is_cut_or_odd_is_refused_whole),
        cmocka_unit_test(what_is_written_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
