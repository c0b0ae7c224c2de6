/* Octets and lines: gzip, what is refused whole, bounded lines, the guess, the judgement. */
#include "tests/unit/format_rig.h"

#include <unistd.h>
#include <zlib.h>

#include "blocklist/format/textlines.h"

static struct rig rig;
static const struct intake_rules plain_rules = {.match = MATCH_BY_FORMAT};

/* Packs DATA as one gzip member into OUT; returns its length. */
static size_t pack(const char *data, size_t length, uint8_t *out, size_t room)
{
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (uint8_t *)(uintptr_t)data;
    stream.avail_in = (uInt)length;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return stream.total_out;
}

static void gzip_is_read_by_its_octets_and_members_are_joined(void **state)
{
    uint8_t packed[1024];
    size_t used = pack("a.example\nb.exa", 15, packed, sizeof packed);

    (void)state;
    used += pack("mple\n", 5, packed + used, sizeof packed - used);
    rig_read_octets(&rig, NULL, plain_rules, packed, used);
    assert_string_equal(rig.taken, "subtree a.example\nsubtree b.example\n");
}

static void broken_gzip_is_refused_whole(void **state)
{
    uint8_t packed[1024];
    size_t used = pack("a.example\nb.example\n", 20, packed, sizeof packed);

    (void)state;
    for (size_t length = 3; length < used; length++) {
        rig_read_octets(&rig, "plain", plain_rules, packed, length);
        assert_int_equal(rig.result, -1);
        assert_non_null(strstr(rig.err.text, "broken gzip"));
    }
    packed[used - 5] ^= 1; /* the checksum */
    rig_read_octets(&rig, "plain", plain_rules, packed, used);
    assert_int_equal(rig.result, -1);
    packed[used - 5] ^= 1;
    memcpy(packed + used, "junk", 4);
    rig_read_octets(&rig, "plain", plain_rules, packed, used + 4);
    assert_int_equal(rig.result, -1);
}

static void a_bomb_ends_long_before_it_is_unpacked(void **state)
{
    enum { OCTETS = 96 << 20, PACKED = 1 << 20, ROOM = 1 << 16 };
    char *lines = malloc(OCTETS), room[ROOM];
    uint8_t *packed = malloc(PACKED);
    struct err err = {.code = ERR_NONE};
    struct source *source;
    ssize_t got;
    size_t given = 0;

    (void)state;
    memset(lines, '\n', OCTETS);
    source = source_open_memory(packed, pack(lines, OCTETS, packed, PACKED), &err);
    assert_non_null(source);
    while ((got = source_read(source, room, sizeof room, &err)) > 0)
        given += (size_t)got;
    assert_int_equal(got, -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_non_null(strstr(err.text, "bomb"));
    assert_true(given <= SOURCE_RATIO_FROM + ROOM);
    source_close(source);
    free(packed);
    free(lines);
}

static void other_packers_are_named(void **state)
{
    static const struct {
        const char *magic, *name;
    } rows[] = {
        {"\xfd"
         "7zXZ\0",    "xz"   },
        {"\x28\xb5\x2f\xfd..", "zstd" },
        {"BZh91A",             "bzip2"},
        {"PK\3\4..",           "zip"  },
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(source_open_memory(rows[i].magic, 6, &err));
        assert_non_null(strstr(err.text, rows[i].name));
    }
}

static void files_that_are_none_are_refused(void **state)
{
    int ends[2];
    struct err err;

    (void)state;
    assert_null(source_open("/nonexistent/list", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_null(source_open("/", &err));
    assert_int_equal(err.code, ERR_FORMAT);
    assert_int_equal(pipe(ends), 0);
    assert_null(source_open_fd(ends[0], &err));
    assert_int_equal(err.code, ERR_FORMAT);
    close(ends[1]);
}

static void the_digest_is_that_of_the_unpacked_octets(void **state)
{
    static const char text[] = "a.example\n";
    uint8_t packed[256], wanted[32], digest[32], room[64];
    size_t used = pack(text, strlen(text), packed, sizeof packed);
    struct err err;
    struct source *source = source_open_memory(packed, used, &err);

    (void)state;
    assert_non_null(source);
    while (source_read(source, room, sizeof room, &err) > 0)
        ;
    source_digest(source, digest);
    source_close(source);
    crypto_generichash(wanted, sizeof wanted, (const uint8_t *)text, strlen(text), NULL, 0);
    assert_memory_equal(digest, wanted, sizeof wanted);
}

/* Gives a few octets at a time, so that line ends meet the ends of reads. */
struct dripping {
    const char *at;
    size_t left, step;
};

static ssize_t drip(void *context, void *data, size_t room, struct err *err)
{
    struct dripping *from = context;
    size_t count = from->step < from->left ? from->step : from->left;

    (void)err;
    count = count < room ? count : room;
    memcpy(data, from->at, count);
    from->at += count;
    from->left -= count;
    return (ssize_t)count;
}

static void lines_are_the_same_however_the_octets_come(void **state)
{
    static const char text[] = "\xef\xbb\xbf"
                               "a\r\nb\rc\n\r\n\nd\r\r\n"
                               "e";
    static const char *const wanted[] = {"a", "b", "c", "", "", "d", "", "e"};

    (void)state;
    for (size_t step = 1; step < sizeof text; step++) {
        struct dripping from = {text, sizeof text - 1, step};
        struct err err;
        struct source *source = source_open_reader(drip, &from, &err);
        struct textlines lines;
        struct textline line;
        size_t count = 0;

        assert_non_null(source);
        assert_int_equal(textlines_start(&lines, source, &err), 0);
        while (textlines_next(&lines, &line, &err) == 1) {
            assert_true(count < 8);
            assert_int_equal(line.length, strlen(wanted[count]));
            assert_memory_equal(line.text, wanted[count], line.length);
            count++;
        }
        assert_int_equal(count, 8);
        textlines_end(&lines);
        source_close(source);
    }
}

static void a_line_without_end_costs_no_memory_and_one_line(void **state)
{
    size_t length = 3 << 20;
    char *text = malloc(length + 64);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', length);
    memcpy(text + length, "\na.example\n", 12);
    rig_read_octets(&rig, "plain", plain_rules, text, length + 11);
    assert_string_equal(rig.taken, "subtree a.example\n");
    assert_int_equal(rig_refused(&rig, REASON_MALFORMED), 1);
    assert_int_equal(rig.intake.report.lines, 2);
    rig_read_octets(&rig, "plain", plain_rules, text, length); /* no end at all */
    assert_int_equal(rig_refused(&rig, REASON_MALFORMED), 1);
    memset(text, '#', TEXTLINE_OCTETS_MAX + 1); /* too long even for a comment */
    rig_read_octets(&rig, "plain", plain_rules, text, TEXTLINE_OCTETS_MAX + 1);
    assert_int_equal(rig_refused(&rig, REASON_MALFORMED), 1);
    rig_read_octets(&rig, "plain", plain_rules, text, TEXTLINE_OCTETS_MAX);
    assert_int_equal(rig.intake.report.comments, 1);
    free(text);
}

static void octets_of_zero_are_part_of_no_name(void **state)
{
    static const char text[] =
        "a\0.example\nb.example\0\n0.0.0.0 c.exa\0mple\n1.2.3.4\0\n||d\0.example^\n";

    (void)state;
    rig_read_octets(&rig, "plain", plain_rules, text, sizeof text - 1);
    assert_string_equal(rig.taken, "");
    assert_int_equal(report_refused(&rig.intake.report), 5);
}

static void the_guess_is_the_format_with_most_lines(void **state)
{
    static const struct {
        const char *list, *format; /* NULL: refused, with WORD in the text */
        const char *word;
    } rows[] = {
        {"a.example\n",                                      "plain",    NULL                },
        {"198.51.100.7 # x\n198.51.100.8\n",                 "plain",    NULL                },
        {"# c\n0.0.0.0 a.example\n",                         "hosts",    NULL                },
        {"! c\n||a.example^\n@@||b.example^\n",              "adblock",  NULL                },
        {"*.a.example\n*.b.example\nc.example\n",            "wildcard", NULL                },
        {"*.a.example\nc.example\n",                         "plain",    NULL                },
        {"address=/a.example/#\n",                           "dnsmasq",  NULL                },
        {"local-zone: \"a.example\" static\n",               "unbound",  NULL                },
        {"$TTL 60\na.example CNAME .\n",                     "rpz",      NULL                },
        {"full:a.example\ndomain:b.example\n",               "v2fly",    NULL                },
        {"a.example,1,2\n",                                  "csv",      NULL                },
        {"DOMAIN-SUFFIX,a.example,REJECT\n",                 "surge",    NULL                },
        {"- DOMAIN,a.example\n",                             "surge",    NULL                },
        {"# c\n {\"rules\":\n [\n\"a\",\n\"b\",\n\"c\"]}\n", "singbox",  NULL                },
        {"|a.example^\n",                                    "adblock",  NULL                },
        {"^ad[0-9]\n",                                       NULL,       "regex"             },
        {"<HTML>\n",                                         NULL,       "a web page"        },
        {"",                                                 NULL,       "none that is known"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig_read(&rig, NULL, rows[i].list);
        if (rows[i].format != NULL) {
            assert_non_null(rig.format);
            assert_string_equal(rig.format->key, rows[i].format);
        } else {
            assert_null(rig.format);
            assert_non_null(strstr(rig.err.text, rows[i].word));
        }
    }
}

static void only_malformed_lines_and_emptiness_fail_a_source(void **state)
{
    struct report report = {.lines = 100, .subtree = 1};
    struct err err;

    (void)state;
    report.refused[REASON_MALFORMED] = 20;
    assert_int_equal(report_judge(&report, &err), 0);
    report.refused[REASON_MALFORMED] = 21;
    assert_int_equal(report_judge(&report, &err), -1);
    assert_int_equal(err.code, ERR_GATE);
    report.lines = 99; /* too few lines to judge */
    report.refused[REASON_MALFORMED] = 98;
    assert_int_equal(report_judge(&report, &err), 0);
    report = (struct report){.lines = 1000, .prefixes = 1};
    report.refused[REASON_PATTERN] = 999;
    assert_int_equal(report_judge(&report, &err), 0);
    report.prefixes = 0;
    assert_int_equal(report_judge(&report, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_read_by_its_octets_and_members_are_joined),
        cmocka_unit_test(broken_gzip_is_refused_whole),
        cmocka_unit_test(a_bomb_ends_long_before_it_is_unpacked),
        cmocka_unit_test(other_packers_are_named),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(the_digest_is_that_of_the_unpacked_octets),
        cmocka_unit_test(lines_are_the_same_however_the_octets_come),
        cmocka_unit_test(a_line_without_end_costs_no_memory_and_one_line),
        cmocka_unit_test(octets_of_zero_are_part_of_no_name),
        cmocka_unit_test(the_guess_is_the_format_with_most_lines),
        cmocka_unit_test(only_malformed_lines_and_emptiness_fail_a_source),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
