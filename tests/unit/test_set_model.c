/* The categories of a name against a model that tries every entry of every feed on it. */
#include "set_fixture.h"

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
        cmocka_unit_test(every_name_gets_what_the_model_says),
        cmocka_unit_test(exceptions_of_every_kind_follow_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
