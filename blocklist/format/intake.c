/* The gate that every entry of every format passes. The order of the questions is part of the
 * format (docs/lists.md, "Names"): boilerplate, address, one label, public suffix. Nearly all names
 * are plain ASCII and pass all of them; for these the way is: one loop over the octets, one hash,
 * one slot of the public suffix table, the sink. */
#include "blocklist/format/intake.h"

#include <string.h>

#include "blocklist/format/boilerplate.h"
#include "blocklist/format/field.h"
#include "blocklist/format/hostname.h"
#include "blocklist/format/idn.h"
#include "blocklist/format/suffixes.h"
#include "config/base/addr.h"
#include "config/base/err.h"

enum { WIDEST_IPV4 = 8, WIDEST_IPV6 = 16 };

void intake_refuse(struct intake *intake, enum reason reason)
{
    report_refuse(&intake->report, reason, intake->report.lines);
}

static void count_taken(struct report *report, enum entry_kind kind, enum entry_operation operation)
{
    if (operation == ENTRY_EXCEPT)
        report->exceptions++;
    else if (kind == ENTRY_EXACT)
        report->exact++;
    else
        report->subtree++;
}

static void take(struct intake *intake, const struct hostname *host, uint64_t hash,
                 struct meaning meaning)
{
    struct name name = name_of(&host->name);

    if (!meaning.stated && intake->rules.match != MATCH_BY_FORMAT)
        meaning.kind = intake->rules.match == MATCH_EXACT ? ENTRY_EXACT : ENTRY_SUBTREE;
    if (intake->sink->name(intake->sink->context, &name, hash, host->labels, meaning.kind,
                           meaning.operation, meaning.terms, intake->err) != 0) {
        intake->failed = true;
        return;
    }
    count_taken(&intake->report, meaning.kind, meaning.operation);
}

/* Returns why HOST, a well-formed name, is not taken, or REASONS. */
static enum reason find_fault(const struct intake *intake, const struct hostname *host,
                              uint64_t hash)
{
    enum suffix_section section;

    if (boilerplate_name(host))
        return REASON_BOILERPLATE;
    section = suffixes_section(intake->suffixes, host, hash);
    /* Even with tld=yes a single label must be a real top-level domain: lists hold cut-off names.
     */
    if (host->labels == 1 && !(intake->rules.tld && section == SUFFIX_ICANN))
        return REASON_SINGLE_LABEL;
    if ((section == SUFFIX_ICANN && !intake->rules.tld) ||
        (section == SUFFIX_PRIVATE && !intake->rules.private_suffixes))
        return REASON_PUBLIC_SUFFIX;
    return REASONS;
}

static void judge(struct intake *intake, const struct hostname *host, struct meaning meaning)
{
    uint64_t hash = hostname_hash(host, &intake->key);
    enum reason reason = find_fault(intake, host, hash);

    if (reason != REASONS)
        intake_refuse(intake, reason);
    else
        take(intake, host, hash, meaning);
}

bool intake_plain_name(struct intake *intake, const char *text, size_t length,
                       struct meaning meaning)
{
    struct hostname host;

    if (hostname_read(&host, text, length) != NAME_OK || host.numeric)
        return false;
    judge(intake, &host, meaning);
    return true;
}

static bool read_host(const char *text, size_t length, struct hostname *host)
{
    char ascii[IDN_TEXT_MAX];

    if (hostname_read(host, text, length) == NAME_OK)
        return !host->numeric;
    return idn_to_ascii(text, length, ascii) == 0 &&
           hostname_read(host, ascii, strlen(ascii)) == NAME_OK && !host->numeric;
}

bool intake_accepts(const struct intake *intake, const char *text, size_t length,
                    struct hostname *host)
{
    return read_host(text, length, host) &&
           find_fault(intake, host, hostname_hash(host, &intake->key)) == REASONS;
}

void intake_name(struct intake *intake, const char *text, size_t length, struct meaning meaning)
{
    struct hostname host;

    if (read_host(text, length, &host))
        judge(intake, &host, meaning);
    else
        intake_refuse(intake, REASON_MALFORMED);
}

void intake_exception(struct intake *intake, const char *text, size_t length,
                      struct meaning meaning)
{
    struct hostname host;
    uint64_t hash;

    if (!read_host(text, length, &host)) {
        intake_refuse(intake, REASON_EXCEPTION);
        return;
    }
    hash = hostname_hash(&host, &intake->key);
    if (find_fault(intake, &host, hash) == REASONS)
        take(intake, &host, hash, meaning);
    else
        intake_refuse(intake, REASON_EXCEPTION);
}

/* Returns the host of URL: what stands behind scheme and user, before port and path. */
static struct field page_host(struct field url)
{
    const char *scheme = memmem(url.text, url.length, "://", 3), *user;
    struct field host = scheme == NULL ? url : field_skip(url, (size_t)(scheme - url.text) + 3);

    for (size_t i = 0; i < host.length; i++)
        if (strchr("/?#\\", host.text[i]) != NULL)
            host.length = i;
    user = memrchr(host.text, '@', host.length);
    if (user != NULL)
        host = field_skip(host, (size_t)(user - host.text) + 1);
    for (size_t i = 0; i < host.length; i++)
        if (host.text[i] == ':')
            host.length = i;
    return host;
}

void intake_page(struct intake *intake, const char *text, size_t length)
{
    struct field host = page_host((struct field){text, length});
    struct hostname read;
    struct name name;
    bool taken;

    intake_refuse(intake, REASON_PAGE_RULE);
    if (!intake_wants_pages(intake))
        return;
    taken = intake_accepts(intake, host.text, host.length, &read);
    name = name_of(&read.name);
    if (intake->sink->page(intake->sink->context, taken ? &name : NULL, intake->err) != 0)
        intake->failed = true;
}

/* Tells whether PREFIX would hit more than a list can mean: loopback, the unspecified address (the
 * null answers of other filters), or a large part of the Internet. */
static bool is_too_much(const struct prefix *prefix)
{
    if (prefix->addr.bits == 32)
        return prefix->length < WIDEST_IPV4 || prefix->addr.octets[0] == 0 ||
               prefix->addr.octets[0] == 127;
    return prefix->length < WIDEST_IPV6 || addr_is_any(&prefix->addr) ||
           addr_is_loopback(&prefix->addr);
}

bool intake_address(struct intake *intake, const char *text, size_t length,
                    enum entry_operation operation)
{
    char copy[ADDR_TEXT_MAX];
    struct prefix prefix;

    /* No scope: that is a link of the list's author. */
    if (length == 0 || memchr(text, '%', length) != NULL ||
        !field_to_text((struct field){text, length}, copy, sizeof copy) ||
        prefix_from_text(&prefix, copy) != 0)
        return false;
    if (is_too_much(&prefix)) {
        intake_refuse(intake, REASON_IP_ADDRESS);
    } else if (intake->sink->prefix(intake->sink->context, &prefix, operation, intake->err) != 0) {
        intake->failed = true;
    } else {
        intake->report.prefixes++;
    }
    return true;
}
