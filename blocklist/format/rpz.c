/* A response policy zone, entry by entry: zonetext.c joins its lines, ldns reads a record, this
 * file says what it means. An owner below the zone's apex is a trigger, a record of it the action.
 *
 * In such lists `CNAME .` (NXDOMAIN) and `CNAME *.` (NODATA) are how a publisher says "blocked",
 * and nearly every record says one of them. So they are plain listings, answered as the profile has
 * it, and cost what the lines of any list cost; only what says more (drop, TCP only, an answer of
 * its own) becomes terms. Records of one owner that stand together are one answer, so that no more
 * than one owner is held back. A trigger that is no name of a question (a client, a name server) is
 * refused: as a name it would block something else.
 *
 * ldns's reader of whole files was dropped: it counts no lines that a person could find again once
 * parentheses are in them, and ends at a record that it does not understand. */
#include "blocklist/format/rpz.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "blocklist/format/field.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/rpz_action.h"
#include "blocklist/format/rpz_trigger.h"
#include "blocklist/format/zonetext.h"
#include "blocklist/set/terms.h"
#include "config/base/err.h"

enum { TTL_DEFAULT_S = 3600 };

/* What is said of one owner, until another one comes. */
struct answer {
    bool open;
    struct rpz_trigger trigger;
    uint64_t line; /* of its first record */
    struct rpz_records records;
};

struct zone {
    struct intake *intake;
    struct zonetext text;
    ldns_rdf *origin, *before; /* what `@` is; the owner of the record before */
    ldns_rdf *apex;            /* owner of the SOA; the root until there is one */
    bool origin_given;
    uint32_t ttl;
    struct answer answer;
};

/* Takes TRIGGER as MEANING has it. */
static void take(struct zone *zone, const struct rpz_trigger *trigger, struct meaning meaning)
{
    struct intake *intake = zone->intake;

    if (trigger->kind == RPZ_ADDRESS) {
        /* A range has no terms: it is listed or taken back. */
        if (!intake_address(intake, trigger->text, strlen(trigger->text), meaning.operation))
            intake_refuse(intake, REASON_MALFORMED);
        return;
    }
    meaning.kind = trigger->kind == RPZ_BELOW ? ENTRY_BELOW : ENTRY_EXACT;
    meaning.stated = true;
    intake_name(intake, trigger->text, strlen(trigger->text), meaning);
}

/* Takes the answer that was held back, at the line where it began. */
static void take_answer(struct zone *zone)
{
    struct answer *answer = &zone->answer;
    uint64_t line = zone->intake->report.lines;
    struct meaning meaning = {.operation = ENTRY_LIST};
    struct terms terms = {0};

    if (!answer->open)
        return;
    answer->open = false;
    if (zone->intake->rules.rewrites && answer->records.whole) {
        records_to_terms(&answer->records.records, &terms);
        meaning.terms = &terms;
    }
    zone->intake->report.lines = answer->line;
    take(zone, &answer->trigger, meaning);
    zone->intake->report.lines = line;
}

/* Adds RECORD to the answer of TRIGGER, begun where it is another one. */
static void add_record(struct zone *zone, const struct rpz_trigger *trigger, const ldns_rr *record)
{
    struct answer *answer = &zone->answer;

    if (answer->open && answer->trigger.kind == trigger->kind &&
        strcmp(answer->trigger.text, trigger->text) == 0) {
        zone->text.passed++;
    } else {
        take_answer(zone);
        answer->open = true;
        answer->trigger = *trigger;
        answer->line = zone->intake->report.lines;
        rpz_records_start(&answer->records);
    }
    rpz_records_add(&answer->records, record);
}

static void take_exception(struct zone *zone, const struct rpz_trigger *trigger)
{
    /* What the zone says of names below stays: the longest match wins there. */
    static const struct terms scoped = {.scoped = true};
    struct meaning meaning = {.operation = ENTRY_EXCEPT};

    if (trigger->kind == RPZ_BELOW)
        meaning.terms = &scoped;
    take(zone, trigger, meaning);
}

static void take_terms(struct zone *zone, const struct rpz_trigger *trigger,
                       enum terms_action action)
{
    struct terms terms = {.action = (uint8_t)action};
    struct meaning meaning = {.operation = ENTRY_LIST, .terms = &terms};

    take(zone, trigger, meaning);
}

/* Does what RECORD, of TRIGGER, says. */
static void act(struct zone *zone, const struct rpz_trigger *trigger, const ldns_rr *record)
{
    enum rpz_action action = rpz_action_of(record, trigger);

    if (action == RPZ_LOCAL) {
        add_record(zone, trigger, record);
        return;
    }
    take_answer(zone);
    if (action == RPZ_PASS)
        take_exception(zone, trigger);
    else if (action == RPZ_DROP || action == RPZ_TCP)
        take_terms(zone, trigger, action == RPZ_DROP ? TERMS_DROP : TERMS_TCP);
    else if (action == RPZ_BLOCK)
        take(zone, trigger, (struct meaning){.operation = ENTRY_LIST});
    else if (action == RPZ_OWN)
        zone->text.passed++;
    else
        intake_refuse(zone->intake, REASON_OTHER_SYNTAX);
}

/* The owner of the SOA is the zone's name, and what names are relative to unless it was said. */
static void take_apex(struct zone *zone, const ldns_rdf *owner)
{
    ldns_rdf_deep_free(zone->apex);
    zone->apex = ldns_rdf_clone(owner);
    if (zone->origin_given)
        return;
    ldns_rdf_deep_free(zone->origin);
    zone->origin = ldns_rdf_clone(owner);
    zone->origin_given = true;
}

static void take_record(struct zone *zone, const ldns_rr *record)
{
    const ldns_rdf *owner = ldns_rr_owner(record);
    struct rpz_trigger trigger;

    if (ldns_rr_get_type(record) == LDNS_RR_TYPE_SOA)
        take_apex(zone, owner);
    if (ldns_rr_get_class(record) != LDNS_RR_CLASS_IN) {
        intake_refuse(zone->intake, REASON_OTHER_SYNTAX);
        return;
    }
    switch (rpz_trigger_read(&trigger, owner, zone->apex)) {
    case RPZ_APEX:
        zone->text.passed++;
        break;
    case RPZ_TRIGGER:
        act(zone, &trigger, record);
        break;
    case RPZ_UNKNOWN:
        intake_refuse(zone->intake, REASON_TRIGGER);
        break;
    case RPZ_PATTERN:
        intake_refuse(zone->intake, REASON_PATTERN);
        break;
    case RPZ_OUTSIDE:
        intake_refuse(zone->intake, REASON_MALFORMED);
        break;
    }
}

/* Cuts the first word off *REST; false where there is none. */
static bool next_word(struct field *rest, struct field *word)
{
    *word = field_next(rest);
    return word->length > 0;
}

static bool is_ttl(struct field word)
{
    if (!isdigit((unsigned char)word.text[0]))
        return false;
    for (size_t i = 0; i < word.length; i++) {
        if (!isdigit((unsigned char)word.text[i]) && strchr("smhdwSMHDW", word.text[i]) == NULL)
            return false;
    }
    return true;
}

/* Class and TTL may stand in either order (RFC 1035 §5.1); ldns knows one of them. Puts the TTL
 * first, in place. */
static void order_class_and_ttl(char *text)
{
    struct field rest = {text, strlen(text)}, class, ttl;
    char copy[32];
    size_t at;

    /* The owner: what stands before the first blank, nothing where that is the first octet. */
    if (text[0] != ' ')
        field_next(&rest);
    if (!next_word(&rest, &class) || class.length != 2 || !next_word(&rest, &ttl) || !is_ttl(ttl) ||
        ttl.length > sizeof copy)
        return;
    if (strncasecmp(class.text, "IN", 2) != 0 && strncasecmp(class.text, "CH", 2) != 0 &&
        strncasecmp(class.text, "HS", 2) != 0)
        return;
    at = (size_t)(class.text - text);
    memcpy(copy, ttl.text, ttl.length);
    memmove(text + at + ttl.length + 1, class.text, 2);
    memcpy(text + at, copy, ttl.length);
    text[at + ttl.length] = ' ';
    for (char *gap = text + at + ttl.length + 3; gap < ttl.text + ttl.length; gap++)
        *gap = ' ';
}

static void read_record(struct zone *zone)
{
    ldns_rr *record = NULL;

    order_class_and_ttl(zone->text.text);

    if (zone->text.broken || ldns_rr_new_frm_str(&record, zone->text.text, zone->ttl, zone->origin,
                                                 &zone->before) != LDNS_STATUS_OK)
        intake_refuse(zone->intake, REASON_MALFORMED);
    else
        take_record(zone, record);
    ldns_rr_free(record);
}

/* Makes WORD, relative to the present one or not, the origin. Returns false where it is no name. */
static bool take_origin(struct zone *zone, const char *word)
{
    ldns_rdf *origin = ldns_dname_new_frm_str(word);

    if (origin == NULL)
        return false;
    if (!ldns_dname_str_absolute(word) && ldns_dname_cat(origin, zone->origin) != LDNS_STATUS_OK) {
        ldns_rdf_deep_free(origin);
        return false;
    }
    ldns_rdf_deep_free(zone->origin);
    zone->origin = origin;
    zone->origin_given = true;
    return true;
}

/* Reads an entry that begins with `$`; such lines are no items, unless they are refused. */
static void read_directive(struct zone *zone)
{
    char word[16] = "", value[1025] = "";
    int words = zone->text.broken ? 0 : sscanf(zone->text.text, "%15s %1024s", word, value);
    const char *end;

    if (strcasecmp(word, "$INCLUDE") == 0)
        intake_refuse(zone->intake, REASON_INCLUDE);
    else if (words == 2 && strcasecmp(word, "$TTL") == 0) {
        zone->ttl = ldns_str2period(value, &end);
        zone->text.passed++;
    } else if (words == 2 && strcasecmp(word, "$ORIGIN") == 0 && take_origin(zone, value))
        zone->text.passed++;
    else
        intake_refuse(zone->intake, REASON_OTHER_SYNTAX);
}

static int read_entries(struct zone *zone, struct source *source, struct err *err)
{
    struct intake *intake = zone->intake;
    int more = zonetext_start(&zone->text, source, err) == 0 ? 1 : -1;

    while (more > 0 && !intake->failed && (more = zonetext_next(&zone->text, err)) > 0) {
        intake->report.lines = zone->text.first_line;
        if (zone->text.text[0] == '$')
            read_directive(zone);
        else
            read_record(zone);
    }
    if (more == 0)
        take_answer(zone);
    intake->report.lines = zone->text.lines.number;
    intake->report.blank = zone->text.blank;
    intake->report.comments = zone->text.comments;
    intake->report.passed = zone->text.passed;
    zonetext_end(&zone->text);
    return intake->failed ? -1 : more;
}

int rpz_read(struct intake *intake, struct source *source, struct err *err)
{
    struct zone *zone = calloc(1, sizeof *zone);
    int result;

    if (zone == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    zone->intake = intake;
    zone->ttl = TTL_DEFAULT_S;
    zone->origin = ldns_dname_new_frm_str(".");
    zone->apex = ldns_dname_new_frm_str(".");
    result = zone->origin == NULL || zone->apex == NULL ? err_set(err, ERR_MEMORY, "out of memory")
                                                        : read_entries(zone, source, err);
    ldns_rdf_deep_free(zone->origin);
    ldns_rdf_deep_free(zone->before);
    ldns_rdf_deep_free(zone->apex);
    free(zone);
    return result;
}
