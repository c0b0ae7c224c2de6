/* The builder: layouts, collisions, determinism, refusals. */
#include "set_fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/line.h"
#include "config/base/bytes.h"
#include "config/base/file.h"

/* Feeds 0 to FEEDS - 1 list name NUMBER where its bit in PATTERN(number) is set. */
static void fill_feeds(struct fixture *fixture, unsigned feeds, unsigned names,
                       unsigned (*pattern)(unsigned number))
{
    char text[64];

    for (unsigned feed = 0; feed < feeds; feed++) {
        fixture_start(fixture);
        for (unsigned i = 0; i < names; i++) {
            snprintf(text, sizeof text, "n%u.example", i);
            if ((pattern(i) >> feed & 1) != 0)
                fixture_add(fixture, text, ENTRY_SUBTREE, ENTRY_LIST);
        }
        snprintf(text, sizeof text, "feed%u", feed);
        fixture_finish(fixture, text, text, NULL);
    }
}

static void check_feeds(const struct set *set, unsigned names, unsigned (*pattern)(unsigned))
{
    struct set_hit hit;
    char text[64];

    for (unsigned i = 0; i < names; i++) {
        snprintf(text, sizeof text, "n%u.example", i);
        fixture_lookup(set, text, &hit);
        if (hit.mask.words[0] != pattern(i))
            fail_msg("%s: %llx", text, (unsigned long long)hit.mask.words[0]);
        snprintf(text, sizeof text, "m%u.example", i);
        fixture_lookup(set, text, &hit);
        assert_false(mask_any(hit.mask));
    }
}

static unsigned one_feed(unsigned number)
{
    (void)number;
    return 1;
}

static void names_that_spill_to_the_next_line_are_found(void **state)
{
    struct fixture fixture;
    struct set_info info;
    struct set *set;

    (void)state;
    fixture_open(&fixture, 7);
    fill_feeds(&fixture, 1, 30000, one_feed);
    set = fixture_build(&fixture);
    set_info(set, &info);
    assert_int_equal(info.names, 30000);
    assert_int_equal(info.lines, (30000 + 8) / 9);
    assert_int_equal(info.id_bits, 8);
    assert_true(info.octets < 30000 * 75 / 10);
    check_feeds(set, 30000, one_feed);
    set_close(set);
    fixture_close(&fixture);
}

/* Nearly all names alike, a few hundred each with its own feeds. */
static unsigned few_odd(unsigned number)
{
    return number % 20 == 0 ? number / 20 % 511 + 1 : 1;
}

static void rare_rows_escape_to_the_side_table(void **state)
{
    struct fixture fixture;
    struct set_info info;
    struct set *set;

    (void)state;
    fixture_open(&fixture, 7);
    fill_feeds(&fixture, 9, 10220, few_odd);
    set = fixture_build(&fixture);
    set_info(set, &info);
    assert_int_equal(info.rows, 512);
    assert_int_equal(info.id_bits, 8);
    assert_int_equal(info.escapes, 511 - 254);
    check_feeds(set, 10220, few_odd);
    set_close(set);
    fixture_close(&fixture);
}

static unsigned all_odd(unsigned number)
{
    return number % 4095 + 1;
}

static void many_rows_get_ids_of_sixteen_bits(void **state)
{
    struct fixture fixture;
    struct set_info info;
    struct set *set;

    (void)state;
    fixture_open(&fixture, 7);
    fill_feeds(&fixture, 12, 9000, all_odd);
    set = fixture_build(&fixture);
    set_info(set, &info);
    assert_int_equal(info.rows, 4096);
    assert_int_equal(info.id_bits, 16);
    assert_int_equal(info.escapes, 0);
    check_feeds(set, 9000, all_odd);
    set_close(set);
    fixture_close(&fixture);
}

static void read_out(const struct fixture *fixture, char **octets, size_t *length)
{
    struct err err;

    *octets = file_read(fixture->out, 1 << 26, length, &err);
    assert_non_null(*octets);
}

static void the_same_input_and_seed_give_the_same_octets(void **state)
{
    struct fixture fixture[3];
    char *octets[3];
    size_t length[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        fixture_open(&fixture[i], i < 2 ? 7 : 8);
        fill_feeds(&fixture[i], 9, 3000, few_odd);
        assert_int_equal(fixture_merge(&fixture[i], NULL, 0), 0);
        read_out(&fixture[i], &octets[i], &length[i]);
    }
    assert_int_equal(length[0], length[1]);
    assert_memory_equal(octets[0], octets[1], length[0]);
    assert_true(length[0] != length[2] || memcmp(octets[0], octets[2], length[0]) != 0);
    for (size_t i = 0; i < 3; i++) {
        free(octets[i]);
        fixture_close(&fixture[i]);
    }
}

static void lines_are_kept_until_the_names_do_not_fit(void **state)
{
    static const struct {
        uint64_t keep, lines;
    } rows[] = {
        {0,    1000},
        {1000, 1000},
        {1200, 1200}, /* fits, not too thin */
        {1500, 1000}, /* a third would stand empty */
        {950,  1046}, /* grows by a tenth at least */
        {500,  1000},
    };
    const char *paths[1];
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture, 7);
    fill_feeds(&fixture, 1, 9000, one_feed);
    paths[0] = fixture.paths[0];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct builder_options options = {.out = fixture.out, .seed = 7};
        struct set_info info;
        struct set *set;

        options.keep_lines = rows[i].keep;
        assert_int_equal(builder_merge(paths, 1, &options, &fixture.result, &fixture.err), 0);
        set = set_open(fixture.out, NULL, &fixture.err);
        assert_non_null(set);
        set_info(set, &info);
        assert_int_equal(info.lines, rows[i].lines);
        check_feeds(set, 9000, one_feed);
        set_close(set);
    }
    fixture_close(&fixture);
}

/* A segment of NAMES names n0.LIST.example, n1… */
static void add_list(struct fixture *fixture, const char *list, unsigned names)
{
    fixture_start(fixture);
    segment_for_now(fixture->writer);
    for (unsigned i = 0; i < names; i++) {
        char text[64];

        snprintf(text, sizeof text, "n%u.%s.example", i, list);
        fixture_add(fixture, text, ENTRY_SUBTREE, ENTRY_LIST);
    }
    fixture_finish(fixture, list, list, NULL);
}

/* Counts the 64-octet lines of names in which two sets of as many lines differ. */
static unsigned count_other_lines(const struct fixture *before, const struct fixture *after)
{
    size_t lengths[2];
    char *octets[2];
    unsigned count = 0;
    uint64_t lines;

    read_out(before, &octets[0], &lengths[0]);
    read_out(after, &octets[1], &lengths[1]);
    lines = load_le64((const uint8_t *)octets[0] + SET_AT_LINES);
    assert_int_equal(load_le64((const uint8_t *)octets[1] + SET_AT_LINES), lines);
    for (size_t i = 0; i < lines; i++) {
        size_t at = SET_HEADER_OCTETS + i * LINE_OCTETS;

        count += memcmp(octets[0] + at, octets[1] + at, LINE_OCTETS) != 0;
    }
    free(octets[0]);
    free(octets[1]);
    return count;
}

/* A list overtakes another, one goes and one comes: what stayed has the rows that it had. */
static unsigned lines_changed(bool keep)
{
    struct fixture before, after;
    struct builder_options options = {.seed = 7};
    const char *paths[3];
    unsigned count;

    fixture_open(&before, 7);
    fixture_open(&after, 7);
    add_list(&before, "gone", 10);
    add_list(&before, "porn", 2001);
    add_list(&before, "ads", 2000);
    assert_int_equal(fixture_merge(&before, NULL, 0), 0);
    add_list(&after, "ads", 2002);
    add_list(&after, "porn", 2001);
    add_list(&after, "new", 8);
    for (size_t i = 0; i < 3; i++)
        paths[i] = after.paths[i];
    options.out = after.out;
    options.keep_lines = 446;
    options.previous = keep ? before.out : NULL;
    assert_int_equal(builder_merge(paths, 3, &options, &after.result, &after.err), 0);
    count = count_other_lines(&before, &after);
    fixture_close(&before);
    fixture_close(&after);
    return count;
}

static void rows_keep_their_ids(void **state)
{
    (void)state;
    assert_in_range(lines_changed(true), 1, 150); /* 20 names, with what they push on */
    assert_in_range(lines_changed(false), 400, 500);
}

/* Two names whose hashes under seed 7 have the upper 40 bits in common, found by search. In a set
 * of one line those are the whole remainder. */
static const char *const twins[2] = {"n255712.example", "n1959110.example"};

static struct name twin(unsigned number, struct name_buf *buf)
{
    fixture_name(buf, twins[number]);
    return name_of(buf);
}

static void a_protected_name_that_collides_stops_the_build(void **state)
{
    struct fixture fixture;
    struct name_buf buf[2];
    struct name listed, protected;
    struct set_hit hit;
    struct set *set;

    (void)state;
    listed = twin(0, &buf[0]);
    protected = twin(1, &buf[1]);
    fixture_open(&fixture, 7);
    fixture_start(&fixture);
    fixture_add(&fixture, twins[0], ENTRY_SUBTREE, ENTRY_LIST);
    fixture_finish(&fixture, "one", "porn", NULL);
    assert_int_equal(fixture_merge(&fixture, &listed, 1), 0); /* listed: the gate's business */
    set = set_open(fixture.out, NULL, &fixture.err);
    assert_non_null(set);
    fixture_lookup(set, twins[1], &hit);
    assert_int_equal(hit.labels, 2); /* the false hit that the proof is for */
    set_close(set);
    unlink(fixture.out);
    assert_int_equal(fixture_merge(&fixture, &protected, 1), -1);
    assert_int_equal(fixture.err.code, ERR_GATE);
    assert_int_equal(access(fixture.out, F_OK), -1);
    fixture_close(&fixture);
}

static void two_listed_names_that_collide_stop_the_build(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture, 7);
    fixture_start(&fixture);
    fixture_add(&fixture, twins[0], ENTRY_SUBTREE, ENTRY_LIST);
    fixture_add(&fixture, twins[1], ENTRY_SUBTREE, ENTRY_LIST);
    fixture_finish(&fixture, "one", "porn", NULL);
    assert_int_equal(fixture_merge(&fixture, NULL, 0), -1);
    assert_int_equal(fixture.err.code, ERR_GATE);
    fixture_close(&fixture);
}

static void a_failed_build_leaves_the_old_set_alone(void **state)
{
    struct fixture fixture;
    char *before, *after;
    size_t length[2];
    FILE *file;

    (void)state;
    fixture_open(&fixture, 7);
    fill_feeds(&fixture, 2, 100, one_feed);
    assert_int_equal(fixture_merge(&fixture, NULL, 0), 0);
    read_out(&fixture, &before, &length[0]);
    file = fopen(fixture.paths[0], "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, -100, SEEK_END), 0);
    assert_int_equal(fputc('x', file), 'x');
    assert_int_equal(fclose(file), 0);
    assert_int_equal(fixture_merge(&fixture, NULL, 0), -1);
    assert_int_equal(fixture.err.code, ERR_DIGEST);
    read_out(&fixture, &after, &length[1]);
    assert_int_equal(length[0], length[1]);
    assert_memory_equal(before, after, length[0]);
    free(before);
    free(after);
    fixture_close(&fixture); /* fails where a temporary file was left */
}

static void a_full_disk_leaves_the_old_set_alone(void **state)
{
    struct rlimit limit, small;
    struct fixture fixture;
    char *before, *after;
    size_t length[2];
    int result;

    (void)state;
    fixture_open(&fixture, 7);
    fill_feeds(&fixture, 2, 9000, one_feed);
    assert_int_equal(fixture_merge(&fixture, NULL, 0), 0);
    read_out(&fixture, &before, &length[0]);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t most = 0; most < length[0]; most += length[0] / 7) {
        small = limit;
        small.rlim_cur = most;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        result = fixture_merge(&fixture, NULL, 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_int_equal(result, -1);
        assert_int_equal(fixture.err.code, ERR_SYSTEM);
        read_out(&fixture, &after, &length[1]);
        assert_int_equal(length[0], length[1]);
        assert_memory_equal(before, after, length[0]);
        free(after);
    }
    signal(SIGXFSZ, SIG_DFL);
    free(before);
    fixture_close(&fixture);
}

static void products_of_words_are_those_of_the_machine(void **state)
{
    uint64_t a = 1, b = UINT64_MAX;

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        struct product one = product_by_words(a, b), other = product_of(a, b);

        assert_true(one.high == other.high && one.low == other.low);
        a = a * 6364136223846793005ULL + 1442695040888963407ULL;
        b = (b ^ a) * 0x9e3779b97f4a7c15ULL;
        b >>= i % 64;
    }
}

static void segments_that_do_not_belong_together_are_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture, 7);
    fixture_start(&fixture);
    fixture_finish(&fixture, "same", "porn", NULL);
    fixture_start(&fixture);
    fixture_finish(&fixture, "same", "gambling", NULL);
    assert_int_equal(fixture_merge(&fixture, NULL, 0), -1);
    assert_int_equal(fixture.err.code, ERR_DUPLICATE);
    fixture_forget(&fixture);
    fixture_start(&fixture);
    fixture_finish(&fixture, "one", "porn", NULL);
    fixture.seed = 8;
    assert_int_equal(fixture_merge(&fixture, NULL, 0), -1);
    assert_int_equal(fixture.err.code, ERR_FORMAT);
    unlink(fixture.paths[0]);
    assert_int_equal(fixture_merge(&fixture, NULL, 0), -1);
    assert_int_equal(fixture.err.code, ERR_NOT_FOUND);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_words_are_those_of_the_machine),
        cmocka_unit_test(a_full_disk_leaves_the_old_set_alone),
        cmocka_unit_test(names_that_spill_to_the_next_line_are_found),
        cmocka_unit_test(rare_rows_escape_to_the_side_table),
        cmocka_unit_test(many_rows_get_ids_of_sixteen_bits),
        cmocka_unit_test(the_same_input_and_seed_give_the_same_octets),
        cmocka_unit_test(rows_keep_their_ids),
        cmocka_unit_test(lines_are_kept_until_the_names_do_not_fit),
        cmocka_unit_test(a_protected_name_that_collides_stops_the_build),
        cmocka_unit_test(two_listed_names_that_collide_stop_the_build),
        cmocka_unit_test(a_failed_build_leaves_the_old_set_alone),
        cmocka_unit_test(segments_that_do_not_belong_together_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
