/* compiled.h - what a snapshot holds; for the files of policy/ alone. */
#ifndef POLICY_COMPILED_H
#define POLICY_COMPILED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "config/base/mask.h"
#include "config/config.h"
#include "policy/name_tree.h"
#include "policy/special.h"
#include "policy/who/network.h"

struct set;

struct compiled_profile {
    struct mask apply;   /* bits that block */
    struct mask observe; /* bits that are counted only */
    bool bypass;         /* blocks ways around the resolver */
    const struct config_profile *config;
};

struct compiled_interface {
    /* 0: there is none now. The one thing here that changes, so it is read atomically. */
    uint32_t ifindex;
    const struct config_network *config;
};

/* The local records of one name, in snapshot->records. */
struct compiled_name {
    uint32_t first, count;
};

struct snapshot {
    uint64_t id;
    struct config *config;
    struct set *listed, *hotline;
    bool listed_checked, hotline_checked; /* every octet, when they were opened */
    struct err lack;   /* why a configured set is not there; code ERR_NONE when all are */
    bool awaits_first; /* what lacks is nothing but lists that no run has brought yet */
    struct err
        fallback; /* why `listed` is the one before the configured; code ERR_NONE: it is not */

    /* who */
    struct network_table *clients_allow;
    struct network_table *networks; /* numbers are indexes into config->networks */
    struct compiled_interface *interfaces;
    size_t interface_count;
    uint32_t default_profile;

    /* what */
    struct compiled_profile *profiles;
    size_t profile_count;
    struct mask protected_bits; /* severity S4: applied to everybody, told to nobody */
    struct mask grave_bits;     /* severity S3: an allow of one name does not lift it from others */
    struct name_tree *tree;
    struct special *specials;
    size_t special_count;
    const struct special *single; /* for names of one label; NULL where they are forwarded */
    struct pin *pins;
    size_t pin_count;
    const struct config_record **records; /* sorted by name */
    struct compiled_name *record_names;
    size_t record_name_count;
    uint32_t *group_marks; /* verdict.upstream_mark of each group */
};

/* Returns the config rule that ITEM of PROFILE's scope stands for: allow rules come first. */
static inline const struct config_rule *compiled_rule(const struct config_profile *profile,
                                                      uint32_t item)
{
    return item < profile->allow.count ? &profile->allow.items[item]
                                       : &profile->deny.items[item - profile->allow.count];
}

#endif
