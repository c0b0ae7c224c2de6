/* policy/snapshot.c: from YAML to tables, with sets that are there, missing or broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include <fcntl.h>

#include "blocklist/sealed/sealed_key.h"
#include "config/base/file.h"
#include "policy_sample.h"
#include "sample_sealed.h"
#include "sample_set.h"

static const char yaml[] = "listen: [127.0.0.1@5300]\n"
                           "profiles:\n"
                           "  adult: {extends: legal_only}\n"
                           "  child:\n"
                           "    extends: primary\n"
                           "    allow: [=help.portal.example]\n"
                           "    deny: [portal.example]\n"
                           "networks:\n"
                           "  - {prefix: 192.0.2.7, profile: adult}\n"
                           "clients: {allow: [192.0.2.0/24]}\n"
                           "default_profile: child\n"
                           "upstreams: [192.0.2.53]\n"
                           "sets: {public: %s}\n";

struct place {
    char folder[32], set[64];
};

static struct place make_place(void)
{
    struct place place = {.folder = "/tmp/stairgate-test-XXXXXX"};

    must(mkdtemp(place.folder) != NULL);
    snprintf(place.set, sizeof place.set, "%s/lists.set", place.folder);
    return place;
}

static void remove_place(const struct place *place)
{
    unlink(place->set);
    rmdir(place->folder);
}

static void unlink_in(const struct place *place, const char *file)
{
    char path[sizeof place->folder + 32];

    snprintf(path, sizeof path, "%s/%s", place->folder, file);
    unlink(path);
}

static struct config *read_config(const struct place *place)
{
    char text[1024];
    struct config_problems problems;
    struct config *config;

    snprintf(text, sizeof text, yaml, place->set);
    config = config_parse("family.yaml", text, strlen(text), &problems);
    for (size_t i = 0; config == NULL && i < problems.count; i++)
        print_error("%s\n", problems.items[i].text);
    config_problems_free(&problems);
    assert_non_null(config);
    return config;
}

static struct verdict decide(const struct snapshot *snapshot, const char *name, const char *client)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, SAMPLE_A);
    struct verdict verdict;

    must(addr_from_text(&ask.client, client) == 0);
    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, &verdict, NULL);
    return verdict;
}

static void a_config_and_a_set_become_a_snapshot(void **state)
{
    static const struct sample_feed feeds[] = {
        {"feed1", "gambling", {"casino.example"}},
        {"feed2", "malware",  {"bad.example"}   },
        {"feed3", "csam",     {"never.example"} },
    };
    static const struct {
        const char *name, *client;
        enum verdict_rule rule;
        enum verdict_action action;
    } rows[] = {
        {"casino.example",      "192.0.2.1",    RULE_CATEGORY,  VERDICT_BLOCK  },
        {"a.casino.example",    "192.0.2.1",    RULE_CATEGORY,  VERDICT_BLOCK  },
        {"casino.example",      "192.0.2.7",    RULE_DEFAULT,   VERDICT_FORWARD},
        {"bad.example",         "192.0.2.7",    RULE_CATEGORY,  VERDICT_BLOCK  },
        {"never.example",       "192.0.2.7",    RULE_OPERATOR,  VERDICT_BLOCK  },
        {"x.portal.example",    "192.0.2.1",    RULE_OWN_DENY,  VERDICT_BLOCK  },
        {"help.portal.example", "192.0.2.1",    RULE_OWN_ALLOW, VERDICT_FORWARD},
        {"x.portal.example",    "192.0.2.7",    RULE_DEFAULT,   VERDICT_FORWARD},
        {"casino.example",      "198.51.100.1", RULE_CLIENT,    VERDICT_REFUSE },
    };
    struct place place = make_place();
    struct err warning, err;
    struct snapshot *snapshot;

    (void)state;
    sample_set_build(place.set, feeds, 3);
    snapshot = snapshot_load(read_config(&place), &warning, &err);
    assert_non_null(snapshot);
    assert_int_equal(warning.code, ERR_NONE);
    assert_null(snapshot_lack(snapshot));
    assert_int_equal(snapshot_verify(snapshot, &err), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = decide(snapshot, rows[i].name, rows[i].client);

        assert_int_equal(v.rule, rows[i].rule);
        assert_int_equal(v.action, rows[i].action);
    }
    assert_int_equal(decide(snapshot, "x.portal.example", "192.0.2.1").place.line, 7);
    snapshot_free(snapshot);
    remove_place(&place);
}

static void a_missing_set_fails_open_with_a_warning_and_says_so(void **state)
{
    struct place place = make_place();
    struct err warning, err;
    struct snapshot *snapshot = snapshot_load(read_config(&place), &warning, &err);
    struct verdict v;

    (void)state;
    assert_non_null(snapshot);
    assert_int_equal(warning.code, ERR_NOT_FOUND);
    assert_int_equal(snapshot_lack(snapshot)->code, ERR_NOT_FOUND);
    v = decide(snapshot, "casino.example", "192.0.2.1");
    assert_int_equal(v.action, VERDICT_FORWARD);
    assert_int_equal(v.ede[0], 14);
    /* own rules need no set */
    assert_int_equal(decide(snapshot, "portal.example", "192.0.2.1").action, VERDICT_BLOCK);
    snapshot_free(snapshot);
    remove_place(&place);
}

static void a_broken_set_is_as_good_as_none(void **state)
{
    struct place place = make_place();
    struct err warning, err;
    struct snapshot *snapshot;
    FILE *file = fopen(place.set, "w");

    (void)state;
    assert_non_null(file);
    fputs("not a set", file);
    fclose(file);
    snapshot = snapshot_load(read_config(&place), &warning, &err);
    assert_non_null(snapshot);
    assert_int_not_equal(warning.code, ERR_NONE);
    assert_int_equal(decide(snapshot, "casino.example", "192.0.2.1").ede[0], 14);
    snapshot_free(snapshot);
    remove_place(&place);
}

static void a_set_with_one_wrong_bit_is_not_used(void **state)
{
    static const struct sample_feed feed = {"feed1", "gambling", {"casino.example"}};
    struct place place = make_place();
    struct err warning, err;
    struct snapshot *snapshot;
    FILE *file;

    (void)state;
    sample_set_build(place.set, &feed, 1);
    file = fopen(place.set, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    int last = fgetc(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    fputc(last ^ 1, file);
    fclose(file);
    snapshot = snapshot_load(read_config(&place), &warning, &err);
    assert_non_null(snapshot);
    assert_int_not_equal(warning.code, ERR_NONE);
    assert_int_equal(decide(snapshot, "casino.example", "192.0.2.1").ede[0], 14);
    snapshot_free(snapshot);
    remove_place(&place);
}

static void the_set_before_takes_the_place_of_a_damaged_one_where_it_may(void **state)
{
    static const struct sample_feed feed = {"feed1", "gambling", {"casino.example"}};
    static const struct {
        enum snapshot_from from;
        const char *content; /* of the file in force; NULL: it is not there */
        bool before;         /* the one before it is there */
        bool falls_back, lacks;
    } rows[] = {
        {SNAPSHOT_CURRENT,   "not a set", true,  false, true },
        {SNAPSHOT_LAST_GOOD, "not a set", true,  true,  false},
        {SNAPSHOT_LAST_GOOD, NULL,        true,  true,  false},
        {SNAPSHOT_LAST_GOOD, "not a set", false, false, true },
        {SNAPSHOT_PREVIOUS,  NULL,        true,  true,  false},
        {SNAPSHOT_PREVIOUS,  NULL,        false, false, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place place = make_place();
        char before[sizeof place.set + sizeof ".previous"];
        struct err warning, err;
        struct snapshot *snapshot;
        FILE *file;

        snprintf(before, sizeof before, "%s.previous", place.set);
        if (rows[i].before)
            sample_set_build(before, &feed, 1);
        if (rows[i].content != NULL) {
            file = fopen(place.set, "w");
            assert_non_null(file);
            fputs(rows[i].content, file);
            fclose(file);
        }
        snapshot = snapshot_load_from(read_config(&place), rows[i].from, &warning, &err);
        assert_non_null(snapshot);
        assert_int_equal(snapshot_fallback(snapshot) != NULL, rows[i].falls_back);
        assert_int_equal(snapshot_lack(snapshot) != NULL, rows[i].lacks);
        assert_int_equal(warning.code != ERR_NONE, rows[i].lacks);
        assert_int_equal(decide(snapshot, "casino.example", "192.0.2.1").action,
                         rows[i].falls_back ? VERDICT_BLOCK : VERDICT_FORWARD);
        snapshot_free(snapshot);
        unlink(before);
        remove_place(&place);
    }
}

/* A snapshot of a config that says LINES, in the folder of PLACE. */
static struct snapshot *snapshot_of(const struct place *place, const char *lines)
{
    char path[sizeof place->folder + sizeof "/family.yaml"];
    struct config_problems problems;
    struct config *config;
    struct err warning, err;
    struct snapshot *snapshot;

    snprintf(path, sizeof path, "%s/family.yaml", place->folder);
    config = config_parse(path, lines, strlen(lines), &problems);
    config_problems_free(&problems);
    assert_non_null(config);
    snapshot = snapshot_load_from(config, SNAPSHOT_LAST_GOOD, &warning, &err);
    assert_non_null(snapshot);
    return snapshot;
}

#define NOTHING "upstreams: [192.0.2.53]\n"
#define GOOD NOTHING "sets: {public: lists.set}\n"
#define MISSING NOTHING "sets: {public: missing.set}\n"
#define NO_HOTLINE "sets: {hotline: missing.set}\nsealed: {key: missing.key}\n"
#define LISTS                                                                                      \
    NOTHING "lists: {one: {url: 'https://l.example/x', category: gambling}}\nfeeds: {dir: .}\n"

static void lists_that_no_run_has_brought_yet_may_follow_where_none_are_lost(void **state)
{
    static const struct sample_feed feed = {"feed1", "gambling", {"casino.example"}};
    static const struct {
        const char *now, *next;
        bool follows;
    } rows[] = {
        {NOTHING, LISTS,            true },
        {NOTHING, MISSING,          false},
        {NOTHING, LISTS NO_HOTLINE, false},
        {GOOD,    LISTS,            false},
        {GOOD,    NOTHING,          true },
        {MISSING, LISTS,            true },
        {LISTS,   MISSING,          true },
    };
    struct place place = make_place();

    (void)state;
    sample_set_build(place.set, &feed, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *now = snapshot_of(&place, rows[i].now);
        struct snapshot *next = snapshot_of(&place, rows[i].next);

        assert_int_equal(snapshot_loss(next, now) == NULL, rows[i].follows);
        snapshot_free(next);
        snapshot_free(now);
    }
    remove_place(&place);
}

/* Has FILE of PLACE hold a sealed set, rubbish, or be gone; all under one key. */
static void put_sealed(const struct place *place, const char *file, const char *what)
{
    static const char *const entries[] = {"listed.example", NULL};
    char path[sizeof place->folder + 32], key_path[sizeof place->folder + 32];
    struct sealed_key *key;
    struct err err;
    int fd;

    snprintf(path, sizeof path, "%s/%s", place->folder, file);
    snprintf(key_path, sizeof key_path, "%s/a.key", place->folder);
    unlink(path);
    (void)sealed_key_make(key_path, &err);
    key = sealed_key_read(key_path, &err);
    must(key != NULL);
    if (strcmp(what, "good") == 0)
        sample_sealed_file(path, key, entries);
    sealed_key_free(key);
    if (strcmp(what, "broken") != 0)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, what, strlen(what)) > 0);
    close(fd);
}

/* What lacks, or an older set that stands in, never takes the place of what is there: for each set
 * by itself, whatever the other one lacks. */
static void a_sealed_set_is_not_given_up_because_another_set_lacks(void **state)
{
    static const char good_public[] =
        NOTHING "sets: {public: lists.set, hotline: a.set}\nsealed: {key: a.key}\n";
    static const char no_public[] =
        NOTHING "sets: {public: missing.set, hotline: a.set}\nsealed: {key: a.key}\n";
    static const char sealed_alone[] = NOTHING "sets: {hotline: a.set}\nsealed: {key: a.key}\n";
    static const struct sample_feed feed = {"feed1", "gambling", {"casino.example"}};
    static const struct {
        const char *now, *next;           /* configs */
        const char *before, *set, *older; /* the sealed set then and now, and the one before it */
        bool follows;
    } rows[] = {
        {no_public,    no_public,    "good",   "good",   "gone", true },
        {no_public,    no_public,    "good",   "broken", "gone", false},
        {no_public,    no_public,    "good",   "gone",   "gone", false},
        {no_public,    no_public,    "good",   "broken", "good", false},
        {sealed_alone, sealed_alone, "good",   "broken", "good", false},
        {sealed_alone, sealed_alone, "broken", "broken", "good", true },
        {no_public,    good_public,  "broken", "broken", "gone", true },
        {good_public,  no_public,    "broken", "good",   "gone", false},
    };
    struct place place = make_place();

    (void)state;
    sample_set_build(place.set, &feed, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *now, *next;

        put_sealed(&place, "a.set.previous", "gone");
        put_sealed(&place, "a.set", rows[i].before);
        now = snapshot_of(&place, rows[i].now);
        put_sealed(&place, "a.set", rows[i].set);
        put_sealed(&place, "a.set.previous", rows[i].older);
        next = snapshot_of(&place, rows[i].next);
        assert_int_equal(snapshot_loss(next, now) == NULL, rows[i].follows);
        snapshot_free(next);
        snapshot_free(now);
    }
    put_sealed(&place, "a.set", "gone");
    put_sealed(&place, "a.set.previous", "gone");
    unlink_in(&place, "a.key");
    remove_place(&place);
}

static void a_config_without_profiles_is_refused_and_freed(void **state)
{
    struct config *config = calloc(1, sizeof *config);
    struct err err = {.code = ERR_NONE};

    (void)state;
    assert_non_null(config);
    assert_null(snapshot_create(config, set_open_empty(&err), sealed_open_empty(&err), &err));
    assert_int_equal(err.code, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_config_and_a_set_become_a_snapshot),
        cmocka_unit_test(a_missing_set_fails_open_with_a_warning_and_says_so),
        cmocka_unit_test(a_broken_set_is_as_good_as_none),
        cmocka_unit_test(a_set_with_one_wrong_bit_is_not_used),
        cmocka_unit_test(the_set_before_takes_the_place_of_a_damaged_one_where_it_may),
        cmocka_unit_test(lists_that_no_run_has_brought_yet_may_follow_where_none_are_lost),
        cmocka_unit_test(a_sealed_set_is_not_given_up_because_another_set_lacks),
        cmocka_unit_test(a_config_without_profiles_is_refused_and_freed),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
