/* What the sets say and a config in which every rule has something to say, for the tests of
 * policy/decide.c. */
#ifndef TESTS_UNIT_DECIDE_SAMPLE_H
#define TESTS_UNIT_DECIDE_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy_sample.h"
#include "sample_set.h"

enum { KID, ADULT };
enum { TYPE_TXT = 16 };

/* What the sets say in a row of a table: categories of the public set, and whether the hotline set
 * has the name. */
struct hits {
    const char *keys[3];
    bool hotline;
};

static inline void fill_hits(struct ask *ask, const struct config *config, const struct hits *hits)
{
    for (size_t i = 0; i < 3 && hits->keys[i] != NULL; i++) {
        ask->listed.mask = mask_or(ask->listed.mask, sample_bits(config, hits->keys[i]));
        ask->listed.labels = 1;
        ask->listed.row = 7;
    }
    if (hits->hotline)
        ask->sealed.words |= SEALED_BLOCK;
}

static inline struct verdict decide(const struct snapshot *snapshot, const char *name,
                                    uint16_t type, int profile, const struct hits *hits)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, type);
    struct verdict verdict;

    ask.forced_profile = profile;
    sealed_lookup(snapshot_sealed(snapshot), &ask.name, &ask.sealed); /* the operator's own */
    fill_hits(&ask, snapshot_config(snapshot), hits);
    policy_decide(snapshot, &ask, &verdict, NULL);
    return verdict;
}

/* One config in which every rule has something to say. */
static inline struct snapshot *full_snapshot(enum block_style style)
{
    struct config *config = sample_config();
    struct config_profile *kid = &config->profiles[KID];

    kid->style = style;
    kid->block = mask_or(sample_bits(config, "gambling"), sample_bits(config, "porn"));
    kid->block = mask_or(kid->block, sample_bits(config, "bypass_doh"));
    kid->observe = sample_bits(config, "porn");
    kid->max_ttl_s = 60;
    sample_rule(&kid->allow, "allowed.example", 40);
    sample_rule(&kid->deny, "denied.example", 50);
    sample_rule(&kid->allow, "=printer", 41);
    sample_rule(&kid->deny, "childline.org.uk", 51);
    sample_rule(&config->operator_deny, "order.example", 60);
    sample_rule(&config->operator_deny, "gate.order.example", 61);
    sample_record(config, "gate.order.example", SAMPLE_A);
    sample_record(config, "gate.home.arpa", SAMPLE_A);
    sample_record(config, "x.gate.home.arpa", SAMPLE_AAAA);
    sample_record(config, "gate.denied.example", SAMPLE_A);
    return sample_snapshot(config);
}

#endif
