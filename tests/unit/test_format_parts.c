/* One source to several segments: the categories of a UT1 tree however it comes, files of an
 * archive; names that are looked for while a list is read. */
#include "tests/unit/archive_rig.h"
#include "tests/unit/format_rig.h"

#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/format/parts.h"
#include "blocklist/format/ut1.h"
#include "blocklist/format/watch.h"

enum { PATH_ROOM = 512, NAMES = 1000 };

static char folder[PATH_ROOM], source_path[PATH_ROOM + 16], segment_paths[2][PATH_ROOM + 16];
static struct suffixes *suffixes;
static struct box box;
static char many[NAMES * 16];

static void prepare(struct compile_part *part, size_t index, const char *name, const char *category)
{
    memset(part, 0, sizeof *part);
    part->name = name;
    part->segment = segment_paths[index];
    part->compile.suffixes = suffixes;
    part->compile.seed = 1;
    snprintf(part->compile.about.feed, sizeof part->compile.about.feed, "ut1-%s", name);
    snprintf(part->compile.about.category, sizeof part->compile.about.category, "%s", category);
    snprintf(part->compile.about.feed_class, sizeof part->compile.about.feed_class, "public");
}

static bool is_there(size_t index)
{
    return access(segment_paths[index], F_OK) == 0;
}

static const struct boxed tree[] = {
    {"blacklists",               NULL,               AE_IFDIR, NULL   },
    {"blacklists/adult/domains", many,               0,        NULL   },
    {"blacklists/adult/urls",    "c.example/page\n", 0,        NULL   },
    {"blacklists/adult/usage",   "black\n",          0,        NULL   },
    {"blacklists/porn",          NULL,               AE_IFLNK, "adult"},
    {"blacklists/bank/domains",  "bank.example\n",   0,        NULL   },
    {"blacklists/bank/usage",    "white\n",          0,        NULL   },
    {"../../etc/x",              "x.example\n",      0,        NULL   },
    {"/etc/x",                   "x.example\n",      0,        NULL   },
    {"blacklists/games/domains", NULL,               AE_IFCHR, NULL   },
};
enum { MEMBERS = sizeof tree / sizeof *tree };

/* C43 (feeds), 1-4 and 6 */
static void C43_a_tree_is_the_same_however_it_comes(void **state)
{
    static const struct {
        const char *format, *filter, *again;
    } ways[] = {
        {"pax", "gzip", NULL  },
        {"pax", "gzip", "gzip"},
        {"tar", "none", NULL  },
        {"zip", "none", NULL  },
        {"pax", "xz",   NULL  },
        {"tar", "zstd", NULL  },
    };
    static const struct source_limits none;
    uint8_t digest[32] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        bool zip = strcmp(ways[i].format, "zip") == 0;
        struct compile_part part;
        struct err err;

        /* zip: what it holds besides files differs. */
        box_archive(&box, ways[i].format, ways[i].filter, zip ? tree + 1 : tree, zip ? 3 : MEMBERS);
        if (ways[i].again != NULL)
            box_again(&box, ways[i].again);
        box_save(&box, source_path);
        prepare(&part, 0, "adult", "porn");
        part.compile.from.limits = none;
        part.compile.format = i % 2 == 0 ? format_find("ut1") : NULL;
        assert_int_equal(compile_parts(&part, 1, source_path, NULL, &err), 0);
        assert_int_equal(part.compile.about.names, NAMES);
        assert_int_equal(part.compile.members_refused, zip ? 0 : 4);
        assert_true(is_there(0));
        if (i > 0)
            assert_memory_equal(digest, part.compile.about.source_digest, sizeof digest);
        memcpy(digest, part.compile.about.source_digest, sizeof digest);
    }
}

/* C43 (feeds), 5, 7 and 8 */
static void C43_cut_missing_and_linked_categories(void **state)
{
    struct compile_part parts[2];
    struct err err;

    (void)state;
    box_archive(&box, "pax", "gzip", tree, MEMBERS);
    box_save(&box, source_path);
    prepare(&parts[0], 0, "porn", "porn"); /* an alias of adult, by the table */
    assert_int_equal(compile_parts(parts, 1, source_path, NULL, &err), 0);
    assert_int_equal(parts[0].compile.about.names, NAMES);
    prepare(&parts[1], 1, "phishing", "phishing");
    assert_int_equal(compile_parts(parts, 2, source_path, NULL, &err), -1);
    assert_string_equal(err.text, "category phishing missing");
    assert_false(is_there(0));
    prepare(&parts[1], 1, "adult", "porn");
    assert_int_equal(compile_parts(parts, 2, source_path, NULL, &err), -1);
    assert_non_null(strstr(err.text, "twice"));
    prepare(&parts[1], 1, "games", "games");
    assert_int_equal(compile_parts(parts, 2, source_path, NULL, &err), -1);
    assert_non_null(strstr(err.text, "category games missing"));
    box_archive(&box, "pax", "gzip", tree, MEMBERS);
    while (box.octets[box.length - 1] == 0)
        box.length--;
    box.length -= 20;
    box_save(&box, source_path);
    assert_int_equal(compile_parts(parts, 1, source_path, NULL, &err), -1);
    assert_non_null(strstr(err.text, "broken gzip"));
    assert_false(is_there(0));
}

static void a_tree_that_was_scanned_is_not_scanned_again(void **state)
{
    struct compile_part part;
    struct ut1_tree scanned;
    struct err err;

    (void)state;
    box_archive(&box, "pax", "gzip", tree, MEMBERS);
    box_save(&box, source_path);
    assert_int_equal(ut1_scan(&scanned, source_path, NULL, &err), 0);
    prepare(&part, 0, "adult", "porn");
    assert_int_equal(compile_parts(&part, 1, source_path, &scanned, &err), 0);
    assert_int_equal(part.compile.about.names, NAMES);
    assert_int_equal(part.compile.members_refused, 4);
    ut1_find(&scanned, "adult")->files[UT1_DOMAINS] = false; /* which another scan would find */
    assert_int_equal(compile_parts(&part, 1, source_path, &scanned, &err), -1);
    assert_string_equal(err.text, "category adult missing");
    ut1_free(&scanned);
}

static void an_allow_list_is_not_blocked_by_a_slip(void **state)
{
    struct compile_part part;
    struct err err;

    (void)state;
    box_archive(&box, "pax", "gzip", tree, MEMBERS);
    box_save(&box, source_path);
    prepare(&part, 0, "bank", "fraud");
    assert_int_equal(compile_parts(&part, 1, source_path, NULL, &err), -1);
    assert_non_null(strstr(err.text, "bank is an allow list"));
    prepare(&part, 0, "bank", "edu_positive");
    assert_int_equal(compile_parts(&part, 1, source_path, NULL, &err), 0);
    assert_int_equal(part.compile.about.names, 1);
}

static void files_of_an_archive_are_parts(void **state)
{
    static const struct boxed members[] = {
        {"x/ads.txt",   "a.example\nb.example\n", 0, NULL},
        {"x/games.txt", "0.0.0.0 g.example\n",    0, NULL},
        {"x/README",    "hello\n",                0, NULL},
    };
    struct compile_part parts[2];
    struct err err;

    (void)state;
    box_archive(&box, "zip", "none", members, 3);
    box_save(&box, source_path);
    prepare(&parts[0], 0, "ads.txt", "ads");
    prepare(&parts[1], 1, "games.txt", "games");
    assert_int_equal(compile_parts(parts, 2, source_path, NULL, &err), 0);
    assert_int_equal(parts[0].compile.about.names, 2);
    assert_int_equal(parts[1].compile.about.names, 1);
    assert_string_equal(parts[1].compile.format->key, "hosts");
    parts[1].name = "none.txt";
    assert_int_equal(compile_parts(parts, 2, source_path, NULL, &err), -1);
    assert_non_null(strstr(err.text, "none.txt: no file"));
    assert_false(is_there(0));
}

static void too_many_entries_fail_a_list(void **state)
{
    struct compile_part part;
    struct err err;

    (void)state;
    box_archive(&box, "pax", "gzip", tree, MEMBERS);
    box_save(&box, source_path);
    prepare(&part, 0, "adult", "porn");
    part.compile.entries_most = NAMES;
    assert_int_equal(compile_parts(&part, 1, source_path, NULL, &err), 0);
    part.compile.entries_most = NAMES - 1;
    assert_int_equal(compile_parts(&part, 1, source_path, NULL, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_false(part.compile.broken);
    assert_false(is_there(0));
}

/* Names that are watched, one a line of `watched`, and the line that covers each, 0 for none. */
static void names_that_are_watched_come_with_the_line_that_covers_them(void **state)
{
    static const char list[] = "0.0.0.0 exact.example\n||sub.example^\n=own.example\n"
                               "||sub.example^\n||but.example^\n@@||help.but.example^\n";
    static const struct {
        const char *name;
        uint64_t line;
    } watched[] = {
        {"exact.example",      1},
        {"x.exact.example",    0},
        {"sub.example",        2},
        {"a.b.sub.example",    2},
        {"own.example",        3},
        {"x.own.example",      0},
        {"but.example",        5},
        {"help.but.example",   0},
        {"a.help.but.example", 0},
        {"b.but.example",      5},
        {"example",            0},
        {"absent.example",     0},
    };
    enum { COUNT = sizeof watched / sizeof *watched };
    struct name_buf bufs[COUNT];
    struct name names[COUNT];
    struct compile compile = {.suffixes = suffixes, .seed = 7};
    struct err err;
    struct siphash_key key = siphash_key_from_seed(7);

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(name_from_host(&bufs[i], watched[i].name, strlen(watched[i].name)),
                         NAME_OK);
        names[i] = name_of(&bufs[i]);
    }
    compile.watch = watch_create(names, COUNT, 7, &err);
    assert_non_null(compile.watch);
    suffixes_rekey(suffixes, &key);
    memcpy(box.octets, list, strlen(list));
    box.length = strlen(list);
    box_save(&box, source_path);
    compile.format = format_find("plain");
    assert_int_equal(compile_file(&compile, source_path, segment_paths[0], &err), 0);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(watch_line(compile.watch, i), watched[i].line);
    }
    watch_free(compile.watch);
    key = siphash_key_from_seed(1);
    suffixes_rekey(suffixes, &key);
}

static int make_folder(void **state)
{
    struct siphash_key key = siphash_key_from_seed(1);
    struct err err;
    size_t used = 0;

    (void)state;
    snprintf(folder, sizeof folder, "%s/stairgate-parts-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : P_tmpdir);
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(source_path, sizeof source_path, "%s/source", folder);
    for (size_t i = 0; i < 2; i++)
        snprintf(segment_paths[i], sizeof segment_paths[i], "%s/segment%zu", folder, i);
    for (size_t i = 0; i < NAMES; i++)
        used += (size_t)snprintf(many + used, sizeof many - used, "n%zu.example\n", i);
    suffixes = suffixes_load_memory(rig_suffixes, strlen(rig_suffixes), &key, &err);
    return suffixes == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    char command[PATH_ROOM + 16];

    (void)state;
    suffixes_free(suffixes);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C43_a_tree_is_the_same_however_it_comes),
        cmocka_unit_test(C43_cut_missing_and_linked_categories),
        cmocka_unit_test(a_tree_that_was_scanned_is_not_scanned_again),
        cmocka_unit_test(an_allow_list_is_not_blocked_by_a_slip),
        cmocka_unit_test(files_of_an_archive_are_parts),
        cmocka_unit_test(too_many_entries_fail_a_list),
        cmocka_unit_test(names_that_are_watched_come_with_the_line_that_covers_them),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, make_folder, remove_folder);
}
