/* list_fuzz.h - any octets as a list of one format: what comes out keeps the rules for names,
 * hashes as the set looks it up, terms are sound, and the counts add up. Shared by fuzz_list.c and
 * the targets of single formats; the first octet of an input is the operator's options. */
#ifndef TESTS_FUZZ_LIST_FUZZ_H
#define TESTS_FUZZ_LIST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "blocklist/format/format.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/source.h"
#include "blocklist/format/suffixes.h"
#include "blocklist/set/terms.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"

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

/* Records stand one after the other and fill what there is. */
static void check_records(const uint8_t *at, size_t left)
{
    while (left > 0) {
        size_t length;

        must(left >= 4);
        length = (size_t)at[2] << 8 | at[3];
        must(left - 4 >= length);
        at += length + 4;
        left -= length + 4;
    }
}

static void check_terms(const struct terms *terms)
{
    must(terms->action < TERMS_ACTIONS && terms->type_count <= TERMS_TYPES_MAX);
    must(terms->records_length <= TERMS_RECORDS_MAX);
    must(terms->action == TERMS_REWRITE || terms->records_length == 0);
    check_records(terms->records, terms->records_length);
}

static int take_name(void *context, const struct name *name, uint64_t hash, unsigned labels,
                     enum entry_kind kind, enum entry_operation operation,
                     const struct terms *terms, struct err *err)
{
    struct tally *tally = context;
    uint64_t hashes[NAME_LABELS_MAX];

    (void)err;
    if (terms != NULL)
        check_terms(terms);
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

static void check_counts(const struct report *report, const struct tally *tally)
{
    uint64_t items = report_taken(report) + report_refused(report) + report->passed;

    must(report->subtree == tally->subtree && report->exact == tally->exact);
    must(report->exceptions == tally->exceptions && report->prefixes == tally->prefixes);
    must(items + report->blank + report->comments >= report->lines);
    for (int i = 0; i < REASONS; i++) {
        must((report->refused[i] > 0) == (report->first_line[i] > 0));
        must(report->first_line[i] <= report->lines);
    }
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

/* Reads LIST[0..LENGTH) as FORMAT once. Returns what format_read does, -1 where there is no source.
 */
static int list_fuzz_pass(const struct format *format, struct intake *intake, const uint8_t *list,
                          size_t length, struct err *err)
{
    struct source *source = source_open_memory(list, length, err);
    int result = source == NULL ? -1 : format_read(format, source, intake, err);

    source_close(source);
    return result;
}

/* Reads LIST[0..LENGTH) as FORMAT under OPTIONS, as often as the format asks for. */
static inline void list_fuzz(const struct format *format, uint8_t options, const uint8_t *list,
                             size_t length)
{
    struct intake intake = {0};
    struct tally tally = {.intake = &intake};
    const struct sink sink = {&tally, take_name, take_prefix, NULL};
    struct err err;
    int result;

    intake.rules = (struct intake_rules){.tld = (options & 1) != 0,
                                         .private_suffixes = (options & 2) != 0,
                                         .match = (enum list_match)(options / 4 % 3),
                                         .rewrites = (options & 16) != 0,
                                         .column = (options & 32) != 0 ? "url" : NULL,
                                         .part = (options & 64) != 0 ? "@ads" : NULL};
    intake.key = siphash_key_from_seed(1);
    intake.sink = &sink;
    intake.suffixes = find_suffixes(&intake.key);
    result = list_fuzz_pass(format, &intake, list, length, &err);
    if (result == 0 && intake.again) {
        tally = (struct tally){.intake = &intake};
        result = list_fuzz_pass(format, &intake, list, length, &err);
    }
    if (result == 0)
        check_counts(&intake.report, &tally);
    format_end(format, &intake);
}

/* The whole of a target for the format KEY. */
#define LIST_FUZZ_TARGET(key)                                                                      \
    int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);                              \
    int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)                               \
    {                                                                                              \
        if (length >= 1 && sodium_init() >= 0)                                                     \
            list_fuzz(format_find(key), octets[0], octets + 1, length - 1);                        \
        return 0;                                                                                  \
    }

#endif
