/* guess.h - for which format a line speaks; the rows of formats.c point here. LINE has neither
 * blanks at its ends nor a remark, and is neither empty nor a comment. */
#ifndef BLOCKLIST_FORMAT_GUESS_H
#define BLOCKLIST_FORMAT_GUESS_H

#include <stdbool.h>

#include "blocklist/format/field.h"

/* Each tells whether LINE is one that this format has and hardly any other. */
bool guess_plain(struct field line);
bool guess_hosts(struct field line);
bool guess_adblock(struct field line);
bool guess_wildcard(struct field line);
bool guess_dnsmasq(struct field line);
bool guess_unbound(struct field line);
bool guess_rpz(struct field line);
bool guess_v2fly(struct field line);
bool guess_surge(struct field line);
bool guess_csv(struct field line);
bool guess_regex(struct field line);

#endif
