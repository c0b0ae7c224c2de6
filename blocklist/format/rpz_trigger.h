/* rpz_trigger.h - what the owner of a record in a response policy zone stands for. */
#ifndef BLOCKLIST_FORMAT_RPZ_TRIGGER_H
#define BLOCKLIST_FORMAT_RPZ_TRIGGER_H

#include <ldns/ldns.h>

#include "config/base/name.h"

enum rpz_trigger_kind {
    RPZ_EXACT,  /* a name */
    RPZ_BELOW,  /* what is below a name: `*.name` */
    RPZ_ADDRESS /* a range that an answer's address lies in */
};

struct rpz_trigger {
    enum rpz_trigger_kind kind;
    char text[NAME_TEXT_MAX]; /* the name, relative to the apex and without `*.`; or the range */
};

enum rpz_owner {
    RPZ_TRIGGER,
    RPZ_APEX,    /* the zone's own records */
    RPZ_UNKNOWN, /* a trigger that is none of names and answers: clients, name servers */
    RPZ_PATTERN, /* a `*` in place of all names, or inside of one */
    RPZ_OUTSIDE  /* not in the zone, or no name or range at all */
};

/* Reads OWNER in the zone of APEX into TRIGGER, which is filled for RPZ_TRIGGER only. */
enum rpz_owner rpz_trigger_read(struct rpz_trigger *trigger, const ldns_rdf *owner,
                                const ldns_rdf *apex);

#endif
