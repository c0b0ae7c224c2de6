#include "blocklist/format/rpz_action.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/base/name.h"

/* Types whose records are the zone's own affair wherever they stand, and those that are no answer
 * to a question that is blocked: they would delegate. */
static const ldns_rr_type own[] = {LDNS_RR_TYPE_RRSIG, LDNS_RR_TYPE_NSEC, LDNS_RR_TYPE_NSEC3,
                                   LDNS_RR_TYPE_NSEC3PARAM, LDNS_RR_TYPE_DNSKEY};
static const ldns_rr_type none[] = {LDNS_RR_TYPE_SOA, LDNS_RR_TYPE_NS, LDNS_RR_TYPE_DNAME,
                                    LDNS_RR_TYPE_DS};

/* Targets of CNAME with a meaning of their own. RFC: draft-vixie-dnsop-dns-rpz-00 §3 */
static const struct {
    const char *word;
    enum rpz_action action;
} words[] = {
    {"*",            RPZ_BLOCK},
    {"rpz-passthru", RPZ_PASS },
    {"rpz-drop",     RPZ_DROP },
    {"rpz-tcp-only", RPZ_TCP  },
};

static bool is_one_of(ldns_rr_type type, const ldns_rr_type *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (types[i] == type)
            return true;
    }
    return false;
}

/* Tells whether TARGET is the very name of TRIGGER, which is how zones said passthru before there
 * was a word for it. */
static bool is_itself(const ldns_rdf *target, const struct rpz_trigger *trigger)
{
    char text[NAME_TEXT_MAX + 4];
    ldns_rdf *name;
    bool same;

    if (trigger->kind == RPZ_ADDRESS)
        return false;
    snprintf(text, sizeof text, "%s%s.", trigger->kind == RPZ_BELOW ? "*." : "", trigger->text);
    name = ldns_dname_new_frm_str(text);
    same = name != NULL && ldns_dname_compare(name, target) == 0;
    ldns_rdf_deep_free(name);
    return same;
}

static enum rpz_action alias_action(const ldns_rdf *target, const struct rpz_trigger *trigger)
{
    const uint8_t *wire = ldns_rdf_data(target);
    size_t size = ldns_rdf_size(target), length = wire[0];

    if (size == 1)
        return RPZ_BLOCK;
    if (size != length + 2)
        return is_itself(target, trigger) ? RPZ_PASS : RPZ_LOCAL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (length == strlen(words[i].word) &&
            strncasecmp((const char *)wire + 1, words[i].word, length) == 0)
            return words[i].action;
    }
    /* Such words are kept for actions to come. */
    return length > 4 && strncasecmp((const char *)wire + 1, "rpz-", 4) == 0 ? RPZ_OTHER
                                                                             : RPZ_LOCAL;
}

enum rpz_action rpz_action_of(const ldns_rr *record, const struct rpz_trigger *trigger)
{
    ldns_rr_type type = ldns_rr_get_type(record);

    if (is_one_of(type, own, sizeof own / sizeof *own))
        return RPZ_OWN;
    if (is_one_of(type, none, sizeof none / sizeof *none) || ldns_rr_rd_count(record) == 0)
        return RPZ_OTHER;
    return type == LDNS_RR_TYPE_CNAME ? alias_action(ldns_rr_rdf(record, 0), trigger) : RPZ_LOCAL;
}

void rpz_records_start(struct rpz_records *records)
{
    records->whole = true;
    records->records.length = 0;
}

/* A target `*.garden` stands for the name asked for with `garden` behind it: no one answer. */
static bool is_wild(const ldns_rr *record)
{
    const ldns_rdf *target = ldns_rr_rdf(record, 0);

    return ldns_rr_get_type(record) == LDNS_RR_TYPE_CNAME && ldns_rdf_size(target) > 2 &&
           memcmp(ldns_rdf_data(target), "\1*", 2) == 0;
}

/* Copies FIELD to OUT, names lower-cased. */
static void copy_field(uint8_t *out, const ldns_rdf *field)
{
    const uint8_t *from = ldns_rdf_data(field);
    size_t size = ldns_rdf_size(field);

    if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME)
        name_lower_copy(out, from, size); /* length octets of labels are below any letter */
    else if (size > 0)
        memcpy(out, from, size);
}

void rpz_records_add(struct rpz_records *records, const ldns_rr *record)
{
    uint8_t rdata[TERMS_RECORDS_MAX];
    size_t length = 0;
    bool fits = !is_wild(record);

    for (size_t i = 0; i < ldns_rr_rd_count(record) && fits; i++) {
        const ldns_rdf *field = ldns_rr_rdf(record, i);

        fits = ldns_rdf_size(field) <= sizeof rdata - length;
        if (fits)
            copy_field(rdata + length, field);
        length += ldns_rdf_size(field);
    }
    if (!fits || !records_add(&records->records, (uint16_t)ldns_rr_get_type(record), rdata, length))
        records->whole = false;
}
