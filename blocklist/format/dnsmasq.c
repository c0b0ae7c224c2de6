/* dnsmasq's configuration as a list: `address=/name/#`, `local=/name/` and `server=/name/` each say
 * that a name and what is below it is not asked for. With an address behind it, `server=` is a
 * forward, which blocks nothing, and `address=` an answer of the list's own; `server=/name/#` sends
 * a part of what another line holds back to the usual servers, so it is an exception. */
#include "blocklist/format/parsers.h"

#include <stddef.h>
#include <string.h>

#include "blocklist/format/field.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/records.h"
#include "blocklist/format/shape.h"

/* What a line makes of its names. */
struct order {
    struct meaning meaning;
    enum reason refused; /* REASONS: they are taken */
    struct terms terms;
    struct records records;
};

static void take_name(struct intake *intake, struct field name, const struct order *order)
{
    struct meaning meaning = order->meaning;

    if (field_starts(name, "*.")) {
        meaning.kind = ENTRY_BELOW; /* below x, and not x */
        meaning.stated = true;
        name = field_skip(name, 2);
    } else if (field_starts(name, ".")) {
        name = field_skip(name, 1);
    }
    if (order->refused != REASONS)
        intake_refuse(intake, order->refused);
    else if (name.length == 0)
        intake_refuse(intake, REASON_SINGLE_LABEL); /* `//` is every name of one label */
    else if (field_has_any(name, "*#"))
        intake_refuse(intake, REASON_PATTERN);
    else if (meaning.operation == ENTRY_EXCEPT)
        intake_exception(intake, name.text, name.length, meaning);
    else
        intake_name(intake, name.text, name.length, meaning);
}

/* What `server=` and `local=` mean with TARGET. */
static void order_server(const struct intake *intake, struct field target, struct order *order)
{
    (void)intake;
    if (field_is(target, "#")) {
        order->meaning.operation = ENTRY_EXCEPT;
        order->meaning.terms = &order->terms;
        order->terms.scoped = true; /* of two names the longer one is followed */
        order->meaning.stated = true;
    } else if (target.length > 0) {
        order->refused = REASON_FORWARD;
    }
}

static void order_address(const struct intake *intake, struct field target, struct order *order)
{
    struct field word;

    if (target.length == 0 || field_is(target, "#") || shape_null(target))
        return;
    if (!records_address_word(target, &word) || !records_add_text(&order->records, word, target)) {
        order->refused = REASON_MALFORMED;
    } else if (intake->rules.rewrites) {
        records_to_terms(&order->records, &order->terms);
        order->meaning.terms = &order->terms;
    }
}

static const struct {
    const char *word;
    void (*read)(const struct intake *intake, struct field target, struct order *order);
} directives[] = {
    {"address", order_address},
    {"local",   order_server },
    {"server",  order_server },
};

/* Cuts what stands behind the last slash off VALUE, which begins with one. */
static bool cut_target(struct field *value, struct field *target)
{
    const char *last = memrchr(value->text + 1, '/', value->length - 1);

    if (last == NULL)
        return false;
    *target = field_skip(*value, (size_t)(last - value->text) + 1);
    *value = (struct field){value->text + 1, (size_t)(last - value->text) - 1};
    return true;
}

static void take_names(struct intake *intake, struct field names, const struct order *order)
{
    bool more = true;

    while (more && !intake->failed) {
        struct field name = field_cut(&names, '/');

        more = names.text != name.text + name.length;
        take_name(intake, name, order);
    }
}

void dnsmasq_line(struct intake *intake, struct field line)
{
    struct field value = field_trim(line), word, target = {NULL, 0};
    struct order order;

    if (parser_skips(intake, value))
        return;
    value = field_without_remark(value);
    word = field_trim(field_cut(&value, '='));
    value = field_trim(value);
    memset(&order, 0, offsetof(struct order, records));
    order.records.length = 0;
    order.meaning = (struct meaning){ENTRY_SUBTREE, ENTRY_LIST, false, NULL};
    order.refused = REASONS;
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
        if (!field_is(word, directives[i].word))
            continue;
        if (!field_starts(value, "/")) {
            intake_refuse(intake, field_is(word, "address") ? REASON_OTHER_SYNTAX : REASON_FORWARD);
        } else if (!cut_target(&value, &target)) {
            intake_refuse(intake, REASON_MALFORMED);
        } else {
            directives[i].read(intake, target, &order);
            take_names(intake, value, &order);
        }
        return;
    }
    intake_refuse(intake, REASON_OTHER_SYNTAX);
}
