#include "blocklist/set/terms_table.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/set/terms_check.h"
#include "config/base/err.h"

enum { ENCODED_MAX = TERMS_OCTETS + TERMS_RECORDS_MAX + 8, FIRST_SLOTS = 64 };

static int compare_types(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Writes the types in rising order, each once, so that equal terms have equal octets. */
static void encode_types(const struct terms *terms, uint8_t *at)
{
    uint16_t types[TERMS_TYPES_MAX];
    uint8_t count = 0;

    memcpy(types, terms->types, sizeof types);
    qsort(types, terms->type_count, sizeof *types, compare_types);
    for (size_t i = 0; i < terms->type_count; i++) {
        if (i == 0 || types[i] != types[i - 1])
            store_le16(at + TERMS_AT_TYPES + 2 * (size_t)count++, types[i]);
    }
    at[TERMS_AT_COUNT] = count;
}

static int check(const struct terms *terms, struct err *err)
{
    if (terms->action >= TERMS_ACTIONS || terms->type_count > TERMS_TYPES_MAX)
        return err_set(err, ERR_USAGE, "no such terms of a listing");
    if (terms->action == TERMS_REWRITE &&
        (terms->records_length > TERMS_RECORDS_MAX ||
         !terms_records_good(terms->records, terms->records_length)))
        return err_set(err, ERR_USAGE, "the records of a rewrite are malformed or too many");
    return 0;
}

/* Writes TERMS to AT, ENCODED_MAX zeros; returns the octets used. An exception has no answer of its
 * own, and only an exception has a scope. */
static size_t encode(const struct terms *terms, enum entry_operation operation, uint8_t *at)
{
    bool except = operation == ENTRY_EXCEPT;
    size_t length = !except && terms->action == TERMS_REWRITE ? terms->records_length : 0;
    unsigned flags = terms->important ? TERMS_IMPORTANT : 0;

    if (except && terms->scoped)
        flags = TERMS_SCOPED; /* there is nothing important about where a rule ends */
    if (terms->all_but && terms->type_count > 0)
        flags |= TERMS_ALL_BUT;
    at[0] = except ? TERMS_STYLE : terms->action;
    at[TERMS_AT_FLAGS] = (uint8_t)flags;
    encode_types(terms, at);
    store_le16(at + TERMS_AT_LENGTH, (uint16_t)length);
    if (!except || terms->scoped)
        store_le16(at + TERMS_AT_SCOPE, terms->scope);
    if (length > 0)
        memcpy(at + TERMS_OCTETS, terms->records, length);
    return (TERMS_OCTETS + length + 7) & ~(size_t)7;
}

static size_t octets_of(const uint8_t *at)
{
    return (TERMS_OCTETS + (size_t)load_le16(at + TERMS_AT_LENGTH) + 7) & ~(size_t)7;
}

static uint64_t mix(const uint8_t *at, size_t octets)
{
    uint64_t state = octets;

    for (size_t i = 0; i < octets; i += 8) {
        state = (state ^ load_le64(at + i)) * 0x9e3779b97f4a7c15ULL;
        state ^= state >> 29;
    }
    /* Octets of an address that a list counts up stand at the top of the last word; slots are
     * chosen by the bits at the bottom. */
    state = (state ^ state >> 32) * 0xd6e8feb86659fd93ULL;
    return state ^ state >> 32;
}

/* Returns the slot of the terms at AT: theirs, or the free one where they would stand. */
static size_t find_slot(const struct terms_table *table, const uint8_t *at, size_t octets)
{
    size_t slot = mix(at, octets) & (table->slot_count - 1);

    for (; table->slots[slot] != 0; slot = (slot + 1) & (table->slot_count - 1)) {
        const uint8_t *other = terms_table_at(table, table->slots[slot] - 1);

        if (octets_of(other) == octets && memcmp(other, at, octets) == 0)
            break;
    }
    return slot;
}

static int grow_slots(struct terms_table *table, struct err *err)
{
    size_t count = table->slot_count == 0 ? FIRST_SLOTS : table->slot_count * 2;
    uint32_t *slots = calloc(count, sizeof *slots);

    if (slots == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for terms");
    free(table->slots);
    table->slots = slots;
    table->slot_count = count;
    for (size_t i = 0; i < table->starts.count; i++) {
        const uint8_t *at = terms_table_at(table, i);

        table->slots[find_slot(table, at, octets_of(at))] = (uint32_t)(i + 1);
    }
    return 0;
}

static int append(struct terms_table *table, const uint8_t *at, size_t octets, struct err *err)
{
    if (table->used + octets > SEGMENT_TERMS_OCTETS_MAX)
        return err_set(err, ERR_LIMIT, "too many different terms in one list");
    if (table->used + octets > table->room) {
        size_t room = table->room * 2 + ENCODED_MAX;
        uint8_t *more = realloc(table->octets, room);

        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for terms");
        table->octets = more;
        table->room = room;
    }
    if (hashes_push(&table->starts, table->used, err) != 0)
        return -1;
    memcpy(table->octets + table->used, at, octets);
    table->used += octets;
    return 0;
}

/* Tells whether the terms at AT say nothing. */
static bool say_nothing(const uint8_t *at)
{
    return at[0] == TERMS_STYLE && at[TERMS_AT_FLAGS] == 0 && at[TERMS_AT_COUNT] == 0 &&
           terms_scope(at) == 0;
}

int terms_table_add(struct terms_table *table, const struct terms *terms,
                    enum entry_operation operation, int64_t *number, struct err *err)
{
    uint8_t encoded[ENCODED_MAX] = {0};
    size_t octets, slot;

    if (check(terms, err) != 0)
        return -1;
    octets = encode(terms, operation, encoded);
    *number = -1;
    if (say_nothing(encoded))
        return 0;
    if (2 * table->starts.count >= table->slot_count && grow_slots(table, err) != 0)
        return -1;
    slot = find_slot(table, encoded, octets);
    if (table->slots[slot] == 0) {
        if (append(table, encoded, octets, err) != 0)
            return -1;
        table->slots[slot] = (uint32_t)table->starts.count;
    }
    *number = table->slots[slot] - 1;
    return 0;
}

int terms_table_read(struct terms_table *table, const uint8_t *data, size_t length,
                     const char *path, struct err *err)
{
    for (size_t at = 0; at < length;) {
        size_t octets;

        if (length - at < TERMS_OCTETS ||
            load_le16(data + at + TERMS_AT_LENGTH) > TERMS_RECORDS_MAX)
            return err_set(err, ERR_FORMAT, "%s: terms are malformed", path);
        octets = octets_of(data + at);
        if (octets > length - at || !terms_good(data + at, data + at + TERMS_OCTETS))
            return err_set(err, ERR_FORMAT, "%s: terms are malformed", path);
        if (append(table, data + at, octets, err) != 0)
            return -1;
        at += octets;
    }
    return 0;
}

int terms_compare(const uint8_t *a, const uint8_t *b)
{
    size_t one = octets_of(a), other = octets_of(b);

    return one != other ? (one < other ? -1 : 1) : memcmp(a, b, one);
}

void terms_decode(const uint8_t *at, struct terms *terms)
{
    memset(terms, 0, sizeof *terms);
    terms->action = at[0];
    terms->important = terms_important(at);
    terms->scoped = terms_scoped(at);
    terms->scope = (uint16_t)terms_scope(at);
    terms->all_but = (at[TERMS_AT_FLAGS] & TERMS_ALL_BUT) != 0;
    terms->type_count = at[TERMS_AT_COUNT];
    for (size_t i = 0; i < terms->type_count; i++)
        terms->types[i] = load_le16(at + TERMS_AT_TYPES + 2 * i);
    terms->records = at + TERMS_OCTETS;
    terms->records_length = load_le16(at + TERMS_AT_LENGTH);
}

void terms_table_free(struct terms_table *table)
{
    free(table->octets);
    free(table->slots);
    hashes_free(&table->starts);
    memset(table, 0, sizeof *table);
}
