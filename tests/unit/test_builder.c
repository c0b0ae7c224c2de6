/* The builder against a model that tries every entry on every name. */
#include "set_fixture.h"

#include "config/base/file.h"

enum { MODEL_FEEDS = 5, MODEL_ENTRIES = 12, MODEL_DEPTH = 5, MODEL_CATEGORIES = 3 };

struct model_entry {
    char name[32];
    enum entry_kind kind;
    enum entry_operation operation;
};

struct model_feed {
    unsigned category;
    size_t count;
    struct model_entry entries[MODEL_ENTRIES];
};

struct model {
    size_t feeds;
    struct model_feed feed[MODEL_FEEDS];
    uint64_t state;
};

static unsigned pick(struct model *model, unsigned bound)
{
    model->state = model->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(model->state >> 33) % bound;
}

static void pick_name(struct model *model, char *out)
{
    unsigned labels = 1 + pick(model, MODEL_DEPTH - 1);
    size_t used = 0;

    for (unsigned i = 0; i < labels; i++) {
        if (i > 0)
            out[used++] = '.';
        out[used++] = (char)('a' + pick(model, 2));
    }
    out[used] = '\0';
}

static void pick_model(struct model *model, bool only_subtree_exceptions)
{
    model->feeds = 1 + pick(model, MODEL_FEEDS);
    for (size_t f = 0; f < model->feeds; f++) {
        struct model_feed *feed = &model->feed[f];

        feed->category = pick(model, MODEL_CATEGORIES);
        feed->count = pick(model, MODEL_ENTRIES + 1);
        for (size_t i = 0; i < feed->count; i++) {
            struct model_entry *entry = &feed->entries[i];

            pick_name(model, entry->name);
            entry->kind = (enum entry_kind)pick(model, ENTRY_KINDS);
            entry->operation = pick(model, 3) == 0 ? ENTRY_EXCEPT : ENTRY_LIST;
            if (entry->operation == ENTRY_EXCEPT && only_subtree_exceptions)
                entry->kind = ENTRY_SUBTREE;
        }
    }
}

static bool entry_matches(const struct model_entry *entry, const char *name)
{
    size_t length = strlen(name), suffix = strlen(entry->name);
    bool at = strcmp(name, entry->name) == 0;
    bool below = length > suffix && name[length - suffix - 1] == '.' &&
                 strcmp(name + length - suffix, entry->name) == 0;

    if (entry->kind == ENTRY_EXACT)
        return at;
    return entry->kind == ENTRY_BELOW ? below : at || below;
}

static unsigned labels_of(const char *name)
{
    unsigned labels = 1;

    for (; *name != '\0'; name++)
        labels += *name == '.';
    return labels;
}

/* Returns the labels of the longest listing of FEED that holds NAME, 0 where it does not list it.
 */
static unsigned model_lists(const struct model_feed *feed, const char *name)
{
    unsigned longest = 0;

    for (size_t i = 0; i < feed->count; i++) {
        const struct model_entry *entry = &feed->entries[i];

        if (!entry_matches(entry, name))
            continue;
        if (entry->operation == ENTRY_EXCEPT)
            return 0;
        if (labels_of(entry->name) > longest)
            longest = labels_of(entry->name);
    }
    return longest;
}

static void write_feed(struct fixture *fixture, const struct model_feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        fixture_add(fixture, feed->entries[i].name, feed->entries[i].kind,
                    feed->entries[i].operation);
}

static struct set *build_model(struct fixture *fixture, const struct model *model)
{
    static const char *const keys[MODEL_CATEGORIES] = {"porn", "gambling", "social"};

    for (size_t f = 0; f < model->feeds; f++) {
        char id[32];

        snprintf(id, sizeof id, "feed%zu", f);
        fixture_start(fixture);
        write_feed(fixture, &model->feed[f]);
        if (segment_second_pass(fixture->writer))
            write_feed(fixture, &model->feed[f]);
        fixture_finish(fixture, id, keys[model->feed[f].category], NULL);
    }
    return fixture_build(fixture);
}

static uint64_t key_bit(const struct set *set, unsigned category)
{
    static const char *const keys[MODEL_CATEGORIES] = {"porn", "gambling", "social"};
    const char *key;

    for (unsigned i = 0; set_category(set, i, &key, NULL); i++) {
        if (strcmp(key, keys[category]) == 0)
            return (uint64_t)1 << i;
    }
    return 0;
}

static unsigned feeds_seen(const struct set *set, const char *name)
{
    struct set_witness witnesses[64];
    struct name_buf buf;
    struct name wire;
    unsigned seen = 0;
    size_t count;

    fixture_name(&buf, name);
    wire = name_of(&buf);
    count = set_witnesses(set, &wire, witnesses, 64);
    for (size_t i = 0; i < count; i++) {
        if (!witnesses[i].exception)
            seen |= 1U << (witnesses[i].feed[4] - '0');
    }
    return seen;
}

static void check_name(const struct set *set, const struct model *model, const char *name)
{
    uint64_t mask = 0;
    unsigned feeds = 0, longest = 0;
    struct set_hit hit;

    for (size_t f = 0; f < model->feeds; f++) {
        unsigned labels = model_lists(&model->feed[f], name);

        if (labels == 0)
            continue;
        mask |= key_bit(set, model->feed[f].category);
        feeds |= 1U << f;
        longest = labels > longest ? labels : longest;
    }
    fixture_lookup(set, name, &hit);
    assert_int_equal(hit.mask.words[0], mask);
    assert_int_equal(hit.mask.words[1], 0);
    assert_int_equal(hit.labels, longest);
    assert_int_equal(feeds_seen(set, name), feeds);
}

/* Visits every name of 1 to MODEL_DEPTH labels a and b. */
static void check_all(const struct set *set, const struct model *model)
{
    for (unsigned labels = 1; labels <= MODEL_DEPTH; labels++) {
        for (unsigned bits = 0; bits < 1U << labels; bits++) {
            char name[32];
            size_t used = 0;

            for (unsigned i = 0; i < labels; i++) {
                name[used++] = (char)('a' + (bits >> i & 1));
                name[used++] = i + 1 < labels ? '.' : '\0';
            }
            check_name(set, model, name);
        }
    }
}

static void compare_models(uint64_t state, unsigned rounds, bool only_subtree_exceptions)
{
    struct model model = {0};
    struct fixture fixture;

    model.state = state;
    fixture_open(&fixture, 7);
    for (unsigned round = 0; round < rounds; round++) {
        struct set *set;

        pick_model(&model, only_subtree_exceptions);
        set = build_model(&fixture, &model);
        check_all(set, &model);
        set_close(set);
        fixture_forget(&fixture);
    }
    fixture_close(&fixture);
}

static void every_name_gets_what_the_model_says(void **state)
{
    (void)state;
    compare_models(1, 120, true);
}

static void exceptions_of_every_kind_follow_the_model(void **state)
{
    (void)state;
    compare_models(2, 120, false);
}

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

/* docs/set-file.md, "Exceptions": lists of up to three feeds F, G, H as `||`, `=` and `@@` words.
 */
static const struct {
    const char *feeds[3];
    const char *name;
    unsigned mask; /* F and G: 1, H: 2 */
    unsigned labels, witnesses;
} page[] = {
    {{"||a.example @@b.a.example", "", ""},                          "a.example",     1, 2, 1},
    {{"||a.example @@b.a.example", "", ""},                          "c.a.example",   1, 2, 1},
    {{"||a.example @@b.a.example", "", ""},                          "b.a.example",   0, 0, 0},
    {{"||a.example @@b.a.example", "", ""},                          "x.b.a.example", 0, 0, 0},
    {{"||a.example @@b.a.example", "||a.example", ""},               "b.a.example",   1, 2, 2},
    {{"||a.example @@b.a.example", "", "||a.example"},               "b.a.example",   2, 2, 4},
    {{"||a.example @@b.a.example", "", "||a.example"},               "a.example",     3, 2, 5},
    {{"||a.example @@b.a.example", "||example", ""},                 "b.a.example",   1, 1, 2},
    {{"||a.example @@b.a.example", "||x.b.a.example", ""},           "b.a.example",   0, 0, 0},
    {{"||a.example @@b.a.example", "||x.b.a.example", ""},           "x.b.a.example", 1, 4, 2},
    {{"||b.a.example @@a.example", "", ""},                          "b.a.example",   0, 0, 0},
    {{"||a.example @@b.a.example", "||a.example @@b.a.example", ""}, "b.a.example",   0, 0, 0},
    {{"||a.example @@b.a.example", "||a.example @@b.a.example", ""}, "a.example",     1, 2, 3},
    {{"||a.example @@b.a.example", "=b.a.example", ""},              "b.a.example",   1, 3, 2},
    {{"||a.example @@b.a.example", "=b.a.example", ""},              "x.b.a.example", 0, 0, 0},
};

static void add_words(struct fixture *fixture, const char *words)
{
    char copy[128], *rest = NULL;

    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        bool except = strncmp(word, "@@", 2) == 0;

        fixture_add(fixture, word + strspn(word, "@|="),
                    word[0] == '=' ? ENTRY_EXACT : ENTRY_SUBTREE,
                    except ? ENTRY_EXCEPT : ENTRY_LIST);
    }
}

static void exceptions_of_the_page_are_as_the_page_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof page / sizeof *page; i++) {
        struct fixture fixture;
        struct set_hit hit;
        struct set *set;
        char id[16];

        fixture_open(&fixture, 7);
        for (unsigned f = 0; f < 3; f++) {
            fixture_start(&fixture);
            add_words(&fixture, page[i].feeds[f]);
            if (segment_second_pass(fixture.writer))
                add_words(&fixture, page[i].feeds[f]);
            snprintf(id, sizeof id, "feed%u", f);
            fixture_finish(&fixture, id, f < 2 ? "porn" : "gambling", NULL);
        }
        set = fixture_build(&fixture);
        fixture_lookup(set, page[i].name, &hit);
        if (hit.mask.words[0] != page[i].mask || hit.labels != page[i].labels ||
            feeds_seen(set, page[i].name) != page[i].witnesses)
            fail_msg("row %zu: mask %u, labels %u, witnesses %u", i, (unsigned)hit.mask.words[0],
                     hit.labels, feeds_seen(set, page[i].name));
        set_close(set);
        fixture_close(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exceptions_of_the_page_are_as_the_page_says),
        cmocka_unit_test(names_that_spill_to_the_next_line_are_found),
        cmocka_unit_test(rare_rows_escape_to_the_side_table),
        cmocka_unit_test(many_rows_get_ids_of_sixteen_bits),
        cmocka_unit_test(the_same_input_and_seed_give_the_same_octets),
        cmocka_unit_test(lines_are_kept_until_the_names_do_not_fit),
        cmocka_unit_test(a_protected_name_that_collides_stops_the_build),
        cmocka_unit_test(two_listed_names_that_collide_stop_the_build),
        cmocka_unit_test(a_failed_build_leaves_the_old_set_alone),
        cmocka_unit_test(segments_that_do_not_belong_together_are_refused),
        cmocka_unit_test(every_name_gets_what_the_model_says),
        cmocka_unit_test(exceptions_of_every_kind_follow_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
