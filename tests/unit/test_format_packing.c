/* How octets come: packed, packed twice, in archives; what is cut, too large or no list at all. */
#include "tests/unit/archive_rig.h"
#include "tests/unit/format_rig.h"

#include <lzma.h>

static struct rig rig;
static struct box box;
static const struct intake_rules rules;

static const char list[] = "a.example\nb.example\nc.example\n";
static const char *const filters[] = {"gzip", "xz", "zstd"};
enum { FILTERS = 3 };

#define TAKEN "subtree a.example\nsubtree b.example\nsubtree c.example\n"

static void read_box(void)
{
    rig_read_octets(&rig, "plain", rules, box.octets, box.length);
}

/* Opens the box with OPTIONS and reads it to its end into TEXT. Returns its length or -1. */
static ssize_t unpack(const struct source_options *options, char *text, size_t room,
                      struct err *err)
{
    struct source *source = source_open_memory_as(box.octets, box.length, options, err);
    ssize_t got = source == NULL ? -1 : 0;
    size_t used = 0;

    while (got >= 0 && (got = source_read(source, text + used, room - 1 - used, err)) > 0)
        used += (size_t)got;
    source_close(source);
    text[used] = '\0';
    return got < 0 ? -1 : (ssize_t)used;
}

static void each_packing_is_known_by_its_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILTERS; i++) {
        box_pack(&box, filters[i], list, strlen(list));
        read_box();
        assert_string_equal(rig.taken, TAKEN);
    }
}

static void pieces_in_a_row_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILTERS; i++) {
        static struct box first;

        box_pack(&first, filters[i], list, 13);
        box_pack(&box, filters[i], list + 13, strlen(list) - 13);
        memmove(box.octets + first.length, box.octets, box.length);
        memcpy(box.octets, first.octets, first.length);
        box.length += first.length;
        read_box();
        assert_string_equal(rig.taken, TAKEN);
    }
}

static void what_ends_too_early_is_an_error_at_every_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILTERS; i++) {
        box_pack(&box, filters[i], list, strlen(list));
        for (size_t length = 6; length < box.length; length++) {
            rig_read_octets(&rig, "plain", rules, box.octets, length);
            assert_int_equal(rig.result, -1);
            assert_int_equal(rig.err.code, ERR_FORMAT);
            assert_non_null(strstr(rig.err.text, filters[i]));
        }
    }
}

static void what_follows_the_end_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILTERS; i++) {
        box_pack(&box, filters[i], list, strlen(list));
        memcpy(box.octets + box.length, "junk", 4);
        box.length += 4;
        read_box();
        assert_int_equal(rig.result, -1);
    }
}

/* C43 (feeds): a transport's packing on top of the publisher's */
static void packings_in_packings_are_undone_up_to_a_bound(void **state)
{
    (void)state;
    box_pack(&box, "gzip", list, strlen(list));
    for (size_t i = 0; i < 4; i++) {
        box_again(&box, filters[i % FILTERS]);
        read_box();
        assert_string_equal(rig.taken, TAKEN);
    }
    box_again(&box, "gzip");
    read_box();
    assert_int_equal(rig.result, -1);
    assert_non_null(strstr(rig.err.text, "packed over 5 times"));
}

static void a_header_that_asks_for_gigabytes_gets_none(void **state)
{
    static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x51, 0,   0,   'a',
                                   '.',  'e',  'x',  'a',  'm',  'p',  'l',  'e', '\n'};
    uint32_t sum;

    (void)state;
    rig_read_octets(&rig, "plain", rules, zstd, sizeof zstd); /* a window of 2 GiB */
    assert_int_equal(rig.result, -1);
    assert_int_equal(rig.err.code, ERR_LIMIT);
    assert_non_null(strstr(rig.err.text, "window"));
    box_pack(&box, "xz", list, strlen(list));
    assert_int_equal(box.octets[14], 0x21); /* LZMA2, whose property is the dictionary's size */
    box.octets[16] = 40;                    /* 4 GiB */
    sum = lzma_crc32(box.octets + 12, 8, 0);
    for (size_t i = 0; i < 4; i++)
        box.octets[20 + i] = (uint8_t)(sum >> 8 * i);
    read_box();
    assert_int_equal(rig.result, -1);
    assert_int_equal(rig.err.code, ERR_LIMIT);
    assert_non_null(strstr(rig.err.text, "memory"));
}

static void an_archive_of_one_file_is_that_file(void **state)
{
    static const struct boxed members[] = {
        {"lists",          NULL, AE_IFDIR, NULL},
        {"lists/list.txt", list, 0,        NULL},
    };
    static const char *const kinds[] = {"tar", "pax", "ustar", "zip"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        box_archive(&box, kinds[i], "none", members, 2);
        read_box();
        assert_string_equal(rig.taken, TAKEN);
        for (size_t j = 0; j < FILTERS; j++) {
            box_archive(&box, kinds[i], filters[j], members, 2);
            read_box();
            assert_string_equal(rig.taken, TAKEN);
        }
    }
}

static void a_file_of_an_archive_may_be_packed_itself(void **state)
{
    static struct box inner;
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    (void)state;
    box_pack(&inner, "xz", list, strlen(list));
    archive_write_set_format_zip(archive);
    archive_write_open_memory(archive, box.octets, BOX_ROOM, &box.length);
    archive_entry_set_pathname(entry, "list.xz");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)inner.length);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    archive_write_data(archive, inner.octets, inner.length);
    archive_write_close(archive);
    archive_entry_free(entry);
    archive_write_free(archive);
    read_box();
    assert_string_equal(rig.taken, TAKEN);
}

static void several_files_need_a_name_and_are_named(void **state)
{
    static const struct boxed members[] = {
        {"a/domains",  "a.example\n", 0, NULL},
        {"a/urls\x1b", "u\n",         0, NULL},
        {"b/domains",  "b.example\n", 0, NULL},
        {"c",          "c.example\n", 0, NULL},
        {"d",          "d\n",         0, NULL},
        {"e",          "e\n",         0, NULL},
    };
    static const struct {
        const char *member, *text; /* NULL: an error with WORD in it */
        const char *word;
    } rows[] = {
        {"a/domains", "a.example\n", NULL                                                                      },
        {"b/domains", "b.example\n", NULL                                                                      },
        {"c",         "c.example\n", NULL                                                                      },
        {"domains",   NULL,          "more than one file `domains`"                                            },
        {"omains",    NULL,          "no file `omains`"                                                        },
        {"",          NULL,          "no file"                                                                 },
        {NULL,        NULL,          "6 files; say which with `member`: a/domains, a/urls?, b/domains, c, d..."},
    };

    (void)state;
    box_archive(&box, "pax", "gzip", members, 6);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct source_options options = {.member = rows[i].member};
        char text[64];
        struct err err;
        ssize_t got = unpack(&options, text, sizeof text, &err);

        if (rows[i].text != NULL) {
            assert_int_equal(got, strlen(rows[i].text));
            assert_string_equal(text, rows[i].text);
        } else {
            assert_int_equal(got, -1);
            assert_non_null(strstr(err.text, rows[i].word));
        }
    }
}

/* C43 (feeds): links, devices and paths */
static void what_is_no_file_inside_is_refused_and_counted(void **state)
{
    static const struct boxed members[] = {
        {"/etc/list",      "abs.example\n",  0,        NULL         },
        {"../list",        "up.example\n",   0,        NULL         },
        {"a/../../list",   "down.example\n", 0,        NULL         },
        {"link",           NULL,             AE_IFLNK, "/etc/passwd"},
        {"hard",           NULL,             0,        "=list.txt"  },
        {"null",           NULL,             AE_IFCHR, NULL         },
        {"pipe",           NULL,             AE_IFIFO, NULL         },
        {"./list..d/list", "a.example\n",    0,        NULL         },
    };
    struct err err;
    struct source *source;
    const char *why;
    char text[64];

    (void)state;
    box_archive(&box, "pax", "zstd", members, 8);
    source = source_open_memory(box.octets, box.length, &err);
    assert_non_null(source);
    assert_int_equal(source_read(source, text, sizeof text, &err), 10);
    assert_memory_equal(text, "a.example\n", 10);
    assert_int_equal(source_refused(source, &why), 7);
    assert_non_null(strstr(why, "leaves the archive"));
    source_close(source);
}

/* Writes a tar header for PATH of SIZE octets into the box; KIND is its type flag. */
static uint8_t *put_header(const char *path, char kind, unsigned size)
{
    uint8_t *header = box.octets + box.length;
    unsigned sum = 8 * ' ';

    memset(header, 0, 512);
    snprintf((char *)header, 100, "%s", path);
    snprintf((char *)header + 100, 8, "0000644");
    snprintf((char *)header + 108, 8, "0000000");
    snprintf((char *)header + 116, 8, "0000000");
    snprintf((char *)header + 124, 12, "%011o", size);
    snprintf((char *)header + 136, 12, "00000000000");
    memcpy(header + 257, "ustar  ", 8);
    header[156] = (uint8_t)kind;
    if (kind == 'S') { /* GNU: one piece of 512 octets at 10 GiB less 512, and the real size */
        snprintf((char *)header + 386, 13, "%012llo", (10ULL << 30) - 512);
        snprintf((char *)header + 398, 13, "%012o", 512u);
        snprintf((char *)header + 483, 13, "%012llo", 10ULL << 30);
    }
    for (size_t i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? 0 : header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
    header[155] = ' ';
    box.length += 512;
    return header;
}

static void put_text(const char *text)
{
    memset(box.octets + box.length, 0, 512);
    memcpy(box.octets + box.length, text, strlen(text));
    box.length += 512;
}

/* C43 (feeds): a sparse giant */
static void a_sparse_giant_costs_nothing(void **state)
{
    struct err err;
    const char *why;
    struct source *source;
    char text[64];

    (void)state;
    box.length = 0;
    put_header("giant", 'S', 512);
    put_text("giant.example\n");
    put_header("list", '0', 10);
    put_text("a.example\n");
    memset(box.octets + box.length, 0, 1024);
    box.length += 1024;
    source = source_open_memory(box.octets, box.length, &err);
    assert_non_null(source);
    assert_int_equal(source_read(source, text, sizeof text, &err), 10);
    assert_int_equal(source_refused(source, &why), 1);
    assert_string_equal(why, "a sparse file");
    source_close(source);
}

static void an_archive_that_ends_too_early_is_broken(void **state)
{
    static const struct boxed members[] = {
        {"list.txt", list, 0, NULL}
    };
    static const char *const kinds[] = {"tar", "zip"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t last;

        box_archive(&box, kinds[i], "none", members, 1);
        /* A tar is whole with its first block of zeros, two blocks behind the start of the text. */
        last = i == 0 ? 3 * 512 : box.length;
        for (size_t length = 513; length < last; length += i == 0 ? 37 : 1) {
            rig_read_octets(&rig, "plain", rules, box.octets, length);
            assert_int_equal(rig.result, -1);
        }
        rig_read_octets(&rig, "plain", rules, box.octets, last);
        assert_int_equal(rig.result, 0);
    }
    rig_read_octets(&rig, "plain", rules, box.octets, 100);
    assert_int_equal(rig.result, -1);
    assert_non_null(strstr(rig.err.text, "broken zip"));
}

/* C43 (feeds), 5: the octets of the list are all there, the packing's end is not */
static void the_packing_around_an_archive_is_read_to_its_end(void **state)
{
    static const struct boxed members[] = {
        {"list.txt", list, 0, NULL}
    };

    (void)state;
    for (size_t i = 0; i < FILTERS; i++) {
        box_archive(&box, "pax", filters[i], members, 1);
        while (box.length > 0 && box.octets[box.length - 1] == 0)
            box.length--; /* filled up to a block */
        rig_read_octets(&rig, "plain", rules, box.octets, box.length - 5);
        assert_int_equal(rig.result, -1);
        assert_non_null(strstr(rig.err.text, "broken"));
    }
}

static void bounds_are_the_callers(void **state)
{
    enum { OCTETS = 80 << 20 };
    char *lines = malloc(OCTETS), room[1 << 16];
    struct source_options options = {.limits = {.unpacked_most = 20}};
    struct err err;

    (void)state;
    assert_non_null(lines);
    memset(lines, '\n', OCTETS);
    box_pack(&box, "gzip", list, strlen(list));
    assert_int_equal(unpack(&options, room, sizeof room, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_non_null(strstr(err.text, "over 20 octets once unpacked"));
    options.limits = (struct source_limits){.unpacked_most = strlen(list)};
    assert_int_equal(unpack(&options, room, sizeof room, &err), strlen(list));
    options.limits = (struct source_limits){.packed_most = box.length - 1};
    assert_int_equal(unpack(&options, room, sizeof room, &err), -1);
    assert_non_null(strstr(err.text, "as it comes"));
    options.limits = (struct source_limits){.ratio_most = 5000};
    box_pack(&box, "gzip", lines, OCTETS);
    for (unsigned i = 0; i < 2; i++) {
        struct source *source = source_open_memory_as(box.octets, box.length, &options, &err);
        ssize_t got;

        while ((got = source_read(source, room, sizeof room, &err)) > 0)
            ;
        assert_int_equal(got, i == 0 ? 0 : -1);
        source_close(source);
        options.limits.ratio_most = 100;
    }
    assert_non_null(strstr(err.text, "bomb: over 100 times"));
    free(lines);
}

/* A bomb in a member that nobody asks for. */
static void a_member_that_is_passed_over_is_bounded_too(void **state)
{
    enum { OCTETS = 80 << 20 };
    char *lines = malloc(OCTETS + 1), text[64];
    struct boxed members[] = {
        {"bomb", lines,         0, NULL},
        {"list", "a.example\n", 0, NULL},
    };
    static const char *const kinds[] = {"pax", "zip"};
    struct source_options options = {.member = "list"};

    (void)state;
    assert_non_null(lines);
    memset(lines, '\n', OCTETS);
    lines[OCTETS] = '\0';
    for (size_t i = 0; i < 2; i++) {
        struct err err;

        box_archive(&box, kinds[i], i == 0 ? "gzip" : "none", members, 2);
        assert_int_equal(unpack(&options, text, sizeof text, &err), -1);
        assert_int_equal(err.code, ERR_LIMIT);
        assert_non_null(strstr(err.text, "bomb"));
    }
    free(lines);
}

/* C44 (feeds), 1-3: content decides */
static void a_web_page_is_no_list(void **state)
{
    static const char *const pages[] = {
        "<!DOCTYPE html>\n<html>",      "\xef\xbb\xbf \r\n<HTML lang=en>",
        "<?xml version=\"1.0\"?>\n",    "<head>",
        "\n\n<body>a.example\n</body>",
    };
    char page[400];

    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rig_read(&rig, "plain", pages[i]);
        assert_int_equal(rig.result, -1);
        assert_int_equal(rig.err.code, ERR_FORMAT);
        assert_non_null(strstr(rig.err.text, "a web page, not a list"));
    }
    memset(page, 'x', sizeof page - 1);
    page[sizeof page - 1] = '\0';
    memcpy(page, "<html>\x1b[31m\t\\\xc3", 14);
    box_pack(&box, "zstd", page, strlen(page));
    read_box();
    assert_non_null(strstr(rig.err.text, "'<html>\\x1b[31m \\x5c\\xc3xxx"));
    assert_true(strlen(rig.err.text) <= 80 + strlen("a web page, not a list: ''"));
}

/* C33, C34 (list-format): marks and line ends, however packed */
static void C33_C34_marks_and_line_ends_of_packed_lists(void **state)
{
    static const char ends[] =
        "0.0.0.0 a.example\r\nb.example\r\n||c.example^\r\nd.example\re.example\n"
        "0.0.0.0 f.example   \t\r\n\n  \ng.example";
    static const char joined[] = "e.example\n\xef\xbb\xbf"
                                 "f.example\n";
    static const char utf16[] = "\xff\xfe"
                                "d\0.\0e\0x\0";

    (void)state;
    for (size_t i = 0; i < FILTERS; i++) {
        box_pack(&box, filters[i], ends, sizeof ends - 1);
        read_box();
        assert_string_equal(rig.taken, "exact a.example\nsubtree b.example\nsubtree c.example\n"
                                       "subtree d.example\nsubtree e.example\nexact f.example\n"
                                       "subtree g.example\n");
        assert_int_equal(report_refused(&rig.intake.report), 0);
        box_pack(&box, filters[i], joined, sizeof joined - 1);
        read_box();
        assert_string_equal(rig.taken, "subtree e.example\nsubtree f.example\n");
        box_pack(&box, filters[i], utf16, sizeof utf16 - 1);
        read_box();
        assert_int_equal(rig.result, -1);
        assert_non_null(strstr(rig.err.text, "UTF-16"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_packing_is_known_by_its_octets),
        cmocka_unit_test(pieces_in_a_row_are_one),
        cmocka_unit_test(what_ends_too_early_is_an_error_at_every_octet),
        cmocka_unit_test(what_follows_the_end_is_an_error),
        cmocka_unit_test(packings_in_packings_are_undone_up_to_a_bound),
        cmocka_unit_test(a_header_that_asks_for_gigabytes_gets_none),
        cmocka_unit_test(an_archive_of_one_file_is_that_file),
        cmocka_unit_test(a_file_of_an_archive_may_be_packed_itself),
        cmocka_unit_test(several_files_need_a_name_and_are_named),
        cmocka_unit_test(what_is_no_file_inside_is_refused_and_counted),
        cmocka_unit_test(a_sparse_giant_costs_nothing),
        cmocka_unit_test(an_archive_that_ends_too_early_is_broken),
        cmocka_unit_test(the_packing_around_an_archive_is_read_to_its_end),
        cmocka_unit_test(bounds_are_the_callers),
        cmocka_unit_test(a_member_that_is_passed_over_is_bounded_too),
        cmocka_unit_test(a_web_page_is_no_list),
        cmocka_unit_test(C33_C34_marks_and_line_ends_of_packed_lists),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
