/* Any octets through every list parser: what comes out keeps the rules for names, hashes as the set
 * looks it up, and the counts add up. The first octet picks the format, the second the operator's
 * options. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "blocklist/format/format.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/source.h"
#include "blocklist/format/suffixes.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

static const char suffix_list[] = "// ===BEGIN ICANN DOMAINS===\ncom\ntest\nco.test\n*.wild\n"
                                  "!city.wild\n// ===BEGIN PRIVATE DOMAINS===\npages.example\n";

struct tally {
    const struct intake *intake;
    uint64_t subtree, exact, exceptions, prefixes;
};

static void check_octets(const struct name *name)
{
    for (size_t at = 0; name->wire[at] != 0; at += (size_t)name->wire[at] + 1) {
        must(name->wire[at] <= NAME_LABEL_MAX && at + name->wire[at] + 1u < name->length);
        for (size_t i = 1; i <= name->wire[at]; i++) {
            uint8_t c = name->wire[at + i];

            must((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
        }
    }
}

static int take_name(void *context, const struct name *name, uint64_t hash, unsigned labels,
                     enum entry_kind kind, enum entry_operation operation,
                     const struct terms *terms, struct err *err)
{
    struct tally *tally = context;
    uint64_t hashes[NAME_LABELS_MAX];

    (void)err;
    (void)terms;
    must(name->length >= 3 && name->length <= NAME_OCTETS_MAX);
    must(name->wire[name->length - 1] == 0);
    check_octets(name);
    must(labels >= 2 || tally->intake->rules.tld);
    must(siphash_suffixes(&tally->intake->key, name, hashes, NAME_LABELS_MAX) == labels);
    must(hashes[labels - 1] == hash);
    if (operation == ENTRY_EXCEPT)
        tally->exceptions++;
    else if (kind == ENTRY_EXACT)
        tally->exact++;
    else
        tally->subtree++;
    return 0;
}

static int take_prefix(void *context, const struct prefix *prefix, enum entry_operation operation,
                       struct err *err)
{
    struct tally *tally = context;

    (void)operation;
    (void)err;
    must(prefix->length <= prefix->addr.bits && prefix->length >= 8);
    tally->prefixes++;
    return 0;
}

static void check_counts(const struct report *report, const struct tally *tally, bool one_a_line)
{
    uint64_t items = report_taken(report) + report_refused(report);

    must(report->subtree == tally->subtree && report->exact == tally->exact);
    must(report->exceptions == tally->exceptions && report->prefixes == tally->prefixes);
    must(items + report->blank + report->comments >= report->lines);
    if (one_a_line)
        must(items + report->blank + report->comments == report->lines);
    for (int i = 0; i < REASONS; i++) {
        must((report->refused[i] > 0) == (report->first_line[i] > 0));
        must(report->first_line[i] <= report->lines);
    }
}

static const struct format *pick(uint8_t octet, const uint8_t *list, size_t length)
{
    static const char *const keys[] = {"plain", "hosts", "adblock", "wildcard", "ut1"};
    struct source *source;
    const struct format *format;
    struct err err;

    if (octet % 6 < 5)
        return format_find(keys[octet % 6]);
    source = source_open_memory(list, length, &err);
    if (source == NULL)
        return NULL;
    format = format_guess(source, &err);
    must(format == NULL || format->line != NULL);
    source_close(source);
    return format;
}

/* Made once: it costs more than all the rest of a run. */
static const struct suffixes *find_suffixes(const struct siphash_key *key)
{
    static struct suffixes *suffixes;
    struct err err;

    if (suffixes == NULL)
        suffixes = suffixes_load_memory(suffix_list, strlen(suffix_list), key, &err);
    must(suffixes != NULL);
    return suffixes;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct intake intake = {0};
    struct tally tally = {&intake, 0, 0, 0, 0};
    const struct sink sink = {&tally, take_name, take_prefix};
    const struct format *format;
    struct source *source;
    struct err err;

    if (length < 2 || sodium_init() < 0)
        return 0;
    format = pick(octets[0], octets + 2, length - 2);
    source = format == NULL ? NULL : source_open_memory(octets + 2, length - 2, &err);
    if (source == NULL)
        return 0;
    intake.rules = (struct intake_rules){.tld = (octets[1] & 1) != 0,
                                         .private_suffixes = (octets[1] & 2) != 0,
                                         .match = (enum list_match)(octets[1] / 4 % 3)};
    intake.key = siphash_key_from_seed(1);
    intake.sink = &sink;
    intake.suffixes = find_suffixes(&intake.key);
    if (format_read(format, source, &intake, &err) == 0)
        check_counts(&intake.report, &tally,
                     strcmp(format->key, "adblock") == 0 || strcmp(format->key, "ut1") == 0);
    format_end(format, &intake);
    source_close(source);
    return 0;
}
