/* Segments that are kept: made anew for another seed, compared, asked for a name. */
#include "set_fixture.h"

#include "blocklist/set/layout.h"
#include "blocklist/set/segment_file.h"
#include "config/base/file.h"

enum { MANY = 5000 };

/* A list as its words: `||x`, `=x`, `.x` (below), `@@x`; `!` important, `$` for type 1 alone. */
static void add_word(struct fixture *fixture, const char *word)
{
    static const uint8_t records[] = {0, 1, 0, 4, 192, 0, 2, 1};
    struct terms terms = {.important = strchr(word, '!') != NULL,
                          .type_count = strchr(word, '$') != NULL,
                          .types = {1}};
    enum entry_kind kind = word[0] == '='   ? ENTRY_EXACT
                           : word[0] == '.' ? ENTRY_BELOW
                                            : ENTRY_SUBTREE;

    if (strchr(word, '>') != NULL) {
        terms.action = TERMS_REWRITE;
        terms.records = records;
        terms.records_length = sizeof records;
    }
    fixture_add_terms(fixture, word + strspn(word, "@|=.!$>"), kind,
                      word[0] == '@' ? ENTRY_EXCEPT : ENTRY_LIST, &terms);
}

static void add_all(struct fixture *fixture, const char *const *words, size_t many)
{
    char name[64];

    for (; *words != NULL; words++)
        add_word(fixture, *words);
    for (size_t i = 0; i < many; i++) {
        snprintf(name, sizeof name, "||n%zu.d%zu.example", i * 7 % many, i % 100);
        add_word(fixture, name);
    }
    fixture_add_range(fixture, "192.0.2.0/24", ENTRY_LIST);
    fixture_add_range(fixture, "192.0.2.7", ENTRY_EXCEPT);
}

/* Makes the next segment of FIXTURE of WORDS and MANY names, kept with its names. */
static void keep(struct fixture *fixture, const char *const *words, size_t many)
{
    fixture_start(fixture);
    assert_int_equal(segment_keep_names(fixture->writer, &fixture->err), 0);
    add_all(fixture, words, many);
    if (segment_second_pass(fixture->writer))
        add_all(fixture, words, many);
    fixture_finish(fixture, "feed", "porn", NULL);
}

static struct segment *open_number(struct fixture *fixture, size_t number)
{
    struct segment *segment = segment_open(fixture->paths[number], &fixture->err);

    if (segment == NULL)
        fail_msg("%s", fixture->err.text);
    return segment;
}

static void assert_same_file(const char *one, const char *other)
{
    size_t lengths[2];
    char *octets[2] = {file_read(one, 1 << 24, &lengths[0], NULL),
                       file_read(other, 1 << 24, &lengths[1], NULL)};

    assert_non_null(octets[0]);
    assert_non_null(octets[1]);
    assert_int_equal(lengths[0], lengths[1]);
    assert_memory_equal(octets[0], octets[1], lengths[0]);
    free(octets[0]);
    free(octets[1]);
}

static const char *const words[] = {"||a.example",
                                    "@@b.a.example",
                                    "||x.b.a.example",
                                    "=c.example",
                                    ".d.example",
                                    "||$t.example",
                                    "||!b.a.example",
                                    "@@$t.a.example",
                                    "||>r.example",
                                    "||a.example",
                                    NULL};

static void a_segment_for_another_seed_is_as_from_its_source(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture, 7);
    keep(&fixture, words, MANY);
    fixture.seed = 8;
    keep(&fixture, words, MANY);
    snprintf(fixture.paths[2], sizeof fixture.paths[2], "%.120s/again", fixture.folder);
    if (segment_rehash(fixture.paths[0], fixture.paths[2], 8, &fixture.err) != 0)
        fail_msg("%s", fixture.err.text);
    assert_same_file(fixture.paths[1], fixture.paths[2]);
    assert_int_equal(segment_rehash(fixture.paths[2], fixture.paths[1], 7, &fixture.err), 0);
    assert_same_file(fixture.paths[0], fixture.paths[1]);
    unlink(fixture.paths[2]);
    fixture_close(&fixture);
}

static void a_segment_without_names_cannot_be_made_anew(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture, 7);
    fixture_start(&fixture);
    fixture_add(&fixture, "a.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_finish(&fixture, "feed", "porn", NULL);
    assert_int_equal(segment_rehash(fixture.paths[0], fixture.out, 8, &fixture.err), -1);
    assert_int_equal(fixture.err.code, ERR_NOT_FOUND);
    assert_int_equal(access(fixture.out, F_OK), -1);
    fixture_close(&fixture);
}

static int contains(struct fixture *fixture, const struct segment *segment, const char *text)
{
    struct name_buf buf;
    struct name name;

    fixture_name(&buf, text);
    name = name_of(&buf);
    return segment_contains(segment, &name, &fixture->err);
}

static void a_segment_is_asked_for_a_name(void **state)
{
    static const struct {
        const char *name;
        int wanted;
    } rows[] = {
        {"a.example",        1},
        {"z.a.example",      1},
        {"b.a.example",      1}, /* important */
        {"c.example",        1},
        {"x.c.example",      0},
        {"d.example",        0},
        {"x.d.example",      1},
        {"t.example",        1}, /* for one type */
        {"t.a.example",      1}, /* excepted for one type */
        {"example",          0},
        {"n0.d0.example",    1},
        {"w.n1.d43.example", 1},
        {"n1.d44.example",   0},
    };
    struct fixture fixture;
    struct segment *segment;

    (void)state;
    fixture_open(&fixture, 7);
    keep(&fixture, words, MANY);
    segment = open_number(&fixture, 0);
    assert_int_equal(segment_verify(segment, &fixture.err), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (contains(&fixture, segment, rows[i].name) != rows[i].wanted)
            fail_msg("%s", rows[i].name);
    }
    segment_close(segment);
    fixture_close(&fixture);
}

struct told {
    uint64_t hashes[16];
    bool added[16];
    size_t count;
};

static int note(void *context, uint64_t hash, enum entry_kind kind, bool added)
{
    struct told *told = context;

    (void)kind;
    must(told->count < 16);
    told->hashes[told->count] = hash;
    told->added[told->count++] = added;
    return 0;
}

static uint64_t hash_of_name(const struct name *name, uint64_t seed)
{
    struct siphash_key key = siphash_key_from_seed(seed);
    uint64_t chain[NAME_LABELS_MAX];

    return chain[siphash_suffixes(&key, name, chain, NAME_LABELS_MAX) - 1];
}

static uint64_t hash_of(const char *text, uint64_t seed)
{
    struct name_buf buf;
    struct name name;

    fixture_name(&buf, text);
    name = name_of(&buf);
    return hash_of_name(&name, seed);
}

static bool was_told(const struct told *told, const char *text, bool added)
{
    for (size_t i = 0; i < told->count; i++) {
        if (told->hashes[i] == hash_of(text, 7) && told->added[i] == added)
            return true;
    }
    return false;
}

static void two_segments_are_compared_by_entries(void **state)
{
    static const char *const later[] = {
        "||a.example",  "@@b.a.example",  "=e.example",   ".d.example",
        "||$u.example", "||!b.a.example", "||>r.example", NULL};
    struct segment *before, *after;
    struct segment_changes changes;
    struct told told = {.count = 0};
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture, 7);
    keep(&fixture, words, MANY);
    keep(&fixture, later, MANY);
    before = open_number(&fixture, 0);
    after = open_number(&fixture, 1);
    assert_int_equal(segment_compare(before, after, note, &told, &changes, &fixture.err), 0);
    assert_true(was_told(&told, "e.example", true) && was_told(&told, "c.example", false));
    assert_true(was_told(&told, "u.example", true) && was_told(&told, "t.example", false));
    assert_int_equal(told.count, 4);
    assert_int_equal(changes.added, 2);
    assert_int_equal(changes.removed, 3); /* and the exception t.a.example */
    assert_int_equal(changes.before, segment_entries(before));
    assert_int_equal(changes.before - changes.removed + changes.added, changes.after);
    assert_int_equal(segment_compare(NULL, after, NULL, NULL, &changes, &fixture.err), 0);
    assert_int_equal(changes.added, segment_entries(after));
    segment_close(before);
    segment_close(after);
    fixture_close(&fixture);
}

/* Counts what is given, and says where it is not as it was put in. */
static int count_name(void *context, const struct segment_name *name)
{
    size_t *count = context;

    if (*count == 5) { /* ||$t.example */
        assert_non_null(name->terms);
        assert_int_equal(name->terms->type_count, 1);
    }
    if (*count == 8) { /* ||>r.example */
        assert_int_equal(name->terms->action, TERMS_REWRITE);
        assert_int_equal(name->terms->records_length, 8);
    }
    if (*count < 2) {
        assert_null(name->terms);
        assert_int_equal(name->operation, *count == 0 ? ENTRY_LIST : ENTRY_EXCEPT);
        assert_int_equal(hash_of_name(&name->name, 7),
                         hash_of(*count == 0 ? "a.example" : "b.a.example", 7));
    }
    ++*count;
    return 0;
}

static int stop(void *context, const struct segment_name *name)
{
    (void)context;
    return name->kind == ENTRY_EXACT ? 5 : 0;
}

static void names_come_in_the_order_of_their_source(void **state)
{
    struct fixture fixture;
    struct segment *segment;
    size_t count = 0;

    (void)state;
    fixture_open(&fixture, 7);
    keep(&fixture, words, MANY);
    segment = open_number(&fixture, 0);
    assert_int_equal(segment_names_each(segment, count_name, &count, &fixture.err), 0);
    assert_int_equal(count, MANY + 10);
    assert_int_equal(segment_names_each(segment, stop, NULL, &fixture.err), 5);
    segment_close(segment);
    fixture_close(&fixture);
}

/* Every octet of a small kept segment, changed: refused when opened or when verified. */
static void no_changed_octet_of_terms_and_names_goes_unseen(void **state)
{
    struct fixture fixture;
    size_t length;
    char *octets;

    (void)state;
    fixture_open(&fixture, 7);
    keep(&fixture, words, 3);
    octets = file_read(fixture.paths[0], 1 << 20, &length, NULL);
    assert_non_null(octets);
    for (size_t i = SEGMENT_HEADER_OCTETS; i < length; i++) {
        struct segment *segment;
        FILE *out;

        octets[i] ^= 0x10;
        out = fopen(fixture.paths[0], "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(octets, 1, length, out), length);
        assert_int_equal(fclose(out), 0);
        segment = segment_open(fixture.paths[0], &fixture.err);
        if (segment != NULL && segment_verify(segment, &fixture.err) == 0)
            fail_msg("octet %zu changed unseen", i);
        segment_close(segment);
        octets[i] ^= 0x10;
    }
    free(octets);
    fixture_close(&fixture);
}

static void terms_out_of_bounds_are_refused(void **state)
{
    static const uint8_t torn[] = {0, 1, 0, 9, 1};
    struct terms terms = {.action = TERMS_REWRITE, .records = torn, .records_length = sizeof torn};
    uint64_t chain[NAME_LABELS_MAX];
    struct fixture fixture;
    struct name_buf buf;
    struct name name;

    (void)state;
    fixture_open(&fixture, 7);
    fixture_start(&fixture);
    fixture_name(&buf, "a.example");
    name = name_of(&buf);
    siphash_suffixes(segment_key(fixture.writer), &name, chain, NAME_LABELS_MAX);
    assert_int_equal(segment_add_terms(fixture.writer, &name, chain[1], 2, ENTRY_SUBTREE,
                                       ENTRY_LIST, &terms, &fixture.err),
                     -1);
    assert_int_equal(fixture.err.code, ERR_USAGE);
    terms = (struct terms){.action = TERMS_ACTIONS};
    assert_int_equal(segment_add_terms(fixture.writer, &name, chain[1], 2, ENTRY_SUBTREE,
                                       ENTRY_LIST, &terms, &fixture.err),
                     -1);
    segment_abandon(fixture.writer);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_for_another_seed_is_as_from_its_source),
        cmocka_unit_test(a_segment_without_names_cannot_be_made_anew),
        cmocka_unit_test(a_segment_is_asked_for_a_name),
        cmocka_unit_test(two_segments_are_compared_by_entries),
        cmocka_unit_test(names_come_in_the_order_of_their_source),
        cmocka_unit_test(no_changed_octet_of_terms_and_names_goes_unseen),
        cmocka_unit_test(terms_out_of_bounds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
