/* v2fly lists: what they include, from an archive or a folder, once each, and attributes. */
#include "tests/unit/archive_rig.h"
#include "tests/unit/format_rig.h"

#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/format/siblings.h"

enum { PATH_ROOM = 512 };

static struct rig rig;
static struct box box;
static char folder[PATH_ROOM], path[PATH_ROOM + 16];

static const char own[] = "# social\ninclude:one # and more\ninclude:two @ads\ninclude:absent\n"
                          "include:../up\ninclude:One\nown.example @ads\n";

static const struct boxed members[] = {
    {"x/data/one",   "one.example\nfull:exact.one.example @!cn\ninclude:three\ninclude:one\n", 0,
     NULL                                                                                             },
    {"x/data/two",   "ads.two.example @ads\nno.two.example @cn\ninclude:three\n",              0, NULL},
    {"x/data/three", "three.example\nads.three.example @ads &one\ninclude:two @-cn\n",         0, NULL},
    {"x/data/list",  own,                                                                      0, NULL},
    {"x/absent",     "outside.example\n",                                                      0, NULL},
    {"x/up",         "up.example\n",                                                           0, NULL},
};

/* What all of it comes to: `two` only what is @ads, so also what `three` has by that way; and what
 * is not @cn of it by way of `one` and `three`. In the order of the archive, walk by walk. */
static void check(void)
{
    static const char *const wanted[] = {"own.example",   "one.example",       "exact.one.example",
                                         "three.example", "ads.three.example", "ads.two.example"};

    assert_int_equal(rig.result, 0);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(rig.taken, wanted[i]));
    assert_null(strstr(rig.taken, "no.two"));
    assert_null(strstr(rig.taken, "outside"));
    assert_null(strstr(rig.taken, "up.example"));
    assert_int_equal(rig_refused(&rig, REASON_INCLUDE), 2);
    assert_int_equal(rig.intake.report.first_line[REASON_INCLUDE], 4);
    assert_int_equal(report_refused(&rig.intake.report), 2);
    assert_int_equal(report_taken(&rig.intake.report) + report_refused(&rig.intake.report) +
                         rig.intake.report.blank + rig.intake.report.comments +
                         rig.intake.report.passed,
                     rig.intake.report.lines);
}

static void lists_include_others_of_their_archive(void **state)
{
    static const char *const ways[][2] = {
        {"pax", "gzip"},
        {"zip", "none"},
        {"tar", "zstd"}
    };
    static const struct source_options options = {.member = "data/list"};
    const struct siblings siblings = {path, &options, "x/data/list"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        box_archive(&box, ways[i][0], ways[i][1], members, sizeof members / sizeof *members);
        box_save(&box, path);
        rig_siblings = &siblings;
        rig_read_octets(&rig, "v2fly", (struct intake_rules){0}, own, sizeof own - 1);
        rig_siblings = NULL;
        check();
    }
}

static void lists_include_others_of_their_folder_if_they_may(void **state)
{
    struct source_options options = {.folder = true};
    char list[PATH_ROOM + 64], target[PATH_ROOM + 64];
    const struct siblings siblings = {list, &options, NULL};

    (void)state;
    snprintf(list, sizeof list, "%s/data", folder);
    assert_int_equal(mkdir(list, 0700), 0);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        FILE *file;

        snprintf(list, sizeof list, "%s/%s", folder, members[i].path + 2);
        file = fopen(list, "w");
        assert_non_null(file);
        fputs(members[i].text, file);
        fclose(file);
    }
    snprintf(target, sizeof target, "%s/up", folder);
    snprintf(list, sizeof list, "%s/data/absent", folder);
    assert_int_equal(symlink(target, list), 0); /* a link is as good as nothing */
    snprintf(list, sizeof list, "%s/data/list", folder);
    rig_siblings = &siblings;
    rig_read_octets(&rig, "v2fly", (struct intake_rules){0}, own, sizeof own - 1);
    check();
    options.folder = false;
    rig_read_octets(&rig, "v2fly", (struct intake_rules){0}, own, sizeof own - 1);
    rig_siblings = NULL;
    assert_string_equal(rig.taken, "subtree own.example\n");
    assert_int_equal(rig_refused(&rig, REASON_INCLUDE), 4);
}

/* The developers' data set: every include of it, and what is refused. */
static void the_services_of_the_data_set_are_whole(void **state)
{
    const char *data = getenv("STAIRGATE_DATA");
    char tar[PATH_ROOM + 64];
    struct source_options options = {.member = "data/category-social-media-!cn"};
    struct siblings siblings = {tar, &options, NULL};
    struct source *source;
    struct err err;
    static char text[65536];
    ssize_t got;

    (void)state;
    snprintf(tar, sizeof tar, "%s/services/v2fly-services.tar.gz",
             data != NULL ? data : SOURCE_DIR "/../shared/data");
    if (access(tar, R_OK) != 0) {
        print_message("no data set: STAIRGATE_DATA names none\n");
        skip();
    }
    source = source_open_as(tar, &options, &err);
    assert_non_null(source);
    got = source_read(source, text, sizeof text, &err);
    assert_true(got > 0);
    siblings.member = source_member(source);
    rig_siblings = &siblings;
    rig_read_octets(&rig, "v2fly", (struct intake_rules){0}, text, (size_t)got);
    rig_siblings = NULL;
    source_close(source);
    assert_int_equal(rig_refused(&rig, REASON_INCLUDE), 0);
    assert_true(report_taken(&rig.intake.report) > 500);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/stairgate-v2fly-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : P_tmpdir);
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/archive", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[PATH_ROOM + 16];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_include_others_of_their_archive),
        cmocka_unit_test(lists_include_others_of_their_folder_if_they_may),
        cmocka_unit_test(the_services_of_the_data_set_are_whole),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, make_folder, remove_folder);
}
