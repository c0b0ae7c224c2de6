/* Adding a format: its row here, its line parser in a file of its own, its grammar in
 * docs/lists.md. Order decides between equal guesses: plain first, since it reads hosts lines and
 * basic AdBlock rules as well. */
#include "blocklist/format/format.h"

#include "blocklist/format/guess.h"
#include "blocklist/format/parsers.h"
#include "blocklist/format/rpz.h"
#include "blocklist/format/v2fly.h"

const struct format formats[] = {
    {.key = "plain",
     .text = "one name a line, with what is below it",
     .guess = guess_plain,
     .line = plain_line,
     .start = adblock_start,
     .free_state = adblock_free_state},
    {.key = "hosts",                   .text = "address and names, exact", .guess = guess_hosts, .line = hosts_line},
    {.key = "adblock",
     .text = "AdBlock rules, as AdGuard's DNS filters have them",
     .guess = guess_adblock,
     .line = adblock_line,
     .start = adblock_start,
     .free_state = adblock_free_state},
    {.key = "wildcard",
     .text = "*.name, with the name itself",
     .guess = guess_wildcard,
     .line = wildcard_line,
     .start = adblock_start,
     .free_state = adblock_free_state},
    {.key = "ut1",.text = "a domains file of a UT1 tree", .line = ut1_line},
    {.key = "dnsmasq",
     .text = "dnsmasq configuration",
     .guess = guess_dnsmasq,
     .line = dnsmasq_line},
    {.key = "unbound",
     .text = "unbound configuration",
     .guess = guess_unbound,
     .line = unbound_line,
     .start = unbound_start,
     .finish = unbound_finish,
     .free_state = unbound_free_state},
    {.key = "rpz",                 .text = "response policy zone", .guess = guess_rpz, .read = rpz_read},
    {.key = "v2fly",                 .text = "v2fly domain list", .guess = guess_v2fly, .read = v2fly_read},
    {.key = "surge",
     .text = "rules of proxies: DOMAIN-SUFFIX,name",
     .guess = guess_surge,
     .line = surge_line},
    {.key = "quantumult", .text = "as surge", .line = surge_line},
    {.key = "singbox",                  .text = "rule set of sing-box, JSON", .read = singbox_read},
    {.key = "csv",
     .text = "comma-separated values",
     .guess = guess_csv,
     .line = csv_line,
     .start = csv_start,
     .finish = csv_finish,
     .free_state = csv_free_state},
    {.key = "regex",                           .text = "regular expressions", .guess = guess_regex},
    {.key = NULL                     },
};
