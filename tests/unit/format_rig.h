/* format_rig.h - reads a list in memory and writes down, as text, what was taken of it: one line an
 * entry, `subtree name`, `exact name`, `below name`, `except name`, `prefix range`, with what terms
 * it has behind it. Shared by test_format_*.c. */
#ifndef TESTS_UNIT_FORMAT_RIG_H
#define TESTS_UNIT_FORMAT_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/format/format.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/suffixes.h"
#include "blocklist/format/source.h"
#include "blocklist/set/terms.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"

enum { RIG_TEXT_MAX = 16384 };

struct rig {
    char taken[RIG_TEXT_MAX];
    size_t used;
    struct intake intake;
    struct sink sink;
    struct suffixes *suffixes;
    struct err err;
    const struct format *format;
    int result;
};

static const char rig_suffixes[] = "// ===BEGIN ICANN DOMAINS===\n"
                                   "com\norg\nco.test\nzone\n*.wild\n!city.wild\n"
                                   "// ===END ICANN DOMAINS===\n"
                                   "// ===BEGIN PRIVATE DOMAINS===\n"
                                   "pages.example\n*.cloud.example\n"
                                   "// ===END PRIVATE DOMAINS===\n";

static void rig_write(struct rig *rig, const char *kind, const char *text)
{
    int length = snprintf(rig->taken + rig->used, RIG_TEXT_MAX - rig->used, "%s %s\n", kind, text);

    assert_true(length > 0 && (size_t)length < RIG_TEXT_MAX - rig->used);
    rig->used += (size_t)length;
}

/* Set by tests that look at all of an entry: the kind of an exception, and records. */
static bool rig_in_detail;

/* Writes what TERMS say behind TEXT, which has room for it. */
static void rig_terms(const struct terms *terms, char *text, size_t room)
{
    static const char *const actions[TERMS_ACTIONS] = {"",      " nxdomain", " nodata", " refused",
                                                       " drop", " tcp",      " rewrite"};
    char *at = text + strlen(text), *end = text + room;

    at += snprintf(at, (size_t)(end - at), "%s%s%s", actions[terms->action],
                   terms->important ? " important" : "",
                   !terms->scoped      ? terms->scope != 0 ? " narrowed" : ""
                   : terms->scope != 0 ? " own"
                                       : " scoped");
    if (terms->type_count > 0)
        at += snprintf(at, (size_t)(end - at), terms->all_but ? " all-but" : " only");
    for (size_t i = 0; i < terms->type_count; i++)
        at += snprintf(at, (size_t)(end - at), " %u", terms->types[i]);
    for (size_t i = 0; i < terms->records_length && rig_in_detail;) {
        const uint8_t *record = terms->records + i;
        size_t length = (size_t)record[2] << 8 | record[3];

        assert_true(i + 4 + length <= terms->records_length);
        at += snprintf(at, (size_t)(end - at), " %u:", record[0] << 8 | record[1]);
        for (size_t k = 0; k < length; k++)
            at += snprintf(at, (size_t)(end - at), "%02x", record[4 + k]);
        i += 4 + length;
    }
}

static int rig_name(void *context, const struct name *name, uint64_t hash, unsigned labels,
                    enum entry_kind kind, enum entry_operation operation, const struct terms *terms,
                    struct err *err)
{
    static const char *const kinds[ENTRY_KINDS] = {"subtree", "exact", "below"};
    static const char *const excepts[ENTRY_KINDS] = {"except", "except exact", "except below"};
    struct rig *rig = context;
    char text[2 * RIG_TEXT_MAX];
    uint64_t hashes[NAME_LABELS_MAX];

    (void)err;
    /* What every sink relies on: the hash is that of the whole name, and the labels are counted. */
    assert_int_equal(siphash_suffixes(&rig->intake.key, name, hashes, NAME_LABELS_MAX), labels);
    assert_true(hashes[labels - 1] == hash);
    name_to_text(name, text);
    if (terms != NULL)
        rig_terms(terms, text, sizeof text);
    if (operation == ENTRY_EXCEPT)
        rig_write(rig, rig_in_detail ? excepts[kind] : excepts[0], text);
    else
        rig_write(rig, kinds[kind], text);
    return 0;
}

static int rig_prefix(void *context, const struct prefix *prefix, enum entry_operation operation,
                      struct err *err)
{
    char text[ADDR_TEXT_MAX];

    (void)err;
    rig_write(context, operation == ENTRY_EXCEPT ? "except" : "prefix",
              prefix_to_text(prefix, text));
    return 0;
}

/* What stands beside the lists that are read; NULL: nothing. */
static const struct siblings *rig_siblings;

/* Reads DATA[0..LENGTH) once. */
static void rig_pass(struct rig *rig, const void *data, size_t length)
{
    struct source *source = source_open_memory(data, length, &rig->err);

    assert_non_null(source);
    rig->used = 0;
    rig->taken[0] = '\0';
    rig->result = format_read(rig->format, source, &rig->intake, &rig->err);
    source_close(source);
}

/* Reads DATA[0..LENGTH) as FORMAT (NULL: guessed) under RULES. */
static void rig_read_octets(struct rig *rig, const char *format, struct intake_rules rules,
                            const void *data, size_t length)
{
    struct source *source;

    memset(rig, 0, sizeof *rig);
    rig->intake.key = siphash_key_from_seed(1);
    rig->intake.rules = rules;
    rig->intake.siblings = rig_siblings;
    rig->sink = (struct sink){rig, rig_name, rig_prefix, NULL};
    rig->intake.sink = &rig->sink;
    rig->suffixes =
        suffixes_load_memory(rig_suffixes, strlen(rig_suffixes), &rig->intake.key, &rig->err);
    assert_non_null(rig->suffixes);
    rig->intake.suffixes = rig->suffixes;
    rig->result = -1;
    source = source_open_memory(data, length, &rig->err);
    if (source != NULL)
        rig->format = format == NULL ? format_guess(source, &rig->err) : format_find(format);
    source_close(source);
    if (rig->format != NULL) {
        rig_pass(rig, data, length);
        if (rig->result == 0 && rig->intake.again)
            rig_pass(rig, data, length);
        format_end(rig->format, &rig->intake);
    }
    suffixes_free(rig->suffixes);
}

static inline void rig_read(struct rig *rig, const char *format, const char *text)
{
    struct intake_rules rules = {.match = MATCH_BY_FORMAT};

    rig_read_octets(rig, format, rules, text, strlen(text));
}

static inline uint64_t rig_refused(const struct rig *rig, enum reason reason)
{
    return rig->intake.report.refused[reason];
}

#endif
