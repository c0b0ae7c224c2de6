/* config.h - an operator's YAML as checked structs.
 *
 * config_load reads one file and returns the whole of it or every error in it; nothing in here
 * changes afterwards. What can be written, with types, defaults and help, is the table in
 * options.c, from which the parser, `config show` and docs/config.md are made. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/addr.h"
#include "config/base/device_key.h"
#include "config/base/mask.h"
#include "config/base/name.h"
#include "config/taxonomy.h"

struct country;
struct err;
struct node;

enum block_style { BLOCK_NODATA, BLOCK_NXDOMAIN, BLOCK_NULL, BLOCK_REFUSED };

/* What a rule on a name covers. */
enum cover { COVER_EXACT, COVER_BELOW, COVER_SUBTREE };

enum {
    CONFIG_WORD_MAX = 64,
    CONFIG_CACHE_LEAST = 1 << 20, /* octets of a cache, where there is one */
    CONFIG_UPSTREAMS_MOST = 64,   /* with those of all zones */
};

/* The name of the set in force in feeds.dir, and what is put behind the name of any set for that of
 * the one before. */
#define CONFIG_SET_CURRENT "current.set"
#define CONFIG_SEALED_FOLDER "sealed" /* of feeds.dir, with a current.set of its own */
#define CONFIG_SET_PREVIOUS ".previous"

/* Where in the file something stands, for messages and `why`. */
struct config_place {
    unsigned line, column;
};

struct config_listener {
    struct endpoint endpoint;
    struct config_place place;
};

struct config_upstream {
    struct endpoint endpoint;
    bool trusted; /* its AD bit is passed on (RFC 6840 §5.7) */
    bool stream;  /* asked over TCP (RFC 7766), by UDP only where that fails */
    struct config_place place;
};

/* One name in an allow or deny list of a profile, or of the operator. `x` is the subtree, `=x` that
 * name alone, `*.x` what is below it. */
struct config_rule {
    struct name_buf name;
    enum cover cover;
    struct config_place place;
};

struct config_rules {
    struct config_rule *items;
    size_t count;
};

/* A local record: RDATA in wire format, names uncompressed. */
struct config_record {
    struct name_buf name;
    uint16_t type;
    uint32_t ttl_s;
    uint16_t rdata_length;
    uint8_t *rdata;
    bool made;                 /* a PTR that was made from an address */
    struct config_place place; /* 0:0 for what a hosts file holds and for what was made */
};

/* A window on the clock of a wall, `mon-fri 20:00-06:30`. It belongs to the day it starts on and
 * may run into the next; half-open. */
struct config_window {
    uint8_t days;             /* bit 0 Monday to bit 6 Sunday */
    uint8_t said;             /* those of them that were written as such, and not as a word */
    bool weekend, weekdays;   /* words written: with another calendar they are other days */
    uint16_t from_m, until_m; /* minutes of the day, until at most 1440; until <= from: next day */
};

/* Days that are not what the week says. Dates are days since 1970-01-01, both ends included. */
struct config_holiday {
    int32_t first, last;
};

/* Holidays count as the days that `holiday_as` names; terms, where there are any, are when windows
 * that want school hold. */
struct config_calendar {
    char name[CONFIG_WORD_MAX];
    uint8_t weekend; /* days as in config_window; a window of `weekend` or `weekdays` means these */
    uint8_t holiday_as; /* 0 to 6: the day of the week that a holiday counts as */
    struct config_holiday *holidays, *terms;
    size_t holiday_count, term_count; /* no terms: always */
    struct config_place place;
};

enum schedule_action {
    SCHEDULE_BLOCK,   /* within its windows its targets are blocked */
    SCHEDULE_ALLOW,   /* within them its targets are open, though the profile blocks them */
    SCHEDULE_OFFLINE, /* within them nothing is answered but pins */
};

/* What holds at certain times, for one profile. */
struct config_schedule {
    char name[CONFIG_WORD_MAX];
    enum schedule_action action;
    struct mask targets;        /* categories and tags */
    struct config_rules names;  /* and names, as in allow and deny */
    bool everything;            /* the whole of the internet */
    bool in_terms, in_holidays; /* only then, where one is set */
    struct config_window *windows;
    size_t window_count;
    struct config_place place;
};

enum youtube_level { YOUTUBE_OFF, YOUTUBE_MODERATE, YOUTUBE_STRICT };

/* A month of birth; year 0: not said. */
struct config_month {
    uint16_t year;
    uint8_t month;
};

/* A service of the operator's own: names that belong together, with all below them, under one word.
 * The built-in ones are config/data/services.tsv (config/service.h). */
struct config_service {
    char id[CONFIG_WORD_MAX];
    struct config_rules names;
    struct config_place place;
};

/* A service or a list that a profile or a schedule names; its bit in masks is 64 + its index
 * (config/service.h). */
struct config_tag {
    char id[CONFIG_WORD_MAX];
    bool is_list;
};

/* All engines, those that a later table adds included, for config_profile.safe_search. */
#define SAFE_SEARCH_ALL UINT64_MAX

/* A search engine, or video site, of the operator's own: what is asked for NAME is answered with an
 * alias of a safe name. */
struct config_safe_map {
    char engine[32];
    struct name_buf name;
    struct name_buf strict, moderate; /* length 0: none. Without strict it cannot be made safe */
    struct config_place place;
};

/* Who is below whom: an organisation holds groups, a group holds devices; a device without profile
 * has its group's, a group without has that of the one above. */
struct config_group {
    char name[CONFIG_WORD_MAX];
    long parent, profile; /* indexes; -1: none */
    struct config_place place;
};

/* A device that the operator deploys by this file; others are in the state file. */
struct config_device {
    char name[CONFIG_WORD_MAX];
    struct device_key *keys;
    size_t key_count;
    long group, profile; /* indexes; -1: none */
    struct config_place place;
};

/* What a profile comes to at one age, or a preset. */
struct config_level {
    char preset[CONFIG_WORD_MAX];
    uint8_t band; /* enum band */
    struct mask block, quota, warn;
    bool default_deny, closed_to_edu;
    uint32_t max_ttl_s;
    uint64_t safe_search;
    enum youtube_level youtube;
    struct config_window hours; /* that close the cells Q; no days: none */
};

/* One that extends another begins as a copy of it (profile_inherit.c, which knows each pointer in
 * here). */
struct config_profile {
    char name[CONFIG_WORD_MAX];
    char preset[CONFIG_WORD_MAX];  /* what it comes from in the end, "" for nothing */
    char extends[CONFIG_WORD_MAX]; /* as written: a preset or another profile */
    struct mask block;             /* category bits that it blocks; none of observe's */
    struct mask observe;           /* category bits that are counted but not applied */
    bool default_deny;
    enum block_style style;
    uint32_t block_ttl_s;
    uint32_t max_ttl_s; /* of forwarded answers; 0 is no limit */
    struct config_rules allow, deny;

    uint8_t band;                /* enum band, where there is a preset */
    bool closed_to_edu;          /* positive lists open nothing where default_deny */
    struct config_window hours;  /* that close the cells Q; no days: none */
    struct config_level *levels; /* by band, where `born` is said: BANDS of them, and the fields
                                    that a level has too are then of no age in particular */
    size_t level_count;
    struct mask quota; /* cells Q: open but for the hours that the preset or a schedule closes */
    struct mask warn; /* of block: cells W, until the device's user releases the name for a while */
    bool observe_all; /* counts what it would block, and blocks nothing below S4 */
    struct config_month born; /* the preset steps up with the age */
    char *zone;               /* NULL: the config's */
    long calendar;            /* index; -1: none */
    struct config_schedule *schedules;
    size_t schedule_count;
    uint64_t safe_search; /* engines, by their number (config/safe_search.h) */
    enum youtube_level youtube;
    struct config_place place;
};

/* Who gets which profile: by interface, by prefix, or by the address that was asked. */
struct config_network {
    char interface[IF_NAMESIZE]; /* "" for a prefix rule */
    struct prefix prefix;
    struct endpoint listen; /* bits 0: not by that; port 0: any */
    size_t profile;         /* index into profiles */
    long unknown; /* of devices that nobody knows; -1: PROFILE, and nobody asks which it is */
    struct config_place place;
};

/* A zone whose queries go to servers of its own, group 1 + its index. */
struct config_zone {
    struct name_buf name;
    struct config_upstream *upstreams;
    size_t upstream_count;
    struct config_place place;
};

/* What a list is: who may see it, and who can lift it. Entries of legal and hotline lists are kept
 * sealed (blocklist/sealed), hold for every profile, and are told to nobody. */
enum list_class { LIST_PUBLIC, LIST_PARTNER, LIST_LEGAL, LIST_HOTLINE };

/* What one entry of a list names. URLs are never widened to their host. */
enum list_granularity { LIST_DOMAIN, LIST_DOMAIN_EXACT, LIST_URL, LIST_IP };

/* Whether an entry holds for what is below its name, where its line does not say: as the format has
 * it, or as the operator says. */
enum list_match { MATCH_BY_FORMAT, MATCH_EXACT, MATCH_SUBTREE };

/* What becomes of a list that is older than its max_age: kept in force and reported, or dropped. */
enum list_on_stale { LIST_STALE_KEEP, LIST_STALE_DROP };

/* How a list proves where it comes from. */
enum list_signature { LIST_UNSIGNED, LIST_MINISIGN, LIST_SHA256, LIST_CMS };

/* What becomes of entries that are URLs, in lists of class legal and hotline. */
enum list_url_action { LIST_URL_IGNORE, LIST_URL_DIVERT };

/* A part of a source that goes to a category of its own: a folder of a UT1 tree, a member of an
 * archive, a value of a CSV column. */
struct config_list_part {
    char name[CONFIG_WORD_MAX];
    char category[CATEGORY_KEY_MAX];
};

/* The bounds of the gate for one list. */
struct config_gate {
    uint32_t min_entries;    /* fewer: held; at least 1 */
    uint32_t shrink_percent; /* fewer by more than that against the last good: held */
    uint32_t growth_percent;
    char *canary; /* a name that the list must hold; NULL: none */
};

/* One list that somebody publishes, as the operator wants it. */
struct config_list {
    char id[CONFIG_WORD_MAX]; /* a-z 0-9 - _ . */
    struct config_place place;
    enum list_class class_;
    char *url;   /* https://, file:///, or http://; NULL where there is an inbox */
    char *inbox; /* of legal and hotline lists: a folder of mode 0700 that files are delivered to */
    bool allow_http;
    bool allow_private;              /* addresses inside (RFC 1918, loopback...) may serve it */
    char format[16];                 /* a key of the formats, or auto */
    char category[CATEGORY_KEY_MAX]; /* "" where there are parts */
    /* Those that are written; those of config/data/ut1.tsv for format ut1 with neither. */
    struct config_list_part *parts;
    size_t part_count;
    bool parts_by_table; /* nobody wrote them: those that the source lacks are no fault */
    char *column;        /* of a CSV: the name of the column with names or URLs; NULL: found */
    char *member;        /* of an archive: the file in it; NULL: its only one */
    enum list_granularity granularity;
    enum list_match match;
    bool tld, private_suffixes; /* names that are public suffixes are taken */
    bool rewrites; /* its own answers (rewrites, CNAME targets) are given; else it only blocks */
    bool observe;  /* counted, not applied */

    uint32_t every_s;  /* from one fetch to the next */
    uint32_t jitter_s; /* added at random, so that a million homes do not come at once */

    char *bearer_file, *basic_file; /* hold the token, and user:password */
    char *certificate, *key;        /* mTLS, PEM */
    char *ca;                       /* PEM of who signed the server's; NULL: the system's */
    char **headers;                 /* each `Name: value` or `Name: @FILE` */
    size_t header_count;

    enum list_signature signature;
    char *signature_url; /* NULL: url with .minisig or .sha256 behind it */
    char *public_key;    /* of minisign, base64, or the path of its file; of CMS the path of the
                            signer's certificate in PEM */

    char *licence, *attribution, *contact, *legal_basis, *jurisdiction, *appeal_url;
    uint32_t max_age_s; /* since the last success; then stale */
    enum list_on_stale on_stale;
    struct config_gate gate;

    /* Of legal and hotline lists. */
    uint32_t deadline_s; /* from what the publisher has to what is in force; 0: none is set */
    enum list_url_action url_action;
    bool dns_use_permitted; /* the operator has the publisher's word that DNS may use it */
};

/* How lists are fetched and go live. */
struct config_feeds {
    char *dir;       /* feeds.db, segments, generations; docs/feeds.md. NULL: no lists */
    bool timer;      /* the keeper starts `stairgate lists sync` */
    char *user;      /* whom a sync that root starts becomes; NULL: server.user, else stays */
    uint32_t keep;   /* generations */
    uint32_t hold_s; /* what is held and comes the same again after it goes live */
    char **protect;  /* files of names that no list may hold */
    size_t protect_count;
    char *expect;         /* a file of `stairgate test` that must hold; NULL: none */
    char *notify_command; /* run on hold, failure, staleness; NULL: none */
    char *notify_url;     /* gets the same as JSON by POST */
    uint32_t parallel, parallel_per_host;
    uint64_t size_most, unpacked_most; /* octets of a list as fetched, and unpacked */
    uint32_t ratio_most;               /* unpacked to packed */
    uint32_t time_most_s;              /* of one fetch */
    uint32_t slow_octets_s;            /* slower for slow_s seconds: given up */
    uint32_t slow_s;
    uint64_t entries_most; /* of one list */
};

/* How large the machine is and who may hold it. A router's owner holds key and file, so that no
 * hotline list goes there. */
enum tier { TIER_UNSET, TIER_ROUTER, TIER_SCHOOL, TIER_ISP };

/* Somebody who may take part in lifting an entry: a user of this machine, or the holder of a key.
 */
struct config_operator {
    char name[CONFIG_WORD_MAX];
    char *user;       /* whose process is at the control socket; NULL: by key alone */
    char *public_key; /* of minisign, base64, or the path of its file; NULL: by user alone */
    struct config_place place;
};

/* What legal and hotline lists need beside their manifests. */
struct config_sealed {
    char *key;              /* path, or credential:NAME (sealed_key.h); NULL: none */
    struct name_buf canary; /* a name of the operator's own in each set; length 0: none */
    uint32_t canary_every_s;
    struct addr *divert; /* the operator's proxies, for url_action divert */
    size_t divert_count;
    char *evidence_key; /* secret key of minisign without a password, for `evidence`; NULL: none */
    uint32_t budget_hits, budget_per_s, budget_drop_s; /* resolver/budget.h; hits 0: no budget */
    struct config_operator *operators;
    size_t operator_count;
    bool syslog; /* the head of the account of lifts goes to syslog, too */
};

struct config {
    char *path;
    struct node *tree; /* what was written, for `config show`; NULL for an empty file */
    struct taxonomy taxonomy;
    struct config_listener *listeners;
    size_t listener_count;
    struct prefix *clients_allow; /* never empty by omission: see options.c for the default */
    size_t clients_allow_count;
    struct config_upstream *upstreams;
    size_t upstream_count;
    char
        *upstreams_file; /* the resolv.conf that they were read from; NULL: written in the config */
    char *hosts_file;    /* of local records; NULL where there is none */
    uint32_t record_ttl_s;
    struct config_record *records; /* of the config, then of the hosts file, then made PTR ones */
    size_t record_count;
    enum block_style block_style; /* what profiles start from */
    uint32_t block_ttl_s;
    struct config_rules operator_deny; /* blocks for every profile, above pins */
    struct config_profile *profiles;
    size_t profile_count;
    struct config_network *networks;
    size_t network_count;
    struct config_zone *zones;
    size_t zone_count;
    size_t default_profile;

    int64_t clock_earliest_s; /* a clock that shows an earlier time is wrong */
    int64_t loaded_s;         /* about when it was loaded, to work ahead from; 0: who knows */
    char *zone;               /* of profiles that name none; NULL: nobody has said where this is */
    struct config_calendar *calendars;
    size_t calendar_count;
    struct config_service *services; /* beside the built-in ones */
    size_t service_count;
    struct config_tag *tags;
    size_t tag_count;
    struct config_safe_map *safe_maps; /* beside those of config/data/safesearch.tsv */
    size_t safe_map_count;
    uint32_t safe_ttl_s; /* of the alias */
    struct config_group *groups;
    const struct config_group **groups_by_name; /* each of them, sorted */
    size_t group_count;
    struct config_device *devices;
    size_t device_count;
    struct prefix *trusted_forwarders; /* whose word on who asks is taken */
    size_t trusted_forwarder_count;
    struct prefix *proxies; /* who must speak PROXY v2 */
    size_t proxy_count;
    char *state_path; /* state.db; NULL: nothing outlives the server, and nothing can be granted */
    struct country *country; /* its pack (country.h); NULL: nobody has said where this is */
    char *responsible_name, *responsible_contact; /* who answers for this; NULL: nobody named */

    enum tier tier;
    struct config_list *lists;
    size_t list_count;
    struct config_feeds feeds;
    struct config_sealed sealed;

    char *set_public,
        *set_hotline; /* NULL where not configured; with public or partner lists, set_public
                         is feeds.dir/current.set unless it is written, and with legal or
                         hotline lists set_hotline is feeds.dir/sealed/current.set */
    char *control_operator, *control_portal;
    unsigned workers; /* at least 1 */
    char *user;       /* NULL: stay who we are */

    bool special_test_forward;   /* `test.` and `example.` go upstream (a departure from RFC 6761
                                    §6.2) */
    bool special_single_forward; /* names of one label go upstream */
    char *server_id;             /* answer to id.server CH TXT; NULL: refused */
    char *server_version;        /* answer to version.bind CH TXT; NULL: refused */

    uint32_t tcp_idle_ms, tcp_connections, tcp_connections_per_client;
    uint32_t udp_payload;          /* what we offer and at most send (RFC 9715) */
    uint32_t upstream_timeout_ms;  /* of one try */
    uint32_t upstream_deadline_ms; /* of a question */
    uint32_t queries_in_flight;    /* pool of each worker */
    uint32_t upstream_in_flight;   /* of these, with one upstream at a time */
    bool random_case;              /* 0x20: the letter case of a question must come back */

    bool rebind_guard;                /* no inner addresses from outside */
    struct config_rules rebind_allow; /* but for these names */

    uint64_t cache_octets; /* 0: no cache */
    uint32_t cache_min_ttl_s, cache_max_ttl_s;
    uint32_t cache_negative_ttl_s; /* the most for what does not exist */
    uint32_t cache_stale_s;        /* after its TTL, when no upstream answers; 0: never */
    bool cache_prefetch;           /* popular names are renewed before they end */
};

/* Everything that is wrong with a file, in the order of its lines. An item is an error (code
 * ERR_CONFIG and others) or a warning (code ERR_NONE): nothing that stops a start, but somebody
 * should know, such as `loaded, used by nobody`. Its line and column are places in the config: 0
 * for what concerns no place, or one in a hosts file, which the text then names. */
struct config_problems {
    struct err *items;
    size_t count;
    bool warnings_only; /* false where there are none at all */
};

/* Reads the file at PATH and checks it whole, with the hosts file it names; where it names no
 * upstreams, they are the system's.
 * Owner:  the caller frees the result with config_free, and PROBLEMS with config_problems_free in
 *         any case.
 * Errors: NULL with every problem in PROBLEMS; with warnings only the result is not NULL. */
struct config *config_load(const char *path, struct config_problems *problems);

/* Like config_load for TEXT[0..LENGTH), which is to become the file at PATH. */
struct config *config_load_text(const char *path, const char *text, size_t length,
                                struct config_problems *problems);

/* Like config_load for TEXT[0..LENGTH), which messages call PATH; no other file and no interface of
 * the machine is looked at. For tests and fuzzing. */
struct config *config_parse(const char *path, const char *text, size_t length,
                            struct config_problems *problems);

/* Frees CONFIG; NULL is fine. */
void config_free(struct config *config);

/* Frees what PROBLEMS holds. */
void config_problems_free(struct config_problems *problems);

/* Returns the list of CONFIG called ID, or NULL. */
const struct config_list *config_find_list(const struct config *config, const char *id);

/* Sets ERR to that no list is called ID, with the name that is likely meant. Errors: -1, always. */
int config_no_such_list(const struct config *config, const char *id, struct err *err);

/* Tells whether CONFIG's public set is the one that `lists sync` makes. */
bool config_set_is_fetched(const struct config *config);

/* Tell whether LIST is of a class that goes into the public set (public, partner), or of one that
 * is kept sealed (legal, hotline); and whether CONFIG has any of the latter. */
bool config_list_is_fetched(const struct config_list *list);
bool config_list_is_sealed(const struct config_list *list);
bool config_has_sealed_lists(const struct config *config);

/* Return the index of the profile, or group, called NAME; or -1. */
long config_profile_find(const struct config *config, const char *name);
long config_group_find(const struct config *config, const char *name);

/* Tells whether a profile that some client gets blocks or observes a category; if not, lists are
 * `loaded, used by nobody`. */
bool config_uses_categories(const struct config *config);

/* Return the option that NETWORK is told by (interface, prefix, listen), and what that says, which
 * is part of NETWORK or written to OUT (ADDR_TEXT_MAX). */
const char *config_network_word(const struct config_network *network);
const char *config_network_text(const struct config_network *network, char *out);

/* Returns the word for STYLE. */
const char *block_style_word(enum block_style style);

#endif
