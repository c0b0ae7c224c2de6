/* The options of `sealed`: key, canary, budget and operators of legal and hotline lists; how a row
 * is added: options.c. */
#include "config/options_rows.h"

const char *const option_tiers[] = {"unset", "router", "school", "isp", NULL};

static const struct option options_budget[] = {
    {.name = "hits",
     .type = OPTION_NUMBER,
     FIELD(struct config, sealed.budget_hits),
     .most = 30000,
     .by_default = "30",
     .help = "different names that one client may meet; 0: any number, so that whoever asks long "
             "enough learns what is listed.", .since = "0.3"},
    {.name = "per",
     .type = OPTION_DURATION_S,
     FIELD(struct config, sealed.budget_per_s),
     .least = 1,
     .most = DAY_S,
     .by_default = "10m",
     .help = "within how long.",
     .since = "0.3"},
    {.name = "drop",
     .type = OPTION_DURATION_S,
     FIELD(struct config, sealed.budget_drop_s),
     .least = 1,
     .most = DAY_S,
     .by_default = "10m",
     .help = "how long a client that met more gets no answer to anything.",
     .since = "0.3"},
    {0},
};

static const struct option options_lifting[] = {
    {.name = "user",
     .type = OPTION_TEXT,
     FIELD(struct config_operator, user),
     .least = 1,
     .most = 31,
     .default_text = "none: by key alone",
     .help = "the account of this machine that speaks for this person at the control socket.",
     .since = "0.3"},
    {.name = "key",
     .type = OPTION_PUBLIC_KEY,
     FIELD(struct config_operator, public_key),
     .default_text = "none: by user alone",
     .help = "this person's public key of minisign: its 56 letters, or the path of the file.",
     .since = "0.3"},
    {0                  },
};

const struct option options_sealed[] = {
    {.name = "key",
     .type = OPTION_SECRET,
     FIELD(struct config, sealed.key),
     .default_text = "none",
     .help =
         "the secret that these lists are kept under (`stairgate set key FILE` makes one): a file "
         "of mode 0600, or credential:NAME for one of the service manager's.", .since = "0.3"},
    {.name = "canary",
     .type = OPTION_NAME,
     FIELD(struct config, sealed.canary),
     .default_text = "none",
     .help = "a name of your own that is put into each set, and asked by the node itself.",
     .since = "0.3"},
    {.name = "canary_every",
     .type = OPTION_DURATION_S,
     FIELD(struct config, sealed.canary_every_s),
     .least = 10 * MINUTE_S,
     .most = DAY_S,
     .by_default = "1h",
     .help = "how often it is asked.",
     .since = "0.3"},
    {.name = "divert",
     .type = OPTION_ADDRESSES,
     LIST(struct config, sealed.divert, sealed.divert_count),
     .by_default = "[]",
     .help = "your proxies, which hosts of listed URLs are answered with where a list says "
             "`url_action: divert`.", .since = "0.3"},
    {.name = "evidence_key",
     .type = OPTION_PATH,
     FIELD(struct config, sealed.evidence_key),
     .default_text = "none",
     .help =
         "the secret key of minisign, without a password, that `stairgate evidence` signs with.", .since = "0.3"},
    {.name = "budget",
     .type = OPTION_SECTION,
     .inside = options_budget,
     .help = "how often one client may meet what the operator, the law or a hotline blocks.",
     .since = "0.3"},
    {.name = "operators",
     .type = OPTION_OPERATORS,
     LIST(struct config, sealed.operators, sealed.operator_count),
     .by_default = "{}",
     .inside = options_lifting,
     .help = "who may take part in lifting an entry, which takes two of them.",
     .since = "0.3"},
    {.name = "syslog",
     .type = OPTION_BOOL,
     FIELD(struct config, sealed.syslog),
     .by_default = "no",
     .help =
         "the head of the account of lifts goes to syslog too, out of the reach of whoever could "
         "rewrite state.db.", .since = "0.3"},
    {0},
};
