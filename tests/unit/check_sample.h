/* Sets, rules and items for the tests of policy/check.c. Every check of an item here also holds
 * check_passes to its word: it passes nothing that check_decide would block. */
#ifndef TESTS_UNIT_CHECK_SAMPLE_H
#define TESTS_UNIT_CHECK_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "policy/check.h"
#include "policy_sample.h"
#include "sample_sealed.h"
#include "sample_set.h"

enum { KID, ADULT, PUPIL };

#define PINNED "childline.org.uk"

static const struct sample_feed public_feeds[] = {
    {"one",   "gambling",     {"track.example", PINNED, "203.0.113.0/24", "2001:db8:66::/48"}},
    {"two",   "malware",      {"evil.example", "198.51.100.66"}                              },
    {"three", "legal_order",  {"ordered.example", "198.51.100.99"}                           },
    {"four",  "edu_positive", {"class.example"}                                              },
    {"five",  "social",       {"talk.example", "198.51.100.77"}                              },
    {"six",   "porn",         {"=bare.example"}                                              },
};
static const char *const hotline_entries[] = {"hot.example",    "~pages.example",   "198.51.100.88",
                                              "203.0.115.0/25", "2001:db8:77::/48", NULL};

/* Kid: blocks, watches, allows and denies; adult: blocks nothing; pupil: positive lists alone. */
static inline struct config *rules(enum block_style style)
{
    struct config *config = sample_config();
    struct config_profile *kid = &config->profiles[KID], *pupil;

    config->rebind_guard = true;
    kid->style = style;
    kid->block = mask_or(sample_bits(config, "gambling"), sample_bits(config, "malware"));
    kid->block = mask_or(kid->block, sample_bits(config, "social"));
    kid->observe = sample_bits(config, "social");
    sample_rule(&kid->allow, "allowed.example", 40);
    sample_rule(&kid->allow, "=good.denied.example", 41);
    sample_rule(&kid->deny, "denied.example", 50);
    sample_rule(&kid->deny, "hot.example", 51);
    sample_rule(&config->operator_deny, "order.example", 60);
    sample_rule(&config->rebind_allow, "*.devices.example", 70);
    sample_record(config, "record.example", SAMPLE_A);
    pupil = SAMPLE_ADD(config->profiles, config->profile_count);
    memcpy(pupil->name, "pupil", sizeof "pupil");
    pupil->default_deny = true;
    pupil->block = config->profiles[KID].block;
    pupil->block_ttl_s = SAMPLE_TTL_S;
    return config;
}

static inline void sample_zone(struct config *config, const char *name)
{
    struct config_zone *zone = SAMPLE_ADD(config->zones, config->zone_count);

    zone->name = sample_name(name);
}

static inline struct snapshot *snapshot_with(struct config *config)
{
    struct err err = {.code = ERR_NONE};
    struct set *public =
        sample_set(public_feeds, sizeof public_feeds / sizeof *public_feeds, &config->taxonomy);
    struct snapshot *snapshot =
        snapshot_create(config, public, sample_sealed(hotline_entries), &err);

    assert_non_null(snapshot);
    return snapshot;
}

static inline struct snapshot *snapshot_of(enum block_style style)
{
    return snapshot_with(rules(style));
}

/* Fills ITEM with what TEXT is: an address, or a name, kept in BUF. */
static inline void read_item(const char *text, struct name_buf *buf, struct check_item *item)
{
    memset(item, 0, sizeof *item);
    item->is_addr = true;
    item->addr.bits = 32;
    if (inet_pton(AF_INET, text, item->addr.octets) == 1)
        return;
    item->addr.bits = 128;
    if (inet_pton(AF_INET6, text, item->addr.octets) == 1)
        return;
    memset(item, 0, sizeof *item);
    *buf = sample_name(text);
    item->name = name_of(buf);
}

/* Asks as PROFILE for ASKED, which is to be forwarded, and fills its verdict. */
static inline struct ask forwarded(const struct snapshot *snapshot, struct name_buf *buf,
                                   int profile, const char *asked, uint16_t type,
                                   struct verdict *verdict)
{
    struct ask ask = sample_ask(buf, asked, type);

    ask.forced_profile = profile;
    decide_look(snapshot, &ask);
    policy_decide(snapshot, &ask, verdict, NULL);
    if (verdict->action != VERDICT_FORWARD)
        fail_msg("%s is not forwarded: %s", asked, verdict_rule_word(verdict->rule));
    return ask;
}

/* Tells whether TEXT passes in the answer to ASKED of TYPE; else BLOCKED is filled. */
static inline bool passes_type(const struct snapshot *snapshot, int profile, const char *asked,
                               uint16_t type, const char *text, struct verdict *blocked)
{
    struct check_class class = {.ruled = false};
    struct name_buf asked_buf, item_buf;
    struct check_item item;
    struct verdict verdict;
    struct ask ask = forwarded(snapshot, &asked_buf, profile, asked, type, &verdict);
    bool passes;

    read_item(text, &item_buf, &item);
    passes = check_decide(snapshot, &ask, &verdict, &item, blocked);
    check_classify(snapshot, &item, &class);
    if (check_passes(snapshot, &verdict, &class))
        assert_true(passes);
    return passes;
}

static inline bool passes(const struct snapshot *snapshot, int profile, const char *asked,
                          const char *text)
{
    struct verdict blocked;

    return passes_type(snapshot, profile, asked, SAMPLE_A, text, &blocked);
}

/* Returns the verdict on an answer to ASKED that leads to TEXT and is blocked. */
static inline struct verdict blocked_by(const struct snapshot *snapshot, int profile,
                                        const char *asked, const char *text)
{
    struct verdict blocked;

    if (passes_type(snapshot, profile, asked, SAMPLE_A, text, &blocked))
        fail_msg("%s passes for %s", text, asked);
    assert_int_equal(blocked.action, VERDICT_BLOCK);
    assert_int_equal(blocked.profile, profile);
    return blocked;
}

#endif
