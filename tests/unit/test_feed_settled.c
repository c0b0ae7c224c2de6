/* What a run may believe of the one before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "blocklist/feed/settled.h"

struct rig {
    char dir[64], file[80], mark[80];
};

static void set_up(struct rig *rig)
{
    FILE *file;

    snprintf(rig->dir, sizeof rig->dir, "settled-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    snprintf(rig->file, sizeof rig->file, "%s/a.set", rig->dir);
    snprintf(rig->mark, sizeof rig->mark, "%s/settled", rig->dir);
    file = fopen(rig->file, "w");
    assert_non_null(file);
    fputs("octets", file);
    fclose(file);
}

static void tear_down(struct rig *rig)
{
    unlink(rig->file);
    unlink(rig->mark);
    assert_int_equal(rmdir(rig->dir), 0);
}

/* Leaves a mark that is certainly younger than the file: the kernel's clock for inodes goes in
 * ticks. */
static void mark(struct rig *rig)
{
    struct stat file, made;

    assert_int_equal(stat(rig->file, &file), 0);
    do {
        unlink(rig->mark);
        settled_mark(rig->dir);
        assert_int_equal(stat(rig->mark, &made), 0);
    } while (made.st_mtim.tv_sec == file.st_ctim.tv_sec &&
             made.st_mtim.tv_nsec <= file.st_ctim.tv_nsec);
}

static void a_file_that_nobody_touched_since_a_good_end_is_believed_once(void **state)
{
    struct settled settled;
    struct rig rig;

    (void)state;
    set_up(&rig);
    settled_take(&settled, rig.dir, (int64_t)time(NULL));
    assert_false(settled_unchanged(&settled, rig.file)); /* no mark yet */
    mark(&rig);
    settled_take(&settled, rig.dir, (int64_t)time(NULL));
    assert_true(settled_unchanged(&settled, rig.file));
    assert_int_not_equal(access(rig.mark, F_OK), 0);
    settled_take(&settled, rig.dir, (int64_t)time(NULL)); /* that run was killed */
    assert_false(settled_unchanged(&settled, rig.file));
    tear_down(&rig);
}

static void what_was_touched_or_is_gone_is_not_believed(void **state)
{
    struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct settled settled;
    struct rig rig;

    (void)state;
    set_up(&rig);
    mark(&rig);
    settled_take(&settled, rig.dir, (int64_t)time(NULL));
    /* Whoever sets the file's own time back touches its inode. */
    do
        assert_int_equal(utimensat(AT_FDCWD, rig.file, old, 0), 0);
    while (settled_unchanged(&settled, rig.file));
    assert_int_equal(unlink(rig.file), 0);
    assert_false(settled_unchanged(&settled, rig.file));
    tear_down(&rig);
}

static void a_mark_of_yesterday_or_of_the_future_is_none(void **state)
{
    static const int64_t apart_s[] = {24 * 3600 + 5, -3600};
    struct settled settled;
    struct rig rig;

    (void)state;
    set_up(&rig);
    for (size_t i = 0; i < 2; i++) {
        mark(&rig);
        settled_take(&settled, rig.dir, (int64_t)time(NULL) + apart_s[i]);
        assert_false(settled_unchanged(&settled, rig.file));
    }
    tear_down(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_nobody_touched_since_a_good_end_is_believed_once),
        cmocka_unit_test(what_was_touched_or_is_gone_is_not_believed),
        cmocka_unit_test(a_mark_of_yesterday_or_of_the_future_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
