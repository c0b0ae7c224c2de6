#include "policy/listing.h"

#include "config/base/bytes.h"

enum { TYPE_CNAME = 5, TYPE_ANY = 255, RECORD_HEAD = 4 }; /* IANA numbers; type and length */

bool listing_record(const uint8_t *records, size_t length, size_t *at,
                    struct listing_record *record)
{
    if (length - *at < RECORD_HEAD)
        return false;
    record->type = load_be16(records + *at);
    record->length = load_be16(records + *at + 2);
    record->rdata = records + *at + RECORD_HEAD;
    if (length - *at - RECORD_HEAD < record->length)
        return false;
    *at += RECORD_HEAD + (size_t)record->length;
    return true;
}

bool listing_record_of(const uint8_t *records, size_t length, uint16_t type,
                       struct listing_record *record)
{
    size_t at = 0;

    while (listing_record(records, length, &at, record)) {
        if (record->type == type)
            return true;
    }
    return false;
}

bool listing_alias(const struct set_terms *listing, uint16_t type, struct name *alias)
{
    struct listing_record record;

    if (listing->action != TERMS_REWRITE || type == TYPE_CNAME || type == TYPE_ANY ||
        !listing_record_of(listing->records, listing->records_length, TYPE_CNAME, &record) ||
        !name_is_whole(record.rdata, record.length))
        return false;
    *alias = (struct name){record.rdata, record.length};
    return true;
}
