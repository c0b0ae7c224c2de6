/* options.h - what can be written in a config: one row an option.
 *
 * The rows (options.c) are the only place that knows an option: walk.c reads by them and fills in
 * their defaults, show.c prints by them, reference.c makes docs/config.md of them. What a type
 * reads and shows is its row in types.c. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum option_type {
    OPTION_SECTION, /* a mapping of options of the same struct */
    OPTION_BOOL,
    OPTION_NUMBER,
    OPTION_DURATION_MS,
    OPTION_DURATION_S,
    OPTION_SIZE,
    OPTION_WORD,
    OPTION_TEXT,
    OPTION_PATH,
    OPTION_NAME,
    OPTION_LISTENERS,
    OPTION_UPSTREAMS,
    OPTION_ADDRESS,
    OPTION_ADDRESSES,
    OPTION_PREFIXES,
    OPTION_CATEGORIES,
    OPTION_RULES,
    OPTION_PRESET,
    OPTION_MONTH,
    OPTION_DAY,
    OPTION_PROFILE,
    OPTION_SITE_CATEGORIES,
    OPTION_PROFILES,
    OPTION_NETWORKS,
    OPTION_NETWORK_PREFIXES,
    OPTION_NETWORK_INTERFACES,
    OPTION_NETWORK_LISTENERS,
    OPTION_GROUPS,
    OPTION_GROUP,
    OPTION_DEVICES,
    OPTION_DEVICE_KEYS,
    OPTION_RECORDS,
    OPTION_RDATA,
    OPTION_ZONES,
    OPTION_LISTS,
    OPTION_LIST_PARTS,
    OPTION_URL,
    OPTION_FORMAT,
    OPTION_CATEGORY,
    OPTION_HEADERS,
    OPTION_PATHS,
    OPTION_PUBLIC_KEY,
    OPTION_CANARY,
    OPTION_SERVICES,
    OPTION_SERVICE_TAGS,
    OPTION_LIST_TAGS,
    OPTION_SAFE_SEARCH,
    OPTION_SAFE_MAPS,
    OPTION_COUNTRY,
    OPTION_ITEMS, /* a list of mappings; `least`: the size of an item, which begins with its place
                   */
    OPTION_DAYS,
    OPTION_TIME_ZONE,
    OPTION_CALENDARS,
    OPTION_CALENDAR,
    OPTION_DATES,
    OPTION_BEDTIME,
    OPTION_SCHEDULES,
    OPTION_WINDOWS,
    OPTION_SECRET,
    OPTION_OPERATORS,
    OPTION_TYPES
};

struct option {
    const char *name;
    enum option_type type;
    bool required;
    uint16_t offset, size;       /* of the field in the struct that the table fills */
    uint16_t count_offset;       /* of a list: of the field with its length */
    uint64_t least, most;        /* of numbers, in the field's unit; of texts, of their length */
    const char *const *words;    /* of OPTION_WORD, ended by NULL: the field becomes the index */
    const char *by_default;      /* as YAML; NULL: what default_text says */
    const char *default_text;    /* for people, where by_default is NULL */
    const char *from;            /* the option that an unset one takes its value from, or NULL */
    const struct option *inside; /* options of a section, or of each item; ended by a row of 0 */
    const char *help;            /* one sentence */
    const char *since;
};

/* The options of the file as a whole; the order is the order of reading: who is named comes before
 * who names it. */
extern const struct option options_config[];

/* Those of one list, and of how lists are fetched (options_feeds.c). */
extern const struct option options_list[], options_feeds[];

/* Those of what legal and hotline lists need, and of one who may lift (options_sealed.c). */
extern const struct option options_sealed[];

/* Those of one group, device, and network (options_devices.c). */
extern const struct option options_group[], options_device[], options_network[];

/* Those of one profile and of one more search engine (options_profile.c). */
extern const struct option options_profile[], options_safe_map[];

/* Those of resolving (options_resolver.c). */
extern const struct option options_upstream[], options_forward_zone[], options_records[],
    options_tcp[], options_udp[], options_queries[], options_cache[];

/* The words of enum block_style, of enum youtube_level, of enum tier and of enum list_class, ended
 * by NULL. */
extern const char *const option_styles[], *const option_youtube[], *const option_tiers[],
                                                                       *const option_classes[];

/* What the inner tables fill, besides the structs of config.h. */
struct option_site { /* a category of the operator's */
    char *text;
    uint32_t severity;
};

struct option_profile {
    struct config_profile profile;
    struct mask more, quota, warn, unblock, observe;
};

struct option_safe_map {
    struct config_safe_map map;
    char *engine;
};

struct option_network {
    size_t profile;
    long unknown;
};

struct option_record {
    struct name_buf name;
    uint32_t ttl_s;
};

#endif
