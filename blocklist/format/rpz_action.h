/* rpz_action.h - what a record in a response policy zone says is to be done, and the records of an
 * answer that such a zone brings itself. */
#ifndef BLOCKLIST_FORMAT_RPZ_ACTION_H
#define BLOCKLIST_FORMAT_RPZ_ACTION_H

#include <ldns/ldns.h>
#include <stdbool.h>

#include "blocklist/format/records.h"
#include "blocklist/format/rpz_trigger.h"

enum rpz_action {
    RPZ_BLOCK, /* NXDOMAIN or NODATA: a listing */
    RPZ_PASS,  /* an exception */
    RPZ_DROP,
    RPZ_TCP,
    RPZ_LOCAL, /* an answer of its own */
    RPZ_OWN,   /* of the zone itself: signatures */
    RPZ_OTHER  /* nothing that a list can say */
};

/* Returns what RECORD of TRIGGER says. */
enum rpz_action rpz_action_of(const ldns_rr *record, const struct rpz_trigger *trigger);

/* Records of an answer. */
struct rpz_records {
    bool whole; /* all were added: they fit, and say the same for every name */
    struct records records;
};

/* Empties RECORDS. */
void rpz_records_start(struct rpz_records *records);

/* Adds RECORD to RECORDS, or says there that they are no longer whole. */
void rpz_records_add(struct rpz_records *records, const ldns_rr *record);

#endif
