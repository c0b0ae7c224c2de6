/* Adding a format: its row here, its line parser in a file of its own, its grammar in
 * docs/lists.md. Order decides between equal guesses: plain first, since it reads hosts lines and
 * basic AdBlock rules as well. */
#include "blocklist/format/format.h"

#include "blocklist/format/guess.h"
#include "blocklist/format/parsers.h"
#include "blocklist/format/rpz.h"

const struct format formats[] = {
    {.key = "plain",
     .text = "one name a line, with what is below it",
     .guess = guess_plain,
     .line = plain_line},
    {.key = "hosts",                   .text = "address and names, exact", .guess = guess_hosts, .line = hosts_line},
    {.key = "adblock",
     .text = "||name^ and @@||name^, with what is below",
     .guess = guess_adblock,
     .line = adblock_line},
    {.key = "wildcard",
     .text = "*.name, with the name itself",
     .guess = guess_wildcard,
     .line = wildcard_line},
    {.key = "ut1",                    .text = "a domains file of a UT1 tree", .line = ut1_line},
    {.key = "dnsmasq",                       .text = "dnsmasq configuration", .guess = guess_dnsmasq},
    {.key = "unbound",                 .text = "unbound configuration", .guess = guess_unbound},
    {.key = "rpz",                                      .text = "response policy zone", .guess = guess_rpz, .read = rpz_read},
    {.key = "v2fly", .text = "v2fly domain list", .guess = guess_v2fly},
    {.key = "csv",                  .text = "comma-separated values", .guess = guess_csv},
    {.key = "regex",                           .text = "regular expressions", .guess = guess_regex},
    {.key = NULL                     },
};
