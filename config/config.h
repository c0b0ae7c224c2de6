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
#include "config/base/mask.h"
#include "config/base/name.h"
#include "config/taxonomy.h"

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

struct config_profile {
    char name[CONFIG_WORD_MAX];
    char preset[CONFIG_WORD_MAX]; /* what it extends, "" for nothing */
    struct mask block;            /* category bits that it blocks; none of observe's */
    struct mask observe;          /* category bits that are counted but not applied */
    bool default_deny;
    enum block_style style;
    uint32_t block_ttl_s;
    uint32_t max_ttl_s; /* of forwarded answers; 0 is no limit */
    struct config_rules allow, deny;
    struct config_place place;
};

/* Who gets which profile: by interface, or by prefix. */
struct config_network {
    char interface[IF_NAMESIZE]; /* "" for a prefix rule */
    struct prefix prefix;
    size_t profile; /* index into profiles */
    struct config_place place;
};

/* A zone whose queries go to servers of its own, group 1 + its index. */
struct config_zone {
    struct name_buf name;
    struct config_upstream *upstreams;
    size_t upstream_count;
    struct config_place place;
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

    char *set_public, *set_hotline; /* NULL where not configured */
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

/* Like config_load for TEXT[0..LENGTH), which messages call PATH; no other file and no interface of
 * the machine is looked at. For tests and fuzzing. */
struct config *config_parse(const char *path, const char *text, size_t length,
                            struct config_problems *problems);

/* Frees CONFIG; NULL is fine. */
void config_free(struct config *config);

/* Frees what PROBLEMS holds. */
void config_problems_free(struct config_problems *problems);

/* Returns the index of the profile called NAME, or -1. */
long config_profile_find(const struct config *config, const char *name);

/* Tells whether a profile that some client gets blocks or observes a category; if not, lists are
 * `loaded, used by nobody`. */
bool config_uses_categories(const struct config *config);

/* Returns the word for STYLE. */
const char *block_style_word(enum block_style style);

#endif
