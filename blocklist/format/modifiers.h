/* modifiers.h - what stands behind the `$` of an AdBlock rule, as AdGuard's DNS filters have it. */
#ifndef BLOCKLIST_FORMAT_MODIFIERS_H
#define BLOCKLIST_FORMAT_MODIFIERS_H

#include <stdbool.h>

#include "blocklist/format/field.h"
#include "blocklist/format/records.h"
#include "blocklist/set/terms.h"

struct modifiers {
    bool badfilter;          /* the rule takes another one back */
    struct field head, tail; /* the modifiers in front of badfilter, and behind it */
    struct field denyallow;  /* names with `|` between them; empty: none */
    bool rewrite;            /* dnsrewrite brings an answer: RECORDS, or nothing where it is null */
    struct terms terms;      /* all but the rewrite */
    struct records records;
};

/* Reads TEXT, without the `$`, into MODIFIERS. Returns false where one of them is unknown, there
 * twice, malformed, or cannot be honoured: the whole rule is refused then. */
bool modifiers_read(struct modifiers *modifiers, struct field text);

#endif
