/* Adding a format: its row here, its line parser in a file of its own, its grammar in
 * docs/lists.md. Order decides between equal guesses: plain first, since it reads hosts lines and
 * basic AdBlock rules as well. */
#include "blocklist/format/format.h"

#include "blocklist/format/guess.h"
#include "blocklist/format/parsers.h"

const struct format formats[] = {
    {"plain",    plain_line,    guess_plain,    "one name a line, with what is below it"   },
    {"hosts",    hosts_line,    guess_hosts,    "address and names, exact"                 },
    {"adblock",  adblock_line,  guess_adblock,  "||name^ and @@||name^, with what is below"},
    {"wildcard", wildcard_line, guess_wildcard, "*.name, with the name itself"             },
    {"ut1",      ut1_line,      NULL,           "a domains file of a UT1 tree"             },
    {"dnsmasq",  NULL,          guess_dnsmasq,  "dnsmasq configuration"                    },
    {"unbound",  NULL,          guess_unbound,  "unbound configuration"                    },
    {"rpz",      NULL,          guess_rpz,      "response policy zone"                     },
    {"v2fly",    NULL,          guess_v2fly,    "v2fly domain list"                        },
    {"csv",      NULL,          guess_csv,      "comma-separated values"                   },
    {"regex",    NULL,          guess_regex,    "regular expressions"                      },
    {NULL,       NULL,          NULL,           NULL                                       },
};
