/* The categories of a name against a model that tries every entry of every feed on it. */
#include "set_fixture.h"

enum { MODEL_FEEDS = 5, MODEL_ENTRIES = 12, MODEL_DEPTH = 5, MODEL_CATEGORIES = 3 };

enum { TYPE_A = 1, TYPE_TXT = 16, TYPE_AAAA = 28, ANY_TYPE = -1 };

struct model_entry {
    char name[32];
    enum entry_kind kind;
    enum entry_operation operation;
    struct terms terms;
};

struct model_feed {
    unsigned category;
    bool observe;
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

/* What a round's entries may be. */
enum { WITH_KINDS = 1, WITH_TERMS = 2 }; /* exceptions of every kind; terms and observed lists */

/* A third of the entries gets some. */
static void pick_terms(struct model *model, struct model_entry *entry)
{
    struct terms *terms = &entry->terms;

    if (pick(model, 3) != 0)
        return;
    terms->important = pick(model, 3) == 0;
    terms->scoped = entry->operation == ENTRY_EXCEPT && pick(model, 2) == 0;
    if (pick(model, 2) == 0 && (entry->operation == ENTRY_LIST || terms->scoped))
        terms->scope = (uint16_t)(1 + pick(model, 2));
    if (entry->operation == ENTRY_LIST)
        terms->action = (uint8_t)pick(model, TERMS_TCP + 1);
    if (pick(model, 2) == 0) {
        terms->type_count = 1;
        terms->types[0] = pick(model, 2) == 0 ? TYPE_A : TYPE_AAAA;
        terms->all_but = pick(model, 3) == 0;
    }
}

static void pick_entry(struct model *model, unsigned with, struct model_entry *entry)
{
    memset(entry, 0, sizeof *entry);
    pick_name(model, entry->name);
    entry->kind = (enum entry_kind)pick(model, ENTRY_KINDS);
    entry->operation = pick(model, 3) == 0 ? ENTRY_EXCEPT : ENTRY_LIST;
    if (entry->operation == ENTRY_EXCEPT && (with & WITH_KINDS) == 0)
        entry->kind = ENTRY_SUBTREE;
    if ((with & WITH_TERMS) != 0)
        pick_terms(model, entry);
}

static void pick_model(struct model *model, unsigned with)
{
    model->feeds = 1 + pick(model, MODEL_FEEDS);
    for (size_t f = 0; f < model->feeds; f++) {
        struct model_feed *feed = &model->feed[f];

        feed->category = pick(model, MODEL_CATEGORIES);
        feed->observe = (with & WITH_TERMS) != 0 && pick(model, 4) == 0;
        feed->count = pick(model, MODEL_ENTRIES + 1);
        for (size_t i = 0; i < feed->count; i++)
            pick_entry(model, with, &feed->entries[i]);
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

/* Tells whether ENTRY has a say for TYPE; for ANY_TYPE a listing that holds for some, an exception
 * that holds for all. */
static bool entry_holds(const struct model_entry *entry, int type)
{
    if (entry->terms.type_count == 0)
        return true;
    if (type == ANY_TYPE)
        return entry->operation == ENTRY_LIST;
    return (entry->terms.types[0] == type) != entry->terms.all_but;
}

/* Tells whether an exception without scope lifts ENTRY of FEED at NAME. */
static bool model_barred(const struct model_feed *feed, const struct model_entry *entry,
                         const char *name, int type)
{
    for (size_t i = 0; i < feed->count; i++) {
        const struct model_entry *other = &feed->entries[i];

        if (other->operation == ENTRY_EXCEPT && !other->terms.scoped &&
            entry_matches(other, name) && entry_holds(other, type) &&
            (!entry->terms.important || other->terms.important))
            return true;
    }
    return false;
}

/* Tells whether the listing ENTRY counts: no exception takes it back, wherever it stands or, with a
 * scope, from below it. */
static bool model_counts(const struct model_feed *feed, const struct model_entry *entry,
                         const char *name, int type)
{
    if (entry->operation != ENTRY_LIST || !entry_matches(entry, name) ||
        !entry_holds(entry, type) || model_barred(feed, entry, name, type))
        return false;
    for (size_t i = 0; i < feed->count; i++) {
        const struct model_entry *scoped = &feed->entries[i];

        if (scoped->operation == ENTRY_EXCEPT && scoped->terms.scoped &&
            entry_matches(scoped, name) && entry_holds(scoped, type) &&
            labels_of(scoped->name) > labels_of(entry->name) &&
            (scoped->terms.scope == 0 || scoped->terms.scope == entry->terms.scope))
            return false;
    }
    return true;
}

/* Returns the labels of the longest listing of FEED that holds NAME, 0 where it does not list it.
 */
static unsigned model_lists(const struct model_feed *feed, const char *name, int type)
{
    unsigned longest = 0;

    for (size_t i = 0; i < feed->count; i++) {
        const struct model_entry *entry = &feed->entries[i];

        if (labels_of(entry->name) > longest && model_counts(feed, entry, name, type))
            longest = labels_of(entry->name);
    }
    return longest;
}

static void write_feed(struct fixture *fixture, const struct model_feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        fixture_add_terms(fixture, feed->entries[i].name, feed->entries[i].kind,
                          feed->entries[i].operation, &feed->entries[i].terms);
}

static struct set *build_model(struct fixture *fixture, const struct model *model)
{
    static const char *const keys[MODEL_CATEGORIES] = {"porn", "gambling", "social"};

    for (size_t f = 0; f < model->feeds; f++) {
        char id[32];

        snprintf(id, sizeof id, "feed%zu", f);
        fixture_start(fixture);
        segment_for_now(fixture->writer);
        write_feed(fixture, &model->feed[f]);
        if (segment_second_pass(fixture->writer))
            write_feed(fixture, &model->feed[f]);
        fixture->observe = model->feed[f].observe;
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

/* What the model says of a name for one type. */
struct verdict {
    uint64_t mask, observed, plain; /* plain: with a listing without an action */
    unsigned longest, longest_acted;
    unsigned actions; /* bit n: action n at the longest name of a category that acts */
};

static void add_listing(struct verdict *verdict, uint64_t bit, bool observe,
                        const struct model_entry *entry)
{
    unsigned labels = labels_of(entry->name);

    if (observe) {
        verdict->observed |= bit;
        return;
    }
    verdict->mask |= bit;
    if (entry->terms.action == TERMS_STYLE)
        verdict->plain |= bit;
    verdict->longest = labels > verdict->longest ? labels : verdict->longest;
}

static void find_actions(struct verdict *verdict, uint64_t bit, bool observe,
                         const struct model_entry *entry)
{
    unsigned labels = labels_of(entry->name);

    if (observe || (bit & verdict->plain) != 0 || labels < verdict->longest_acted)
        return;
    if (labels > verdict->longest_acted)
        verdict->actions = 0;
    verdict->longest_acted = labels;
    verdict->actions |= 1U << entry->terms.action;
}

static struct verdict model_verdict(const struct set *set, const struct model *model,
                                    const char *name, int type)
{
    struct verdict verdict = {0};

    for (unsigned round = 0; round < 2; round++) {
        for (size_t f = 0; f < model->feeds; f++) {
            const struct model_feed *feed = &model->feed[f];
            uint64_t bit = key_bit(set, feed->category);

            for (size_t i = 0; i < feed->count; i++) {
                if (!model_counts(feed, &feed->entries[i], name, type))
                    continue;
                (round == 0 ? add_listing : find_actions)(&verdict, bit, feed->observe,
                                                          &feed->entries[i]);
            }
        }
    }
    return verdict;
}

/* Shows a round in which something is not as it should be. */
static void dump(const struct model *model, const char *name)
{
    printf("%s\n", name);
    for (size_t f = 0; f < model->feeds; f++) {
        const struct model_feed *feed = &model->feed[f];

        printf("feed%zu category %u%s\n", f, feed->category, feed->observe ? " observed" : "");
        for (size_t i = 0; i < feed->count; i++) {
            const struct model_entry *e = &feed->entries[i];

            printf("    %s%s kind %d%s%s scope %u action %u types %u %s%u\n",
                   e->operation == ENTRY_EXCEPT ? "@@" : "", e->name, e->kind,
                   e->terms.important ? " important" : "", e->terms.scoped ? " scoped" : "",
                   e->terms.scope, e->terms.action, e->terms.type_count,
                   e->terms.all_but ? "but " : "", e->terms.types[0]);
        }
    }
}

static void check_type(const struct set *set, const struct model *model, const char *name,
                       uint16_t type, const struct set_hit *hit)
{
    struct verdict wanted = model_verdict(set, model, name, type);
    struct name_buf buf;
    struct name wire;
    struct set_terms got;

    fixture_name(&buf, name);
    wire = name_of(&buf);
    set_find_terms(set, &wire, type, &got);
    if (got.mask.words[0] != wanted.mask)
        dump(model, name);
    assert_int_equal(got.mask.words[0], wanted.mask);
    assert_int_equal(got.observed.words[0], wanted.observed & ~wanted.mask);
    assert_int_equal(got.acted.words[0], wanted.mask & ~wanted.plain);
    if (wanted.actions != 0) {
        assert_int_equal(got.labels, wanted.longest_acted);
        assert_true((wanted.actions >> got.action & 1) != 0);
    } else {
        assert_int_equal(got.labels, wanted.longest);
        assert_int_equal(got.action, TERMS_STYLE);
    }
    assert_int_equal(got.feed != NULL, wanted.mask != 0);
    if (hit->terms)
        return;
    assert_int_equal(hit->mask.words[0], wanted.mask);
    assert_int_equal(hit->labels, wanted.longest);
    assert_int_equal(got.observed.words[0] | got.acted.words[0], 0);
}

static void check_name(const struct set *set, const struct model *model, const char *name)
{
    unsigned feeds = 0;
    struct set_hit hit;

    for (size_t f = 0; f < model->feeds; f++)
        feeds |= model_lists(&model->feed[f], name, ANY_TYPE) > 0 ? 1U << f : 0;
    fixture_lookup(set, name, &hit);
    assert_int_equal(hit.mask.words[1], 0);
    check_type(set, model, name, TYPE_A, &hit);
    check_type(set, model, name, TYPE_AAAA, &hit);
    check_type(set, model, name, TYPE_TXT, &hit);
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

static void compare_models(uint64_t state, unsigned rounds, unsigned with)
{
    struct model model = {0};
    struct fixture fixture;

    model.state = state;
    fixture_open(&fixture, 7);
    for (unsigned round = 0; round < rounds; round++) {
        struct set *set;

        pick_model(&model, with);
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
    compare_models(1, 120, 0);
}

static void exceptions_of_every_kind_follow_the_model(void **state)
{
    (void)state;
    compare_models(2, 120, WITH_KINDS);
}

static void terms_of_every_sort_follow_the_model(void **state)
{
    (void)state;
    compare_models(3, 300, WITH_KINDS | WITH_TERMS);
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

/* docs/set-file.md, "Terms": a list in the words of that page. */
static const struct {
    const char *words;
    const char *name;
    bool a, aaaa; /* listed for that type */
} terms_page[] = {
    {"||a.example$A",                                           "a.example",     true,  false},
    {"||a.example @@b.a.example$A",                             "b.a.example",   false, true },
    {"||x.b.a.example @@b.a.example$A",                         "x.b.a.example", false, true },
    {"!||b.a.example @@a.example",                              "b.a.example",   true,  true },
    {"!||b.a.example @@!a.example",                             "b.a.example",   false, false},
    {"||example @@(a.example)",                                 "b.example",     true,  true },
    {"||example @@(a.example)",                                 "a.example",     false, false},
    {"||example @@(a.example) ||x.a.example",                   "x.a.example",   true,  true },
    {"||example @@(a.example) =a.example",                      "a.example",     true,  true },
    {"||example @@(a.example) =a.example",                      "y.a.example",   false, false},
    {"||example ||a.example @@(b.a.example)",                   "b.a.example",   false, false},
    {"!||example @@(a.example)",                                "a.example",     false, false},
    {"||example @@(a.example) ||b.a.example @@(c.b.a.example)", "c.b.a.example", false, false},
    {"||example;1 @@(b.example);1",                             "b.example",     false, false},
    {"||example;1 @@(b.example);1 ||example",                   "b.example",     true,  true },
    {"||example;1 @@(b.example);1 ||example$A",                 "b.example",     true,  false},
    {"||example;1 @@(b.a.example);1 ||a.example",               "b.a.example",   true,  true },
    {"||example;1 @@(b.example);1 ||example;2 @@(c.example);2", "b.example",     true,  true },
    {"||example;1 @@(b.example);1 ||example;2 @@(b.example);2", "b.example",     false, false},
};

static void add_term_word(struct fixture *fixture, const char *word)
{
    struct terms terms = {.important = strchr(word, '!') != NULL,
                          .scoped = strchr(word, '(') != NULL,
                          .type_count = strchr(word, '$') != NULL,
                          .types = {TYPE_A}};
    const char *scope = strchr(word, ';');
    const char *from = word + strspn(word, "@|=!(");
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(from, ")$;"), from);
    if (scope != NULL)
        terms.scope = (uint16_t)(scope[1] - '0');
    fixture_add_terms(fixture, name, word[0] == '=' ? ENTRY_EXACT : ENTRY_SUBTREE,
                      word[0] == '@' ? ENTRY_EXCEPT : ENTRY_LIST, &terms);
}

static void add_term_words(struct fixture *fixture, const char *words)
{
    char copy[128], *rest = NULL;

    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        add_term_word(fixture, word);
}

static bool listed_for(const struct set *set, const char *text, uint16_t type)
{
    struct set_terms terms;
    struct name_buf buf;
    struct name name;

    fixture_name(&buf, text);
    name = name_of(&buf);
    set_find_terms(set, &name, type, &terms);
    return mask_any(terms.mask);
}

static void terms_of_the_page_are_as_the_page_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof terms_page / sizeof *terms_page; i++) {
        struct fixture fixture;
        struct set *set;

        fixture_open(&fixture, 7);
        fixture_start(&fixture);
        add_term_words(&fixture, terms_page[i].words);
        if (segment_second_pass(fixture.writer))
            add_term_words(&fixture, terms_page[i].words);
        fixture_finish(&fixture, "feed0", "porn", NULL);
        set = fixture_build(&fixture);
        if (listed_for(set, terms_page[i].name, TYPE_A) != terms_page[i].a ||
            listed_for(set, terms_page[i].name, TYPE_AAAA) != terms_page[i].aaaa)
            fail_msg("row %zu: %s", i, terms_page[i].words);
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
        cmocka_unit_test(terms_of_the_page_are_as_the_page_says),
        cmocka_unit_test(terms_of_every_sort_follow_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
