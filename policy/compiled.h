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

struct devices;
struct sealed;
struct set;
struct timetable;
struct zone;
struct zones;

/* What holds for one profile at one moment: its preset's step, and the schedules that are in force
 * (moment.h). */
struct compiled_state {
    struct mask apply;   /* bits that block */
    struct mask warn;    /* of these: till the device's user releases the name */
    struct mask observe; /* bits that are counted only */
    struct mask timed;   /* of apply: for now alone, by a schedule or the preset's hours */
    struct mask open;    /* bits that a schedule has taken out of apply, tags of services too */
    uint64_t active;     /* bit i: schedule i of the config's profile is in force */
    uint64_t safe_search;
    enum youtube_level youtube;
    uint32_t max_ttl_s;
    bool offline;                  /* nothing is answered but pins */
    bool all_blocked, all_open;    /* by a schedule on the whole of the internet */
    bool default_deny, admits_edu; /* what is not allowed is blocked; edu_positive is not */
    bool bypass;                   /* blocks ways around the resolver */
    bool observe_all;              /* counts what it would block, below S4 */
    uint8_t band;                  /* enum band; BANDS: of none */
    const char *preset;            /* that it comes from, "" for none */
    bool clock_unknown;            /* the stricter side of all states */
};

/* What a profile comes to from an age on. */
struct compiled_step {
    int64_t from_s; /* Unix time; INT64_MIN for the first */
    struct compiled_state state;
    struct mask quota; /* closed while a period of `hours` is in force */
    uint64_t hours;
};

/* What changes with the time (snapshot_times.c). */
struct compiled_times {
    struct compiled_step *steps; /* by from_s, one at least */
    size_t step_count;
    struct timetable *timetable;  /* period i is schedule i, then the presets' hours; NULL: none */
    const struct zone *zone;      /* that its clocks are in; NULL: UTC */
    uint64_t schedules;           /* bits of the periods that are schedules */
    uint32_t scope;               /* in the tree, of the names of schedule 0; then by number */
    int64_t known_s;              /* a clock that shows an earlier time is wrong */
    struct compiled_state strict; /* holds then */
};

struct compiled_profile {
    struct compiled_state state;  /* the one that holds where nothing changes with time */
    struct compiled_times *times; /* NULL: nothing does (moment.h) */
    const struct config_profile *config;
    uint32_t mark; /* policy/state/mark.h */
};

/* An index by mark. */
struct compiled_mark {
    uint32_t mark, index;
};

struct compiled_marks {
    struct compiled_mark *items; /* by mark */
    size_t count;
};

struct compiled_interface {
    /* 0: there is none now. The one thing here that changes, so it is read atomically. */
    uint32_t ifindex;
    const struct config_network *config;
};

/* A group of the config, by its index there. */
struct compiled_group {
    uint32_t mark;
    long parent, profile; /* indexes; -1: none */
};

/* The local records of one name, in snapshot->records. */
struct compiled_name {
    uint32_t first, count;
};

/* Of one set that the config names. */
struct compiled_lack {
    bool is_lacking;
    bool awaits_first; /* for no other reason than that no run has brought its lists yet */
    bool is_previous;  /* the one before the configured stands in: of the sealed set alone */
    struct err why;    /* of both */
};

/* Addresses that rule 2 answers with, those of IPv4 first. */
struct compiled_addresses {
    struct addr *items;
    size_t count, count_v4;
};

struct snapshot {
    uint64_t id;
    struct config *config;
    struct set *listed;
    bool listed_checked;   /* every octet, when it was opened */
    struct sealed *sealed; /* legal and hotline lists, and the operator's own denials */
    uint16_t operator_ede; /* of rule 2 */
    struct compiled_addresses stop_page, proxies;
    struct err lack; /* why a configured set is not there; code ERR_NONE when all are */
    struct compiled_lack listed_lack, sealed_lack;
    struct err fallback; /* why a set is the one before the configured; code ERR_NONE: none is */
    bool listed_is_previous;

    /* who */
    struct network_table *clients_allow;
    struct network_table *forwarders; /* trusted ones; NULL where there are none */
    struct network_table *networks;   /* numbers are indexes into config->networks */
    struct compiled_interface *interfaces;
    size_t interface_count;
    const struct config_network **listeners; /* those told by the address that was asked */
    size_t listener_count;
    uint32_t default_profile;
    struct compiled_group *groups;
    struct devices *devices;          /* of the config; NULL where there are none */
    struct compiled_marks device_ids; /* of the config's devices */

    /* what */
    struct compiled_profile *profiles;
    size_t profile_count;
    uint32_t next_scope;        /* of the tree, for the names of schedules */
    struct zones *zones;        /* of all profiles */
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
    struct service *services; /* built-in ones, then the config's (service.h) */
    size_t service_count, service_builtin_count;
    uint8_t *service_octets;         /* names of the built-in ones */
    struct safe_entry *safe_entries; /* the config's, then built-in ones (safe.h) */
    size_t safe_count;
    uint8_t *safe_octets; /* names of the built-in ones */
    struct safe_engines *safe_engines;
    struct compiled_marks profile_marks, group_names, service_marks;
    uint32_t *group_marks; /* verdict.upstream_mark of each group */
};

/* Sorts MARKS by mark. Returns the first of two with one mark, NULL where there are none. */
const struct compiled_mark *compiled_sort_marks(struct compiled_marks *marks);

/* Finds the index that MARK stands for; -1 for none. */
long compiled_find_mark(const struct compiled_marks *marks, uint32_t mark);

/* Where a snapshot is in time, for what is worked out ahead; nothing depends on it. */
int snapshot_compile_times(struct snapshot *snapshot, struct compiled_profile *profile,
                           struct err *err);
void snapshot_free_times(struct compiled_times *times);

/* Fills STATE with what LEVEL comes to for PROFILE. */
void snapshot_compile_level(const struct config_profile *profile, const struct config_level *level,
                            struct compiled_state *state);

/* snapshot_profiles.c and snapshot_marks.c: parts of snapshot_create. Errors: -1 with ERR. */
int snapshot_compile_profiles(struct snapshot *snapshot, struct err *err);
void snapshot_free_profiles(struct snapshot *snapshot);
int snapshot_compile_marks(struct snapshot *snapshot, struct err *err);
void snapshot_free_marks(struct snapshot *snapshot);

/* snapshot_who.c: clients, networks, groups, devices; behind the two above. */
int snapshot_compile_who(struct snapshot *snapshot, struct err *err);
void snapshot_free_who(struct snapshot *snapshot);

/* snapshot_operator.c: what rule 2 stands on. Errors: -1 with ERR. */
int snapshot_compile_operator(struct snapshot *snapshot, struct err *err);
void snapshot_free_operator(struct snapshot *snapshot);

/* snapshot_tags.c: gives lists that the config names one by one their bits. Errors: -1 with ERR. */
int snapshot_tag_lists(struct snapshot *snapshot, struct err *err);

/* Returns the config rule that ITEM of PROFILE's scope stands for: allow rules come first. */
static inline const struct config_rule *compiled_rule(const struct config_profile *profile,
                                                      uint32_t item)
{
    return item < profile->allow.count ? &profile->allow.items[item]
                                       : &profile->deny.items[item - profile->allow.count];
}

#endif
