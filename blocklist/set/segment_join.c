/* segment_join.c - the records that a list gives for one name, brought together.
 *
 * Many formats say one record a line: two addresses of a name are two listings of it, each with a
 * rewrite of its own, and a set answers with one of them. So those of one name that differ in their
 * records alone become one, with all records in the order of the source. */
#include <stdlib.h>
#include <string.h>

#include "blocklist/set/segment_file.h"
#include "blocklist/set/terms_check.h"

/* Orders listings so that those which differ in their records alone stand together. */
static int compare_all_but_records(const struct terms_table *table, const struct segment_termed *a,
                                   const struct segment_termed *b)
{
    const uint8_t *one = terms_table_at(table, a->terms), *other = terms_table_at(table, b->terms);

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (terms_scope(one) != terms_scope(other))
        return terms_scope(one) < terms_scope(other) ? -1 : 1;
    return memcmp(one, other, TERMS_AT_LENGTH);
}

/* The same, and then in the order of the source. */
static int compare(const void *a, const void *b, void *table)
{
    const struct segment_termed *one = a, *other = b;
    int order = compare_all_but_records(table, one, other);

    return order != 0 ? order : (one->terms > other->terms) - (one->terms < other->terms);
}

static bool is_rewrite(const struct terms_table *table, const struct segment_termed *listing)
{
    return terms_table_at(table, listing->terms)[0] == TERMS_REWRITE;
}

static bool has_record(const uint8_t *records, size_t length, const uint8_t *record, size_t octets)
{
    for (size_t at = 0; at < length; at += 4 + load_be16(records + at + 2)) {
        if (length - at >= octets && memcmp(records + at, record, octets) == 0)
            return true;
    }
    return false;
}

/* Adds the records of MORE that are not in RECORDS, *LENGTH octets, as long as there is room. */
static void add_records(uint8_t records[TERMS_RECORDS_MAX], size_t *length, const uint8_t *more)
{
    const uint8_t *from = more + TERMS_OCTETS;
    size_t left = load_le16(more + TERMS_AT_LENGTH);

    while (left > 0) {
        size_t octets = 4 + (size_t)load_be16(from + 2);

        if (octets <= TERMS_RECORDS_MAX - *length && !has_record(records, *length, from, octets)) {
            memcpy(records + *length, from, octets);
            *length += octets;
        }
        from += octets;
        left -= octets;
    }
}

/* Makes one of the COUNT listings at GROUP, in the first of them. */
static int join(struct terms_table *table, struct segment_termed *group, size_t count,
                struct err *err)
{
    uint8_t records[TERMS_RECORDS_MAX];
    struct terms terms;
    int64_t number;

    terms_decode(terms_table_at(table, group->terms), &terms);
    terms.records_length = 0;
    for (size_t i = 0; i < count; i++)
        add_records(records, &terms.records_length, terms_table_at(table, group[i].terms));
    terms.records = records;
    if (terms_table_add(table, &terms, ENTRY_LIST, &number, err) != 0)
        return -1;
    group->terms = (uint32_t)number;
    return 0;
}

int segment_join_records(struct segment_writer *writer, struct err *err)
{
    struct segment_termed *termed = writer->termed;
    size_t kept = 0;

    if (writer->termed_count == 0)
        return 0;
    qsort_r(termed, writer->termed_count, sizeof *termed, compare, &writer->terms);
    for (size_t i = 0, count; i < writer->termed_count; i += count) {
        count = 1;
        while (i + count < writer->termed_count && is_rewrite(&writer->terms, &termed[i]) &&
               compare_all_but_records(&writer->terms, &termed[i], &termed[i + count]) == 0)
            count++;
        if (count > 1 && join(&writer->terms, &termed[i], count, err) != 0)
            return -1;
        termed[kept++] = termed[i];
    }
    writer->termed_count = kept;
    return 0;
}
