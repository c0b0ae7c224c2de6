/* walk.h - reads a tree by a table of options into structs. Inside config/ only.
 *
 * walk.c goes through tables; types.c maps a type to its reader; the readers stand in value.c
 * (single values), list.c (lists), profile.c and record.c. A reader gets the node and
 * the struct to fill, reports what is wrong, and leaves the rest as it was. */
#ifndef CONFIG_WALK_H
#define CONFIG_WALK_H

#include <stdio.h>

#include "config/options.h"
#include "config/problem.h"
#include "config/tree.h"

struct walk {
    struct config *config;
    struct problems *problems;
    bool system; /* other files and the machine's interfaces may be looked at */
};

typedef void option_read(struct walk *walk, const struct option *option, const struct node *node,
                         void *base);

/* Tells SHOW the value of OPTION in BASE, which NODE may have set (NULL: it did not). */
struct show;
typedef void option_show(struct show *show, const struct option *option, const struct node *node,
                         const void *base);

struct option_kind {
    const char *word;    /* what a person must write: `a duration such as 10s` */
    const char *nothing; /* how to say none on purpose: "[]", "{}", or NULL */
    unsigned shapes;     /* bits 1 << enum node_kind that it may have */
    option_read *read;
    option_show *show;
};

extern const struct option_kind option_kinds[OPTION_TYPES];

/* Reads NODE (a mapping, or NULL for none) by OPTIONS into BASE: unknown keys are reported, missing
 * options get their default. */
void walk_mapping(struct walk *walk, const struct option *options, const struct node *node,
                  void *base);

/* Reads NODE by OPTION into BASE, after the checks that all types share (null, shape). */
void walk_option(struct walk *walk, const struct option *option, const struct node *node,
                 void *base);

/* Reads ITEM of a list by OPTION's inner options into BASE. */
void walk_item(struct walk *walk, const struct option *option, const struct node *item, void *base);

/* Reports that NODE is not what OPTION's type must be. */
void walk_wrong(struct walk *walk, const struct option *option, const struct node *node);

/* Adds an item of SIZE octets, zeroed, to the list whose pointer is at ITEMS and length at COUNT;
 * returns it, or NULL without memory (reported). */
void *walk_append(struct walk *walk, void *items, size_t *count, size_t size);

/* Reads TEXT, which stands at NODE, as a host name into NAME. Returns 0, or -1 (reported with the
 * cure). */
int walk_name(struct walk *walk, const struct node *node, const char *text, struct name_buf *name);

/* Tells whether the key of ITEM may be the name of a WHAT (`group`, `schedule`), as they go into
 * marks, tables of the CLI and the state file; what may not is reported. */
bool walk_title(struct walk *walk, const char *what, const struct node *item);

/* Returns the category that NODE names, or NULL (reported). */
const struct category *walk_category(struct walk *walk, const struct node *node);

/* Returns the text behind ITEM of NODE (the first for NULL), or NULL at the end; items that are no
 * texts are reported. */
const struct node *walk_next_text(struct walk *walk, const struct option *option,
                                  const struct node *node, const struct node *item);

/* Goes through the texts of NODE, with WALK and OPTION in scope. */
#define FOR_TEXTS(item)                                                                            \
    for (const struct node *item = NULL; (item = walk_next_text(walk, option, node, item)) != NULL;)

/* Returns PATH as seen from the folder of the config, so that a config works from everywhere; NULL
 * without memory (reported). Owner: the caller frees. */
char *walk_path(struct walk *walk, const char *path);

/* Returns a copy of TEXT that the caller frees, or NULL without memory (reported). */
char *walk_copy(struct walk *walk, const char *text);

/* Returns the field of BASE that OPTION fills, and the length beside it where it is a list. */
void *option_field(const struct option *option, void *base);
size_t *option_count(const struct option *option, void *base);

/* What follows the walk: rules that look at more than one option (check.c). */
void check_config(struct walk *walk);

/* Adds what the hosts file holds, or TEXT (a NUL behind it; it is cut up), which messages call PATH
 * (hosts.c); then checks the records (record.c), and makes those of
 * reverse names (reverse.c). */
void hosts_read(struct walk *walk);
void hosts_parse(struct walk *walk, const char *path, char *text, size_t length);
void records_finish(struct walk *walk);
void reverse_make(struct walk *walk);

/* Adds a record of NAME with LENGTH octets of RDATA (record.c). Returns it or NULL (reported). */
struct config_record *record_add(struct walk *walk, const struct name_buf *name, uint16_t type,
                                 const void *rdata, size_t length);

/* The readers. Those of tags set bits in a mask beside what it holds (service.c). */
option_read read_section, read_bool, read_number, read_duration_ms, read_duration_s, read_size,
    read_word, read_text, read_path, read_name, read_listeners, read_upstreams, read_address,
    read_addresses, read_prefixes, read_categories, read_rules, read_preset, read_profile,
    read_site_categories, read_profiles, read_networks, read_network_prefixes,
    read_network_interfaces, read_network_listeners, read_groups, read_group, read_devices,
    read_device_keys, read_records, read_rdata, read_zones, read_lists, read_list_parts, read_url,
    read_format, read_category, read_headers, read_month, read_day, read_paths, read_public_key,
    read_canary, read_services, read_service_tags, read_list_tags, read_safe_search, read_safe_maps,
    read_country, read_items, read_days, read_time_zone, read_calendars, read_calendar, read_dates,
    read_bedtime, read_schedules, read_windows, read_secret, read_operators;

/* The showers, in show.c and beside their readers. */
option_show show_section, show_bool, show_number, show_duration_ms, show_duration_s, show_word,
    show_text, show_name, show_listeners, show_upstreams, show_addresses, show_prefixes,
    show_categories, show_month, show_day, show_rules, show_preset, show_profile,
    show_site_categories, show_profiles, show_networks, show_groups, show_group, show_devices,
    show_device_keys, show_records, show_zones, show_lists, show_list_parts, show_word_text,
    show_texts, show_headers, show_nothing, show_services, show_service_tags, show_list_tags,
    show_safe_search, show_safe_maps, show_country, show_time_zone, show_calendars, show_calendar,
    show_days, show_dates, show_bedtime, show_schedules, show_windows, show_operators;

/* Fills LEVEL with the preset called NAME. Returns 0, -1 where there is none (level.c). */
int preset_find(const struct taxonomy *taxonomy, const char *name, struct config_level *level);

/* Prints ROW of the table of presets for docs/config.md. */
struct data_reader;
void preset_show(const struct data_reader *row, FILE *out);

/* Puts what OWN, read from NODE, says itself on the level or levels that it comes from. */
void levels_finish(struct option_profile *own, const struct node *node);

#endif
