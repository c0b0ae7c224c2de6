/* UT1 trees, from directories and archives, friendly and hostile. */
#include "tests/unit/archive_rig.h"
#include "tests/unit/format_rig.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/format/ut1.h"

enum { PATH_ROOM = 256 };

static char folder[PATH_ROOM], archive_path[PATH_ROOM + 16];

static void write_archive(const struct boxed *members, size_t count, bool gzip)
{
    static struct box box;

    box_archive(&box, "paxr", gzip ? "gzip" : "none", members, count);
    box_save(&box, archive_path);
}

static const struct ut1_category *find(const struct ut1_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (strcmp(tree->categories[i].name, name) == 0)
            return &tree->categories[i];
    }
    fail_msg("no category '%s'", name);
    return NULL;
}

static void check_key(const struct ut1_tree *tree, const char *name, const char *key)
{
    if (strcmp(find(tree, name)->key, key) != 0)
        fail_msg("%s: '%s', not '%s' (%s)", name, find(tree, name)->key, key,
                 find(tree, name)->skipped);
    assert_int_equal(find(tree, name)->skipped[0] != '\0', key[0] == '\0');
}

/* Collects `category: line` of each domains file that is read. */
static char seen[4096];

static int collect(void *context, struct ut1_category *category, struct source *source,
                   struct err *err)
{
    char text[2000];
    size_t used = 0;
    ssize_t got;

    (void)context;
    while ((got = source_read(source, text + used, sizeof text - 1 - used, err)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s: %s", category->name, text);
    return got < 0 ? -1 : 0;
}

static void read_tree(struct ut1_tree *tree, const char *path)
{
    struct err err;

    seen[0] = '\0';
    if (ut1_scan(tree, path, NULL, &err) != 0 || ut1_read(tree, path, NULL, collect, &err) != 0)
        fail_msg("%s", err.text);
}

static const struct boxed usual[] = {
    {"blacklists/",                    NULL,                                   AE_IFDIR, NULL       },
    {"blacklists/README",              "read me",                              0,        NULL       },
    {"blacklists/ads",                 NULL,                                   AE_IFLNK, "publicite"},
    {"blacklists/adult/expressions",   "(x|y)\n",                              0,        NULL       },
    {"blacklists/adult/urls",          "a.example/x\nb.example/y\n",           0,        NULL       },
    {"blacklists/adult/usage",         "black\n",                              0,        NULL       },
    {"blacklists/ai/domains",          "chatbot.example\n",                    0,        NULL       },
    {"blacklists/ai/usage",            "black\nwhite\n",                       0,        NULL       },
    {"blacklists/blog/domains",        "blogs.example\n",                      0,        NULL       },
    {"blacklists/child/domains",       "puppets.example\n",                    0,        NULL       },
    {"blacklists/child/usage",         "# for children\r\nwhite\r\nchild\r\n", 0,        NULL       },
    {"blacklists/games/domains",       "games.example\n",                      0,        NULL       },
    {"blacklists/games/usage",         "white\n",                              0,        NULL       },
    {"blacklists/hacking/domains",     "hack.example\n",                       0,        NULL       },
    {"blacklists/publicite/domains",   "ads.example\n",                        0,        NULL       },
    {"blacklists/publicite/usage",     "black",                                0,        NULL       },
    {"blacklists/translation/domains", "words.example\n",                      0,        NULL       },
    {"blacklists/translation/usage",   "black\n",                              0,        NULL       },
    {"blacklists/unheard_of/domains",  "new.example\n",                        0,        NULL       },
    {"blacklists/unheard_of/usage",    "black\n",                              0,        NULL       },
};

static void check_usual(const struct ut1_tree *tree)
{
    check_key(tree, "ai", "ai_chat"); /* for both: the table decides */
    check_key(tree, "child", "edu_positive");
    check_key(tree, "games", "edu_positive"); /* usage decides, whatever the table has */
    check_key(tree, "hacking", "hacking");    /* no usage: the table decides */
    check_key(tree, "publicite", "ads");
    check_key(tree, "ads", "");
    assert_non_null(strstr(find(tree, "ads")->skipped, "an alias of publicite"));
    check_key(tree, "adult", "");
    assert_non_null(strstr(find(tree, "adult")->skipped, "no domains file"));
    assert_int_equal(find(tree, "adult")->pages, 2);
    assert_int_equal(find(tree, "adult")->expressions, 1);
    check_key(tree, "blog", "");
    check_key(tree, "translation", ""); /* black, where the table knows an allow list */
    check_key(tree, "unheard_of", "");
    assert_int_equal(tree->count, 10);
    assert_int_equal(tree->refused, 0);
    assert_string_equal(seen, "ai: chatbot.example\nchild: puppets.example\ngames: games.example\n"
                              "hacking: hack.example\npublicite: ads.example\n");
}

static void usage_and_the_table_decide_on_each_category(void **state)
{
    struct ut1_tree tree;

    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        write_archive(usual, sizeof usual / sizeof *usual, gzip == 1);
        read_tree(&tree, archive_path);
        check_usual(&tree);
        ut1_free(&tree);
    }
}

/* Lays the same tree out on disk. */
static void unpack(const struct boxed *members, size_t count)
{
    char path[PATH_ROOM * 2];

    for (size_t i = 0; i < count; i++) {
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", folder, members[i].path);
        if (members[i].type == AE_IFDIR) {
            mkdir(path, 0700);
            continue;
        }
        if (members[i].type == AE_IFLNK) {
            assert_int_equal(symlink(members[i].link, path), 0);
            continue;
        }
        *strrchr(path, '/') = '\0';
        mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/%s", folder, members[i].path);
        file = fopen(path, "w");
        assert_non_null(file);
        fputs(members[i].text, file);
        fclose(file);
    }
}

static void a_directory_gives_what_its_archive_gives(void **state)
{
    char inner[PATH_ROOM + 16];
    struct ut1_tree tree;

    (void)state;
    unpack(usual, sizeof usual / sizeof *usual);
    snprintf(inner, sizeof inner, "%s/blacklists", folder);
    assert_true(ut1_is_tree(folder));
    assert_true(ut1_is_tree(inner));
    assert_false(ut1_is_tree("/nonexistent"));
    for (int at = 0; at < 2; at++) {
        read_tree(&tree, at == 0 ? folder : inner);
        check_usual(&tree);
        ut1_free(&tree);
    }
}

static void links_and_pipes_of_a_directory_are_not_followed(void **state)
{
    char path[PATH_ROOM * 2];
    struct ut1_tree tree;

    (void)state;
    snprintf(path, sizeof path, "%s/secret", folder);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    snprintf(path, sizeof path, "%s/blacklists/gambling", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/blacklists/gambling/domains", folder);
    assert_int_equal(symlink("../../secret", path), 0);
    snprintf(path, sizeof path, "%s/blacklists/gambling/usage", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof path, "%s/blacklists/malware", folder);
    assert_int_equal(symlink("..", path), 0);
    read_tree(&tree, folder);
    assert_int_equal(tree.refused, 2);
    check_key(&tree, "gambling", "");
    check_key(&tree, "malware", "");
    assert_null(strstr(seen, "gambling"));
    ut1_free(&tree);
}

/* C43: links and paths of archives */
static void a_hostile_archive_reaches_nothing(void **state)
{
    static const struct boxed members[] = {
        {"./",                   NULL,              AE_IFDIR, NULL            },
        {"/etc/games/domains",   "abs.example\n",   0,        NULL            },
        {"../games/domains",     "up.example\n",    0,        NULL            },
        {"games/../vpn/domains", "down.example\n",  0,        NULL            },
        {"a/b/games/domains",    "deep.example\n",  0,        NULL            },
        {"games//domains",       "empty.example\n", 0,        NULL            },
        {"ga mes/domains",       "space.example\n", 0,        NULL            },
        {"dating/domains",       NULL,              AE_IFLNK, "/etc/passwd"   },
        {"gambling/domains",     NULL,              0,        "=./vpn/domains"},
        {"malware",              NULL,              AE_IFLNK, "/etc"          },
        {"vpn/domains",          NULL,              AE_IFIFO, NULL            },
        {"warez/domains",        NULL,              AE_IFCHR, NULL            },
        {"./games/domains",      "games.example\n", 0,        NULL            },
        {"games/domains",        "twice.example\n", 0,        NULL            },
    };
    struct ut1_tree tree;

    (void)state;
    write_archive(members, sizeof members / sizeof *members, true);
    read_tree(&tree, archive_path);
    assert_string_equal(seen, "games: games.example\n");
    check_key(&tree, "games", "games");
    check_key(&tree, "malware", "");
    assert_int_equal(tree.count, 2);
    assert_int_equal(tree.refused, 10);
    ut1_free(&tree);
}

/* A tar header written by hand, since no writer lets go of a member that is not whole. */
static void a_member_that_claims_to_be_huge_refuses_the_tree(void **state)
{
    char header[512] = "games/domains";
    unsigned sum = 8 * ' ';
    struct ut1_tree tree;
    struct err err;
    FILE *file;

    (void)state;
    snprintf(header + 100, 8, "0000644");
    snprintf(header + 108, 8, "0000000");
    snprintf(header + 116, 8, "0000000");
    snprintf(header + 136, 12, "00000000000");
    header[124] = (char)0x80; /* the size in base 256: a terabyte */
    header[130] = 1;
    memcpy(header + 257, "ustar  ", 8);
    header[156] = '0';
    for (size_t i = 0; i < sizeof header; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    header[155] = ' ';
    file = fopen(archive_path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(header, 1, sizeof header, file), sizeof header);
    fclose(file);
    assert_int_equal(ut1_scan(&tree, archive_path, NULL, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    ut1_free(&tree);
}

static void broken_and_other_archives_are_refused(void **state)
{
    struct ut1_tree tree;
    struct err err;
    struct stat status;

    (void)state;
    write_archive(usual, sizeof usual / sizeof *usual, true);
    assert_int_equal(stat(archive_path, &status), 0);
    assert_int_equal(truncate(archive_path, status.st_size / 2), 0);
    assert_int_equal(ut1_scan(&tree, archive_path, NULL, &err), -1);
    assert_int_equal(err.code, ERR_FORMAT);
    ut1_free(&tree);
    write_archive(NULL, 0, false); /* nothing in it */
    assert_int_equal(ut1_scan(&tree, archive_path, NULL, &err), -1);
    ut1_free(&tree);
    assert_int_equal(ut1_scan(&tree, "/nonexistent.tar.gz", NULL, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    ut1_free(&tree);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/stairgate-ut1-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : P_tmpdir);
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(archive_path, sizeof archive_path, "%s/tree.tar", folder);
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
        cmocka_unit_test(usage_and_the_table_decide_on_each_category),
        cmocka_unit_test(a_directory_gives_what_its_archive_gives),
        cmocka_unit_test(links_and_pipes_of_a_directory_are_not_followed),
        cmocka_unit_test(a_hostile_archive_reaches_nothing),
        cmocka_unit_test(a_member_that_claims_to_be_huge_refuses_the_tree),
        cmocka_unit_test(broken_and_other_archives_are_refused),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, make_folder, remove_folder);
}
