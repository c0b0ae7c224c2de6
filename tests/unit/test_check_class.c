/* policy/check.c: the short way, by the class of an answer, against the long one. */
#include <sodium.h>
#include <stdio.h>

#include "config/base/random.h"
#include "check_sample.h"

/* A class gathers all items of an answer: one that concerns the client is enough. */
static void a_class_tells_of_every_item_that_was_added(void **state)
{
    static const char *const items[] = {"c.track.example", "x.hot.example", "denied.example",
                                        "order.example",   "192.168.1.1",   "ordered.example"};
    struct snapshot *s = snapshot_of(BLOCK_NODATA);
    struct name_buf asked, buf;
    struct check_item item;
    struct verdict v;

    (void)state;
    forwarded(s, &asked, KID, "shop.example", SAMPLE_A, &v);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        struct check_class class = {.ruled = false};

        read_item("clean.example", &buf, &item);
        check_classify(s, &item, &class);
        assert_true(check_passes(s, &v, &class));
        read_item(items[i], &buf, &item);
        check_classify(s, &item, &class);
        assert_false(check_passes(s, &v, &class));
        read_item("198.51.100.1", &buf, &item);
        check_classify(s, &item, &class);
        assert_false(check_passes(s, &v, &class));
    }
    snapshot_free(s);
}

/* What concerns nobody who asks takes the short way: else the class would be worth nothing. */
static void what_concerns_only_others_takes_the_short_way(void **state)
{
    static const struct {
        int profile;
        const char *asked, *item;
    } rows[] = {
        {KID,   "shop.example",      "a.clean.example"},
        {KID,   "shop.example",      "198.51.100.1"   },
        {KID,   "shop.example",      "allowed.example"},
        {KID,   "shop.example",      "talk.example"   },
        {KID,   "a.allowed.example", "c.track.example"},
        {KID,   "www." PINNED,       "evil.example"   },
        {ADULT, "shop.example",      "c.track.example"},
        {KID,   "a.devices.example", "192.168.1.1"    },
    };
    struct snapshot *s = snapshot_of(BLOCK_NODATA);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct check_class class = {.ruled = false};
        struct name_buf asked, buf;
        struct check_item item;
        struct verdict v;

        forwarded(s, &asked, rows[i].profile, rows[i].asked, SAMPLE_A, &v);
        read_item(rows[i].item, &buf, &item);
        check_classify(s, &item, &class);
        if (!check_passes(s, &v, &class))
            fail_msg("row %zu: %s", i, rows[i].item);
    }
    snapshot_free(s);
}

static const char *const words[] = {
    "allowed.example", "good.denied.example", "denied.example", "hot.example",    "order.example",
    "track.example",   "evil.example",        "talk.example",   "class.example",  "shop.example",
    "zone.example",    "devices.example",     "bare.example",   "record.example", PINNED};
enum { WORDS = sizeof words / sizeof *words };

static const char *any_item(struct random *random, char *out, size_t room)
{
    static const char *const addresses[] = {"203.0.113.9",   "198.51.100.66",    "198.51.100.99",
                                            "198.51.100.88", "10.0.0.1",         "198.51.100.1",
                                            "fd00::1",       "64:ff9b::10.0.0.1"};

    if (random_below(random, 3) == 0)
        return addresses[random_below(random, sizeof addresses / sizeof *addresses)];
    snprintf(out, room, "%s%s", random_below(random, 2) == 0 ? "" : "x.",
             words[random_below(random, WORDS)]);
    return out;
}

static struct snapshot *any_snapshot(struct random *random)
{
    struct config *config = rules((enum block_style)random_below(random, 4));

    config->rebind_guard = random_below(random, 2) == 0;
    for (size_t i = random_below(random, 4); i > 0; i--) {
        struct config_profile *profile = &config->profiles[random_below(random, 3)];
        char text[64];

        snprintf(text, sizeof text, "%sx.%s", random_below(random, 2) == 0 ? "" : "=",
                 words[random_below(random, WORDS)]);
        sample_rule(random_below(random, 2) == 0 ? &profile->allow : &profile->deny, text, 80);
    }
    if (random_below(random, 2) == 0)
        sample_zone(config, "zone.example");
    return snapshot_with(config);
}

/* Counts in BLOCKED the items that check_decide blocks. */
static void ask_at_random(const struct snapshot *s, struct random *random, unsigned *blocked)
{
    struct check_class class = {.ruled = false};
    char asked[64], text[64];
    struct name_buf asked_buf, buf;
    struct verdict v, out;
    bool passes_all = true;
    struct ask ask;

    snprintf(asked, sizeof asked, "%s%s", random_below(random, 2) == 0 ? "" : "x.",
             words[random_below(random, WORDS)]);
    ask = sample_ask(&asked_buf, asked, SAMPLE_A);
    ask.forced_profile = (int)random_below(random, 3);
    decide_look(s, &ask);
    policy_decide(s, &ask, &v, NULL);
    if (v.action != VERDICT_FORWARD)
        return;
    for (size_t i = random_below(random, 4); i > 0; i--) {
        struct check_item item;

        read_item(any_item(random, text, sizeof text), &buf, &item);
        check_classify(s, &item, &class);
        if (!check_decide(s, &ask, &v, &item, &out)) {
            passes_all = false;
            (*blocked)++;
        }
    }
    if (check_passes(s, &v, &class))
        assert_true(passes_all);
}

static void the_short_way_never_passes_what_the_long_one_blocks(void **state)
{
    struct random random = {.left = 0};
    unsigned blocked = 0;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct snapshot *s = any_snapshot(&random);

        for (unsigned i = 0; i < 2000; i++)
            ask_at_random(s, &random, &blocked);
        snapshot_free(s);
    }
    assert_true(blocked > 1000); /* there was something to find */
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_tells_of_every_item_that_was_added),
        cmocka_unit_test(what_concerns_only_others_takes_the_short_way),
        cmocka_unit_test(the_short_way_never_passes_what_the_long_one_blocks),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
