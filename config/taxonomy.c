#include "config/taxonomy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/err.h"

enum { COLUMN_BIT, COLUMN_KEY, COLUMN_SEVERITY, COLUMN_CELLS, COLUMN_TEXT, COLUMNS };

static int read_row(struct taxonomy *taxonomy, const struct data_reader *row, struct err *err)
{
    struct category *category = &taxonomy->categories[taxonomy->count];
    unsigned long bit = strtoul(row->fields[COLUMN_BIT], NULL, 10);

    if (row->count != COLUMNS || taxonomy->count >= CATEGORY_MAX || bit >= CATEGORY_MAX ||
        strlen(row->fields[COLUMN_CELLS]) != BANDS || row->fields[COLUMN_SEVERITY][0] != 'S')
        return err_set(err, ERR_FORMAT, "taxonomy.tsv:%u: not a category", row->line);
    snprintf(category->key, sizeof category->key, "%.31s", row->fields[COLUMN_KEY]);
    snprintf(category->text, sizeof category->text, "%.95s", row->fields[COLUMN_TEXT]);
    category->bit = (uint8_t)bit;
    category->severity = (uint8_t)(row->fields[COLUMN_SEVERITY][1] - '0');
    memcpy(category->cells, row->fields[COLUMN_CELLS], BANDS);
    taxonomy->count++;
    return 0;
}

int taxonomy_load(struct taxonomy *taxonomy, struct err *err)
{
    struct data_reader row;

    taxonomy->count = 0;
    if (data_open(&row, "taxonomy") != 0)
        return err_set(err, ERR_NOT_FOUND, "taxonomy.tsv is not compiled in");
    while (data_next(&row)) {
        if (read_row(taxonomy, &row, err) != 0)
            return -1;
    }
    return 0;
}

static unsigned next_site_bit(const struct taxonomy *taxonomy)
{
    unsigned bit = CATEGORY_SITE_FIRST;

    while (bit < CATEGORY_MAX && taxonomy_bit(taxonomy, bit) != NULL)
        bit++;
    return bit;
}

int taxonomy_add(struct taxonomy *taxonomy, const char *key, const char *text,
                 enum severity severity, struct err *err)
{
    unsigned bit = next_site_bit(taxonomy);
    struct category *category;

    if (strncmp(key, "site_", 5) != 0 || key[5] == '\0' || strlen(key) >= CATEGORY_KEY_MAX ||
        strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(key))
        return err_set(
            err, ERR_FORMAT,
            "a category of your own is called site_ and small letters, digits or '_': '%s'", key);
    if (taxonomy_find(taxonomy, key) != NULL)
        return err_set(err, ERR_DUPLICATE, "category defined twice: '%s'", key);
    if (bit >= CATEGORY_MAX)
        return err_set(err, ERR_LIMIT, "no room for category '%s': %d are the most", key,
                       CATEGORY_MAX - CATEGORY_SITE_FIRST);
    category = &taxonomy->categories[taxonomy->count++];
    memset(category, 0, sizeof *category);
    snprintf(category->key, sizeof category->key, "%s", key);
    snprintf(category->text, sizeof category->text, "%s", text);
    category->bit = (uint8_t)bit;
    category->severity = (uint8_t)severity;
    /* A band blocks nothing that it does not know; a profile names an own category itself. */
    memset(category->cells, 'a', BANDS);
    return 0;
}

const struct category *taxonomy_find(const struct taxonomy *taxonomy, const char *key)
{
    for (size_t i = 0; i < taxonomy->count; i++) {
        if (strcmp(taxonomy->categories[i].key, key) == 0)
            return &taxonomy->categories[i];
    }
    return NULL;
}

const struct category *taxonomy_bit(const struct taxonomy *taxonomy, unsigned bit)
{
    for (size_t i = 0; i < taxonomy->count; i++) {
        if (taxonomy->categories[i].bit == bit)
            return &taxonomy->categories[i];
    }
    return NULL;
}

struct mask taxonomy_severity_mask(const struct taxonomy *taxonomy, enum severity severity)
{
    struct mask mask = {
        {0, 0}
    };

    for (size_t i = 0; i < taxonomy->count; i++) {
        if (taxonomy->categories[i].severity == severity)
            mask = mask_or(mask, mask_bit(taxonomy->categories[i].bit));
    }
    return mask;
}

struct mask taxonomy_grave_mask(const struct taxonomy *taxonomy)
{
    return mask_or(taxonomy_severity_mask(taxonomy, SEVERITY_3),
                   taxonomy_severity_mask(taxonomy, SEVERITY_4));
}

struct mask taxonomy_band_mask(const struct taxonomy *taxonomy, enum band band, const char *letters)
{
    struct mask mask = {
        {0, 0}
    };

    for (size_t i = 0; i < taxonomy->count; i++) {
        if (strchr(letters, taxonomy->categories[i].cells[band]) != NULL)
            mask = mask_or(mask, mask_bit(taxonomy->categories[i].bit));
    }
    return mask;
}

char *taxonomy_mask_text(const struct taxonomy *taxonomy, struct mask mask, char *out, size_t room)
{
    size_t used = 0;

    snprintf(out, room, "-");
    for (unsigned bit = 0; bit < CATEGORY_MAX && used < room; bit++) {
        const struct category *category = taxonomy_bit(taxonomy, bit);

        if (category != NULL && mask_has(mask, bit))
            used += (size_t)snprintf(out + used, room - used, "%s%s", used == 0 ? "" : ",",
                                     category->key);
    }
    return out;
}
