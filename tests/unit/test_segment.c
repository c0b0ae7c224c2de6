/* Segments: what goes in comes out sorted and once, and a damaged one is refused. */
#include "set_fixture.h"

#include "blocklist/set/layout.h"
#include "blocklist/set/segment_file.h"
#include "config/base/file.h"

static struct segment *reopen(struct fixture *fixture)
{
    struct segment *segment = segment_open(fixture->paths[0], &fixture->err);

    if (segment == NULL)
        fail_msg("%s", fixture->err.text);
    return segment;
}

/* Reads a whole run into HASHES (room for 64k). Returns how many, or -1 where it is refused. */
static ssize_t read_run(const struct segment *segment, enum entry_kind kind, uint64_t *hashes)
{
    struct segment_stream *stream = aligned_alloc(64, (sizeof *stream + 63) / 64 * 64);
    ssize_t count = 0;
    int more;

    assert_non_null(stream);
    assert_int_equal(segment_stream_start(stream, segment,
                                          (enum segment_section)(SEGMENT_SUBTREE + kind), false,
                                          NULL),
                     0);
    while ((more = segment_stream_fill(stream, NULL)) > 0) {
        while (stream->at < stream->held)
            hashes[count++] = segment_stream_take(stream);
    }
    segment_stream_end(stream);
    free(stream);
    return more < 0 ? -1 : count;
}

static uint64_t hash_text(const struct fixture *fixture, const char *text)
{
    struct siphash_key key = siphash_key_from_seed(fixture->seed);
    uint64_t hashes[NAME_LABELS_MAX];
    struct name_buf buf;
    struct name name;

    fixture_name(&buf, text);
    name = name_of(&buf);
    return hashes[siphash_suffixes(&key, &name, hashes, NAME_LABELS_MAX) - 1];
}

static void names_come_back_sorted_and_once(void **state)
{
    static uint64_t hashes[1 << 16];
    struct segment_about about;
    struct fixture fixture;
    struct segment *segment;
    char text[64];

    (void)state;
    fixture_open(&fixture, 3);
    fixture_start(&fixture);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "n%u.example", i % 15000);
        fixture_add(&fixture, text, ENTRY_SUBTREE, ENTRY_LIST);
    }
    fixture_finish(&fixture, "one", "porn", &about);
    assert_int_equal(about.names, 15000);
    assert_int_equal(about.duplicates, 5000);
    segment = reopen(&fixture);
    assert_int_equal(segment->seed, 3);
    assert_string_equal(segment->about.feed, "one");
    assert_int_equal(segment->about.names, 15000);
    assert_int_equal(segment->depths[0], 1 << 2);
    assert_int_equal(read_run(segment, ENTRY_SUBTREE, hashes), 15000);
    for (size_t i = 1; i < 15000; i++)
        assert_true(hashes[i - 1] < hashes[i]);
    segment_close(segment);
    fixture_close(&fixture);
}

static void a_name_of_two_kinds_gets_the_wider_one(void **state)
{
    static const struct {
        const char *name;
        unsigned kinds; /* bits */
        enum entry_kind result;
    } rows[] = {
        {"a.example", 1 << ENTRY_EXACT | 1 << ENTRY_SUBTREE, ENTRY_SUBTREE},
        {"b.example", 1 << ENTRY_BELOW | 1 << ENTRY_SUBTREE, ENTRY_SUBTREE},
        {"c.example", 1 << ENTRY_EXACT | 1 << ENTRY_BELOW,   ENTRY_SUBTREE},
        {"d.example", 1 << ENTRY_EXACT,                      ENTRY_EXACT  },
        {"e.example", 1 << ENTRY_BELOW,                      ENTRY_BELOW  },
        {"f.example", 7,                                     ENTRY_SUBTREE},
    };
    uint64_t hashes[64];
    struct segment_about about;
    struct fixture fixture;
    struct segment *segment;

    (void)state;
    fixture_open(&fixture, 3);
    fixture_start(&fixture);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (unsigned kind = 0; kind < ENTRY_KINDS; kind++) {
            if ((rows[i].kinds >> kind & 1) != 0)
                fixture_add(&fixture, rows[i].name, (enum entry_kind)kind, ENTRY_LIST);
        }
    }
    fixture_finish(&fixture, "one", "porn", &about);
    assert_int_equal(about.names, 6);
    assert_int_equal(about.duplicates, 5);
    segment = reopen(&fixture);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned found = 0;

        for (unsigned kind = 0; kind < ENTRY_KINDS; kind++) {
            ssize_t count = read_run(segment, (enum entry_kind)kind, hashes);

            for (ssize_t k = 0; k < count; k++) {
                if (hashes[k] == hash_text(&fixture, rows[i].name))
                    found |= 1U << kind;
            }
        }
        assert_int_equal(found, 1U << rows[i].result);
    }
    segment_close(segment);
    fixture_close(&fixture);
}

static void add_listings_and_exceptions(struct fixture *fixture)
{
    fixture_add(fixture, "example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_add(fixture, "good.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_add(fixture, "deep.good.example", ENTRY_EXACT, ENTRY_LIST);
    fixture_add(fixture, "bad.example", ENTRY_EXACT, ENTRY_LIST);
    fixture_add(fixture, "good.example", ENTRY_SUBTREE, ENTRY_EXCEPT);
}

static void listings_below_an_own_exception_are_left_out(void **state)
{
    uint64_t hashes[64];
    struct segment_about about;
    struct fixture fixture;
    struct segment *segment;

    (void)state;
    fixture_open(&fixture, 3);
    fixture_start(&fixture);
    add_listings_and_exceptions(&fixture);
    assert_true(segment_second_pass(fixture.writer));
    add_listings_and_exceptions(&fixture);
    assert_false(segment_second_pass(fixture.writer));
    fixture_finish(&fixture, "one", "porn", &about);
    assert_int_equal(about.names, 2);
    assert_int_equal(about.duplicates, 0);
    segment = reopen(&fixture);
    assert_int_equal(read_run(segment, ENTRY_SUBTREE, hashes), 1);
    assert_int_equal(hashes[0], hash_text(&fixture, "example"));
    assert_int_equal(read_run(segment, ENTRY_EXACT, hashes), 1);
    assert_int_equal(hashes[0], hash_text(&fixture, "bad.example"));
    assert_int_equal(exceptions_count(&segment->exceptions), 1);
    assert_int_equal(exception_hash(exceptions_record(&segment->exceptions, 0)),
                     hash_text(&fixture, "good.example"));
    assert_int_equal(exceptions_record(&segment->exceptions, 0)[1], hash_text(&fixture, "example"));
    segment_close(segment);
    fixture_close(&fixture);
}

static void exceptions_without_a_second_pass_are_refused(void **state)
{
    struct segment_about about = {0};
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture, 3);
    fixture_start(&fixture);
    add_listings_and_exceptions(&fixture);
    assert_int_equal(segment_finish(fixture.writer, &about, &fixture.err), -1);
    assert_int_equal(fixture.err.code, ERR_USAGE);
    assert_int_equal(access(fixture.paths[0], F_OK), -1);
    fixture_close(&fixture);
}

static void a_folder_that_is_gone_is_an_error(void **state)
{
    struct segment_about about = {0};
    struct segment_writer *writer;
    struct err err;

    (void)state;
    writer = segment_start("/nonexistent/folder/one.seg", 1, &err);
    assert_non_null(writer);
    assert_int_equal(segment_finish(writer, &about, &err), -1);
    assert_true(err.code == ERR_SYSTEM || err.code == ERR_NOT_FOUND);
}

/* Opens and reads everything of the segment; returns 0, -1 where any of it is refused. */
static int read_all(const char *path)
{
    static uint64_t hashes[1 << 16];
    struct segment *segment = segment_open(path, NULL);
    int result = 0;

    if (segment == NULL)
        return -1;
    for (unsigned kind = 0; kind < ENTRY_KINDS; kind++) {
        if (read_run(segment, (enum entry_kind)kind, hashes) < 0)
            result = -1;
    }
    segment_close(segment);
    return result;
}

static void write_file(const char *path, const void *octets, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(octets, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void no_changed_octet_and_no_cut_goes_unseen(void **state)
{
    struct fixture fixture;
    size_t length;
    char *octets;

    (void)state;
    fixture_open(&fixture, 3);
    fixture_start(&fixture);
    add_listings_and_exceptions(&fixture);
    assert_true(segment_second_pass(fixture.writer));
    add_listings_and_exceptions(&fixture);
    fixture_add_range(&fixture, "192.0.2.0/24", ENTRY_LIST);
    fixture_finish(&fixture, "one", "porn", NULL);
    octets = file_read(fixture.paths[0], 1 << 20, &length, &fixture.err);
    assert_non_null(octets);
    assert_int_equal(read_all(fixture.paths[0]), 0);
    for (size_t i = 0; i < length; i++) {
        octets[i] ^= (char)(1 << (i % 8));
        write_file(fixture.paths[0], octets, length);
        if (read_all(fixture.paths[0]) == 0)
            fail_msg("octet %zu may change unseen", i);
        octets[i] ^= (char)(1 << (i % 8));
    }
    for (size_t cut = 0; cut < length; cut += 37) {
        write_file(fixture.paths[0], octets, cut);
        assert_int_equal(read_all(fixture.paths[0]), -1);
    }
    free(octets);
    fixture_close(&fixture);
}

static void runs_for_now_have_no_digest_but_an_order(void **state)
{
    struct fixture fixture;
    struct segment *segment;
    uint64_t at, count;
    size_t length;
    char *octets;

    (void)state;
    fixture_open(&fixture, 3);
    fixture_start(&fixture);
    segment_for_now(fixture.writer);
    fixture_add(&fixture, "a.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_add(&fixture, "b.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_finish(&fixture, "one", "porn", NULL);
    assert_int_equal(read_all(fixture.paths[0]), 0);
    segment = reopen(&fixture);
    assert_false(segment->parts[SEGMENT_SUBTREE].digested);
    assert_true(segment->parts[SEGMENT_ABOUT].digested);
    at = segment->parts[SEGMENT_SUBTREE].offset;
    count = segment->parts[SEGMENT_SUBTREE].count;
    segment_close(segment);
    assert_int_equal(count, 2);
    octets = file_read(fixture.paths[0], 1 << 20, &length, &fixture.err);
    assert_non_null(octets);
    memset(octets + at, 0xff, 8);
    write_file(fixture.paths[0], octets, length);
    assert_int_equal(read_all(fixture.paths[0]), -1);
    free(octets);
    fixture_close(&fixture);
}

static void a_segment_of_another_version_says_so(void **state)
{
    struct fixture fixture;
    size_t length;
    char *octets;

    (void)state;
    fixture_open(&fixture, 3);
    fixture_start(&fixture);
    fixture_finish(&fixture, "one", "porn", NULL);
    octets = file_read(fixture.paths[0], 1 << 20, &length, &fixture.err);
    assert_non_null(octets);
    octets[SEGMENT_AT_VERSION]++;
    write_file(fixture.paths[0], octets, length);
    assert_null(segment_open(fixture.paths[0], &fixture.err));
    assert_int_equal(fixture.err.code, ERR_VERSION);
    assert_null(segment_open("/nonexistent/one.seg", &fixture.err));
    assert_int_equal(fixture.err.code, ERR_NOT_FOUND);
    free(octets);
    fixture_close(&fixture);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return one < other ? -1 : one > other;
}

/* COUNT values: even ones, few different ones, ones that share their upper bits, falling ones. */
static uint64_t sample(unsigned shape, size_t i)
{
    uint64_t x = (i + 1) * 0x9e3779b97f4a7c15ULL;

    x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 29;
    switch (shape) {
    case 0:
        return x;
    case 1:
        return x % 5 * 0x3333333333333333ULL;
    case 2:
        return x >> 40 | 7ULL << 60;
    default:
        return UINT64_MAX - i * 3;
    }
}

static void hashes_of_every_shape_are_sorted(void **state)
{
    static const size_t counts[] = {0, 1, 2, 47, 48, 49, 1000, 5000, 70000};

    (void)state;
    for (unsigned round = 0; round < 4 * sizeof counts / sizeof *counts; round++) {
        size_t count = counts[round / 4], kept = 0;
        uint64_t *want = calloc(count + 1, sizeof *want);
        struct hashes hashes = {NULL, 0, 0};

        assert_non_null(want);
        for (size_t i = 0; i < count; i++) {
            want[i] = sample(round % 4, i);
            assert_int_equal(hashes_push(&hashes, want[i], NULL), 0);
        }
        qsort(want, count, sizeof *want, compare_hashes);
        for (size_t i = 0; i < count; i++) {
            if (i == 0 || want[i] != want[i - 1])
                want[kept++] = want[i];
        }
        assert_int_equal(hashes_sort_unique(&hashes), count - kept);
        assert_int_equal(hashes.count, kept);
        for (size_t i = 0; i < kept; i++)
            assert_true(hashes.items[i] == want[i]);
        hashes_free(&hashes);
        free(want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_of_every_shape_are_sorted),
        cmocka_unit_test(names_come_back_sorted_and_once),
        cmocka_unit_test(a_name_of_two_kinds_gets_the_wider_one),
        cmocka_unit_test(listings_below_an_own_exception_are_left_out),
        cmocka_unit_test(exceptions_without_a_second_pass_are_refused),
        cmocka_unit_test(a_folder_that_is_gone_is_an_error),
        cmocka_unit_test(no_changed_octet_and_no_cut_goes_unseen),
        cmocka_unit_test(runs_for_now_have_no_digest_but_an_order),
        cmocka_unit_test(a_segment_of_another_version_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
