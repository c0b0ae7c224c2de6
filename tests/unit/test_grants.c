/* Grants: one case a rule, a model that knows nothing of hashes, and a writer beside readers. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/base/err.h"
#include "policy/state/grants.h"
#include "policy/state/overlay.h"

enum { NOW = 1800000000, DEVICE = 7, PROFILE = 70, GROUP = 700, ABOVE = 701 };

static const uint32_t groups[] = {GROUP, ABOVE};
static const struct grant_subject kid = {DEVICE, PROFILE, groups, 2};

static struct name_buf named(const char *text)
{
    struct name_buf buf;

    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    return buf;
}

static struct grants *make(void)
{
    struct err err;
    struct grants *grants = grants_create(1, &err);

    assert_non_null(grants);
    return grants;
}

static void put(struct grants *grants, const struct grant *grant)
{
    struct err err;

    assert_int_equal(grants_put(grants, grant, &err), 0);
}

/* A guardian's allow of a name for the profile, for an hour, which cases change. */
static struct grant sample(uint32_t id, const char *name)
{
    return (struct grant){.id = id,
                          .effect = GRANT_ALLOW,
                          .scope = GRANT_PROFILE,
                          .subject = PROFILE,
                          .what = GRANT_NAME,
                          .role = GRANT_BY_GUARDIAN,
                          .name = named(name),
                          .from_s = NOW,
                          .until_s = NOW + 3600};
}

/* Returns the id of what holds for NAME, 0 for nothing. */
static uint32_t ask(const struct grants *grants, const char *text,
                    const struct grant_question *like)
{
    struct name_buf buf = named(text);
    struct name name = name_of(&buf);
    struct grant_question question = *like;
    struct grant_hit hit;

    question.name = &name;
    return grants_find(grants, &kid, &question, &hit, NULL) ? hit.id : 0;
}

static const struct grant_question now = {.wall_s = NOW};

static void a_grant_covers_its_name_and_what_is_below(void **state)
{
    struct grants *grants = make();
    struct grant grant = sample(1, "video.example");

    (void)state;
    assert_int_equal(ask(grants, "video.example", &now), 0);
    put(grants, &grant);
    assert_int_equal(ask(grants, "video.example", &now), 1);
    assert_int_equal(ask(grants, "a.b.video.example", &now), 1);
    assert_int_equal(ask(grants, "xvideo.example", &now), 0);
    assert_int_equal(ask(grants, "example", &now), 0);
    grant.what = GRANT_NAME_EXACT;
    put(grants, &grant); /* the same id: in its place */
    assert_int_equal(grants_count(grants), 1);
    assert_int_equal(ask(grants, "video.example", &now), 1);
    assert_int_equal(ask(grants, "a.video.example", &now), 0);
    grants_remove(grants, 1);
    grants_remove(grants, 1);
    assert_int_equal(grants_count(grants), 0);
    assert_int_equal(ask(grants, "video.example", &now), 0);
    grants_free(grants);
}

static void the_most_particular_subject_decides(void **state)
{
    static const struct {
        uint8_t scope;
        uint32_t subject;
    } rows[] = {
        {GRANT_EVERYBODY, 0      },
        {GRANT_GROUP,     ABOVE  },
        {GRANT_GROUP,     GROUP  },
        {GRANT_PROFILE,   PROFILE},
        {GRANT_DEVICE,    DEVICE }
    };
    struct grants *grants = make();

    (void)state;
    for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct grant grant = sample(i + 1, "video.example");

        grant.scope = rows[i].scope;
        grant.subject = rows[i].subject;
        put(grants, &grant);
        assert_int_equal(ask(grants, "video.example", &now), i + 1);
    }
    grants_free(grants);
}

static void the_most_particular_target_decides_and_then_a_deny(void **state)
{
    struct grants *grants = make();
    struct grant grant = sample(1, "example");
    struct grant_question question = {
        .wall_s = NOW,
        .categories = mask_bit(38),
    };

    (void)state;
    grant.what = GRANT_ALL;
    put(grants, &grant);
    assert_int_equal(ask(grants, "a.video.example", &question), 1);
    grant = (struct grant){.id = 2,
                           .scope = GRANT_PROFILE,
                           .subject = PROFILE,
                           .target = 38,
                           .what = GRANT_CATEGORY,
                           .effect = GRANT_ALLOW,
                           .until_s = GRANT_FOREVER};
    put(grants, &grant);
    assert_int_equal(ask(grants, "a.video.example", &question), 2);
    grant = sample(3, "game.example");
    grant.what = GRANT_SERVICE;
    put(grants, &grant);
    assert_int_equal(ask(grants, "a.video.example", &question), 2);
    grant.name = named("video.example");
    assert_int_equal(grants_add(grants, &grant, NULL), 0);
    assert_int_equal(ask(grants, "a.video.example", &question), 3);
    assert_int_equal(ask(grants, "a.game.example", &question), 3);
    grant = sample(4, "example");
    put(grants, &grant);
    assert_int_equal(ask(grants, "a.video.example", &question), 4);
    grant = sample(5, "a.video.example");
    put(grants, &grant);
    assert_int_equal(ask(grants, "a.video.example", &question), 5);
    grant.id = 6;
    grant.effect = GRANT_DENY;
    put(grants, &grant);
    assert_int_equal(ask(grants, "a.video.example", &question), 6);
    grant = sample(7, "a.video.example");
    grant.what = GRANT_NAME_EXACT;
    put(grants, &grant);
    assert_int_equal(ask(grants, "a.video.example", &question), 7);
    assert_int_equal(ask(grants, "b.a.video.example", &question), 6);
    assert_int_equal(grants_count_denials(grants), 1);
    grants_free(grants);
}

static void every_end_is_an_edge(void **state)
{
    struct grants *grants = make();
    struct grant grant = sample(1, "video.example");
    struct name_buf buf = named("video.example");
    struct name name = name_of(&buf);
    struct grant_question question = {.name = &name, .wall_s = NOW + 3599};
    struct grant_hit hit;
    int64_t next_s = INT64_MAX;

    (void)state;
    put(grants, &grant);
    assert_true(grants_find(grants, &kid, &question, &hit, &next_s));
    assert_int_equal(next_s, NOW + 3600);
    next_s = NOW + 3;
    assert_true(grants_find(grants, &kid, &question, &hit, &next_s));
    assert_int_equal(next_s, NOW + 3); /* an earlier edge of somebody else's stays */
    question.wall_s = NOW + 3600;
    next_s = INT64_MAX;
    assert_false(grants_find(grants, &kid, &question, &hit, &next_s));
    assert_true(next_s == INT64_MAX);
    grants_free(grants);
}

static void a_clock_that_went_back_makes_no_allow_longer(void **state)
{
    struct grants *grants = make();
    struct grant allow = sample(1, "video.example"), deny = sample(2, "game.example");
    struct grant_question before = {.wall_s = NOW - 1000000};
    struct name_buf buf = named("video.example");
    struct name name = name_of(&buf);
    struct grant_hit hit;
    int64_t next_s = INT64_MAX;

    (void)state;
    deny.effect = GRANT_DENY;
    put(grants, &allow);
    put(grants, &deny);
    assert_int_equal(ask(grants, "video.example", &before), 0);
    assert_int_equal(ask(grants, "game.example", &before), 2);
    before.name = &name;
    assert_false(grants_find(grants, &kid, &before, &hit, &next_s));
    assert_int_equal(next_s, NOW); /* where it begins to hold */
    grants_free(grants);
}

static void an_unknown_clock_ends_no_deny_and_lets_no_timed_allow_hold(void **state)
{
    struct grants *grants = make();
    struct grant allow = sample(1, "video.example"), deny = sample(2, "game.example");
    struct grant ever = sample(3, "ever.example");
    const struct grant_question unknown = {.wall_s = NOW + 1000000, .clock_unknown = true};

    (void)state;
    deny.effect = GRANT_DENY;
    ever.until_s = GRANT_FOREVER;
    put(grants, &allow);
    put(grants, &deny);
    put(grants, &ever);
    assert_int_equal(ask(grants, "video.example", &unknown), 0);
    assert_int_equal(ask(grants, "game.example", &unknown), 2);
    assert_int_equal(ask(grants, "ever.example", &unknown), 3);
    grants_free(grants);
}

static void grave_names_are_lifted_by_a_guardians_timed_word_on_them_alone(void **state)
{
    struct grants *grants = make();
    struct grant grant = sample(1, "bad.example");
    const struct grant_question grave = {.wall_s = NOW, .grave_labels = 2};

    (void)state;
    grant.role = GRANT_BY_TEACHER;
    put(grants, &grant);
    assert_int_equal(ask(grants, "bad.example", &grave), 0);
    assert_int_equal(ask(grants, "bad.example", &now), 1);
    grant.role = GRANT_BY_GUARDIAN;
    grant.until_s = GRANT_FOREVER;
    put(grants, &grant);
    assert_int_equal(ask(grants, "bad.example", &grave), 0);
    grant.until_s = NOW + 60;
    put(grants, &grant);
    assert_int_equal(ask(grants, "bad.example", &grave), 1);
    grant.name = named("example");
    put(grants, &grant);
    assert_int_equal(ask(grants, "bad.example", &grave), 0);
    grant.what = GRANT_ALL;
    put(grants, &grant);
    assert_int_equal(ask(grants, "bad.example", &grave), 0);
    grant.effect = GRANT_DENY; /* which takes away, and may always */
    put(grants, &grant);
    assert_int_equal(ask(grants, "bad.example", &grave), 1);
    grants_free(grants);
}

static void releases_and_offline_are_no_allow(void **state)
{
    struct grants *grants = make();
    struct grant release = sample(1, "warned.example");
    struct grant offline = {
        .id = 2, .effect = GRANT_OFFLINE, .what = GRANT_ALL, .until_s = NOW + 60};
    struct name_buf buf = named("warned.example");
    struct name name = name_of(&buf);
    struct grant_question question = {.name = &name, .wall_s = NOW};
    struct grant_hit hit;
    int64_t next_s = INT64_MAX;

    (void)state;
    release.effect = GRANT_RELEASE;
    release.scope = GRANT_DEVICE;
    release.subject = DEVICE;
    put(grants, &release);
    assert_false(grants_offline(grants, &kid, &question, &hit, NULL));
    put(grants, &offline);
    assert_false(grants_find(grants, &kid, &question, &hit, &next_s));
    assert_true(grants_released(grants, &kid, &question, &hit, &next_s));
    assert_int_equal(hit.id, 1);
    question.name = NULL;
    assert_true(grants_offline(grants, &kid, &question, &hit, &next_s));
    assert_int_equal(hit.id, 2);
    assert_int_equal(next_s, NOW + 60);
    grants_free(grants);
}

static void a_hold_tells_since_when(void **state)
{
    struct grants *grants = make();
    const struct grant hold = {.id = 3,
                               .effect = GRANT_HOLD,
                               .scope = GRANT_PROFILE,
                               .subject = PROFILE,
                               .what = GRANT_ALL,
                               .from_s = NOW - 500,
                               .until_s = NOW + 60};
    struct grant_question question = {.wall_s = NOW};
    struct grant_hit hit;
    int64_t next_s = INT64_MAX;

    (void)state;
    put(grants, &hold);
    assert_false(grants_find(grants, &kid, &question, &hit, NULL));
    assert_true(grants_held(grants, &kid, &question, &hit, &next_s));
    assert_int_equal(hit.from_s, NOW - 500);
    assert_int_equal(next_s, NOW + 60);
    question.wall_s = NOW + 60;
    assert_false(grants_held(grants, &kid, &question, &hit, NULL));
    grants_free(grants);
}

static void a_full_table_says_so_and_forgets_nothing(void **state)
{
    struct grants *grants = make();
    struct grant grant = sample(1, "video.example");
    struct err err;

    (void)state;
    for (uint32_t id = 1; id <= GRANTS_MOST; id++) {
        grant.id = id;
        grant.subject = id;
        put(grants, &grant);
    }
    grant.id = GRANTS_MOST + 1;
    assert_int_equal(grants_put(grants, &grant, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_int_equal(grants_count(grants), GRANTS_MOST);
    assert_int_equal(ask(grants, "video.example", &now), PROFILE);
    for (uint32_t id = 1; id <= GRANTS_MOST; id++)
        grants_remove(grants, id);
    assert_int_equal(grants_count(grants), 0);
    put(grants, &grant);
    grants_free(grants);
}

/* ---- the model ---- */

enum { MODEL_MOST = 40, MODEL_ROUNDS = 20000 };

struct model {
    struct grant grants[MODEL_MOST];
    bool there[MODEL_MOST];
    uint64_t random;
};

static uint32_t draw(struct model *model, uint32_t below)
{
    model->random = model->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(model->random >> 33) % below;
}

static const char *const names[] = {"example",         "a.example",     "b.example", "a.a.example",
                                    "b.a.a.example",   "a.b.a.example", "test",      "a.test",
                                    "c.b.a.a.example", "xa.example"};
enum { NAMES = sizeof names / sizeof *names };

static struct grant draw_grant(struct model *model, uint32_t id)
{
    static const uint32_t subjects[][3] = {
        [GRANT_EVERYBODY] = {0,       0,     0      },
        [GRANT_GROUP] = {GROUP,   ABOVE, 1      },
        [GRANT_PROFILE] = {PROFILE, 2,     PROFILE},
        [GRANT_DEVICE] = {DEVICE,  3,     DEVICE }
    };
    struct grant grant = {.id = id,
                          .effect = (uint8_t)draw(model, 4),
                          .scope = (uint8_t)draw(model, 4),
                          .what = (uint8_t)draw(model, 5),
                          .role = (uint8_t)draw(model, 4),
                          .name = named(names[draw(model, NAMES)]),
                          .from_s = NOW + draw(model, 5),
                          .until_s = NOW + draw(model, 12)};

    grant.subject = subjects[grant.scope][draw(model, 3)];
    grant.target = draw(model, 3);
    if (draw(model, 4) == 0)
        grant.until_s = GRANT_FOREVER;
    return grant;
}

static int64_t end_of(const struct grant *grant)
{
    return grant->until_s == GRANT_FOREVER ? INT64_MAX : grant->until_s;
}

static uint32_t labels_in(const struct name_buf *buf)
{
    struct name name = name_of(buf);
    uint8_t starts[NAME_LABELS_MAX];

    return (uint32_t)name_label_starts(&name, starts);
}

static bool model_holds(const struct grant *g, const struct grant_question *q)
{
    bool gives = g->effect == GRANT_ALLOW || g->effect == GRANT_RELEASE;

    if (q->clock_unknown)
        return !gives || g->until_s == GRANT_FOREVER;
    return q->wall_s < end_of(g) && (!gives || q->wall_s >= g->from_s);
}

static bool model_lifts(const struct grant *g, const struct grant_question *q)
{
    return g->effect != GRANT_ALLOW || q->grave_labels == 0 ||
           (g->role >= GRANT_BY_GUARDIAN && g->until_s != GRANT_FOREVER &&
            (g->what == GRANT_NAME || g->what == GRANT_NAME_EXACT) &&
            labels_in(&g->name) >= q->grave_labels);
}

/* Returns how particular GRANT is for the question, 0 where it is not about it. */
static uint64_t rank(const struct grant *g, const struct grant_question *q)
{
    struct name own = name_of(&g->name);
    uint64_t subject = 0, what = 0;

    if (g->scope == GRANT_EVERYBODY)
        subject = 1;
    if (g->scope == GRANT_GROUP)
        subject = g->subject == GROUP ? 3 : g->subject == ABOVE ? 2 : 0;
    if (g->scope == GRANT_PROFILE)
        subject = g->subject == PROFILE ? 4 : 0;
    if (g->scope == GRANT_DEVICE)
        subject = g->subject == DEVICE ? 5 : 0;
    switch (g->what) {
    case GRANT_NAME:
        what = name_is_below_or_at(q->name, &own) ? 1000 + 2 * labels_in(&g->name) : 0;
        break;
    case GRANT_NAME_EXACT:
        what = name_equal(q->name, &own) ? 1001 + 2 * labels_in(&g->name) : 0;
        break;
    case GRANT_CATEGORY:
        what = mask_has(q->categories, g->target) ? 2 : 0;
        break;
    case GRANT_SERVICE:
        what = name_is_below_or_at(q->name, &own) ? 10 + 2 * labels_in(&g->name) : 0;
        break;
    default:
        what = 1;
    }
    return subject == 0 || what == 0 ? 0 : subject * 100000 + 2 * what + (g->effect == GRANT_DENY);
}

/* Whether the table's answer is one of the best by the model, which may be several. */
static void compare(const struct model *model, const struct grants *grants,
                    const struct grant_question *question, unsigned effects)
{
    const struct grant *best = NULL;
    struct grant_hit hit = {0};
    int64_t next_s = INT64_MAX, next_by_model = INT64_MAX;
    bool found = effects == 1u << GRANT_RELEASE
                     ? grants_released(grants, &kid, question, &hit, &next_s)
                     : grants_find(grants, &kid, question, &hit, &next_s);

    for (size_t i = 0; i < MODEL_MOST; i++) {
        const struct grant *g = &model->grants[i];

        if (!model->there[i] || (effects >> g->effect & 1) == 0 || rank(g, question) == 0 ||
            !model_holds(g, question) || !model_lifts(g, question))
            continue;
        if (best == NULL || rank(g, question) > rank(best, question) ||
            (rank(g, question) == rank(best, question) && end_of(g) > end_of(best)))
            best = g;
    }
    assert_int_equal(found, best != NULL);
    if (best == NULL)
        return;
    assert_int_equal(hit.effect, best->effect);
    assert_int_equal(hit.what, best->what);
    assert_true(hit.until_s == end_of(best));
    next_by_model = question->clock_unknown ? INT64_MAX : end_of(best);
    assert_true(next_s <= next_by_model);
    assert_true(question->clock_unknown || next_s > question->wall_s);
}

static void the_table_agrees_with_a_list_that_is_read_from_end_to_end(void **state)
{
    static struct model model = {.random = 42};
    struct grants *grants = make();
    size_t held = 0;

    (void)state;
    for (int round = 0; round < MODEL_ROUNDS; round++) {
        uint32_t at = draw(&model, MODEL_MOST);
        struct name_buf buf = named(names[draw(&model, NAMES)]);
        struct name name = name_of(&buf);
        struct grant_question question = {.name = &name,
                                          .categories = {{draw(&model, 8), 0}},
                                          .grave_labels = (uint8_t)(draw(&model, 4) == 0 ? 2 : 0),
                                          .wall_s = NOW + draw(&model, 12),
                                          .clock_unknown = draw(&model, 8) == 0};

        if (draw(&model, 3) == 0) {
            grants_remove(grants, at + 1);
            held -= model.there[at];
            model.there[at] = false;
        } else {
            model.grants[at] = draw_grant(&model, at + 1);
            held += !model.there[at];
            model.there[at] = true;
            put(grants, &model.grants[at]);
        }
        assert_int_equal(grants_count(grants), held);
        compare(&model, grants, &question, 1u << GRANT_ALLOW | 1u << GRANT_DENY);
        compare(&model, grants, &question, 1u << GRANT_RELEASE);
    }
    grants_free(grants);
}

/* ---- a writer beside readers ---- */

enum { READERS = 3, WRITES = 20000 };

struct beside {
    struct grants *grants;
    bool over; /* read and written atomically */
    size_t wrong;
};

/* The grant that stays is found at every instant, whole; those that come and go are found whole or
 * not at all. */
static void *read_on(void *context)
{
    struct beside *beside = context;
    struct name_buf stays = named("stays.example"), comes = named("a.comes.example");
    struct name names_asked[] = {name_of(&stays), name_of(&comes)};
    struct grant_question question = {.wall_s = NOW};
    struct grant_hit hit;

    while (!__atomic_load_n(&beside->over, __ATOMIC_RELAXED)) {
        bool found;

        question.name = &names_asked[0];
        if (!grants_find(beside->grants, &kid, &question, &hit, NULL) || hit.id != 1 ||
            hit.until_s != NOW + 3600)
            __atomic_fetch_add(&beside->wrong, 1, __ATOMIC_RELAXED);
        question.name = &names_asked[1];
        found = grants_find(beside->grants, &kid, &question, &hit, NULL);
        if (found && (hit.id < 2 || hit.until_s != NOW + 10 + (int64_t)hit.id))
            __atomic_fetch_add(&beside->wrong, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void readers_find_whole_grants_while_others_are_written(void **state)
{
    struct beside beside = {.grants = make()};
    struct grant stays = sample(1, "stays.example");
    pthread_t readers[READERS];

    (void)state;
    put(beside.grants, &stays);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &beside), 0);
    for (uint32_t i = 0; i < WRITES; i++) {
        struct grant grant = sample(2 + i % 50, i % 2 == 0 ? "comes.example" : "a.comes.example");

        grant.until_s = NOW + 10 + grant.id;
        if (i % 3 == 0)
            grants_remove(beside.grants, grant.id);
        else
            put(beside.grants, &grant);
    }
    __atomic_store_n(&beside.over, true, __ATOMIC_RELAXED);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(beside.wrong, 0);
    grants_free(beside.grants);
}

static void an_overlay_counts_its_changes(void **state)
{
    struct err err;
    struct overlay *overlay = overlay_create(3, &err);
    uint64_t before;

    (void)state;
    assert_non_null(overlay);
    before = overlay_version(overlay);
    overlay_changed(overlay);
    assert_true(overlay_version(overlay) > before);
    assert_int_equal(overlay_version(NULL), 0);
    overlay_free(overlay);
    overlay_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grant_covers_its_name_and_what_is_below),
        cmocka_unit_test(the_most_particular_subject_decides),
        cmocka_unit_test(the_most_particular_target_decides_and_then_a_deny),
        cmocka_unit_test(every_end_is_an_edge),
        cmocka_unit_test(a_clock_that_went_back_makes_no_allow_longer),
        cmocka_unit_test(an_unknown_clock_ends_no_deny_and_lets_no_timed_allow_hold),
        cmocka_unit_test(grave_names_are_lifted_by_a_guardians_timed_word_on_them_alone),
        cmocka_unit_test(releases_and_offline_are_no_allow),
        cmocka_unit_test(a_hold_tells_since_when),
        cmocka_unit_test(a_full_table_says_so_and_forgets_nothing),
        cmocka_unit_test(the_table_agrees_with_a_list_that_is_read_from_end_to_end),
        cmocka_unit_test(readers_find_whole_grants_while_others_are_written),
        cmocka_unit_test(an_overlay_counts_its_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
