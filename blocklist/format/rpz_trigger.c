#include "blocklist/format/rpz_trigger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "blocklist/format/hostname.h"
#include "config/base/addr.h"

/* Labels of an owner, from the left, without those of the apex. */
struct labels {
    const uint8_t *at[NAME_LABELS_MAX]; /* each at its length octet */
    size_t count;
};

static bool same_octets(const uint8_t *a, const uint8_t *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (name_lower_octet(a[i]) != name_lower_octet(b[i]))
            return false;
    }
    return true;
}

/* Cuts OWNER into LABELS; false where it does not end with APEX. */
static bool cut(struct labels *labels, const ldns_rdf *owner, const ldns_rdf *apex)
{
    const uint8_t *at = ldns_rdf_data(owner);
    size_t left = ldns_rdf_size(owner), end = ldns_rdf_size(apex);

    labels->count = 0;
    while (left > end && labels->count < NAME_LABELS_MAX) {
        size_t step = (size_t)at[0] + 1;

        if (step > left)
            return false;
        labels->at[labels->count++] = at;
        at += step;
        left -= step;
    }
    return left == end && same_octets(at, ldns_rdf_data(apex), end);
}

static bool label_is(const uint8_t *label, const char *word)
{
    return label[0] == strlen(word) && strncasecmp((const char *)label + 1, word, label[0]) == 0;
}

/* Joins LABELS from FIRST on by dots. Returns false where a label holds what only an escape can
 * say.
 */
static bool join(const struct labels *labels, size_t first, char text[NAME_TEXT_MAX])
{
    size_t used = 0;

    for (size_t i = first; i < labels->count; i++) {
        const uint8_t *label = labels->at[i];

        if (memchr(label + 1, '.', label[0]) != NULL || memchr(label + 1, '\0', label[0]) != NULL ||
            memchr(label + 1, '\\', label[0]) != NULL)
            return false;
        if (used > 0)
            text[used++] = '.';
        memcpy(text + used, label + 1, label[0]);
        used += label[0];
    }
    text[used] = '\0';
    return true;
}

/* Adds label INDEX of LABELS, a number of at most four digits, to the text at *USED. */
static bool add_word(const struct labels *labels, size_t index, char *text, size_t *used)
{
    const uint8_t *label = labels->at[index];

    if (label[0] == 0 || label[0] > 4)
        return false;
    memcpy(text + *used, label + 1, label[0]);
    *used += label[0];
    return true;
}

/* Writes the address whose words stand last first in LABELS[1..END): four for IPv4; for IPv6 up to
 * eight, `zz` in place of `::`. */
static bool write_address(const struct labels *labels, size_t end, char *text, size_t *used)
{
    bool ipv4 = end == 5;

    for (size_t i = 1; i < end; i++)
        ipv4 = ipv4 && !label_is(labels->at[i], "zz");
    for (size_t i = end - 1; i >= 1; i--) {
        bool gap = label_is(labels->at[i], "zz");

        if (gap && (i == end - 1 || i == 1))
            text[(*used)++] = ':'; /* at an end there is no word beside it to bring its colon */
        else if (!gap && !add_word(labels, i, text, used))
            return false;
        if (i > 1)
            text[(*used)++] = ipv4 ? '.' : ':';
        else if (gap && end == 2)
            text[(*used)++] = ':';
    }
    text[*used] = '\0';
    return true;
}

/* Reads LABELS before `rpz-ip`: the length of the prefix, then the address, its end first.
 * RFC: draft-vixie-dnsop-dns-rpz-00 §4.3 */
static bool read_range(const struct labels *labels, char text[NAME_TEXT_MAX])
{
    size_t end = labels->count - 1, used = 0;
    struct prefix prefix;

    if (end < 2 || end > 9 || !write_address(labels, end, text, &used))
        return false;
    text[used++] = '/';
    if (!add_word(labels, 0, text, &used))
        return false;
    text[used] = '\0';
    return prefix_from_text(&prefix, text) == 0;
}

enum rpz_owner rpz_trigger_read(struct rpz_trigger *trigger, const ldns_rdf *owner,
                                const ldns_rdf *apex)
{
    static const char *const others[] = {"rpz-client-ip", "rpz-nsip", "rpz-nsdname"};
    struct labels labels;
    bool star;

    if (!cut(&labels, owner, apex))
        return RPZ_OUTSIDE;
    if (labels.count == 0)
        return RPZ_APEX;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (label_is(labels.at[labels.count - 1], others[i]))
            return RPZ_UNKNOWN;
    }
    if (label_is(labels.at[labels.count - 1], "rpz-ip")) {
        trigger->kind = RPZ_ADDRESS;
        return read_range(&labels, trigger->text) ? RPZ_TRIGGER : RPZ_OUTSIDE;
    }
    star = label_is(labels.at[0], "*");
    if (star && labels.count == 1)
        return RPZ_PATTERN;
    trigger->kind = star ? RPZ_BELOW : RPZ_EXACT;
    if (!join(&labels, star ? 1 : 0, trigger->text))
        return RPZ_OUTSIDE;
    return strchr(trigger->text, '*') != NULL ? RPZ_PATTERN : RPZ_TRIGGER;
}
